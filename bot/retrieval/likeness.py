"""Which answers resemble a question: cheap likeness for all of them, a closer look at the best.

Cheap likeness is worked out for every answer that shares a rare word or letters with the question.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bot.content.models import Answer
from bot.encoder.table import Vectors
from bot.retrieval.closer import FEATURES, Asked, Shelved, Substance, features_of
from bot.retrieval.prepared import Preparer, exact_key
from bot.retrieval.query import Query
from bot.retrieval.segment import WORD_SCALE, Longs, Segment, places, spread
from bot.retrieval.shelf import Part
from bot.retrieval.sums import totals
from bot.retrieval.words import squeeze
from bot.text.normalise import normalise

CHEAP = ("words", "question_letters", "question_cover", "question_meaning", "text_meaning")
"""The likenesses by which candidates are chosen."""

CANDIDATES = 64
_SATURATION = 1.2
"""BM25's k1: how soon another occurrence adds nothing."""
_WORD_FULLNESS, _TITLE_FULLNESS, _TEXT_FULLNESS = 0.75, 0.75, 0.5
"""BM25's b: how far a text is measured by its length."""
_OFFICIAL = 0.5
"""What the official terms for a citizen's words count beside these, when candidates are chosen."""
_LAG = 0.02
"""Share of answers that may come or go before what is rare is worked out anew for all."""
_TOUCHED = 100_000
"""Entries of postings read while candidates are chosen; the commonest words and n-grams wait."""


class Candidate(NamedTuple):
    """An answer worth a closer look."""

    answer: Answer
    nearest: int
    """Number of the question that is nearest to what was asked."""
    exact: bool
    """That question is the very one, spaces and punctuation aside."""


@dataclass(frozen=True)
class Candidates:
    """Candidates and, row by row, their likeness: float32[n, len(FEATURES)]."""

    answers: list[Candidate]
    features: Vectors
    substance: Substance


@dataclass(frozen=True)
class _Means:
    """Mean lengths, as `_lengths` measures them."""

    words: float
    titles: float
    texts: float

    @classmethod
    def of(cls, segments: list[Segment]) -> _Means:
        """Over everything in these segments."""
        answers = max(sum(segment.size for segment in segments), 1)
        questions = max(sum(len(segment.exact) for segment in segments), 1)
        return cls(
            sum(float(segment.content_counts.sum(dtype=np.int64)) for segment in segments) / answers,
            sum(len(segment.title_grams) for segment in segments) / questions,
            sum(float(segment.text_lengths.sum(dtype=np.float64)) for segment in segments) / answers,
        )


class Likeness:
    """Of questions to the content as it stood when this was made."""

    def __init__(self, parts: list[Part], preparer: Preparer, before: Likeness | None = None) -> None:
        """What `before` worked out is kept for its parts as long as the content's size is much the same."""
        self._preparer = preparer
        self._segments = [part.segment for part in parts]
        self._answers = sum(part.alive for part in parts)
        self._questions = sum(len(segment.exact) for segment in self._segments)
        self._measured, self._means = self._answers, _Means.of(self._segments)
        kept: dict[int, Shelved] = {}
        if before and abs(before._measured - self._answers) <= _LAG * self._answers:
            kept = {id(shelved.segment): shelved for shelved in before._parts}
            self._measured, self._means = before._measured, before._means
        self._parts: list[Shelved] = [kept.get(id(part.segment)) or self._shelve(part) for part in parts]

    def _shelve(self, part: Part) -> Shelved:
        segment, means = part.segment, self._means
        words, titles, texts = _lengths(segment)
        return Shelved(
            part,
            segment,
            _norms(words, means.words, _WORD_FULLNESS),
            _norms(titles, means.titles, _TITLE_FULLNESS),
            _norms(texts, means.texts, _TEXT_FULLNESS),
            self._title_weights(segment),
            self._rarity(segment.words),
        )

    def _title_weights(self, segment: Segment) -> Vectors:
        seen = [_seen(s.grams, s.gram_bounds, segment.grams) for s in self._segments]
        weights = _idf(seen, len(segment.grams), self._questions)
        return totals(weights[segment.title_grams], segment.title_gram_bounds)

    def _rarity(self, words: npt.NDArray[np.uint32]) -> Vectors:
        seen = [_seen(s.words, s.posting_bounds, words) for s in self._segments]
        return _idf(seen, len(words), self._answers)

    def _ask(self, query: Query) -> Asked:
        words = self._rarity(query.words)
        known = np.zeros(len(words), bool)
        vectors = np.zeros((len(words), len(query.vector)), np.float32)
        for segment in self._segments:
            found = places(segment.words, query.words)
            vectors[found >= 0] = segment.word_vectors[found[found >= 0]] / WORD_SCALE
            known |= found >= 0
        if not known.all():
            vectors[~known] = self._preparer.word_vectors(
                [name for name, old in zip(query.names, known.tolist(), strict=True) if not old]
            )
        grams = [_seen(s.grams, s.gram_bounds, query.grams) for s in self._segments]
        text_grams = [s.texts_with(query.text_grams) for s in self._segments]
        own = slice(query.own)
        total = float(words[own].sum())
        new = float(np.log(1 + (self._answers + 0.5) / 0.5))
        share = float((words * known)[own].sum()) / total if total else 0.0
        return Asked(
            query,
            words,
            new,
            vectors,
            _idf(grams, len(query.grams), self._questions),
            _idf(text_grams, len(query.text_grams), self._answers),
            Substance(share, total / new),
        )

    def candidates(self, query: Query, choose: Vectors, today: date | None) -> Candidates:
        """The best of the answers in use by `choose` points of cheap likeness, and every exact one."""
        asked = self._ask(query)
        chosen = [_choose(shelved, asked, choose, today) for shelved in self._parts]
        points = np.concatenate([found for _, found in chosen]) if chosen else np.zeros(0, np.float32)
        least = np.partition(points, -CANDIDATES)[-CANDIDATES] if len(points) > CANDIDATES else -np.inf
        answers: list[Candidate] = []
        features = [np.zeros((0, len(FEATURES)), np.float32)]
        for shelved, (rows, found) in zip(self._parts, chosen, strict=True):
            kept = rows[found >= least]
            if len(kept):
                likeness, nearest = features_of(shelved, asked, kept)
                features.append(likeness)
                exact = _exact(shelved.part, query.squeezed)
                answers += [
                    Candidate(answer, exact.get(row, number), row in exact)
                    for row, number in zip(kept.tolist(), nearest.tolist(), strict=True)
                    if (answer := shelved.part.answers[row])
                ]
        return Candidates(answers, np.concatenate(features), asked.substance)


