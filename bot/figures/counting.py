"""What happened within an hour, counted from the log by the database itself."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.figures.histogram import bucket
from bot.figures.kinds import UNTIMED, Kind
from bot.log.tables import Conversation, Handoff, Message
from bot.outcomes import Outcome
from bot.ratings.tables import Rating

Counts = Counter[tuple[str, str, str, str]]
"""(kind, channel, topic, key) → how often."""

SLOW_MS = 2000
"""A reply that takes longer may have been announced by a word before it."""
SERVICES = (Outcome.ANSWERED_SERVICE, Outcome.ASKED_BACK, Outcome.SERVICE_UNAVAILABLE)
"""Outcomes of services, whose topic is their intent."""
ABOUT = func.coalesce(Message.answer_id, Message.candidates[0]["id"].as_string())
"""Id of the answer that a turn was about: the one that was given, else the likeliest."""


def topic_of(topics: Mapping[str, str], about: str | None, intent: str | None, outcome: str) -> str:
    """The topic of the answer that a turn was `about`, or the intent of its service; empty without either."""
    if about and about in topics:
        return topics[about]
    return intent if intent and outcome in SERVICES else ""


@dataclass(frozen=True)
class Counting:
    """Counts one hour after the other."""

    topics: Callable[[], Mapping[str, str]]
    """Answer → topic, as it is now."""

    async def hour(self, session: AsyncSession, begin: datetime) -> Counts:
        """Everything from a moment until an hour later."""
        end, counts = begin + timedelta(hours=1), Counts()
        for part in (self._turns, self._times, self._desk, self._sent, self._rated):
            counts.update(await part(session, begin, end))
        return counts

    async def _turns(self, session: AsyncSession, begin: datetime, end: datetime) -> Counts:
        parts = (Message.channel, Message.outcome, Message.intent, ABOUT)
        query = select(*parts, func.count()).where(*_ended(begin, end)).group_by(*parts)
        topics, counts = self.topics(), Counts()
        for channel, outcome, intent, about, n in await session.execute(query):
            ended = outcome or ""
            counts[Kind.TURNS, channel, topic_of(topics, about, intent, ended), ended] += n
        return counts

    async def _times(self, session: AsyncSession, begin: datetime, end: datetime) -> Counts:
        timed = [*_ended(begin, end), Message.outcome.not_in(UNTIMED), Message.latency_ms.is_not(None)]
        parts = (Message.channel, Message.latency_ms)
        counts = Counts()
        for channel, latency, n in await session.execute(
            select(*parts, func.count()).where(*timed).group_by(*parts)
        ):
            counts[Kind.FULL, channel, "", str(bucket(latency or 0))] += n
            if latency is not None and latency <= SLOW_MS:
                counts[Kind.FIRST, channel, "", str(bucket(latency))] += n
        said = Message.__table__.alias()
        first = (
            select(said.c.at)
            .where(
                said.c.conversation_id == Message.conversation_id,
                said.c.seq > Message.seq,
                said.c.direction == "out",
            )
            .order_by(said.c.seq)
            .limit(1)
            .correlate(Message)
            .scalar_subquery()
        )
        slow = select(Message.channel, Message.at, Message.latency_ms, first).where(
            *timed, Message.latency_ms > SLOW_MS
        )
        for channel, asked_at, latency, told_at in await session.execute(slow):
            told = milliseconds(told_at - asked_at) if told_at else math.inf
            counts[Kind.FIRST, channel, "", str(bucket(min(latency or 0, told)))] += 1
        return counts

    async def _desk(self, session: AsyncSession, begin: datetime, end: datetime) -> Counts:
        counts = Counts()
        joined = select(Conversation.channel, Handoff.requested_at, Handoff.claimed_at).join(
            Conversation, Conversation.id == Handoff.conversation_id
        )
        for what, moment, only in (
            ("asked", Handoff.requested_at, None),
            ("claimed", Handoff.claimed_at, None),
            ("gone", Handoff.ended_at, Handoff.claimed_at.is_(None)),
        ):
            query = joined.where(moment >= begin, moment < end)
            for channel, requested, claimed in await session.execute(
                query if only is None else query.where(only)
            ):
                counts[Kind.DESK, channel, "", what] += 1
                if what == "claimed" and claimed is not None:
                    counts[Kind.WAIT, channel, "", str(bucket(milliseconds(claimed - requested)))] += 1
        return counts

    async def _sent(self, session: AsyncSession, begin: datetime, end: datetime) -> Counts:
        counts = Counts()
        out = [Message.at >= begin, Message.at < end, Message.direction == "out"]
        pushed = (
            select(Message.channel, func.sum(Message.parts_sent))
            .where(*out, Message.turn_id.is_(None), Message.parts_sent > 0)
            .group_by(Message.channel)
        )
        for channel, n in await session.execute(pushed):
            counts[Kind.PUSHED, channel, "", ""] += int(n)
        failed = (
            select(Message.channel, func.count())
            .where(*out, Message.delivery == "failed")
            .group_by(Message.channel)
        )
        for channel, n in await session.execute(failed):
            counts[Kind.FAILED, channel, "", ""] += n
        return counts

    async def _rated(self, session: AsyncSession, begin: datetime, end: datetime) -> Counts:
        parts = (Rating.channel, Rating.topic, Rating.about, Rating.score)
        query = (
            select(*parts, func.count())
            .where(Rating.rated_at >= begin, Rating.rated_at < end, Rating.score.is_not(None))
            .group_by(*parts)
        )
        counts = Counts()
        for channel, topic, about, score, n in await session.execute(query):
            counts[Kind.RATED, channel, topic, f"{about}:{score}"] += n
        return counts


def milliseconds(duration: timedelta) -> int:
    """A duration as a whole number, none below nothing."""
    return max(0, round(duration.total_seconds() * 1000))


def _ended(begin: datetime, end: datetime) -> list[ColumnElement[bool]]:
    """Turns that came in an hour and have ended."""
    return [Message.at >= begin, Message.at < end, Message.outcome.is_not(None)]
