"""Brings the catalogue up to date with the public services' API: nightly, at a first start, and on demand."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as clock_time
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.catalogue.client import Gov24, Operation
from bot.catalogue.crawl import Crawl, Stretch, begin, save, stopped
from bot.catalogue.envelope import DailyLimit, Gov24Error, Passing
from bot.catalogue.publish import Report, publish
from bot.catalogue.tables import ServiceSync
from bot.log.engine import looking

SIZE = 500
"""Rows asked for on a page: some 70 calls for all there is."""
_SEOUL = ZoneInfo("Asia/Seoul")
_AFTER_MIDNIGHT = clock_time(0, 5)
"""When the count of calls has begun anew."""
_SOON = timedelta(minutes=10)


@dataclass(frozen=True)
class Step:
    """How far a synchronisation has come, for whoever watches."""

    operation: Operation
    rows: int
    matched: int
    resumed: bool
    """It goes on where an earlier one stopped."""


async def synchronise(
    engine: AsyncEngine,
    api: Gov24,
    now: Callable[[], datetime],
    *,
    size: int = SIZE,
    show: Callable[[Step], None] = lambda _: None,
    allow_fewer: bool = False,
) -> Report:
    """Fetch everything and bring the catalogue to it; the report.

    What was fetched before a cut is not fetched again. Raises a Gov24Error when the API stops it (what is
    here stays for the next time) and Overtaken when somebody else has taken it over.
    """
    crawl = await begin(engine, api.base, size, now())
    try:
        for operation in Operation:
            await _fetch(engine, api, crawl, operation, now, show)
    except Gov24Error as error:
        await stopped(engine, crawl, str(error), _again(error, now()))
        raise
    return await publish(engine, crawl, now(), allow_fewer=allow_fewer)


async def _fetch(
    engine: AsyncEngine,
    api: Gov24,
    crawl: Crawl,
    operation: Operation,
    now: Callable[[], datetime],
    show: Callable[[Step], None],
) -> None:
    stretch = crawl.stretches.get(operation, Stretch())
    while True:
        show(Step(operation, stretch.rows, stretch.matched, crawl.resumed))
        if stretch.done:
            return
        began = time.monotonic()
        page = await api.page(operation, stretch.next, crawl.size)
        stretch = await save(engine, crawl, operation, page, now(), time.monotonic() - began)


def _again(error: Gov24Error, now: datetime) -> datetime | None:
    """When what stopped it may be over."""
    if isinstance(error, DailyLimit):
        return datetime.combine(now.astimezone(_SEOUL).date() + timedelta(days=1), _AFTER_MIDNIGHT, _SEOUL)
    return now + _SOON if isinstance(error, Passing) else None


async def due(engine: AsyncEngine, now: datetime) -> bool:
    """Whether one is wanted before the next night: there was none yet, or one stopped and may go on."""
    async with looking(engine) as connection:
        newest = select(ServiceSync).order_by(ServiceSync.id.desc()).limit(1)
        last = (await connection.execute(newest)).one_or_none()
    return last is None or bool(last.open and last.again_at and last.again_at <= now)
