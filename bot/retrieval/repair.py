"""Reads questions with misspelt words as they were meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from bot.encoder.table import key
from bot.retrieval.query import Query, QuestionReader
from bot.retrieval.segment import places
from bot.retrieval.shelf import Part
from bot.retrieval.words import RecentMorphemes
from bot.text.spelling import Speller

_MOST_WORDS = 40_000
_ODD = -9.0
"""A piece that the language model finds less likely (logarithm) may be what is left of a misspelt word."""


class Repair:
    """Knows the words of the content when it was made, and at every question those it has now.

    A question is not touched when the content knows its every word and it reads well.
    """

    def __init__(self, parts: Sequence[Part], reader: QuestionReader, morphemes: RecentMorphemes) -> None:
        counts: Counter[str] = Counter()
        for part in parts:
            counts.update(part.segment.vocabulary())
        self._speller = Speller(dict(counts.most_common(_MOST_WORDS)), morphemes)
        self._parts = parts
        self._reader = reader
        self._morphemes = morphemes

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
        doubted = [(m.start, m.end) for m in self._morphemes.analyse(text) if key(m) in unknown]
        doubted += [(start, end) for start, end, score in self._morphemes.read(text).pieces if score < _ODD]
        if not doubted:
            return query
        repaired = self._speller.correct(text, doubted)
        return query if repaired == text else self._reader.read(repaired)
