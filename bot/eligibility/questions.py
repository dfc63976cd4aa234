"""Which question decides most: what to ask a citizen next, and when to stop asking."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.eligibility.codes import KIND_OF, Group
from bot.eligibility.engine import Evaluation

MOST = 7
"""So many questions are asked of one citizen at most."""
CLEAR = 0.02
"""Of all that may still come into question; so little undecided is not worth a question."""


@dataclass(frozen=True)
class Question:
    """The group to ask about."""

    group: Group
    decides: float
    """How many undecided services its answer decides, as far as can be expected; weighted by relevance."""


def next_question(
    evaluation: Evaluation,
    asked: Collection[Group] = (),
    weights: NDArray[np.float64] | None = None,
    *,
    clear: float = CLEAR,
) -> Question | None:
    """The question that decides most services, or None when the answer is clear or nothing is left to ask.

    `weights` say how much each service matters (1); at most the part `clear` of them may stay undecided.
    Every answer to a question is taken for equally likely: a wrong one decides a service, a right one does
    where no other condition is open.
    """
    rules, facts = evaluation.rules, evaluation.facts
    matter = np.ones(rules.size) if weights is None else weights
    undecided = np.where(evaluation.unknown, matter, 0.0)
    relevant = np.where(evaluation.no, 0.0, matter).sum()
    if len(asked) >= MOST or undecided.sum() <= clear * relevant:
        return None
    open_in = {group: ~(holds | fails) for group, (holds, fails) in evaluation.states.items()}
    opens = sum(each.astype(np.int8) for each in open_in.values())
    for kind, owner in KIND_OF.items():
        open_in[owner] = open_in[owner] | open_in[kind]
    best: Question | None = None
    for group in Group:
        if group in asked or facts.knows(group) or _too_early(evaluation, group):
            continue
        right = rules.share(group)
        decided = np.where(opens == 1, 1.0, 1.0 - right)
        expected = float((undecided * open_in[group] * decided).sum())
        if expected > 0 and (best is None or expected > best.decides):
            best = Question(group, expected)
    return best


def _too_early(evaluation: Evaluation, group: Group) -> bool:
    """Nobody is asked what kind of business it is before there is one."""
    return group in KIND_OF and not evaluation.facts.holding(KIND_OF[group])
