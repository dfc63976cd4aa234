"""Trains a pipeline and asks it sentences whose intent is known: what `sotong evaluate` and `bench/` score.

    python -m bot.nlu.trial --config config.yml --nlu data/nlu --out FILE.jsonl --folds 5
    python -m bot.nlu.trial --config config.yml --nlu data/nlu --out FILE.jsonl --questions TEST.jsonl

With folds every example is asked once by a model that has not seen it. TEST has {"id", "text", "intent"} a
line. FILE gets, while it works, a line {"train_s", "train_cpu_s", "asked"} for each training and a line
{"id", "text", "intent", "ranking", "ms", "cpu_ms"} for each sentence (and its "scope" if the pipeline tells
it); the last is {"rss_mb"}. Seconds and milliseconds are of training and parsing alone, without imports.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import resource
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any, Dict, Iterator, List, Sequence, TextIO, Tuple

import yaml
from rasa.core.agent import Agent
from rasa.model_training import train_nlu
from rasa.shared.importers.utils import training_data_from_paths
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.utils.log_utils import configure_structlog

from bot.nlu.as_written import read_as_written

Row = Dict[str, Any]
_RANKED = 10


def train(config: Row, data: TrainingData, folder: Path) -> Tuple[Path, Row]:
    """The model trained by `config`'s pipeline, in `folder`; and {"train_s", "train_cpu_s"}.

    Raises RuntimeError when Rasa trains nothing; it has printed why.
    """
    (folder / "nlu").mkdir()
    (folder / "nlu" / "examples.yml").write_text(data.nlu_as_yaml(), encoding="utf-8")
    kept = {key: config[key] for key in ("recipe", "assistant_id", "language", "pipeline") if key in config}
    domain = {"version": "3.1", "intents": sorted(data.intents)}
    for name, value in (("config", kept), ("domain", domain)):
        text = yaml.safe_dump(value, allow_unicode=True, sort_keys=False)
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    wall, cpu = time.perf_counter(), _cpu()
    path = train_nlu(
        str(folder / "config.yml"),
        str(folder / "nlu"),
        str(folder),
        fixed_model_name="model",
        domain=str(folder / "domain.yml"),
    )
    if path is None:
        raise RuntimeError("Rasa trained no model; its reason stands above")
    return Path(path), {
        "train_s": round(time.perf_counter() - wall, 2),
        "train_cpu_s": round(_cpu() - cpu, 2),
    }


async def ask(model: Path, questions: Sequence[Row], out: TextIO) -> None:
    """Parse every question and write its line at once."""
    agent = Agent.load(str(model))
    await agent.parse_message("처음 한 번은 느려요")
    for question in questions:
        wall, cpu = time.perf_counter(), _cpu()
        found = await agent.parse_message(question["text"])
        spent = {"ms": (time.perf_counter() - wall) * 1e3, "cpu_ms": (_cpu() - cpu) * 1e3}
        ranking = [[entry["name"], entry["confidence"]] for entry in found.get("intent_ranking", [])]
        if "scope" in found:
            question = {**question, "scope": found["scope"]}
        line = {**question, "ranking": ranking[:_RANKED], **{k: round(v, 3) for k, v in spent.items()}}
        _write(out, line)


def folds(data: TrainingData, number: int) -> Iterator[Tuple[TrainingData, List[Row]]]:
    """What to train on and what to ask; the examples of every intent are spread evenly over the folds."""
    examples = [example for example in data.intent_examples if example.get(TEXT)]
    order = list(range(len(examples)))
    random.Random(5).shuffle(order)
    order.sort(key=lambda at: examples[at].get(INTENT))  # stable: random within an intent
    fold_of = {at: place % number for place, at in enumerate(order)}
    for fold in range(number):
        kept = [example for at, example in enumerate(examples) if fold_of[at] != fold]
        asked = [
            {"id": str(at), "text": example.get(TEXT), "intent": example.get(INTENT)}
            for at, example in enumerate(examples)
            if fold_of[at] == fold
        ]
        rest = TrainingData(kept, data.entity_synonyms, data.regex_features, data.lookup_tables)
        yield rest, asked


def main() -> None:
    """Train, ask, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("config", "nlu", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--folds", type=int)
    how.add_argument("--questions", type=Path)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    configure_structlog(logging.WARNING)
    config = yaml.safe_load(asked.config.read_text(encoding="utf-8"))
    paths = [str(path) for path in sorted(asked.nlu.rglob("*.yml"))]
    read_as_written()
    data = training_data_from_paths(paths, config.get("language", "en"))
    if asked.folds:
        rounds = list(folds(data, asked.folds))
    else:
        lines = asked.questions.read_text(encoding="utf-8").splitlines()
        rounds = [(data, [json.loads(line) for line in lines])]
    with asked.out.open("w", encoding="utf-8") as out:
        for examples, questions in rounds:
            with tempfile.TemporaryDirectory() as folder:
                model, times = train(config, examples, Path(folder))
                _write(out, {**times, "asked": len(questions)})
                asyncio.run(ask(model, questions, out))
        _write(out, {"rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024})


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _write(out: TextIO, line: Row) -> None:
    out.write(json.dumps(line, ensure_ascii=False) + "\n")
    out.flush()


if __name__ == "__main__":
    main()
