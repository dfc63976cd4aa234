"""Which sentences are written alike, whatever they mean: the same letters in nearly the same order."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, vstack

NEARLY = 0.8
"""Cosine of letter pairs and triples from which two sentences are shown beside each other."""
_PAIRS = 2**18
"""Columns: what letters are hashed to."""


def rows(sentences: Sequence[str]) -> csr_matrix:
    """A row of length 1 for each sentence."""
    if not sentences:
        return csr_matrix((0, _PAIRS), dtype=np.float32)
    return _reader().transform(sentences)


@cache
def _reader() -> Any:
    """Learns nothing, so that rows of one file stay right whatever the others say."""
    from sklearn.feature_extraction.text import HashingVectorizer  # noqa: PLC0415 - seconds to import

    return HashingVectorizer(
        analyzer="char_wb",
        ngram_range=(2, 3),
        n_features=_PAIRS,
        alternate_sign=False,
        binary=True,
        dtype=np.float32,
    )


def nearest(own: csr_matrix, others: Sequence[csr_matrix]) -> list[tuple[int, int, float]]:
    """For each row of `own` the most alike row among `others` taken together, with its cosine.

    Only those from `NEARLY` on: (row of own, row of others, cosine).
    """
    if not own.shape[0] or not others:
        return []
    scores = (own @ vstack(others, format="csr").T).tocsr()
    found = []
    for at in range(scores.shape[0]):
        begin, end = scores.indptr[at], scores.indptr[at + 1]
        if begin == end:
            continue
        best = begin + int(scores.data[begin:end].argmax())
        if scores.data[best] >= NEARLY:
            found.append((at, int(scores.indices[best]), float(scores.data[best])))
    return found
