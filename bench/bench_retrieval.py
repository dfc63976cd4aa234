"""Retrieval on the public FAQ: quality by `../shared/eval/score.py`, time on one core.

    python bench/bench_retrieval.py

Prints the tables and writes `bench/results/retrieval.json`. No Rasa is involved: intents are not used. The
weights were learned from these questions: `python -m bot.retrieval.calibrate` prints cross-validated rates.
"""

from __future__ import annotations

import importlib.util
import json
import platform
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track
from threadpoolctl import threadpool_limits

from bot.content.models import Answer
from bot.encoder.encoder import load_encoder
from bot.retrieval.decision import decide
from bot.retrieval.evaluation import SHARED, Question, read_answers, read_questions
from bot.retrieval.index import AnswerIndex
from bot.retrieval.words import RecentMorphemes
from bot.text.morphemes import Morphemes

RESULTS = Path(__file__).parent / "results" / "retrieval.json"


def measure(
    answers: list[Answer], questions: list[Question], folder: Path
) -> tuple[list[Any], dict[str, float]]:
    """Predictions in the form of `score.py`, and seconds or milliseconds of everything that takes time."""
    times: dict[str, float] = {}

    def timed(name: str, start: float) -> None:
        times[name] = round(time.perf_counter() - start, 3)

    start = time.perf_counter()
    morphemes = RecentMorphemes(Morphemes())
    timed("kiwi_s", start)
    start = time.perf_counter()
    encoder = load_encoder("sotong", morphemes)
    timed("encoder_s", start)
    start = time.perf_counter()
    AnswerIndex(encoder, morphemes, folder).load(answers)
    timed("cold_load_s", start)
    start = time.perf_counter()
    index = AnswerIndex(encoder, morphemes, folder)
    index.load(answers)
    timed("cached_load_s", start)
    edited = [answers[0].model_copy(update={"answer": answers[0].answer + " 새 문장이에요."}), *answers[1:]]
    start = time.perf_counter()
    index.load(edited)
    timed("edit_s", start)
    index.load(answers)
    predictions, spent = [], []
    for question in track(questions, "asking"):
        start = time.perf_counter()
        hits = index.search(question.text)
        spent.append((time.perf_counter() - start) * 1e3)
        candidates = [{"id": hit.answer.id, "score": round(hit.score, 4)} for hit in hits]
        predictions.append({"id": question.id, "decision": decide(hits).kind, "candidates": candidates})
    times["p50_ms"], times["p95_ms"] = (round(float(np.percentile(spent, q)), 2) for q in (50, 95))
    start = time.perf_counter()
    encoder.encode([question.text for question in questions])
    times["encode_ms"] = round((time.perf_counter() - start) * 1e3 / len(questions), 3)
    return predictions, times


def score(predictions: list[Any]) -> dict[str, Any]:
    """What `score.py` makes of the predictions."""
    spec = importlib.util.spec_from_file_location("score", SHARED / "eval" / "score.py")
    assert spec
    assert spec.loader
    scorer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scorer)
    gold = scorer.read(SHARED / "eval" / "dev.jsonl")
    result: dict[str, Any] = scorer.score(gold, {row["id"]: row for row in predictions})
    return result


def main() -> None:
    """Measure, print, write."""
    if not SHARED.is_dir():
        print(f"Nothing measured: {SHARED} is absent, the public data this benchmark needs.")
        return
    with threadpool_limits(1), tempfile.TemporaryDirectory() as folder:
        predictions, times = measure(read_answers(), read_questions(), Path(folder))
    scores = score(predictions)
    for style, rates in scores.items():
        print(f"{style:13}", "  ".join(f"{name} {value}" for name, value in rates.items()))
    print("  ".join(f"{name} {value}" for name, value in times.items()))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(
        json.dumps(
            {
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "machine": f"{platform.machine()}, Python {platform.python_version()}",
                "scores": scores,
                "times": times,
            },
            ensure_ascii=False,
            indent=2,
        )
        + "\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
