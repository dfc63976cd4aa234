"""What stock Rasa made of the benchmarks: from the last run of `stock_rasa.py`, else as recorded.

    python bench/stock_results.py

Scores what lies in `bench/results/stock` and records it in `bench/stock_rasa.json`, so that not everybody who
runs the benchmarks has to train DIET for hours.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from about import RESULTS, ROOT, SHARED, read
from intent_sets import IntentSet, names
from intent_sets import read as read_set

from bot.evaluation.intents import Guess
from bot.evaluation.scores import Asked, auroc, calibration, ece, rates
from bot.retrieval.evaluation import Question, read_questions

FAQ = "faq"
TAKEN = ("train_s", "train_cpu_s", "parse_ms", "parse_cpu_ms", "rss_mb")
_RECORD = ROOT / "bench" / "stock_rasa.json"
Row = dict[str, Any]


def of_set(name: str, content: IntentSet) -> Row | None:
    """Accuracy, calibration and times of one intent set; None where it was never measured."""
    lines = _lines(name)
    if lines is None:
        return _recorded().get(name)
    intents = {f"test-{at}": intent for at, (_, intent) in enumerate(content.test)}
    guesses = [
        Guess("", intents.get(line["id"], ""), tuple((n, float(c)) for n, c in line["ranking"]), unsure=False)
        for line in lines
    ]
    return scored(guesses) | _facts(name)


def of_faq(questions: Sequence[Question]) -> Row | None:
    """`rates` by style and the times; its decision is to answer when the likeliest intent is the FAQ's."""
    lines = _lines(FAQ)
    if lines is None:
        return _recorded().get(FAQ)
    found = {line["id"]: line for line in lines}
    asked = [
        Asked(
            question.id,
            question.style,
            question.text,
            question.answers,
            "answer" if found[question.id]["intent"] == FAQ else "reject",
            tuple((key, float(score)) for key, score in found[question.id]["answers"]),
        )
        for question in questions
    ]
    return {"rates": rates(asked)} | _facts(FAQ)


def scored(guesses: Sequence[Guess]) -> Row:
    """Accuracy and calibration of known sentences, and how well strange ones (no intent) are told apart."""
    known = [guess for guess in guesses if guess.intent]
    strange = [guess for guess in guesses if not guess.intent]
    bins = calibration([guess.confidence for guess in known], [guess.right for guess in known])
    result: Row = {"accuracy": sum(guess.right for guess in known) / len(known), "ece": ece(bins)}
    if strange:
        result["oos_auroc"] = auroc([_strangeness(g) for g in strange], [_strangeness(g) for g in known])
    rounded = {key: round(value, 4) for key, value in result.items()}
    return rounded | {"calibration": [[b.count, round(b.confidence, 4), round(b.right, 4)] for b in bins]}


def _strangeness(guess: Guess) -> float:
    return 1 - (guess.confidence if guess.scope is None else guess.scope)


def _lines(name: str) -> list[Row] | None:
    if not (RESULTS / "stock" / f"{name}.json").exists():
        return None
    text = (RESULTS / "stock" / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def _facts(name: str) -> Row:
    times: Row = read(f"stock/{name}.json")
    return {key: times[key] for key in (*TAKEN, "at", "machine")}


def _recorded() -> dict[str, Row]:
    return json.loads(_RECORD.read_text(encoding="utf-8")) if _RECORD.exists() else {}


def main() -> None:
    """Record everything that was measured; what was not keeps its former record."""
    if not SHARED.is_dir():
        print(f"Nothing scored: {SHARED} is absent, the public data this benchmark needs.")
        return
    rows = {name: of_set(name, read_set(name)) for name in names()} | {FAQ: of_faq(read_questions())}
    found = {name: row for name, row in rows.items() if row}
    lines = [f"{json.dumps(name)}: {json.dumps(row, ensure_ascii=False)}" for name, row in found.items()]
    _RECORD.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"recorded {', '.join(found)}; missing {', '.join(rows.keys() - found.keys()) or 'nothing'}")


if __name__ == "__main__":
    main()
