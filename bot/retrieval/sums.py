"""Sums and maxima over parts of arrays, some of them empty."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bot.encoder.table import Vectors
from bot.retrieval.segment import Longs


def totals(values: npt.NDArray[Any], ends: Longs) -> Vectors:
    """float32[parts]: the sum of values[ends[i] : ends[i + 1]]."""
    running = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return np.asarray(running[ends[1:]] - running[ends[:-1]], np.float32)


def peaks(values: Vectors, ends: Longs) -> Vectors:
    """The largest of values[..., ends[i] : ends[i + 1]], 0 for empty parts."""
    if not values.shape[-1]:
        return np.zeros((*values.shape[:-1], len(ends) - 1), np.float32)
    starts = np.minimum(ends[:-1], values.shape[-1] - 1)
    found = np.maximum.reduceat(values, starts, axis=-1)
    return np.where(np.diff(ends) > 0, found, np.float32(0))


def weights_of(found: npt.NDArray[Any], wanted: Longs, weights: Vectors) -> Vectors:
    """For each number in `found` the weight of the same number in `wanted`, 0 for the others."""
    known = wanted >= 0
    wanted, weights = wanted[known], weights[known]
    if not len(wanted):
        return np.zeros(len(found), np.float32)
    order = np.argsort(wanted)
    wanted, weights = wanted[order], weights[order]
    place = np.minimum(np.searchsorted(wanted, found), len(wanted) - 1)
    return np.where(wanted[place] == found, weights[place], np.float32(0))
