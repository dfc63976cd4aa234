"""From what was fetched to the catalogue: what is new, what changed, what has ended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.catalogue.client import Operation
from bot.catalogue.crawl import STILL, Crawl, Stretch, hold
from bot.catalogue.fields import fingerprint
from bot.catalogue.tables import ServiceChange, ServiceEntry, ServiceRow, ServiceSync
from bot.log.engine import changing
from bot.log.tables import Base

LEAST = 0.9
"""Share of the services known before that must still be there; with fewer, none is taken as ended."""
_AT_ONCE = 400

_COLUMNS = {
    Operation.LIST: "listed",
    Operation.DETAIL: "detail",
    Operation.CONDITIONS: "conditions",
}


@dataclass(frozen=True)
class Report:
    """What a synchronisation found."""

    new: int
    changed: int
    ended: int
    total: int
    """Services there are now."""
    seconds: float
    trouble: str = ""
    """What was held back, and why."""


async def publish(engine: AsyncEngine, crawl: Crawl, now: datetime, *, allow_fewer: bool) -> Report:
    """Bring the catalogue to what was fetched and close the synchronisation.

    Piece by piece, so that nobody waits for the database; run again after a cut it goes on where it was. A
    service that a complete crawl lacks has ended, unless so many do that the crawl is hardly right
    (`allow_fewer`: it is). Raises Overtaken.
    """
    began, listed = time.monotonic(), Operation.LIST.value
    async with engine.connect() as connection:
        asked = select(ServiceRow.service_id).where(ServiceRow.operation == listed)
        ids = list((await connection.execute(asked.order_by(ServiceRow.service_id))).scalars())
    for start in range(0, len(ids), _AT_ONCE):
        async with changing(engine, quick=False) as connection:
            await hold(connection, crawl, {"again_at": now + STILL})
            await _bring(connection, crawl, ids[start : start + _AT_ONCE], now)
    async with changing(engine, quick=False) as connection:
        await hold(connection, crawl, {"again_at": now + STILL})
        trouble = await _end(connection, crawl, now, allow_fewer=allow_fewer)
        return await _close(connection, crawl, now, trouble, time.monotonic() - began)


async def _bring(connection: AsyncConnection, crawl: Crawl, ids: Sequence[str], now: datetime) -> None:
    """Write the new and changed ones among these."""
    fetched: dict[str, dict[str, Any]] = {id_: {} for id_ in ids}
    for found in await connection.execute(select(ServiceRow).where(ServiceRow.service_id.in_(ids))):
        fetched[found.service_id][_COLUMNS[Operation(found.operation)]] = found.row
    known = {
        entry.id: entry
        for entry in await connection.execute(select(ServiceEntry).where(ServiceEntry.id.in_(ids)))
    }
    rows: list[dict[str, Any]] = []
    seen = {"fetched_at": crawl.started_at, "seen_in": crawl.id, "ended_at": None}
    kinds = {id_: "new" for id_, entry in known.items() if entry.ended_at}
    for id_, parts in fetched.items():
        before = known.get(id_)
        for operation, column in _COLUMNS.items():
            missed = not crawl.stretches.get(operation, Stretch()).complete
            parts.setdefault(column, getattr(before, column) if before and missed else {})
        mark = fingerprint(parts["listed"], parts["detail"], parts["conditions"])
        if before is None or before.fingerprint != mark:
            first = before.first_at if before else now
            rows.append(
                {"id": id_, "fingerprint": mark, **parts, "first_at": first, "changed_at": now, **seen}
            )
            kinds.setdefault(id_, "changed" if before else "new")
    if rows:
        written = [row["id"] for row in rows]
        await connection.execute(delete(ServiceEntry).where(ServiceEntry.id.in_(written)))
        await connection.execute(insert(ServiceEntry), rows)
    if known:
        await connection.execute(update(ServiceEntry).where(ServiceEntry.id.in_(known)).values(**seen))
    await _note(connection, crawl, kinds)


async def _end(connection: AsyncConnection, crawl: Crawl, now: datetime, *, allow_fewer: bool) -> str:
    """Mark those that are no longer there; or say why none was."""
    alive = ServiceEntry.ended_at.is_(None)
    missed = (alive, ServiceEntry.seen_in != crawl.id)
    gone = list((await connection.execute(select(ServiceEntry.id).where(*missed))).scalars())
    if not gone:
        return ""
    before = await _count(connection, ServiceEntry, alive)
    arrived = await _count(
        connection, ServiceChange, ServiceChange.sync_id == crawl.id, ServiceChange.kind == "new"
    )
    known = before - arrived
    if not crawl.stretches[Operation.LIST].complete:
        return f"목록을 다 받지 못해서, 보이지 않는 {len(gone)}개를 끝난 것으로 적지 않았어요."
    if before - len(gone) < LEAST * known and not allow_fewer:
        return (
            f"서비스가 {known}개에서 {before - len(gone)}개로 너무 줄어서, 끝난 것으로 적지 않았어요. "
            "정말 줄었다면 sotong services sync --allow-fewer를 실행하세요."
        )
    await connection.execute(update(ServiceEntry).where(*missed).values(ended_at=now))
    await _note(connection, crawl, dict.fromkeys(gone, "ended"))
    return ""


async def _close(
    connection: AsyncConnection, crawl: Crawl, now: datetime, trouble: str, publishing: float
) -> Report:
    counts = {"new": 0, "changed": 0, "ended": 0}
    kinds = select(ServiceChange.kind, func.count()).where(ServiceChange.sync_id == crawl.id)
    found = await connection.execute(kinds.group_by(ServiceChange.kind))
    counts |= {row[0]: row[1] for row in found}
    counts["total"] = await _count(connection, ServiceEntry, ServiceEntry.ended_at.is_(None))
    fetching = await connection.execute(select(ServiceSync.seconds).where(ServiceSync.id == crawl.id))
    seconds = round(fetching.scalar_one() + publishing, 2)
    await connection.execute(delete(ServiceRow))
    closed = {"open": None, "finished_at": now, "seconds": seconds, "trouble": trouble}
    await hold(connection, crawl, counts | closed)
    return Report(**counts, seconds=seconds, trouble=trouble)


async def _note(connection: AsyncConnection, crawl: Crawl, kinds: dict[str, str]) -> None:
    """Write down what is different; what was already noted stays."""
    noted = select(ServiceChange.service_id).where(
        ServiceChange.sync_id == crawl.id, ServiceChange.service_id.in_(kinds)
    )
    known = set((await connection.execute(noted)).scalars()) if kinds else set()
    rows = [
        {"sync_id": crawl.id, "service_id": id_, "kind": kind}
        for id_, kind in kinds.items()
        if id_ not in known
    ]
    if rows:
        await connection.execute(insert(ServiceChange), rows)


async def _count(connection: AsyncConnection, table: type[Base], *which: ColumnElement[bool]) -> int:
    return (await connection.execute(select(func.count()).select_from(table).where(*which))).scalar_one()
