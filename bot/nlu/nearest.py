"""How near a text is to the training examples of an intent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Optional, Tuple

import numpy as np
from scipy.sparse import csr_matrix, vstack

_KEPT = 256
"""Examples of an intent at most: all would cost a message to the largest intent half a millisecond."""
_PARTS = ("data", "indices", "indptr")


@dataclass(frozen=True)
class Examples:
    """The examples of each intent, as rows of length 1."""

    of: Tuple[csr_matrix, ...]
    """float32[examples, features] of each intent."""

    def likeness(self, intent: int, columns: np.ndarray, values: np.ndarray) -> float:
        """Cosine of a text with the nearest example of an intent; 0 when one of them has no features."""
        rows = self.of[intent]
        length = float(np.sqrt(values @ values))
        if not rows.shape[0] or not length:
            return 0.0
        text = np.zeros(rows.shape[1], np.float32)
        text[columns] = values
        return float((rows @ text).max()) / length

    def likenesses(self, intents: np.ndarray, texts: csr_matrix) -> np.ndarray:
        """float32[n]: the same of several texts, each with the intent it is compared with."""
        found = np.zeros(len(intents), np.float32)
        for intent in np.unique(intents):
            at = np.flatnonzero(intents == intent)
            rows = self.of[intent]
            if rows.shape[0]:
                found[at] = (_directions(texts[at]) @ rows.T).toarray().max(axis=1)
        return found

    def arrays(self) -> Dict[str, np.ndarray]:
        """What `read_examples` takes."""
        rows = vstack(self.of, format="csr")
        ends = np.cumsum([part.shape[0] for part in self.of])
        return {**{name: getattr(rows, name) for name in _PARTS}, "ends": ends}


def keep_examples(
    features: csr_matrix, labels: np.ndarray, count: int, borrowed: Optional[np.ndarray] = None
) -> Examples:
    """Examples of every intent; of one with more than 256 that many by chance, `borrowed` ones last."""
    order = np.random.default_rng(0).permutation(len(labels))
    if borrowed is not None:
        order = order[np.argsort(borrowed[order], kind="stable")]
    rows = _directions(features)
    kept = (order[labels[order] == intent][:_KEPT] for intent in range(count))
    return Examples(tuple(rows[np.sort(some)] for some in kept))


def read_examples(arrays: Dict[str, np.ndarray], width: int) -> Examples:
    """What `Examples.arrays` gave; KeyError or ValueError when it is something else."""
    data, indices, indptr = (arrays[name] for name in _PARTS)
    rows = csr_matrix((data, indices, indptr), shape=(len(indptr) - 1, width))
    ends = arrays["ends"].tolist()
    return Examples(tuple(rows[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=False)))


def _directions(rows: csr_matrix) -> csr_matrix:
    """Each row of length 1; one without features stays as it is."""
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    found = rows.astype(np.float32)
    found.data = found.data / np.repeat(np.maximum(lengths, 1e-9), np.diff(rows.indptr)).astype(np.float32)
    return found
