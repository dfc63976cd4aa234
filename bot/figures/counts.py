"""The counts themselves, one by one, for whoever wants to reckon on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.figures.period import Period
from bot.figures.tables import FigureCount
from bot.log.engine import reading

Count = tuple[datetime, str, str, str, str, int]
"""When the hour or day began, kind, channel, topic, key, how many."""


async def every_count(
    engine: AsyncEngine, period: Period, channel: str, *, hourly: bool
) -> AsyncIterator[Sequence[Count]]:
    """All counts of a period, a day at a time."""
    columns = (
        FigureCount.at,
        FigureCount.kind,
        FigureCount.channel,
        FigureCount.topic,
        FigureCount.key,
        FigureCount.n,
    )
    begin = period.begin
    while begin < period.end:
        end = min(period.end, begin + timedelta(days=1))
        query = select(*columns).where(
            FigureCount.span == ("hour" if hourly else "day"),
            FigureCount.at >= begin,
            FigureCount.at < end,
        )
        if channel:
            query = query.where(FigureCount.channel == channel)
        order = (FigureCount.at, FigureCount.kind, FigureCount.channel, FigureCount.topic, FigureCount.key)
        async with reading(engine) as session:
            rows = (await session.execute(query.order_by(*order))).all()
        if rows:
            yield [(at, kind, on, topic, key, n) for at, kind, on, topic, key, n in rows]
        begin = end
