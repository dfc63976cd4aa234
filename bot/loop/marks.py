"""How far the loop has looked, and since when something is as it is."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import changing, reading
from bot.loop.tables import LoopMark

_AT_WORK = "at work"


class Marks:
    """Named marks with the moment they were set."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def at(self, name: str) -> datetime | None:
        """When a mark was set last."""
        async with reading(self._engine) as session:
            row = await session.get(LoopMark, name)
        return row.at if row else None

    async def mark(self, name: str) -> str:
        """What it is at; empty when it never was at anything."""
        async with reading(self._engine) as session:
            row = await session.get(LoopMark, name)
        return row.mark if row else ""

    async def since(self, name: str, mark: str, now: datetime) -> datetime:
        """Since when `name` has been at `mark`; set to `now` when it was at another one."""
        async with reading(self._engine) as session:
            row = await session.get(LoopMark, name)
        if row and row.mark == mark:
            return row.at
        await self.set(name, mark, now)
        return now

    async def claim(self, name: str, now: datetime, lasts: timedelta) -> bool:
        """Begin something that only one may be at; False while another is, unless that began `lasts` ago."""
        async with changing(self._engine) as connection:
            insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            row = insert(LoopMark).values(name=name, at=now, mark=_AT_WORK)
            free = or_(LoopMark.mark != _AT_WORK, LoopMark.at < now - lasts)
            taken = row.on_conflict_do_update(
                index_elements=["name"], set_={"at": now, "mark": _AT_WORK}, where=free
            )
            return (await connection.execute(taken)).rowcount > 0

    async def set(self, name: str, mark: str, now: datetime) -> None:
        """It is at this mark now."""
        async with changing(self._engine) as connection:
            insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            row = insert(LoopMark).values(name=name, at=now, mark=mark)
            await connection.execute(
                row.on_conflict_do_update(index_elements=["name"], set_={"at": now, "mark": mark})
            )
