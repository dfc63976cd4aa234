"""What a synchronisation has fetched so far, in SQL: after a cut the next one goes on with the next page."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.catalogue.client import Operation
from bot.catalogue.envelope import Page
from bot.catalogue.fields import service_id
from bot.catalogue.tables import ServiceRow, ServiceSync
from bot.log.engine import changing

KEPT = timedelta(days=3)
"""So long after its beginning a synchronisation is gone on with; later everything is fetched anew."""
STILL = timedelta(minutes=2)
"""Longer than this between two pages means that whoever fetched them is gone."""
ABANDONED = "끝내지 못하고, 다음번에 처음부터 다시 가져왔어요."


class Overtaken(Exception):
    """Somebody else has gone on with this synchronisation since."""


@dataclass(frozen=True)
class Stretch:
    """How far one operation has come."""

    next: int = 1
    """The page to fetch next."""
    matched: int = 0
    """Rows there are, as the API said last."""
    rows: int = 0
    """Different rows that are here."""
    skipped: int = 0
    """Rows without a number, of no use to anybody."""
    done: bool = False

    @property
    def complete(self) -> bool:
        """Nothing is missing: while pages were fetched rows may have moved from one to another."""
        return self.done and self.rows + self.skipped >= self.matched


@dataclass
class Crawl:
    """One synchronisation under way; ours until `holder` changes."""

    id: int
    holder: str
    size: int
    """Rows on a page."""
    started_at: datetime
    stretches: dict[Operation, Stretch]
    resumed: bool


async def begin(engine: AsyncEngine, source: str, size: int, now: datetime) -> Crawl:
    """The open synchronisation with this API, taken over, or a new one."""
    try:
        async with changing(engine) as connection:
            return await _begin(connection, source, size, now)
    except IntegrityError:  # somebody began one at the same moment
        async with changing(engine) as connection:
            return await _begin(connection, source, size, now)


async def _begin(connection: AsyncConnection, source: str, size: int, now: datetime) -> Crawl:
    found = (await connection.execute(select(ServiceSync).where(ServiceSync.open.is_(True)))).one_or_none()
    holder = secrets.token_hex(16)
    if found and found.source == source and now - found.started_at <= KEPT:
        taken = {"holder": holder, "again_at": now + STILL}
        await connection.execute(update(ServiceSync).where(ServiceSync.id == found.id).values(**taken))
        stretches = {Operation(name): Stretch(**how) for name, how in found.progress.items()}
        return Crawl(found.id, holder, found.size, found.started_at, stretches, resumed=True)
    if found:
        closed = {"open": None, "holder": "", "finished_at": now, "trouble": ABANDONED}
        await connection.execute(update(ServiceSync).where(ServiceSync.id == found.id).values(**closed))
    await connection.execute(delete(ServiceRow))
    values: dict[str, Any] = {"open": True, "holder": holder, "source": source, "size": size, "progress": {}}
    values |= {"started_at": now, "again_at": now + STILL}
    empty = {"seconds": 0.0, "trouble": "", "new": 0, "changed": 0, "ended": 0, "total": 0}
    made = await connection.execute(insert(ServiceSync).values(**values, **empty).returning(ServiceSync.id))
    return Crawl(made.scalar_one(), holder, size, now, {}, resumed=False)


async def hold(connection: AsyncConnection, crawl: Crawl, values: Mapping[str, Any]) -> None:
    """Write something down about our synchronisation. Raises Overtaken when it is no longer ours."""
    ours = (ServiceSync.id == crawl.id, ServiceSync.holder == crawl.holder)
    result = await connection.execute(update(ServiceSync).where(*ours).values(**values))
    if not result.rowcount:
        raise Overtaken


async def save(
    engine: AsyncEngine, crawl: Crawl, operation: Operation, page: Page, now: datetime, seconds: float
) -> Stretch:
    """Keep a page and that it is here, both or neither; it took so many seconds.

    An operation is done with its last page, as long as nothing is missing: then further ones are looked at
    until one brings nothing new. Raises Overtaken.
    """
    before = crawl.stretches.get(operation, Stretch())
    rows = {id_: dict(row) for row in page.rows if (id_ := service_id(row))}
    mine = ServiceRow.operation == operation.value
    async with changing(engine, quick=False) as connection:
        if rows:
            await connection.execute(delete(ServiceRow).where(mine, ServiceRow.service_id.in_(rows)))
            kept = [
                {"operation": operation.value, "service_id": id_, "row": row} for id_, row in rows.items()
            ]
            await connection.execute(insert(ServiceRow), kept)
        counted = await connection.execute(select(func.count()).select_from(ServiceRow).where(mine))
        here = counted.scalar_one()
        skipped = before.skipped + sum(service_id(row) is None for row in page.rows)
        last = before.next * (page.size or crawl.size) >= page.matched
        brought = here + skipped > before.rows + before.skipped
        done = not page.rows or (last and (here + skipped >= page.matched or not brought))
        after = Stretch(before.next + 1, page.matched, here, skipped, done)
        stretches = {**crawl.stretches, operation: after}
        progress = {name.value: vars(how) for name, how in stretches.items()}
        values = {"progress": progress, "seconds": ServiceSync.seconds + seconds}
        await hold(connection, crawl, values | {"trouble": "", "again_at": now + STILL})
    crawl.stretches = stretches
    return after


async def stopped(engine: AsyncEngine, crawl: Crawl, why: str, again_at: datetime | None) -> None:
    """Leave it open with the reason why it could not go on, and when it may."""
    async with changing(engine) as connection:
        await hold(connection, crawl, {"trouble": why, "again_at": again_at})
