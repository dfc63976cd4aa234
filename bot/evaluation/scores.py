"""The figures of an evaluation, from what was asked, what was right and what came out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

BINS = 15
"""As is usual for the expected calibration error (Guo et al. 2017, On Calibration of Modern Networks)."""


@dataclass(frozen=True)
class Bin:
    """Guesses made with about the same confidence."""

    low: float
    high: float
    count: int
    confidence: float
    """Mean confidence, 0 to 1."""
    right: float
    """Share that was right, 0 to 1."""


@dataclass(frozen=True)
class LabelScore:
    """One intent: of its sentences, and of the sentences taken for it."""

    label: str
    support: int
    guessed: int
    precision: float
    recall: float


@dataclass(frozen=True)
class Asked:
    """A question, the ids of its right answers (none: out of scope) and what the bot made of it."""

    id: str
    style: str
    text: str
    right: frozenset[str]
    decision: Literal["answer", "clarify", "reject"]
    candidates: tuple[tuple[str, float], ...]
    """(answer id, score), best first."""

    def found(self, first: int) -> bool:
        """Whether a right answer is among the first so many candidates, whatever was decided."""
        return any(key in self.right for key, _ in self.candidates[:first])

    @property
    def helped(self) -> bool:
        """Answered right, or offered a right answer among three."""
        return self.found({"answer": 1, "clarify": 3, "reject": 0}[self.decision])

    @property
    def misled(self) -> bool:
        """Answered with something else than a right answer."""
        return self.decision == "answer" and not self.found(1)


def calibration(confidences: Sequence[float], right: Sequence[bool], bins: int = BINS) -> list[Bin]:
    """Guesses sorted by confidence into bins of equal width; empty bins are left out."""
    sure = np.asarray(confidences, float)
    true = np.asarray(right, float)
    places = np.clip((sure * bins).astype(int), 0, bins - 1)
    return [
        Bin(
            low=place / bins,
            high=(place + 1) / bins,
            count=int(chosen.sum()),
            confidence=float(sure[chosen].mean()),
            right=float(true[chosen].mean()),
        )
        for place in range(bins)
        if (chosen := places == place).any()
    ]


def ece(bins: Sequence[Bin]) -> float:
    """Expected calibration error: how far confidence and share of right guesses lie apart, weighted by count.

    0 when there is nothing to count.
    """
    total = sum(b.count for b in bins)
    return sum(b.count * abs(b.confidence - b.right) for b in bins) / total if total else 0.0


def per_label(gold: Sequence[str], guessed: Sequence[str]) -> list[LabelScore]:
    """Precision and recall of every label in `gold`, the worst recall first; precision 0 if never guessed."""
    support, made = Counter(gold), Counter(guessed)
    hits = Counter(want for want, got in zip(gold, guessed, strict=True) if want == got)
    scores = [
        LabelScore(
            label,
            support[label],
            made[label],
            hits[label] / made[label] if made[label] else 0.0,
            hits[label] / support[label],
        )
        for label in support
    ]
    return sorted(scores, key=lambda score: (score.recall, score.precision, score.label))


def auroc(strange: Sequence[float], known: Sequence[float]) -> float:
    """Chance that a strange sentence scores higher than a known one, ties counting half.

    Raises ValueError when there are none of one kind.
    """
    labels = [1] * len(strange) + [0] * len(known)
    if len(set(labels)) < 2:
        raise ValueError("AUROC needs sentences of both kinds")
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415 - seconds to import

    return float(roc_auc_score(labels, [*strange, *known]))


def rates(asked: Sequence[Asked]) -> dict[str, dict[str, float]]:
    """By style, and for all in scope and out of scope: the rates of `eval/score.py` of the public questions.

    In scope `R@1`, `R@3`, `R@10`, `helped`, `misled`; out of scope `refused` (for the style `oos_near`,
    asking back counts too). `n` is how many there are.
    """
    groups: dict[str, list[Asked]] = {}
    for question in asked:
        groups.setdefault(question.style, []).append(question)
        groups.setdefault("in-scope" if question.right else "out-of-scope", []).append(question)
    return {style: _rates(group) for style, group in groups.items()}


def _rates(group: Sequence[Asked]) -> dict[str, float]:
    inside = [question for question in group if question.right]
    outside = [question for question in group if not question.right]
    result: dict[str, float] = {"n": len(group)}
    if inside:
        result |= {f"R@{k}": _share([question.found(k) for question in inside]) for k in (1, 3, 10)}
        result["helped"] = _share([question.helped for question in inside])
        result["misled"] = _share([question.misled for question in inside])
    if outside:
        result["refused"] = _share([_refused(question) for question in outside])
    return result


def _refused(question: Asked) -> bool:
    return question.decision == "reject" or (question.style == "oos_near" and question.decision == "clarify")


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values)


def confusions(gold: Sequence[str], guessed: Sequence[str]) -> list[tuple[str, str, int]]:
    """(right label, guessed label, how often), the commonest mistake first."""
    pairs: Mapping[tuple[str, str], int] = Counter(
        (want, got) for want, got in zip(gold, guessed, strict=True) if want != got
    )
    return sorted(((a, b, n) for (a, b), n in pairs.items()), key=lambda row: (-row[2], row[0], row[1]))
