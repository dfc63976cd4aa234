"""Intents: our components beside stock Rasa's DIET on public sets and on the bot's own Korean examples.

    python bench/bench_intents.py [SET ...]

Ours are trained and asked by Rasa in its own environment, as stock Rasa is by `stock_rasa.py`. That takes
hours and is run apart (`make bench-stock`); without it the figures recorded in `bench/stock_rasa.json` stand
for it. Writes `bench/results/intents.json`.
CPU seconds compare even when other work ran beside one of them; wall times then do not.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from about import RASA_PYTHON, ROOT, SHARED, about, read, write
from intent_sets import IntentSet, names, nlu_yaml
from intent_sets import read as read_set
from rich.console import Console
from stock_results import TAKEN, Row, of_set, scored

from bot.cli.stack import environment
from bot.evaluation.intents import TrialFailed, run_trial
from bot.settings import Settings

OURS, STOCK = "ours", "stock_rasa"
KOREAN = "sotong-ko"
HWU64 = "hwu64"
"""The mean of the five folds."""


def ours(name: str, content: IntentSet, console: Console) -> Row:
    """Train on one set and ask its test part."""
    config = ROOT / ("config.yml" if name == KOREAN else "bench/english.yml")
    asked = [
        {"id": f"test-{at}", "text": text, "intent": intent} for at, (text, intent) in enumerate(content.test)
    ]
    asked += [{"id": f"strange-{at}", "text": text, "intent": ""} for at, text in enumerate(content.strange)]
    with tempfile.TemporaryDirectory() as folder:
        nlu, questions = Path(folder, "nlu"), Path(folder, "questions.jsonl")
        nlu.mkdir()
        (nlu / "set.yml").write_text(nlu_yaml(content.train), encoding="utf-8")
        questions.write_text(
            "\n".join(json.dumps(row, ensure_ascii=False) for row in asked), encoding="utf-8"
        )
        command = [
            str(RASA_PYTHON), "-m", "bot.nlu.trial", "--config", str(config),
            "--nlu", str(nlu), "--questions", str(questions),
        ]  # fmt: skip
        with console.status(f"{name}: {len(content.train):,} examples") as status:
            variables = environment(Settings(_env_file=None)) | {"PYTHONPATH": str(ROOT)}
            shown = f"{name}: asked {{}} of {len(asked):,}"
            trial = run_trial(command, variables, ROOT, lambda done: status.update(shown.format(done)))
    return scored(trial.guesses) | {key: round(getattr(trial, key), 2) for key in TAKEN}


def mean(rows: Iterable[Row]) -> Row:
    """The mean of every figure."""
    some = list(rows)
    figures = [key for key, value in some[0].items() if not isinstance(value, list)]
    return {key: round(statistics.mean(row[key] for row in some), 4) for key in figures}


def with_mean(results: Mapping[str, dict[str, Row]]) -> dict[str, dict[str, Row]]:
    """All sets, and HWU64 as the mean of those folds that both sides have."""
    folds = [sides for name, sides in results.items() if name.startswith(f"{HWU64}-")]
    both = [sides for sides in folds if STOCK in sides] or folds
    added = dict(results)
    if both:
        sides = [side for side in (OURS, STOCK) if all(side in row for row in both)]
        added[HWU64] = {side: mean(row[side] for row in both) | {"folds": len(both)} for side in sides}
    return added


def show(results: Mapping[str, dict[str, Row]], console: Console) -> None:
    """One line a set and side."""
    columns = {"accuracy": 3, "ece": 3, "oos_auroc": 3, "train_s": 0, "train_cpu_s": 0, "parse_cpu_ms": 1}
    console.print(f"{'':28}" + "".join(f"{name.replace('_', ' '):>13}" for name in columns))
    for name, sides in results.items():
        for side, figures in sides.items():
            cells = [
                f"{figures[key]:.{digits}f}" if key in figures else "" for key, digits in columns.items()
            ]
            console.print(f"{name:17}{side:11}" + "".join(f"{cell:>13}" for cell in cells), highlight=False)


def main() -> int:
    """Measure the sets named, or all; keep what was measured of the others."""
    if not SHARED.is_dir() or not RASA_PYTHON.exists():
        missing = SHARED if not SHARED.is_dir() else RASA_PYTHON
        print(f"Nothing measured: {missing} is absent.")
        return 0
    console = Console(soft_wrap=True)
    before: dict[str, Any] = read("intents.json") or {}
    results: dict[str, dict[str, Row]] = {}
    failed = 0
    for name in names():
        content = read_set(name)
        sides = {OURS: before.get(name, {}).get(OURS)}
        if not sys.argv[1:] or name in sys.argv[1:]:
            try:
                sides[OURS] = ours(name, content, console)
            except TrialFailed as error:
                console.print(f"{name}: {error}", markup=False)
                failed += 1
        sides[STOCK] = of_set(name, content)
        results[name] = {side: figures for side, figures in sides.items() if figures}
    results = with_mean({name: sides for name, sides in results.items() if OURS in sides})
    show(results, console)
    write("intents.json", results)
    write(
        "intents_about.json", about() | {"stock": "Rasa 3.6.21, DIET 100 epochs", "cpus": str(os.cpu_count())}
    )
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
