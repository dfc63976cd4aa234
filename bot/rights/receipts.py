"""The receipts of erasures, for operators: what became of a number that a citizen names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import reading
from bot.rights.tables import Erasure


@dataclass(frozen=True)
class Erased:
    """An erasure, without anything of the citizen."""

    number: str
    at: datetime
    rows: int
    """So many rows of all tables went."""
    done: bool
    """Nothing outside the database remembers the citizen either."""
    replayed_at: datetime | None
    """When it was carried out again on a restored backup."""


class Receipts:
    """Reads receipts."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def find(self, number: str) -> Erased | None:
        """By its number, however it is written; None when there is none, or it is no longer kept."""
        async with reading(self._engine) as session:
            row = await session.get(Erasure, number.strip().upper())
        return _erased(row) if row else None

    async def latest(self, most: int = 20) -> list[Erased]:
        """The newest first."""
        async with reading(self._engine) as session:
            rows = await session.scalars(select(Erasure).order_by(Erasure.at.desc()).limit(most))
            return [_erased(row) for row in rows]


def _erased(row: Erasure) -> Erased:
    return Erased(row.number, row.at, sum(row.rows.values()), row.memory_of is None, row.replayed_at)