def _lengths(segment: Segment) -> tuple[Vectors, Vectors, Vectors]:
    """Of answers in words, of questions in n-grams, of texts in n-grams."""
    words = totals(segment.content_counts, segment.content_bounds)
    return words, np.diff(segment.title_gram_bounds).astype(np.float32), segment.text_lengths


def _norms(lengths: Vectors, mean: float, fullness: float) -> Vectors:
    return np.asarray(_SATURATION * (1 - fullness + fullness * lengths / max(mean, 1.0)), np.float32)


def _seen(keys: npt.NDArray[Any], bounds: Longs, wanted: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """How many entries each of `wanted` has."""
    found = places(keys, wanted)
    return np.where(found >= 0, bounds[found + 1] - bounds[found], 0)


def _idf(seen: list[npt.NDArray[np.int64]], size: int, total: int) -> Vectors:
    """How rare things are that so many of `total` texts have, as Lucene's BM25 weighs it."""
    known = np.minimum(sum(seen, np.zeros(size, np.int64)), total)
    return np.asarray(np.log(1 + (total - known + 0.5) / (known + 0.5)), np.float32)


def _choose(shelved: Shelved, asked: Asked, choose: Vectors, today: date | None) -> tuple[Longs, Vectors]:
    """The best rows of a part, in order, with their points of cheap likeness (inf for an exact one)."""
    segment, query = shelved.segment, asked.query
    coarse = segment.projection @ (query.vector + _OFFICIAL * query.official_vector)
    by_question = segment.coarse_questions @ (choose[3] * coarse)
    for entries, weights, _ in _postings(
        segment.gram_bounds, segment.gram_questions, places(segment.grams, query.grams), asked.grams
    ):
        shared = np.bincount(entries, weights, len(by_question))
        by_question += (choose[1] / asked.grams.sum()) * shared / (1 + shelved.title_norms)
        by_question += choose[2] * shared / np.maximum(shelved.title_weights, 1e-9)
    points = np.maximum.reduceat(by_question, segment.questions[:-1])
    points += segment.coarse_texts @ (choose[4] * coarse)
    weights = asked.words.copy()
    total = max(float(weights[: query.own].sum()), 1e-9)
    weights[query.own :] *= _OFFICIAL
    for entries, shares, at in _postings(
        segment.posting_bounds, segment.posting_rows, places(segment.words, query.words), weights
    ):
        counts = segment.posting_counts[at]
        found = shares * counts / (counts + shelved.word_norms[entries])
        points += np.bincount(entries, found * (choose[0] / total), len(points))
    exact = np.flatnonzero(segment.exact == np.uint64(exact_key(query.squeezed)))
    points[np.searchsorted(segment.questions, exact, side="right") - 1] = np.inf
    points[~shelved.part.valid(today)] = -np.inf
    rows = np.arange(len(points))
    if len(points) > CANDIDATES:
        rows = np.argpartition(points, -CANDIDATES)[-CANDIDATES:]
    rows = np.sort(rows[points[rows] > -np.inf])
    return rows, np.asarray(points[rows], np.float32)


def _postings(
    bounds: Longs, entries: npt.NDArray[np.int32], found: Longs, weights: Vectors
) -> list[tuple[npt.NDArray[np.int32], Vectors, Longs]]:
    """Entries of the rarest things that were found, their weights and where they stand; none or one piece."""
    known = np.flatnonzero(found >= 0)
    lengths = bounds[found[known] + 1] - bounds[found[known]]
    order = np.argsort(lengths, kind="stable")
    order = order[np.cumsum(lengths[order]) <= _TOUCHED]
    if not len(order):
        return []
    at, ends = spread(bounds, found[known[order]])
    return [(entries[at], np.repeat(weights[known[order]], np.diff(ends)), at)]


def _exact(part: Part, squeezed: str) -> dict[int, int]:
    """Rows with this very question, spaces and punctuation aside, and which of theirs it is."""
    found = {}
    for place in np.flatnonzero(part.segment.exact == np.uint64(exact_key(squeezed))).tolist():
        row = int(np.searchsorted(part.segment.questions, place, side="right")) - 1
        number = place - int(part.segment.questions[row])
        answer = part.answers[row]
        if answer and squeeze(normalise(answer.questions[number])) == squeezed:
            found[row] = number
    return found
