"""Fits the default encoder to an agency's own content, without labels: part of `sotong train`.

Learned is that questions and text of one answer belong together and how rare each word is in this content;
the thesaurus is shown again so that what citizens say is not forgotten. On every fifth answer, which is not
learned from, it is measured whether answers are found at least as well as before; else the default is kept.
"""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import torch

from bot.content.models import Answer
from bot.encoder.build import save_model
from bot.encoder.encoder import MADE_FROM, MODEL
from bot.encoder.learning import Example, Pace, Remembered, Source, learn, recall
from bot.encoder.table import Analyser, Table, TableReader
from bot.text.morphemes import Morphemes
from bot.text.normalise import normalise
from bot.text.thesaurus import Thesaurus

_FORM = 1
"""Raise it when content is learned in another way."""
_FEWEST = 40
"""Answers below which nothing is learned: too few to see whether it helps."""
_HELD_OUT = 5
_LONGEST = 600
"""Characters of a text that are read: its beginning says what it is about."""
_TRUST = 1000
"""Answers with which the content's own word counts weigh as much as the default's."""
_PACE = Pace(epochs=4, batch=64, turn_rate=1e-3)


@dataclass(frozen=True)
class Adapted:
    """What came of it."""

    table: Table
    before: float
    """Share of the held-out questions whose own text is the nearest, with the default."""
    after: float
    """The same with `table`; equal when the default was kept."""


def adapt(
    table: Table, answers: Sequence[Answer], morphemes: Analyser, thesaurus: Thesaurus | None = None
) -> Adapted:
    """`table` fitted to `answers`, or `table` itself where that finds held-out answers no better.

    Deterministic; about half a minute of one core for 2,600 answers.
    """
    if len(answers) < _FEWEST:
        return Adapted(table, 0.0, 0.0)
    known = Remembered(morphemes)
    learned, held_out = _split(answers)
    before = recall(table, known, held_out)
    weighed = _weighed(table, [example.texts[1] for example in learned], known)
    start = weighed if recall(weighed, known, held_out) > before else table
    sources = {"answers": Source(learned), "thesaurus": Source(_replay(thesaurus))}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        found = learn(start, known, sources, (), lambda made: recall(made, known, held_out), _PACE)
    finally:
        torch.set_num_threads(threads)
    after = recall(found, known, held_out)
    return Adapted(found, before, after) if after > before else Adapted(table, before, before)


def adapt_encoder(
    folder: Path,
    answers: Sequence[Answer],
    thesaurus: Thesaurus | None = None,
    morphemes: Analyser | None = None,
    force: bool = False,
) -> Adapted | None:
    """Adapt the default encoder and keep the result in `folder`; None when that was done before.

    `load_encoder("sotong", morphemes, folder)` reads it from then on; it is a copy of the default where
    nothing better was found. Raises OSError where `folder` cannot be written.
    """
    default = Table.load(MODEL)
    note = f"{default.mark} {fingerprint(answers, thesaurus)}"
    if not force and (folder / MADE_FROM).exists() and (folder / MADE_FROM).read_text("utf-8") == note:
        return None
    result = adapt(default, answers, morphemes or Morphemes(), thesaurus)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".adapting-") as temporary:
        new, old = Path(temporary, "new"), Path(temporary, "old")
        new.mkdir()
        save_model(result.table, new)
        (new / MADE_FROM).write_text(note, encoding="utf-8")
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    return result


def fingerprint(answers: Sequence[Answer], thesaurus: Thesaurus | None) -> str:
    """Changes with everything that is learned from."""
    digest = blake2b(f"{_FORM}".encode(), digest_size=8)
    for answer in answers:
        digest.update(repr((answer.questions, answer.answer)).encode("utf-8", "surrogatepass"))
    if thesaurus:
        digest.update(repr((thesaurus.entries, thesaurus.questions)).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _split(answers: Sequence[Answer]) -> tuple[list[Example], list[Example]]:
    """Question and text, question and title of each answer to learn; question and text of those held out."""
    learned, held_out = [], []
    for number, answer in enumerate(answers):
        questions = list(dict.fromkeys(map(normalise, answer.questions)))
        text = normalise(answer.answer[:_LONGEST])
        own = [Example(number, (question, text)) for question in questions]
        if number % _HELD_OUT == 0:
            held_out += own
        else:
            learned += own
            learned += [Example(number, (question, questions[0])) for question in questions[1:]]
    return learned, held_out


def _replay(thesaurus: Thesaurus | None) -> list[Example]:
    if not thesaurus:
        return []
    questions = [
        Example(number, (normalise(group[0]), normalise(other)))
        for number, group in enumerate(thesaurus.questions)
        for other in group[1:]
    ]
    words = [
        Example(len(thesaurus.questions) + number, (normalise(entry.official), normalise(said)))
        for number, entry in enumerate(thesaurus.entries)
        for said in entry.everyday[:3]
    ]
    return [*questions, *words]


def _weighed(table: Table, texts: Sequence[str], morphemes: Analyser) -> Table:
    """Weights between the default's and the inverse document frequency in `texts`, by how many there are."""
    reader = TableReader(table, morphemes)
    seen: Counter[int] = Counter()
    for text in texts:
        seen.update(set(reader.rows(text)))
    share = len(texts) / (len(texts) + _TRUST)
    counts = np.array([seen[row] for row in range(len(table.names))], np.float32)
    own = np.log(1 + (len(texts) - counts + 0.5) / (counts + 0.5)) / math.log(1 + 2 * len(texts))
    scale = float(table.weights[counts > 0].mean() / max(float(own[counts > 0].mean()), 1e-9))
    weights = np.where(counts > 0, (1 - share) * table.weights + share * scale * own, table.weights)
    return Table(table.names, table.vectors, weights.astype(np.float32))
