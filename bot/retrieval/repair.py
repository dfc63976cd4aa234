"""Reads questions with misspelt words as they were meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.retrieval.query import Query, QuestionReader
from bot.retrieval.segment import Segment
from bot.retrieval.shelf import Part
from bot.text.recent import RecentMorphemes
from bot.text.spelling import Speller

_MOST_WORDS = 40_000
_BOLD = 2.3
"""A word that neither content nor thesaurus has finds nothing: even a doubtful repair is better."""


class Repair:
    """Knows the words of the content and of the thesaurus when it was made, and those that came since."""

    def __init__(self, parts: Sequence[Part], reader: QuestionReader, morphemes: RecentMorphemes) -> None:
        counts: Counter[str] = Counter()
        for part in parts:
            counts.update(part.segment.vocabulary())
        counts = Counter(dict(counts.most_common(_MOST_WORDS)))
        counts.update(reader.thesaurus.written())
        self._speller = Speller(counts, morphemes, _BOLD)
        self._reader = reader
        self._known: list[Segment] = []
        self.follow(parts)

    def follow(self, parts: Sequence[Part]) -> None:
        """Leave the words of these parts alone from now on."""
        for part in parts:
            if not any(part.segment is known for known in self._known):
                self._speller.leave(part.segment.vocabulary())
        self._known = [part.segment for part in parts]

    def read(self, text: str) -> Query:
        """A normalised question, taken apart."""
        return self._reader.read(self._speller.correct(text))
