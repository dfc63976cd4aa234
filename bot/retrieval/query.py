"""A citizen's question, taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.encoder.table import Vectors, keys
from bot.retrieval.letters import Keys, grams
from bot.retrieval.prepared import Preparer, names, word_keys
from bot.retrieval.segment import QUESTION_GRAMS, TEXT_GRAMS
from bot.retrieval.words import squeeze
from bot.text.thesaurus import Thesaurus

_MOST_WORDS = 48
_MOST_GRAMS = 256
_MOST_TERMS = 6


@dataclass(frozen=True)
class Query:
    """A normalised question; long ones are cut off."""

    text: str
    squeezed: str
    names: tuple[str, ...]
    """Different words, in order: first the citizen's own, then those of official terms for them."""
    own: int
    """How many are the citizen's own."""
    words: npt.NDArray[np.uint32]
    """Keys of all of them."""
    named: npt.NDArray[np.bool_]
    """Which of the citizen's own are names."""
    vector: Vectors
    official_vector: Vectors
    """Of the official terms; zeros when there are none."""
    grams: Keys
    """Different n-grams as questions are compared by."""
    text_grams: Keys
    """Different n-grams as texts are compared by, sorted."""


class QuestionReader:
    """Takes questions apart."""

    def __init__(self, preparer: Preparer, thesaurus: Thesaurus) -> None:
        self._preparer = preparer
        self.thesaurus = thesaurus
        self._terms: dict[str, tuple[str, ...]] = {}

    def use(self, thesaurus: Thesaurus) -> None:
        """Look words up in this one from now on."""
        self.thesaurus = thesaurus

    def read(self, text: str) -> Query:
        """Take a normalised question apart."""
        preparer = self._preparer
        morphemes = preparer.morphemes.analyse(text)
        own = tuple(dict.fromkeys(keys(morphemes)))[:_MOST_WORDS]
        terms = self.thesaurus.official(text, morphemes)[:_MOST_TERMS]
        added = dict.fromkeys(word for term in terms for word in self._words(term))
        together = (*own, *(word for word in added if word not in own))
        proper = set(names(morphemes))
        squeezed = squeeze(text)
        vectors = preparer.encoder.encode([text, " ".join(terms)] if terms else [text])
        return Query(
            text=text,
            squeezed=squeezed,
            names=together,
            own=len(own),
            words=word_keys(together),
            named=np.array([word in proper for word in own], bool),
            vector=vectors[0],
            official_vector=vectors[1] if terms else np.zeros_like(vectors[0]),
            grams=np.unique(grams(squeezed, *QUESTION_GRAMS))[:_MOST_GRAMS],
            text_grams=np.unique(grams(squeezed, *TEXT_GRAMS))[:_MOST_GRAMS],
        )

    def _words(self, term: str) -> Sequence[str]:
        if term not in self._terms:
            self._terms[term] = tuple(keys(self._preparer.morphemes.analyse(term)))
        return self._terms[term]
