"""What each running process serves, as it says itself: so that staff see when every process has a release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import changing
from bot.releases.tables import ReleaseProcess

EVERY = 5.0
"""Seconds between two signs of life."""
SILENT = timedelta(seconds=20)
"""A process that has not been heard of for so long has probably ended."""
_GONE = timedelta(minutes=10)
"""It is shown no more."""


@dataclass(frozen=True)
class Serving:
    """What a process serves."""

    name: str
    """Such as `gateway@host:8080`."""
    number: int | None
    """None: the files as they stand in `data/`."""
    model: str = ""
    """Of a Rasa server."""
    fault: str = ""
    """Why it does not serve what it should; empty = all is well."""


@dataclass(frozen=True)
class Seen:
    """What a process said last, and when; `since` it serves this."""

    serving: Serving
    since: datetime
    seen_at: datetime

    def silent(self, now: datetime) -> bool:
        """Whether it has probably ended."""
        return now - self.seen_at > SILENT


async def tell(engine: AsyncEngine, serving: Serving, now: datetime) -> None:
    """Keep what a process says of itself."""
    mine = ReleaseProcess.name == serving.name
    same = (
        ReleaseProcess.number.is_not_distinct_from(serving.number),
        ReleaseProcess.model == serving.model,
        ReleaseProcess.fault == serving.fault,
    )
    said = {"number": serving.number, "model": serving.model, "fault": serving.fault, "seen_at": now}
    async with changing(engine) as connection:
        if (await connection.execute(update(ReleaseProcess).where(mine, *same).values(seen_at=now))).rowcount:
            return
        changed = await connection.execute(update(ReleaseProcess).where(mine).values(since=now, **said))
        if changed.rowcount:
            return
        await connection.execute(delete(ReleaseProcess).where(ReleaseProcess.seen_at < now - _GONE))
        await connection.execute(insert(ReleaseProcess).values(name=serving.name, since=now, **said))


async def seen(engine: AsyncEngine, now: datetime) -> Sequence[Seen]:
    """All processes heard of lately, by name."""
    query = select(ReleaseProcess.__table__).where(ReleaseProcess.seen_at > now - _GONE)
    async with engine.connect() as connection:
        rows = await connection.execute(query.order_by(ReleaseProcess.name))
        return [
            Seen(Serving(row.name, row.number, row.model, row.fault), row.since, row.seen_at) for row in rows
        ]


def everywhere(processes: Sequence[Seen], number: int | None, now: datetime) -> bool:
    """Whether all that run serve a release."""
    running = [each for each in processes if not each.silent(now)]
    return bool(running) and all(each.serving.number == number and not each.serving.fault for each in running)
