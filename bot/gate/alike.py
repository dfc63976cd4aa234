"""Whether two sentences ask the same: what each says that the other does not.

A mean of words, which the encoder's vector is, hardly notices one word more or less; and that word may be all
that tells two questions apart (건축분야, 토목분야). So the vectors only choose pairs, and words decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from bot.encoder.encoder import Encoder
from bot.encoder.table import Vectors
from bot.gate.sentences import NOT
from bot.retrieval.words import dictionary_form, squeeze
from bot.text.normalise import normalise
from bot.text.thesaurus import Thesaurus

SAME_WORD = 0.65
"""Cosine from which two words mean the same. Of the thesaurus' pairs 44 of 100 reach it, of the words that it
keeps apart 4. The thesaurus itself is asked first; this is for words it does not have."""
RELATED_WORD = 0.5
"""Cosine from which a word does not tell two sentences apart for certain."""
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True)
class Likeness:
    """Two sentences, the first's side named `one`."""

    cosine: float
    one_only: tuple[str, ...]
    """Words of the first that nothing in the second is related to, as people write them."""
    other_only: tuple[str, ...]
    same: bool
    """Nobody could say what one asks and the other does not."""

    @property
    def unclear(self) -> bool:
        """One of the two has no word of its own: who asks it may as well mean the other."""
        return not self.one_only or not self.other_only


class Judge:
    """Compares sentences that were taken apart. For one thread."""

    def __init__(self, encoder: Encoder, thesaurus: Thesaurus) -> None:
        self._encoder = encoder
        self._vectors: dict[str, Vectors] = {}
        self._read: dict[str, tuple[str, list[str]]] = {}
        self._terms: dict[str, set[str]] = {}
        for entry in thesaurus.entries:
            for word in (entry.official, *entry.everyday):
                self._terms.setdefault(squeeze(normalise(word)), set()).add(entry.official)
        self._apart: dict[str, set[str]] = {}
        for group in thesaurus.apart:
            plain = {squeeze(normalise(word)) for word in group}
            for word in plain:
                self._apart.setdefault(word, set()).update(plain - {word})

    def compare(
        self, one: str, one_words: frozenset[str], other: str, other_words: frozenset[str], cosine: float
    ) -> Likeness:
        """How two sentences differ. `cosine` is that of their vectors."""
        (one_all, one_numbers), (other_all, other_numbers) = self._letters(one), self._letters(other)
        mine = self._missing(one_words - other_words, other_words, other_all)
        yours = self._missing(other_words - one_words, one_words, one_all)
        if one_numbers != other_numbers:
            mine |= dict.fromkeys((number for number in one_numbers if number not in other_numbers), 0.0)
            yours |= dict.fromkeys((number for number in other_numbers if number not in one_numbers), 0.0)
        return Likeness(
            cosine,
            tuple(word for word, alike in mine.items() if alike < RELATED_WORD),
            tuple(word for word, alike in yours.items() if alike < RELATED_WORD),
            all(alike >= SAME_WORD for alike in (*mine.values(), *yours.values())),
        )

    def _letters(self, text: str) -> tuple[str, list[str]]:
        """Letters and digits of a text, and its numbers in order of size."""
        if text not in self._read:
            letters = squeeze(normalise(text))
            self._read[text] = letters, sorted(_DIGITS.findall(letters))
        return self._read[text]

    def _missing(self, words: Iterable[str], others: frozenset[str], letters: str) -> dict[str, float]:
        """Words that another sentence does not have as such, and how near its nearest comes."""
        found = {}
        for word in sorted(words):
            bare = word.removesuffix("/V")
            if len(bare) > 1 and bare in letters:
                continue
            shown = dictionary_form(word)
            found[shown] = max((self._alike(word, other) for other in others), default=0.0)
        return found

    def _alike(self, word: str, other: str) -> float:
        one, two = dictionary_form(word), dictionary_form(other)
        if NOT in (word, other) or two in self._apart.get(one, ()):
            return 0.0
        if self._terms.get(one, set()) & self._terms.get(two, set()):
            return 1.0
        return float(self._vector(one) @ self._vector(two))

    def _vector(self, word: str) -> Vectors:
        if word not in self._vectors:
            self._vectors[word] = np.asarray(self._encoder.encode([word])[0], np.float32)
        return self._vectors[word]
