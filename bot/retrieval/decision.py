"""What to do with the hits of a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.content.models import Answer

ANSWER_AT = 0.65
"""Least chance of being right at which an answer is given without asking back."""
CLARIFY_AT = 0.42
"""Least chance that any of the hits is right at which the first three are offered."""
OFFERED = 3


@dataclass(frozen=True)
class Hit:
    """An answer that may fit."""

    answer: Answer
    score: float
    """Chance that it is the right one, 0 to 1; all hits of a question together make at most 1."""
    matched_question: str
    """The one of its questions that is nearest to what was asked."""


@dataclass(frozen=True)
class Decision:
    """`answer` gives the first hit, `clarify` offers the first three, `reject` says that it does not know."""

    kind: Literal["answer", "clarify", "reject"]
    hits: tuple[Hit, ...]


def decide(hits: Sequence[Hit]) -> Decision:
    """What to do with `hits` (best first, as `AnswerIndex.search` gives them)."""
    offered = tuple(hits[:OFFERED])
    if hits and hits[0].score >= ANSWER_AT:
        return Decision("answer", tuple(hits))
    if hits and sum(hit.score for hit in hits) >= CLARIFY_AT:
        return Decision("clarify", offered)
    return Decision("reject", tuple(hits))
