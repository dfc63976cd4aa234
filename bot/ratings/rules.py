"""When citizens are asked how it went, and what their buttons count (`data/ratings.yml`)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.content.models import Content, Line
from bot.log.records import StoredInbound
from bot.messages import Reply
from bot.outcomes import Outcome
from bot.public import is_danger

_Score = Annotated[int, Field(ge=1, le=5)]


class Answers(Content):
    """Below answers of the bot."""

    outcomes: tuple[Outcome, ...] = (Outcome.ANSWERED_FAQ, Outcome.ANSWERED_SERVICE)
    share: Annotated[int, Field(ge=0, le=100)] = 25
    """Of a hundred answers so many are asked about."""
    days: Annotated[int, Field(ge=1, le=365)] = 3
    """Nobody is asked twice within them."""
    not_on: tuple[str, ...] = ()
    """Channels."""


class Talks(Content):
    """After a person closed a conversation."""

    ask: bool = True


class RatingFile(Content):
    """`data/ratings.yml`."""

    answers: Answers = Answers()
    talks: Talks = Talks()
    good: _Score = 5
    fair: _Score = 3
    bad: _Score = 1
    inbox_at: Annotated[int, Field(ge=0, le=5)] = 2
    """From this score down an answer comes into the inbox."""
    comment_minutes: Annotated[int, Field(ge=1, le=120)] = 10
    themes: Annotated[tuple[Line, ...], Field(min_length=1)] = ("그 밖에",)
    """What may be wrong with an answer, for those who review it."""

    def score(self, choice: str) -> int | None:
        """What a button counts."""
        return {"good": self.good, "fair": self.fair, "bad": self.bad}.get(choice)


def askable(rules: Answers, stored: StoredInbound, reply: Reply) -> bool:
    """Whether a reply is one that is asked about, but for who was asked lately."""
    if stored.inbound.public or reply.handoff or stored.channel in rules.not_on:
        return False
    if reply.outcome not in rules.outcomes or not reply.messages:
        return False
    offered = any(button.payload for each in reply.messages for button in each.buttons)
    if offered or any(map(is_danger, reply.messages)):
        return False
    # spread evenly, and the same for a turn that is taken again
    return (stored.conversation_id * 7919 + stored.seq * 104729) % 100 < rules.share
