"""The searchable form of a set of answers: how much each answer resembles a question, in seven ways.

Every number is absolute, 0 (nothing in common) to 1 (all of it), whatever the size of the content, so that
weights learned on one content hold on another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bm25s
import numpy as np
import numpy.typing as npt
from scipy import sparse

from bot.encoder.table import Vectors, keys
from bot.retrieval.prepared import GRAM_COLUMNS, Grams, Prepared, Preparer
from bot.retrieval.words import squeeze

FEATURES = (
    "words",
    "question_words",
    "question_letters",
    "text_letters",
    "question_meaning",
    "text_meaning",
    "word_meaning",
)
"""Columns of `Matrices.features`. The last is costly and computed for the candidates of the others only."""

CANDIDATES = 100
"""So many of the answers that look best by the cheap features are compared word by word."""
_SATURATION = 1.2
"""BM25's k1: how soon another occurrence adds nothing."""
_ALIKE = 0.4
"""Two words whose vectors are less alike than this have nothing to do with each other."""
_NOTHING = ""
"""A word no question has, so that an answer without words has one."""


@dataclass(frozen=True)
class Query:
    """A normalised question, taken apart."""

    text: str
    squeezed: str
    words: tuple[str, ...]
    """Different words, in order."""
    vector: Vectors
    question_grams: Grams
    text_grams: Grams


def read_query(text: str, preparer: Preparer) -> Query:
    """Take a normalised question apart."""
    squeezed = squeeze(text)
    return Query(
        text=text,
        squeezed=squeezed,
        words=tuple(dict.fromkeys(keys(preparer.morphemes.analyse(text)))),
        vector=preparer.encoder.encode([text])[0],
        question_grams=preparer.question_counter.count([squeezed])[0],
        text_grams=preparer.text_counter.count([squeezed])[0],
    )


@dataclass(frozen=True)
class Substance:
    """Of a question's words."""

    known: float
    """Share, by weight, that the content has."""
    weight: float
    """Together, when a word nobody used before weighs 1."""


class LetterIndex:
    """Character n-grams: how much of a question's a text has, rare ones counting more (BM25).

    With `fullness` 0 to 1, a text is measured by its length: one that has little else fits better.
    """

    def __init__(self, rows: Sequence[Grams], fullness: float) -> None:
        columns = np.concatenate([row.columns for row in rows])
        counts = np.concatenate([row.counts for row in rows]).astype(np.float32)
        bounds = np.cumsum([0, *(len(row.columns) for row in rows)])
        seen = np.bincount(columns, minlength=GRAM_COLUMNS)
        self._weights = np.log(1 + (len(rows) - seen + 0.5) / (seen + 0.5)).astype(np.float32)
        lengths = np.array([int(row.counts.sum(dtype=np.int64)) for row in rows], np.float32)
        relative = lengths / max(float(lengths.mean()), 1.0)
        norms = np.repeat(_SATURATION * (1 - fullness + fullness * relative), np.diff(bounds))
        values = self._weights[columns] * counts / (counts + norms)
        matrix = sparse.csr_matrix((values, columns, bounds), shape=(len(rows), GRAM_COLUMNS))
        self._by_gram = matrix.T.tocsr()

    def shares(self, grams: Grams) -> Vectors:
        """float32[rows], 0 to 1."""
        if not len(grams.columns):
            return np.zeros(self._by_gram.shape[1], np.float32)
        ones = np.ones(len(grams.columns), np.float32)
        query = sparse.csr_matrix((ones, grams.columns, [0, len(ones)]), shape=(1, GRAM_COLUMNS))
        found: Vectors = (query @ self._by_gram).toarray()[0] / self._weights[grams.columns].sum()
        return found


