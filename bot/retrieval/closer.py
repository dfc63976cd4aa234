"""How much a few answers resemble a question, in every way that is known.

Every number is absolute, 0 (nothing in common) to 1 (all of it), whatever the size of the content, so that
weights learned on one content hold on another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.encoder.table import Vectors
from bot.retrieval.letters import asked_grams, units
from bot.retrieval.query import Query
from bot.retrieval.segment import TEXT_GRAMS, WORD_SCALE, Longs, Segment, places, spread
from bot.retrieval.shelf import Part
from bot.retrieval.sums import peaks, totals, weights_of

FEATURES = (
    "words",
    "question_words",
    "question_letters",
    "question_cover",
    "text_letters",
    "question_meaning",
    "text_meaning",
    "word_meaning",
    "title_meaning",
    "title_cover",
    "official_title",
    "official_meaning",
    "weakest_word",
    "names",
)
_Found = dict[str, npt.NDArray[np.floating[Any]]]
_TINY = np.float32(1e-9)
_AT_ONCE = 256
"""Words whose vectors fit into the processor's cache together."""
_LINE = ord("\n")
_ALIKE = 0.4
"""Two words whose vectors are less alike than this have nothing to do with each other."""


@dataclass(frozen=True)
class Substance:
    """Of a question's words."""

    known: float
    """Share, by weight, that the content has."""
    weight: float
    """Together, when a word nobody used before weighs 1."""


@dataclass(frozen=True)
class Shelved:
    """A part with the numbers that depend on the whole content."""

    part: Part
    segment: Segment
    word_norms: Vectors
    title_norms: Vectors
    text_norms: Vectors
    title_weights: Vectors
    """How rare the n-grams of each question are, together."""
    rarity: Vectors
    """Of the segment's words."""


@dataclass(frozen=True)
class Asked:
    """A question with the weights of what it is made of."""

    query: Query
    words: Vectors
    """Of the citizen's own and of official ones."""
    new: float
    """Weight of a word nobody used before."""
    word_vectors: Vectors
    grams: Vectors
    text_grams: Vectors
    substance: Substance


def features_of(shelved: Shelved, asked: Asked, rows: Longs) -> tuple[Vectors, Longs]:
    """Every likeness of some answers of a part, and the numbers of their nearest questions."""
    return _Look(shelved, asked, rows).features()


