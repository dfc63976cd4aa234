"""The latest texts' morphemes, kept."""

from __future__ import annotations

from collections import OrderedDict

from bot.text.morphemes import Morpheme, Morphemes, Reading

_KEPT = 64


class RecentMorphemes:
    """A `Morphemes` that remembers its last results: several ask about the same text in turn."""

    def __init__(self, morphemes: Morphemes) -> None:
        self._morphemes = morphemes
        self._recent: OrderedDict[str, tuple[list[Morpheme], Reading]] = OrderedDict()

    def analyse(self, text: str) -> list[Morpheme]:
        """As `Morphemes.analyse`."""
        return self._both(text)[0]

    def read(self, text: str) -> Reading:
        """As `Morphemes.read`."""
        return self._both(text)[1]

    def _both(self, text: str) -> tuple[list[Morpheme], Reading]:
        if text not in self._recent:
            self._recent[text] = self._morphemes.analyse_and_read(text)
            if len(self._recent) > _KEPT:
                self._recent.popitem(last=False)
        return self._recent[text]
