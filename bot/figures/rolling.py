"""Rolls the log up by the hour and the day: again and again, as often as wanted, with the same result."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, String, cast, delete, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from bot.figures.counting import Counting, Counts
from bot.figures.kinds import Kind
from bot.figures.period import day_begins, day_of, hour_of, hours
from bot.figures.said import counted
from bot.figures.tables import FigureCount, FigureWord
from bot.log.engine import changing, reading
from bot.log.tables import Message, Words
from bot.loop.marks import Marks

EVERY = 60.0
"""Seconds between two runs."""
HOURS_KEPT, WORDS_KEPT = timedelta(days=100), timedelta(days=35)
"""How long single hours are kept, and words. Days are kept for ever."""
OVERLAP = timedelta(minutes=20)
"""Counted again at every run: turns end late, platforms refuse messages late."""
_LONGEST = timedelta(minutes=30)
"""A run that began before is none any more."""
_MOST_LINES = 20_000
"""Lines of an hour whose words are counted; of more, every second, third … line stands for all."""
_MARK, _CLAIM = "figures", "figures_at_work"


class Rolling:
    """One run at a time, however many gateways there are."""

    def __init__(
        self,
        engine: AsyncEngine,
        topics: Callable[[], Mapping[str, str]],
        zone: ZoneInfo,
        message_days: int,
        clock: Callable[[], datetime],
        then: Callable[[datetime], Awaitable[object]] | None = None,
    ) -> None:
        """`message_days`: what is older may have been removed from the log, and is not counted again.

        `then` is done after each run, by the gateway that counted.
        """
        self._engine = engine
        self._counting = Counting(topics)
        self._zone = zone
        self._kept = timedelta(days=message_days)
        self._clock = clock
        self._marks = Marks(engine)
        self._then = then

    async def counted_at(self) -> datetime | None:
        """Until when everything has been counted."""
        return await self._marks.at(_MARK)

    async def run(self) -> int:
        """Count what came since the last run; how many hours were counted anew."""
        before = await self._marks.at(_MARK)
        return await self._roll(before - OVERLAP if before else None, None)

    async def again(self, since: date, until: date) -> int:
        """Count the hours of some days anew, as far as the log still holds all of them."""
        end = day_begins(until + timedelta(days=1), self._zone)
        return await self._roll(day_begins(since, self._zone), end)

    async def _roll(self, since: datetime | None, until: datetime | None) -> int:
        now = self._clock()
        if not await self._marks.claim(_CLAIM, now, _LONGEST):
            return 0
        try:
            first = since or await self._oldest()
            if first is None:
                begins = []
            else:
                whole = hour_of(now - self._kept, self._zone) + timedelta(hours=1)
                begin = max(hour_of(first, self._zone), whole)
                last = hour_of(now, self._zone) + timedelta(hours=1)
                begins = hours(begin, min(until or last, last))
            for begin in begins:
                await self._hour(begin)
            for day in sorted({day_of(begin, self._zone) for begin in begins}):
                await self._day(day)
            await self._forget(now)
            if until is None:
                await self._marks.set(_MARK, "", now)
                if self._then is not None:
                    await self._then(now)
            return len(begins)
        finally:
            await self._marks.set(_CLAIM, "", self._clock())

    async def _oldest(self) -> datetime | None:
        async with reading(self._engine) as session:
            return await session.scalar(select(func.min(Message.at)))

    async def _hour(self, begin: datetime) -> None:
        async with reading(self._engine) as session:
            counts = await self._counting.hour(session, begin)
            words = await self._words(session, begin)
        async with changing(self._engine, quick=False) as connection:
            await _replace(connection, "hour", begin, counts)
            await connection.execute(delete(FigureWord).where(FigureWord.at == begin))
            if words:
                rows = [{"at": begin, "word": word, "n": n} for word, n in words.items()]
                await connection.execute(insert(FigureWord), rows)

    async def _words(self, session: AsyncSession, begin: datetime) -> dict[str, int]:
        heard = [
            Message.at >= begin,
            Message.at < begin + timedelta(hours=1),
            Message.direction == "in",
            Message.asked.is_not(None),
        ]
        total = await session.scalar(select(func.count()).select_from(Message).where(*heard)) or 0
        step = -(-total // _MOST_LINES) or 1
        if step > 1:
            heard.append(Message.id % step == 0)
        lines = select(Message.conversation_id, Words.text).join(Words, Words.message_id == Message.id)
        rows = (await session.execute(lines.where(*heard))).all()
        return {word: n * step for word, n in counted((row[0], row[1]) for row in rows).items()}

    async def _day(self, day: date) -> None:
        """A day is the sum of its hours; where some of them are gone it stays as it is."""
        begin, end = (day_begins(day + timedelta(days=n), self._zone) for n in (0, 1))
        if begin < self._clock() - self._kept:
            async with reading(self._engine) as session:
                there = select(FigureCount.n).where(FigureCount.span == "day", FigureCount.at == begin)
                if (await session.execute(there.limit(1))).first() is not None:
                    return
        hour = [FigureCount.span == "hour", FigureCount.at >= begin, FigureCount.at < end]
        async with changing(self._engine, quick=False) as connection:
            await connection.execute(
                delete(FigureCount).where(FigureCount.span == "day", FigureCount.at == begin)
            )
            parts = (FigureCount.kind, FigureCount.channel, FigureCount.topic, FigureCount.key)
            at = literal(begin, FigureCount.at.type)
            summed = select(
                cast(literal("day"), String(4)), at, *parts, cast(func.sum(FigureCount.n), Integer)
            ).where(*hour)
            columns = ["span", "at", "kind", "channel", "topic", "key", "n"]
            await connection.execute(insert(FigureCount).from_select(columns, summed.group_by(*parts)))
            turns = (
                select(FigureCount.at, FigureCount.channel, func.sum(FigureCount.n))
                .where(*hour, FigureCount.kind == Kind.TURNS)
                .group_by(FigureCount.at, FigureCount.channel)
            )
            clock = Counts()
            for at_hour, channel, n in (await connection.execute(turns)).all():
                clock[Kind.CLOCK, channel, "", f"{at_hour.astimezone(self._zone):%H}"] += int(n)
            if clock:
                await connection.execute(insert(FigureCount), _rows("day", begin, clock))

    async def _forget(self, now: datetime) -> None:
        async with changing(self._engine, quick=False) as connection:
            old = [FigureCount.span == "hour", FigureCount.at < now - HOURS_KEPT]
            await connection.execute(delete(FigureCount).where(*old))
            await connection.execute(delete(FigureWord).where(FigureWord.at < now - WORDS_KEPT))


async def _replace(connection: AsyncConnection, span: str, at: datetime, counts: Counts) -> None:
    await connection.execute(delete(FigureCount).where(FigureCount.span == span, FigureCount.at == at))
    if counts:
        await connection.execute(insert(FigureCount), _rows(span, at, counts))


def _rows(span: str, at: datetime, counts: Counts) -> list[dict[str, object]]:
    return [
        {"span": span, "at": at, "kind": kind, "channel": channel, "topic": topic, "key": key, "n": n}
        for (kind, channel, topic, key), n in counts.items()
    ]
