"""From likeness to probability; `bot.retrieval.calibrate` learns the numbers in `weights.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.encoder.table import Vectors
from bot.retrieval.closer import FEATURES, Substance
from bot.retrieval.likeness import CHEAP

PATH = Path(__file__).with_name("weights.json")
LEXICAL = Path(__file__).with_name("weights-lexical.json")
"""For a search without an encoder."""
SIGNS = (
    *(f"best_{name}" for name in FEATURES),
    *(f"three_{name}" for name in FEATURES),
    *(f"any_{name}" for name in FEATURES),
    "known",
    "weight",
    "evidence",
    "lead",
    "points",
    "share",
    "three_shares",
    "doubt",
)
"""What tells whether the content has an answer at all: the likeness of the best hit, the most that one of the
best three and that any candidate has; the share of the question's words that the content knows, their weight,
and how much of that weight the best hit has; the best hit's lead before the second in points, its points, its
share of the chances and that of the best three, and how spread the chances are (entropy)."""

SHARING = 10
"""So many answers share the chance that one is right."""
_LONG_LEAD = 6.0
_MUCH = 4.0
"""More than this adds nothing."""
_MEANING = FEATURES.index("word_meaning")


@dataclass(frozen=True)
class Weights:
    """`choose` finds candidates, `rank @ features` orders them; its softmax is the chance of each, given that
    one is right; `scope` says how likely that is.
    """

    choose: Vectors
    rank: Vectors
    scope: Vectors
    scope_bias: float

    @classmethod
    def load(cls, path: Path = PATH) -> Weights:
        """Read the learned numbers; KeyError when one is missing."""
        read = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            choose=np.array([read["choose"][name] for name in CHEAP], np.float32),
            rank=np.array([read["rank"][name] for name in FEATURES], np.float32),
            scope=np.array([read["scope"][name] for name in SIGNS], np.float32),
            scope_bias=float(read["scope"]["bias"]),
        )

    @staticmethod
    def signs(features: Vectors, points: Vectors, substance: Substance) -> Vectors:
        """float32[len(SIGNS)] of the candidates' features (n x len(FEATURES)) and points (n)."""
        order = np.argsort(-points, kind="stable")
        chances = shares(points)[order]
        best = features[order[0]]
        lead = float(points[order[0]] - (points[order[1]] if len(order) > 1 else 0.0))
        others = [
            substance.known,
            substance.weight,
            min(float(best[_MEANING]) * substance.weight, _MUCH),
            min(lead, _LONG_LEAD),
            float(points[order[0]]),
            float(chances[0]),
            float(chances[:3].sum()),
            float(-(chances * np.log(chances + 1e-9)).sum()),
        ]
        return np.concatenate(
            [best, features[order[:3]].max(axis=0), features.max(axis=0), np.array(others, np.float32)]
        ).astype(np.float32)

    def in_scope(self, signs: Vectors) -> float:
        """Chance that one of the answers is right."""
        return float(1 / (1 + np.exp(-(signs @ self.scope + self.scope_bias))))


def shares(points: Vectors, among: int | None = None) -> Vectors:
    """Softmax, if wanted over the best `among` only; the others get nothing."""
    powers = np.exp(points - points.max())
    if among is not None and len(points) > among:
        powers[np.argsort(-points, kind="stable")[among:]] = 0
    result: Vectors = powers / powers.sum()
    return result
