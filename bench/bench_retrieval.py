"""Retrieval on the public FAQ: quality beside three baselines, robustness to noise, time and memory by size.

    python bench/bench_retrieval.py [--quality | --speed]

Prints the tables and writes `bench/results/retrieval_quality.json` and `retrieval.json` (a list, one entry a
size). Dialogue and intents take no part. The weights were learned from these questions:
`python -m bot.retrieval.calibrate` prints cross-validated rates.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from about import RESULTS, SHARED, THESAURUS, about, write
from baselines import ask_ranker, asked, bm25, tfidf
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import track
from rich.table import Table
from stock_results import of_faq
from threadpoolctl import threadpool_limits

from bot.content.models import Answer
from bot.encoder.encoder import load_encoder
from bot.evaluation.scores import Asked, rates
from bot.retrieval.decision import decide
from bot.retrieval.evaluation import Question, read_answers, read_questions
from bot.retrieval.index import AnswerIndex
from bot.retrieval.lexical import NoMeaning
from bot.text.morphemes import Morphemes
from bot.text.noise import english_keyboard, mistyped, no_spaces
from bot.text.recent import RecentMorphemes
from bot.text.thesaurus import Thesaurus, load_thesaurus

SIZES = (2_645, 100_000)
_SEEDS = range(3)
"""Mistakes are random: three times, and the mean."""
_MISTYPED = 0.1
NOISES: dict[str, tuple[Callable[[str, random.Random], str], Sequence[int]]] = {
    "no spaces": (lambda text, _: no_spaces(text), (0,)),
    "10 % of syllables mistyped": (lambda text, chance: mistyped(text, _MISTYPED, chance), _SEEDS),
    "English keyboard": (lambda text, _: english_keyboard(text), (0,)),
}
COLUMNS = {
    "plain": ("plain", "R@1"), "colloq": ("colloquial", "R@1"), "noisy": ("noisy", "R@1"),
    "R@1": ("in-scope", "R@1"), "R@3": ("in-scope", "R@3"), "helped": ("in-scope", "helped"),
    "misled": ("in-scope", "misled"), "oos": ("oos", "refused"), "near": ("oos_near", "refused"),
}  # fmt: skip
"""The first three are R@1 of a style, the last two are how much was refused."""


def ask(index: AnswerIndex, questions: Sequence[Question], what: str) -> list[Asked]:
    """What the index finds and decides."""
    found = []
    for question in track(questions, what, transient=True):
        hits = index.search(question.text)
        found.append(asked(question, decide(hits).kind, [(hit.answer.id, hit.score) for hit in hits]))
    return found


def compare(answers: list[Answer], questions: list[Question], ours: AnswerIndex) -> dict[str, Any]:
    """Rates by style of everything that answers."""
    morphemes = RecentMorphemes(Morphemes())
    table = {"Sotong": rates(ask(ours, questions, "Sotong"))}
    plain = AnswerIndex(load_encoder("sotong", morphemes), morphemes, thesaurus=Thesaurus())
    plain.load(answers)
    table["Sotong without thesaurus"] = rates(ask(plain, questions, "without thesaurus"))
    blind = AnswerIndex(NoMeaning(), morphemes, thesaurus=load_thesaurus(THESAURUS))
    blind.load(answers)
    table["Sotong without encoder"] = rates(ask(blind, questions, "without encoder"))
    table["BM25, morphemes"] = ranking_only(rates(ask_ranker(bm25(answers, morphemes), questions)))
    table["TF-IDF, characters 2-4"] = ranking_only(rates(ask_ranker(tfidf(answers), questions)))
    stock = of_faq(questions)
    if stock is None:
        print("Stock Rasa is missing in the table: .venv-rasa/bin/python bench/stock_rasa.py faq")
    else:
        table["Rasa 3.6.21 ResponseSelector"] = stock["rates"]
    return table


def ranking_only(scores: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Without the rates of decisions, which a bare ranking does not take."""
    kept = {
        style: {name: rate for name, rate in row.items() if name == "n" or name.startswith("R@")}
        for style, row in scores.items()
    }
    return {style: row for style, row in kept.items() if len(row) > 1}


def noise(questions: list[Question], ours: AnswerIndex) -> dict[str, dict[str, float]]:
    """R@1 of the plain questions as they are and in each noise, and the points lost."""
    plain = [question for question in questions if question.style == "plain"]
    clean = rates(ask(ours, plain, "plain"))["plain"]["R@1"]
    result = {"as written": {"R@1": clean, "lost": 0.0}}
    for name, (spoil, seeds) in NOISES.items():
        scores = []
        for seed in seeds:
            chance = random.Random(seed)
            spoilt = [replace(question, text=spoil(question.text, chance)) for question in plain]
            scores.append(rates(ask(ours, spoilt, name))["plain"]["R@1"])
        mean = statistics.mean(scores)
        result[name] = {"R@1": mean, "lost": clean - mean}
    return result


def quality(console: Console) -> None:
    """Measure, print, write."""
    answers, questions = read_answers(), read_questions()
    morphemes = RecentMorphemes(Morphemes())
    ours = AnswerIndex(load_encoder("sotong", morphemes), morphemes, thesaurus=load_thesaurus(THESAURUS))
    with console.status("reading the answers"):
        ours.load(answers)
    table = compare(answers, questions, ours)
    robust = noise(questions, ours)
    shown = Table(
        "",
        *COLUMNS,
        box=SIMPLE,
        padding=(0, 1, 0, 0),
        title=f"{len(answers):,} answers, {len(questions)} questions",
    )
    shown.columns[0].no_wrap = True
    for name, scores in table.items():
        cells = [scores.get(style, {}).get(rate) for style, rate in COLUMNS.values()]
        shown.add_row(name, *("" if cell is None else f"{cell * 100:.1f}" for cell in cells))
    console.print(shown)
    shown = Table("plain questions", "R@1", "lost", title="robustness")
    for name, row in robust.items():
        shown.add_row(name, f"{row['R@1']:.3f}", f"{row['lost']:.3f}")
    console.print(shown)
    write(
        "retrieval_quality.json",
        {
            "about": about(),
            "answers": len(answers),
            "questions": len(questions),
            "rates": table,
            "noise": robust,
        },
    )


def speed(console: Console) -> None:
    """Every size in a process of its own."""
    rows = []
    script = str(Path(__file__).with_name("size_retrieval.py"))
    for size in SIZES:
        with console.status(f"{size:,} answers (preparing them for the first time takes minutes)"):
            cache = RESULTS / "cache" / f"answers-{size}"
            command = [sys.executable, script, str(size), str(cache)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        console.print("  ".join(f"{name} {value:,}" for name, value in rows[-1].items()), highlight=False)
    write("retrieval.json", rows)


def main() -> None:
    """Quality, then speed."""
    if not SHARED.is_dir():
        print(f"Nothing measured: {SHARED} is absent, the public data this benchmark needs.")
        return
    console = Console()
    with threadpool_limits(1):
        if "--speed" not in sys.argv:
            quality(console)
        if "--quality" not in sys.argv:
            speed(console)


if __name__ == "__main__":
    main()
