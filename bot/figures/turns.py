"""From a figure to what it was counted from: single turns, found by the hours that hold them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.figures.counting import ABOUT, SERVICES, topic_of
from bot.figures.kinds import GROUPS, Group, Kind
from bot.figures.tables import FigureCount
from bot.log.engine import reading
from bot.log.tables import Message, Words

_HOUR = timedelta(hours=1)
_MOST_HOURS = 300
"""Hours that one page looks into."""
_BATCH = 2000
Place = tuple[datetime, int]
"""Moment and id of a turn: where a list goes on."""


@dataclass(frozen=True)
class Wanted:
    """Which turns; empty = any."""

    begin: datetime
    end: datetime
    """Exclusive."""
    channel: str = ""
    topic: str | None = None
    """Empty: those without a topic."""
    group: str = ""
    """`bot.figures.kinds.Group`."""
    word: str = ""
    """Stands in what the citizen wrote."""
    slower_ms: int = 0
    """Took longer than this."""


@dataclass(frozen=True)
class Turn:
    """One line of a citizen and how it ended."""

    id: int
    conversation_id: int
    seq: int
    at: datetime
    channel: str
    topic: str
    intent: str | None
    outcome: str
    confidence: float | None
    latency_ms: int | None
    text: str
    """As it was written down; empty in an export."""


class Turns:
    """Reads. Hours that hold nothing that is wanted are not looked into."""

    def __init__(self, engine: AsyncEngine, topics: Callable[[], Mapping[str, str]]) -> None:
        self._engine = engine
        self._topics = topics

    async def page(self, wanted: Wanted, before: Place | None, limit: int) -> tuple[list[Turn], Place | None]:
        """The newest turns that are wanted, and where the list goes on."""
        found: list[Turn] = []
        async with reading(self._engine) as session:
            hours = [
                hour for hour in await self._hours(session, wanted) if before is None or hour <= before[0]
            ]
            for looked, hour in enumerate(reversed(hours)):
                if looked == _MOST_HOURS:
                    return found, (hour + _HOUR, 0)
                query = self._lines(wanted, hour, texts=True)
                if before is not None:
                    at, id_ = before
                    query = query.where(or_(Message.at < at, and_(Message.at == at, Message.id < id_)))
                query = query.order_by(Message.at.desc(), Message.id.desc()).limit(limit + 1 - len(found))
                found += [self._turn(row) for row in await session.execute(query)]
                if len(found) > limit:
                    last = found[limit - 1]
                    return found[:limit], (last.at, last.id)
        return found, None

    async def every(self, wanted: Wanted) -> AsyncIterator[Sequence[Turn]]:
        """All of them, the oldest first, some at a time and without their texts."""
        async with reading(self._engine) as session:
            hours = await self._hours(session, wanted)
        for hour in hours:
            after: Place = (hour, 0)
            while True:
                query = self._lines(wanted, hour, texts=False).where(
                    or_(Message.at > after[0], and_(Message.at == after[0], Message.id > after[1]))
                )
                async with reading(self._engine) as session:
                    rows = await session.execute(query.order_by(Message.at, Message.id).limit(_BATCH))
                    some = [self._turn(row) for row in rows]
                if some:
                    yield some
                    after = (some[-1].at, some[-1].id)
                if len(some) < _BATCH:
                    break

    async def _hours(self, session: AsyncSession, wanted: Wanted) -> list[datetime]:
        """Hours in which there may be some, the oldest first."""
        begin = wanted.begin - _HOUR
        counted = select(FigureCount.at).where(
            FigureCount.span == "hour",
            FigureCount.kind == Kind.TURNS,
            FigureCount.at > begin,
            FigureCount.at < wanted.end,
        )
        if wanted.channel:
            counted = counted.where(FigureCount.channel == wanted.channel)
        if wanted.topic is not None:
            counted = counted.where(FigureCount.topic == wanted.topic)
        if wanted.group:
            counted = counted.where(_in_group(FigureCount.key, wanted.group))
        return sorted(await session.scalars(counted.distinct()))

    def _lines(self, wanted: Wanted, hour: datetime, *, texts: bool) -> Any:
        begin, end = max(wanted.begin, hour), min(wanted.end, hour + _HOUR)
        columns = (
            Message.id,
            Message.conversation_id,
            Message.seq,
            Message.at,
            Message.channel,
            Message.intent,
            Message.outcome,
            Message.confidence,
            Message.latency_ms,
            ABOUT.label("about"),
        )
        query = select(*columns, *([Words.text] if texts else [])).where(
            Message.at >= begin, Message.at < end, Message.outcome.is_not(None), *self._conditions(wanted)
        )
        if texts or wanted.word:
            query = query.join(Words, Words.message_id == Message.id)
        return query

    def _conditions(self, wanted: Wanted) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        if wanted.channel:
            conditions.append(Message.channel == wanted.channel)
        if wanted.group:
            conditions.append(_in_group(Message.outcome, wanted.group))
        if wanted.slower_ms:
            conditions.append(Message.latency_ms > wanted.slower_ms)
        if wanted.word:
            conditions.append(Words.text.contains(wanted.word, autoescape=True))
        if wanted.topic is not None:
            conditions.append(self._about(wanted.topic))
        return conditions

    def _about(self, topic: str) -> ColumnElement[bool]:
        topics = self._topics()
        if not topic:
            return and_(
                or_(ABOUT.is_(None), ABOUT.not_in(list(topics))),
                or_(Message.intent.is_(None), Message.outcome.not_in(SERVICES)),
            )
        answers = [id_ for id_, name in topics.items() if name == topic]
        service = and_(Message.intent == topic, Message.outcome.in_(SERVICES))
        return or_(ABOUT.in_(answers), service)

    def _turn(self, row: Any) -> Turn:
        return Turn(
            id=row.id,
            conversation_id=row.conversation_id,
            seq=row.seq,
            at=row.at.astimezone(UTC),
            channel=row.channel,
            topic=topic_of(self._topics(), row.about, row.intent, row.outcome),
            intent=row.intent,
            outcome=row.outcome,
            confidence=row.confidence,
            latency_ms=row.latency_ms,
            text=getattr(row, "text", ""),
        )


def _in_group(column: Any, group: str) -> ColumnElement[bool]:
    if group == Group.OTHER:
        found: ColumnElement[bool] = column.not_in(list(GROUPS))
        return found
    wanted: ColumnElement[bool] = column.in_([name for name, each in GROUPS.items() if each == group])
    return wanted
