"""Which of many sentences are near each other: products of blocks, only the nearest kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.encoder.table import Vectors

_BLOCK = 1024
_LARGE = 4096
"""Sentences from which vectors are shortened first."""
_SHORT = 64
_AT_ONCE = 65_536
"""Pairs whose vectors are multiplied together."""
_ROUNDING = 1e-4
NEAREST = 8
"""Others of each sentence that are looked at: of hundreds that are all alike, more would say nothing new."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Near:
    """Pairs of sentences, by their places; three arrays of one length."""

    one: Ints
    other: Ints
    cosine: Vectors

    def __iter__(self) -> Iterator[tuple[int, int, float]]:
        return zip(self.one.tolist(), self.other.tolist(), self.cosine.tolist(), strict=True)


def near(
    vectors: Vectors,
    owners: Ints,
    least: float,
    rows: Ints | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Near:
    """Pairs with a cosine of at least `least` and different `owners`, each once, the nearest first.

    With `rows` only pairs that have one of these. At most `NEAREST` for each sentence as the first of a pair.
    Memory: one block of sentences against all.
    """
    wanted = np.arange(len(vectors)) if rows is None else np.asarray(rows, np.int64)
    chosen = np.zeros(len(vectors), bool)
    chosen[wanted] = True
    found: list[tuple[Ints, Ints, Vectors]] = []
    short = _short(vectors)
    for start in range(0, len(wanted), _BLOCK):
        block = wanted[start : start + _BLOCK]
        first = int(block[0]) if rows is None else 0  # of everything, the triangle is enough
        at, to = np.nonzero(short[block] @ short[first:].T >= least - _ROUNDING)
        one, other = block[at], to + first
        kept = (owners[one] != owners[other]) & ((other > one) | ~chosen[other])
        one, other, near_by = _exact(vectors, one[kept], other[kept], least)
        order = np.lexsort((-near_by, one))
        one, other, near_by = one[order], other[order], near_by[order]
        begins = np.searchsorted(one, one)  # `one` is sorted: where the pairs of each begin
        first_few = np.arange(len(one)) - begins < NEAREST
        found.append((one[first_few], other[first_few], near_by[first_few]))
        progress(start + len(block), len(wanted))
    if not found:
        nothing = np.zeros(0, np.int64)
        return Near(nothing, nothing, np.zeros(0, np.float32))
    one, other, cosine = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.argsort(-cosine, kind="stable")
    return Near(one[order], other[order], cosine[order])


def _short(vectors: Vectors) -> Vectors:
    """Vectors whose products are never less than those of `vectors`, in a quarter of the time.

    They have the directions in which the vectors differ most, and the length of all that is left out: by
    Cauchy and Schwarz the products of what is left out are at most the products of these lengths.
    """
    if len(vectors) < _LARGE or vectors.shape[1] <= _SHORT:
        return vectors
    _, directions = np.linalg.eigh(vectors.T @ vectors)
    kept = vectors @ np.ascontiguousarray(directions[:, -_SHORT:])
    left = (vectors * vectors).sum(axis=1) - (kept * kept).sum(axis=1)
    return np.hstack([kept, np.sqrt(np.maximum(left, 0))[:, None]]).astype(np.float32)


def _exact(vectors: Vectors, one: Ints, other: Ints, least: float) -> tuple[Ints, Ints, Vectors]:
    """The pairs that are near indeed, with their cosines."""
    cosines = np.empty(len(one), np.float32)
    for start in range(0, len(one), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        cosines[part] = np.einsum("ij,ij->i", vectors[one[part]], vectors[other[part]])
    near_by = cosines >= least
    return one[near_by], other[near_by], cosines[near_by]