class Matrices:
    """Immutable; made anew when an answer changes."""

    def __init__(self, answers: Sequence[Prepared], preparer: Preparer) -> None:
        self._preparer = preparer
        self.size = len(answers)
        self._first = np.cumsum([0, *(len(answer.questions) for answer in answers)])[:-1]
        self._vocabulary: dict[str, int] = {_NOTHING: 0}
        documents = [self._document(answer) for answer in answers]
        self._bm25 = bm25s.BM25(method="lucene", k1=_SATURATION, b=0.75)
        self._bm25.index((documents, self._vocabulary), create_empty_token=False, show_progress=False)
        self._words = [np.unique(document) for document in documents]
        seen = np.bincount(np.concatenate(self._words), minlength=len(self._vocabulary))
        self._idf = np.log(1 + (self.size - seen + 0.5) / (seen + 0.5)).astype(np.float32)
        self._unknown_idf = float(np.log(1 + (self.size + 0.5) / 0.5))
        self._question_words = self._weighted([words for answer in answers for words in answer.questions])
        self._word_vectors = preparer.word_vectors(list(self._vocabulary))
        self._word_vectors[0] = 0
        question_grams = [row for answer in answers for row in answer.question_grams]
        self._question_letters = LetterIndex(question_grams, fullness=0.75)
        self._text_letters = LetterIndex([answer.text_grams for answer in answers], fullness=0.5)
        self._question_vectors = np.concatenate([answer.question_vectors for answer in answers])
        self._text_vectors = np.stack([answer.text_vector for answer in answers])
        self._exact: dict[str, list[tuple[int, int]]] = {}
        for row, answer in enumerate(answers):
            for number, squeezed in enumerate(answer.squeezed):
                if squeezed:
                    self._exact.setdefault(squeezed, []).append((row, number))

    def _document(self, answer: Prepared) -> list[int]:
        """Words of the questions, counted twice and once for all questions together, and of the text."""
        most: dict[str, int] = {}
        for question in answer.questions:
            for word in question:
                most[word] = max(most.get(word, 0), question.count(word))
        words = [word for word, times in most.items() for _ in range(2 * times)]
        vocabulary = self._vocabulary
        return [vocabulary.setdefault(word, len(vocabulary)) for word in (*words, *answer.text)] or [0]

    def _weighted(self, questions: Sequence[Sequence[str]]) -> sparse.csc_matrix:
        """Each question's different words by weight, of length 1."""
        rows = [np.array([self._vocabulary[word] for word in set(words)], np.int64) for words in questions]
        values = [self._idf[row] / max(float(np.linalg.norm(self._idf[row])), 1e-9) for row in rows]
        bounds = np.cumsum([0, *map(len, rows)])
        shape = (len(rows), len(self._vocabulary))
        matrix = sparse.csr_matrix((np.concatenate(values), np.concatenate(rows), bounds), shape=shape)
        return matrix.tocsc()

    def exact(self, query: Query) -> list[tuple[int, int]]:
        """Answers with this very question, spaces and punctuation aside: (row, number of the question)."""
        return self._exact.get(query.squeezed, [])

    def substance(self, query: Query) -> Substance:
        """How much the question says, and how much of it the content speaks of at all."""
        weights, rows = self._weights(query)
        if not len(rows):
            return Substance(0.0, 0.0)
        total = float(weights.sum())
        return Substance(float(weights[rows > 0].sum()) / total, total / self._unknown_idf)

    def _weights(self, query: Query) -> tuple[Vectors, npt.NDArray[np.int64]]:
        rows = np.array([self._vocabulary.get(word, 0) for word in query.words], np.int64)
        return np.where(rows > 0, self._idf[rows], self._unknown_idf).astype(np.float32), rows

    def features(self, query: Query) -> tuple[Vectors, npt.NDArray[np.int64]]:
        """float32[answers, 7], the last column still 0; and the number of each answer's nearest question."""
        result = np.zeros((self.size, len(FEATURES)), np.float32)
        weights, rows = self._weights(query)
        if (known := rows[rows > 0]).size:
            result[:, 0] = self._bm25.get_scores_from_ids(known.tolist()) / weights.sum()
        letters = self._question_letters.shares(query.question_grams)
        meaning = self._question_vectors @ query.vector
        if rows.size:
            words = self._question_words[:, rows] @ (weights / np.linalg.norm(weights))
            result[:, 1] = np.maximum.reduceat(words, self._first)
        result[:, 2] = np.maximum.reduceat(letters, self._first)
        result[:, 3] = self._text_letters.shares(query.text_grams)
        result[:, 4] = np.maximum.reduceat(meaning, self._first)
        result[:, 5] = self._text_vectors @ query.vector
        return np.clip(result, 0, 1), self._nearest(letters + meaning)

    def _nearest(self, scores: Vectors) -> npt.NDArray[np.int64]:
        best = np.repeat(np.maximum.reduceat(scores, self._first), np.diff([*self._first, len(scores)]))
        places = np.where(scores >= best, np.arange(len(scores)), len(scores))
        return np.asarray(np.minimum.reduceat(places, self._first) - self._first, np.int64)

    def word_meaning(self, query: Query, answers: npt.NDArray[np.int64]) -> Vectors:
        """For each of `answers`: how far every word of the question has a word alike in question or text."""
        weights, rows = self._weights(query)
        if not len(rows):
            return np.zeros(len(answers), np.float32)
        new = [word for word, row in zip(query.words, rows, strict=True) if not row]
        vectors = self._word_vectors[rows]
        if new:
            vectors[rows == 0] = list(self._preparer.vectors_of_new(new).values())
        words = [self._words[answer] for answer in answers]
        starts = np.cumsum([0, *map(len, words)])[:-1]
        different, places = np.unique(np.concatenate(words), return_inverse=True)
        alike = vectors @ self._word_vectors[different].T
        alike[alike < _ALIKE] = 0
        alike[(rows[:, None] == different[None]) & (rows[:, None] > 0)] = 1
        best = np.maximum.reduceat(alike[:, places], starts, axis=1)
        found: Vectors = np.clip(weights @ best / weights.sum(), 0, 1)
        return found


@dataclass(frozen=True)
class Candidates:
    """The answers worth a closer look, in no order; the fields run parallel."""

    rows: npt.NDArray[np.int64]
    features: Vectors
    """float32[n, 7]"""
    nearest: npt.NDArray[np.int64]
    """Number of the question that is nearest to what was asked."""


def candidates(matrices: Matrices, query: Query, rank: Vectors, valid: npt.NDArray[np.int64]) -> Candidates:
    """The best of the `valid` answers by `rank` points of the cheap features, and every exact one."""
    features, nearest = matrices.features(query)
    rows = valid
    if len(valid) > CANDIDATES:
        points = features[valid] @ rank
        chosen = set(valid[np.argpartition(-points, CANDIDATES)[:CANDIDATES]].tolist())
        chosen |= {row for row, _ in matrices.exact(query)} & set(valid.tolist())
        rows = np.array(sorted(chosen), np.int64)
    features[rows, -1] = matrices.word_meaning(query, rows)
    return Candidates(rows, features[rows], nearest[rows])
