"""Looking into the audit log."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import reading
from bot.log.tables import Audit
from bot.staff.tables import AuditCheck

_TEXTS = (Audit.target, Audit.detail, Audit.changes)
_BATCH = 2000
"""Rows that an export reads at a time."""


@dataclass(frozen=True)
class Change:
    """One field that was changed; None = it was not there."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Entry:
    """One row of the log."""

    id: int
    at: datetime
    operator_id: int | None
    action: str
    target: str
    detail: str
    address: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Search:
    """What is looked for; what is empty does not matter."""

    operator_id: int | None = None
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""
    """All of them occur in target, detail or what was changed."""

    def conditions(self, *, sqlite: bool) -> list[ColumnElement[bool]]:
        """For the rows' query. SQLite's LIKE does not mind the case of Latin letters, PostgreSQL's does."""
        found: list[ColumnElement[bool]] = []
        if self.operator_id is not None:
            found.append(Audit.operator_id == self.operator_id)
        if self.action:
            found.append(Audit.action == self.action)
        if self.since is not None:
            found.append(Audit.at >= self.since)
        if self.until is not None:
            found.append(Audit.at < self.until)
        for word in self.words.split():
            part = "%" + re.sub(r"([%_\\])", r"\\\1", word) + "%"
            likes = (column.like if sqlite else column.ilike for column in _TEXTS)
            found.append(or_(*(like(part, escape="\\") for like in likes)))
        return found


class Trail:
    """Reads the log; the latest first."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def find(self, search: Search, *, before: int | None, limit: int) -> list[Entry]:
        """So many rows, of those with smaller numbers than `before` where one is given."""
        sqlite = self._engine.dialect.name == "sqlite"
        query = select(Audit).where(*search.conditions(sqlite=sqlite)).order_by(Audit.id.desc()).limit(limit)
        if before is not None:
            query = query.where(Audit.id < before)
        async with reading(self._engine) as session:
            return [_entry(row) for row in await session.scalars(query)]

    async def checked(self) -> AuditCheck | None:
        """What the last check found; None before the first."""
        async with reading(self._engine) as session:
            checks = select(AuditCheck).order_by(AuditCheck.id.desc()).limit(1)
            return (await session.scalars(checks)).one_or_none()

    async def every(self, search: Search) -> AsyncIterator[Entry]:
        """All of them, for an export of any length."""
        before: int | None = None
        while rows := await self.find(search, before=before, limit=_BATCH):
            for row in rows:
                yield row
            before = rows[-1].id


def _entry(row: Audit) -> Entry:
    changes = json.loads(row.changes) if row.changes else {}
    return Entry(
        id=row.id,
        at=row.at,
        operator_id=row.operator_id,
        action=row.action,
        target=row.target,
        detail=row.detail,
        address=row.address,
        changes=tuple(Change(field, before, after) for field, (before, after) in changes.items()),
    )
