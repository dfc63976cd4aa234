"""A part of the content in searchable form: arrays only, never changed, kept in memory or in a file.

Numbers that depend on the whole content (how rare a word is, how long an answer is on average) are not in
it, so an edit needs no other part to be touched: `bot.retrieval.shelf` works them out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.encoder.table import Vectors
from bot.retrieval.letters import Keys

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Halves = npt.NDArray[np.float16]

QUESTION_GRAMS = (2, 4)
TEXT_GRAMS = (2, 3)
WORD_SCALE = np.float32(127)


@dataclass(frozen=True)
class Segment:
    """`x_bounds[i]` to `x_bounds[i + 1]` is where row i has its part of x."""

    marks: npt.NDArray[np.uint8]
    """uint8[answers, 12]"""
    questions: Longs
    """Bounds: which questions are whose."""
    exact: Keys
    """`exact_key` of each question."""
    words: npt.NDArray[np.uint32]
    """Different words, sorted; other arrays speak of their places."""
    word_vectors: npt.NDArray[np.int8]
    """Times `WORD_SCALE`: numbers of one byte are read in a fraction of the time that half floats take."""
    written: npt.NDArray[np.uint8]
    """Words as they are written, UTF-8, one a line, and"""
    written_counts: Ints
    """how often."""
    content_bounds: Longs
    content_words: Ints
    """Words of each answer, in order of place."""
    content_counts: npt.NDArray[np.uint8]
    title_bounds: Longs
    title_words: Ints
    """Words of each question."""
    posting_bounds: Longs
    posting_rows: Ints
    """Answers of each word, ascending."""
    posting_counts: npt.NDArray[np.uint8]
    grams: Keys
    """Different n-grams of questions, sorted."""
    gram_bounds: Longs
    gram_questions: Ints
    """Questions of each n-gram, ascending."""
    title_gram_bounds: Longs
    title_grams: Ints
    """N-grams of each question."""
    text: npt.NDArray[np.uint8]
    """UTF-8"""
    text_bounds: Longs
    text_lengths: Vectors
    """How many n-grams each text has."""
    text_grams: Keys
    """Different n-grams of texts, sorted."""
    text_seen: Ints
    """How many texts have each."""
    question_vectors: Halves
    text_vectors: Halves
    projection: Vectors
    """float32[p, d]: makes coarse vectors."""
    coarse_questions: Vectors
    coarse_texts: Vectors

    @property
    def size(self) -> int:
        """How many answers."""
        return len(self.marks)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """By name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def vocabulary(self) -> dict[str, int]:
        """Words as they are written and how often; those of dropped answers may be among them."""
        words = self.written.tobytes().decode("utf-8", "replace").split("\n")
        return dict(zip(words, self.written_counts.tolist(), strict=True))

    def texts_with(self, wanted: Keys) -> Longs:
        """How many texts have each of these n-grams."""
        if not len(self.text_grams):
            return np.zeros(len(wanted), np.int64)
        found = places(self.text_grams, wanted)
        return np.where(found >= 0, self.text_seen[found], 0).astype(np.int64)

    def texts_of(self, rows: npt.NDArray[np.integer[Any]]) -> str:
        """Letters and digits of everything that these answers say, one answer a line."""
        bounds = zip(self.text_bounds[rows].tolist(), self.text_bounds[rows + 1].tolist(), strict=True)
        return b"\n".join(self.text[start:end].tobytes() for start, end in bounds).decode("utf-8", "replace")


def places(sorted_keys: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> Longs:
    """Place of each of `wanted` in `sorted_keys`, -1 for those that are not there."""
    if not len(sorted_keys):
        return np.full(len(wanted), -1, np.int64)
    found = np.minimum(np.searchsorted(sorted_keys, wanted), len(sorted_keys) - 1)
    return np.where(sorted_keys[found] == wanted, found, -1)


def spread(bounds: Longs, rows: npt.NDArray[np.integer[Any]]) -> tuple[Longs, Longs]:
    """Where the parts of `rows` lie, one after another, and the new bounds of these parts."""
    lengths = bounds[rows + 1] - bounds[rows]
    ends = np.concatenate([[0], np.cumsum(lengths)])
    return np.arange(ends[-1]) + np.repeat(bounds[rows] - ends[:-1], lengths), ends


def bounds(lengths: Sequence[int] | npt.NDArray[np.integer[Any]]) -> Longs:
    """0 and the running sums."""
    return np.concatenate([[0], np.cumsum(np.asarray(lengths, np.int64))]).astype(np.int64)
