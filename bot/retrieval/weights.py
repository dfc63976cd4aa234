"""From likeness to probability; the few numbers in `weights.json` are learned by `bot.retrieval.calibrate`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.encoder.table import Vectors
from bot.retrieval.matrices import FEATURES

PATH = Path(__file__).with_name("weights.json")
SIGNS = (*FEATURES, "known", "lead")
"""What tells whether the content has an answer at all: the best hit's features, the share of the question's
words that the content knows, and the best hit's lead before the second in `rank` points."""


@dataclass(frozen=True)
class Weights:
    """`rank @ features` orders the answers; its softmax is each one's chance, given that one of them is right."""

    rank: Vectors
    scope: Vectors
    scope_bias: float

    @classmethod
    def load(cls, path: Path = PATH) -> Weights:
        """Read the learned numbers; KeyError when one is missing."""
        read = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            rank=np.array([read["rank"][name] for name in FEATURES], np.float32),
            scope=np.array([read["scope"][name] for name in SIGNS], np.float32),
            scope_bias=float(read["scope"]["bias"]),
        )

    @staticmethod
    def signs(features: Vectors, points: Vectors, known: float) -> Vectors:
        """float32[8] of the candidates' features (n x 6) and points (n)."""
        best = int(points.argmax())
        lead = float(points[best] - np.delete(points, best).max(initial=0.0))
        return np.array([*features[best], known, min(lead, _LONG_LEAD)], np.float32)

    def in_scope(self, signs: Vectors) -> float:
        """Chance that one of the answers is right."""
        return float(1 / (1 + np.exp(-(signs @ self.scope + self.scope_bias))))


_LONG_LEAD = 6.0
"""A longer lead than this adds nothing."""


def shares(points: Vectors) -> Vectors:
    """Softmax."""
    powers = np.exp(points - points.max())
    result: Vectors = powers / powers.sum()
    return result
