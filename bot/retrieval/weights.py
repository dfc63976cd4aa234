"""From likeness to probability; `bot.retrieval.calibrate` learns the few numbers in `weights.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.encoder.table import Vectors
from bot.retrieval.matrices import FEATURES, Substance

PATH = Path(__file__).with_name("weights.json")
SIGNS = (*FEATURES[:-1], "known", "lead", "evidence")
"""What tells whether the content has an answer at all: the best hit's likeness, the share of the question's
words that the content knows, the best hit's lead before the second in `rank` points, and how many rare words'
weight of the question it has: one common word in common is little, however short the question."""

_LONG_LEAD = 6.0
_MUCH = 4.0
"""More than this adds nothing."""


@dataclass(frozen=True)
class Weights:
    """`rank @ features` orders the answers; its softmax is the chance of each, given that one is right."""

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
    def signs(features: Vectors, points: Vectors, substance: Substance) -> Vectors:
        """float32[9] of the candidates' features (n x 7) and points (n)."""
        best = int(points.argmax())
        lead = float(points[best] - np.delete(points, best).max(initial=0.0))
        evidence = min(float(features[best, -1]) * substance.weight, _MUCH)
        return np.array([*features[best, :-1], substance.known, min(lead, _LONG_LEAD), evidence], np.float32)

    def in_scope(self, signs: Vectors) -> float:
        """Chance that one of the answers is right."""
        return float(1 / (1 + np.exp(-(signs @ self.scope + self.scope_bias))))


def shares(points: Vectors) -> Vectors:
    """Softmax."""
    powers = np.exp(points - points.max())
    result: Vectors = powers / powers.sum()
    return result
