"""Reads questions with misspelt words as they were meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from bot.encoder.table import key
from bot.retrieval.query import Query, QuestionReader
from bot.retrieval.segment import places
from bot.retrieval.shelf import Part
from bot.text.spelling import Judge, Speller

_MOST_WORDS = 40_000
_ODD = -14.0


class Repair:
    """Knows the words of the content when it was made, and at every question those it has now.

    A question whose every word the content knows is not touched.
    """

    def __init__(self, parts: Sequence[Part], reader: QuestionReader, judge: Judge) -> None:
        counts: Counter[str] = Counter()
        for part in parts:
            counts.update(part.segment.vocabulary())
        self._speller = Speller(dict(counts.most_common(_MOST_WORDS)), judge)
        self._parts = parts
        self._reader = reader
        self._judge = judge

    def follow(self, parts: Sequence[Part]) -> None:
        """Leave the words of these parts alone from now on."""
        self._parts = parts

    def read(self, text: str) -> Query:
        """A normalised question, taken apart."""
        query = self._reader.read(text)
        own = query.words[: query.own]
        known = np.zeros(len(own), bool)
        for part in self._parts:
            known |= places(part.segment.words, own) >= 0
        unknown = {name for name, old in zip(query.names, known.tolist(), strict=False) if not old}
        doubted = [(m.start, m.end) for m in self._judge.analyse(text) if key(m) in unknown]
        doubted += [(start, end) for start, end, score in self._judge.read(text).pieces if score < _ODD]
        if not doubted:
            return query
        repaired, guesses = self._speller.guess(text, doubted)
        if repaired == text and not guesses:
            return query
        return self._reader.read(repaired, guesses)
