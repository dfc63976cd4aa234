"""The audit log as a chain: each row is sealed together with the seal of the row before it.

A row's `hash` is the SHA-256 of the hash before and of what the row says; a row without one (a program of an
earlier version wrote it) is sealed with the next that has one. So nobody can change, leave out, add or move a
row without making every later seal wrong. Whoever can write all of the table could make all seals anew: what
`bot.staff.checking` keeps elsewhere says so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.log.tables import Audit, AuditEnd

FIELDS = ("at", "operator_id", "action", "target", "detail", "address", "changes")
"""What is sealed of a row."""
_ALONE = text("SELECT pg_advisory_xact_lock(7283, 19)")
"""Whoever seals a row on PostgreSQL is alone until its transaction ends; SQLite has one writer anyway."""
_MAY_REMOVE = text("SELECT has_table_privilege('audit', 'DELETE')")
_YEAR = timedelta(days=366)
"""What an account that may not remove rows leaves there (migration 0021)."""


def seal(before: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """64 hexadecimal digits: of the last of these rows, given the seal before the first."""
    said = [[_plain(row[field]) for field in FIELDS] for row in rows]
    return hashlib.sha256(f"{before}\n{json.dumps(said)}".encode()).hexdigest()


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


async def append(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Add a row (all of `FIELDS`) to the log, in the transaction at hand."""
    if connection.dialect.name == "postgresql":
        await connection.execute(_ALONE)
    sealed = select(Audit.id, Audit.hash).where(Audit.hash.is_not(None))
    last = (await connection.execute(sealed.order_by(Audit.id.desc()).limit(1))).one_or_none()
    if last:
        before, after = last.hash, last.id
    else:
        end = select(AuditEnd.hash).order_by(AuditEnd.id.desc()).limit(1)
        before, after = await connection.scalar(end) or "", 0
    columns = [getattr(Audit, field) for field in FIELDS]
    open_ = await connection.execute(select(*columns).where(Audit.id > after).order_by(Audit.id))
    rows: list[Mapping[str, Any]] = [*open_.mappings(), row]
    await connection.execute(insert(Audit).values(**row, hash=seal(before, rows)))


async def cut(connection: AsyncConnection, until: datetime, now: datetime) -> int:
    """Remove the rows before the first that is not older than `until`, up to a sealed one; how many.

    What the chain goes on from is written down: without that the database keeps the rows (migration 0011). An
    account that may not remove any asks the tables' owner to.
    """
    asks = connection.dialect.name == "postgresql" and not await connection.scalar(_MAY_REMOVE)
    until = min(until, now - _YEAR) if asks else until
    kept = await connection.scalar(select(func.min(Audit.id)).where(Audit.at >= until))
    old = Audit.at < until if kept is None else Audit.id < kept
    sealed = select(Audit.id, Audit.hash).where(old, Audit.hash.is_not(None))
    last = (await connection.execute(sealed.order_by(Audit.id.desc()).limit(1))).one_or_none()
    if last is None:
        return 0
    await connection.execute(insert(AuditEnd).values(at=now, until=until, last_id=last.id, hash=last.hash))
    if asks:
        return int(await connection.scalar(select(func.audit_expire(last.id))) or 0)
    return (await connection.execute(delete(Audit).where(Audit.id <= last.id))).rowcount
