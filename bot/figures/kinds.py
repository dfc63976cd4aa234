"""What is counted, and which outcomes belong together."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from bot.outcomes import Outcome


class Kind(StrEnum):
    """`FigureCount.kind`; beside it, what stands in `key`."""

    TURNS = "turns"
    """The outcome."""
    FIRST = "first"
    """Bucket of the milliseconds until anything was said (`bot.figures.histogram`)."""
    FULL = "full"
    """Bucket of the milliseconds until the reply."""
    WAIT = "wait"
    """Bucket of the milliseconds from the wish for a person until one came."""
    DESK = "desk"
    """`asked` for a person, `claimed` by one, `gone` before one came."""
    PUSHED = "pushed"
    """Nothing: messages sent without a request of the citizen that they answer."""
    FAILED = "failed"
    """Nothing: messages that did not reach the citizen."""
    RATED = "rated"
    """The rating."""
    CLOCK = "clock"
    """Hour of the day, `00` to `23`; of days only."""


class Group(StrEnum):
    """Outcomes that belong together in pictures."""

    ANSWERED = "answered"
    CLARIFIED = "clarified"
    HANDED = "handed"
    UNANSWERED = "unanswered"
    FAILED = "failed"
    OTHER = "other"


GROUPS: Mapping[str, Group] = {
    Outcome.ANSWERED_FAQ: Group.ANSWERED,
    Outcome.ANSWERED_SERVICE: Group.ANSWERED,
    Outcome.ASKED_BACK: Group.CLARIFIED,
    Outcome.CLARIFIED: Group.CLARIFIED,
    Outcome.HANDED_OFF: Group.HANDED,
    Outcome.WITH_PERSON: Group.HANDED,
    Outcome.HELD: Group.HANDED,
    Outcome.UNANSWERED: Group.UNANSWERED,
    Outcome.SERVICE_UNAVAILABLE: Group.FAILED,
    Outcome.BOT_UNAVAILABLE: Group.FAILED,
    Outcome.SWITCHED_OFF: Group.FAILED,
}
"""All other outcomes are `Group.OTHER`: nothing was asked, or it was not ours."""
QUESTIONS: frozenset[str] = frozenset(
    {
        Outcome.ANSWERED_FAQ,
        Outcome.ANSWERED_SERVICE,
        Outcome.CLARIFIED,
        Outcome.HANDED_OFF,
        Outcome.HELD,
        Outcome.UNANSWERED,
        Outcome.SERVICE_UNAVAILABLE,
        Outcome.BOT_UNAVAILABLE,
        Outcome.SWITCHED_OFF,
    }
)
"""Outcomes of questions to the bot: what the answer rate is a share of."""
UNTIMED: frozenset[str] = frozenset({Outcome.WITH_PERSON, Outcome.ERASED, Outcome.IGNORED})
"""Turns in which the bot had nothing to say."""


def group_of(outcome: str) -> Group:
    """Where an outcome belongs."""
    return GROUPS.get(outcome, Group.OTHER)