class _Look:
    """At some answers of a part."""

    def __init__(self, shelved: Shelved, asked: Asked, rows: Longs) -> None:
        self._shelved = shelved
        self._segment = shelved.segment
        self._asked = asked
        self._rows = rows
        self._questions, self._ends = spread(self._segment.questions, rows)
        self._wanted = places(self._segment.words, asked.query.words)
        self._total = max(float(asked.words[: asked.query.own].sum()), 1e-9)

    def features(self) -> tuple[Vectors, Longs]:
        segment, query, ends = self._segment, self._asked.query, self._ends
        letters, cover = self._letters()
        asked = np.stack([query.vector, query.official_vector], axis=1)
        meaning, official = (segment.question_vectors[self._questions].astype(np.float32) @ asked).T
        by_question = {
            "question_words": self._same_words(),
            "question_letters": letters,
            "question_cover": cover,
            "question_meaning": meaning,
            "official_meaning": official,
        }
        by_answer, of_titles = self._words()
        by_question |= of_titles
        found = dict(zip(by_question, peaks(np.stack(list(by_question.values())), ends), strict=True))
        found |= by_answer
        found["text_letters"] = self._texts()
        found["text_meaning"] = segment.text_vectors[self._rows].astype(np.float32) @ query.vector
        scores = letters + meaning
        best = np.repeat(peaks(scores, ends), np.diff(ends))
        at = np.where(scores >= best, np.arange(len(scores)), len(scores))
        likeness = np.stack([found[name] for name in FEATURES], axis=1)
        number = np.minimum.reduceat(at, ends[:-1]) - ends[:-1]
        return np.asarray(np.clip(likeness, 0, 1), np.float32), number

    def _letters(self) -> tuple[Vectors, Vectors]:
        """How many of the asked n-grams each question has (BM25), and how many of its own were asked."""
        segment, asked = self._segment, self._asked
        at, ends = spread(segment.title_gram_bounds, self._questions)
        weights = weights_of(segment.title_grams[at], places(segment.grams, asked.query.grams), asked.grams)
        shared = totals(weights, ends)
        share = shared / (1 + self._shelved.title_norms[self._questions])
        share /= np.float32(max(float(asked.grams.sum()), 1e-9))
        cover = shared / np.maximum(self._shelved.title_weights[self._questions], _TINY)
        return share, np.asarray(cover, np.float32)

    def _same_words(self) -> Vectors:
        """Cosine of rarities."""
        segment, rarity = self._segment, self._shelved.rarity
        at, ends = spread(segment.title_bounds, self._questions)
        words = segment.title_words[at]
        own = self._asked.query.own
        weights = weights_of(words, self._wanted[:own], self._asked.words[:own])
        lengths = np.sqrt(totals(rarity[words] ** 2, ends)) * float(np.linalg.norm(self._asked.words[:own]))
        return np.asarray(totals(weights * rarity[words], ends) / np.maximum(lengths, 1e-9), np.float32)

    def _words(self) -> tuple[_Found, _Found]:
        """What words say, by answer and by question."""
        segment, asked, own = self._segment, self._asked, self._asked.query.own
        at, ends = spread(segment.content_bounds, self._rows)
        words, counts = segment.content_words[at], segment.content_counts[at].astype(np.float32)
        weights = weights_of(words, self._wanted[:own], asked.words[:own])
        norms = np.repeat(self._shelved.word_norms[self._rows], np.diff(ends))
        numbers = np.zeros(len(segment.words), np.int32)
        numbers[words] = 1
        different = np.flatnonzero(numbers)
        numbers[different] = np.arange(1, len(different) + 1)
        place = numbers[words] - 1
        alike = self._alike(different)
        same = np.flatnonzero(self._wanted >= 0)
        same = same[numbers[self._wanted[same]] > 0]
        alike[same, numbers[self._wanted[same]] - 1] = 1
        shares = asked.words / np.float32(self._total)
        best = peaks(alike[:own].take(place, axis=1), ends)
        missing = np.float32(1) - best
        lacking = missing * (asked.words[:own] / np.float32(asked.new))[:, None]
        named = np.flatnonzero(asked.query.named)
        absent = np.ones((len(named), len(self._rows)), np.float32)
        for number, word in enumerate(self._wanted[named].tolist()):
            absent[number] = totals(words == word, ends) == 0
        by_answer: _Found = {
            "words": totals(weights * counts / (counts + norms), ends) / np.float32(self._total),
            "word_meaning": shares[:own] @ best,
            "weakest_word": np.float32(1) - lacking.max(axis=0, initial=0),
            "names": np.float32(1) - shares[named] @ absent,
        }
        at, ends = spread(segment.title_bounds, self._questions)
        words = segment.title_words[at]
        place = numbers[words] - 1
        rarity = self._shelved.rarity[words]
        back = alike[:own].max(axis=0, initial=0)[place] * rarity
        best = peaks(alike.take(place, axis=1), ends)
        official = asked.words[own:] / np.maximum(asked.words[own:].sum(), _TINY)
        return by_answer, {
            "title_meaning": shares[:own] @ best[:own],
            "title_cover": totals(back, ends) / np.maximum(totals(rarity, ends), _TINY),
            "official_title": official @ best[own:],
        }

    def _alike(self, words: Longs) -> Vectors:
        """float32[asked words, words]: how alike these words of the segment are to those asked."""
        asked = np.ascontiguousarray((self._asked.word_vectors / WORD_SCALE).T)
        found = np.empty((len(words), asked.shape[1]), np.float32)
        for start in range(0, len(words), _AT_ONCE):
            piece = self._segment.word_vectors.take(words[start : start + _AT_ONCE], axis=0)
            np.matmul(piece.astype(np.float32), asked, out=found[start : start + _AT_ONCE])
        found[found < _ALIKE] = 0
        return np.ascontiguousarray(found.T)

    def _texts(self) -> Vectors:
        """How many of the asked n-grams a text has inside its words (BM25)."""
        asked, rows = self._asked, self._rows
        wanted = asked.query.text_grams
        texts = units(self._segment.texts_of(rows))
        ends = np.flatnonzero(texts == _LINE)
        times = np.zeros((len(rows), len(wanted)), np.float32)
        for at, keys in asked_grams(texts, units(asked.query.squeezed), *TEXT_GRAMS):
            found = places(wanted, keys)
            known = found >= 0
            place = np.searchsorted(ends, at[known]) * len(wanted) + found[known]
            times += np.bincount(place, minlength=times.size).reshape(times.shape)
        norms = self._shelved.text_norms[rows][:, None]
        points = (times / (times + norms)) @ asked.text_grams
        return np.asarray(points / max(float(asked.text_grams.sum()), 1e-9), np.float32)
