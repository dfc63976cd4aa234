"""Trains the default encoder on top of its glosses: `python -m bot.encoder.train` (about ten minutes).

Starts from the table that `bot.encoder.build` makes. Every morpheme may move away from its gloss but is
pulled back to it, and what all have in common is learned as one turn of the whole space: so a word that no
training text has stays among the words it belongs to. Needs what `bot.encoder.build` needs; running the bot
needs none of it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch
import typer

from bot.content.load import load_answers
from bot.encoder.build import GLOSSES, ROOT, TEXTS, make, write
from bot.encoder.encoder import MODEL, TableEncoder
from bot.encoder.learning import Example, Pace, Remembered, Scored, Source, learn, recall
from bot.encoder.pairs import Pair, opposites, read_pairs, read_scored
from bot.encoder.table import Analyser, Table, TableReader
from bot.text.morphemes import Morphemes
from bot.text.normalise import normalise
from bot.text.thesaurus import load_thesaurus

THESAURUS = ROOT / "data" / "thesaurus"
_NOT_MEASURED = "words"
"""Single words name many things; whether sentences are found is what counts."""


def examples(pairs: Sequence[Pair]) -> list[Example]:
    """For `bot.encoder.learning`."""
    return [Example(pair.subject, (pair.one, pair.other)) for pair in pairs]


def unseen_questions(folder: Path) -> list[Example]:
    """The demo city's questions, on which nothing is trained: each with every other one of its answer."""
    return [
        Example(number, (normalise(one), normalise(other)))
        for number, answer in enumerate(load_answers(folder).answers)
        for one in answer.questions
        for other in answer.questions
        if one != other
    ]


def rank_correlation(table: Table, morphemes: Analyser, scored: Sequence[Scored]) -> float:
    """Spearman's correlation of cosines with what people say."""
    from scipy.stats import spearmanr  # noqa: PLC0415 - seconds to import

    encoder = TableEncoder(TableReader(table, morphemes), "measured")
    left, right = (encoder.encode([line.texts[side] for line in scored]) for side in (0, 1))
    return float(spearmanr((left * right).sum(axis=1), [line.score for line in scored]).statistic)


def train(
    glosses: Path = GLOSSES,
    texts: Path = TEXTS,
    thesaurus: Path = THESAURUS,
    answers: Path = ROOT / "data" / "answers",
    out: Path = MODEL,
    epochs: int = Pace.epochs,
) -> None:
    """Make the default encoder: glosses first, then what means the same."""
    torch.set_num_threads(1)
    started = time.monotonic()
    if not texts.is_dir():
        sys.exit(f"{texts} is missing: give the folder of the public Korean texts with --texts.")
    morphemes = Remembered(Morphemes())
    words = load_thesaurus(thesaurus)
    start, english = make(glosses, texts, morphemes)
    pairs = read_pairs(words, texts)
    sources = {name: Source(examples(found)) for name, found in pairs.learned.items()}
    sources["apart"] = Source([Example(n, texts) for n, texts in enumerate(opposites(words))])
    kept = {name: examples(found) for name, found in pairs.held_out.items() if name != _NOT_MEASURED}
    scored = [Scored(texts, score) for texts, score in read_scored(texts / "KorSTS" / "sts-train.tsv")]

    def measure(table: Table) -> float:
        found = {name: recall(table, morphemes, lines) for name, lines in kept.items()}
        typer.echo(
            f"{time.monotonic() - started:4.0f} s  " + "  ".join(f"{n} {v:.3f}" for n, v in found.items())
        )
        return sum(found.values()) / len(found)

    table = learn(start, morphemes, sources, scored, measure, Pace(epochs=epochs))
    unseen = unseen_questions(answers)
    judged = [Scored(texts, score) for texts, score in read_scored(texts / "KorSTS" / "sts-dev.tsv")]
    scores = {
        name: {
            **{kind: round(recall(made, morphemes, lines), 3) for kind, lines in kept.items()},
            "demo city": round(recall(made, morphemes, unseen), 3),
            "KorSTS dev": round(rank_correlation(made, morphemes, judged), 3),
        }
        for name, made in (("glosses alone", start), ("trained", table))
    }
    counts = {name: len(source.examples) for name, source in sources.items()} | {"KorSTS": len(scored)}
    write(table, out, english, counts, scores)
    typer.echo(json.dumps(scores, indent=2))


if __name__ == "__main__":
    typer.run(train)
