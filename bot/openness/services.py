"""The public services as programs page through them: titles in memory, the rest from SQL when asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.catalogue.fields import public_service
from bot.catalogue.service import PublicService
from bot.catalogue.stored import Ours, version
from bot.catalogue.tables import ServiceEntry
from bot.openness.shapes import fold

_AT_ONCE = 250


class ServiceShelf:
    """Those of our citizens. Read anew when a synchronisation has been finished."""

    def __init__(self, engine: AsyncEngine, ours: Ours) -> None:
        self._engine = engine
        self._ours = ours
        self._version: int | None = None
        self._titles: Sequence[tuple[str, str]] = ()
        """(id, what is searched)."""
        self._reading = asyncio.Lock()

    async def page(self, words: list[str], skip: int, limit: int) -> tuple[Sequence[PublicService], int]:
        """Services with all the words, by their numbers, and how many there are in all."""
        await self._refresh()
        found = [id_ for id_, text in self._titles if all(word in text for word in words)]
        wanted = found[skip : skip + limit]
        asked = select(ServiceEntry).where(ServiceEntry.id.in_(wanted)).order_by(ServiceEntry.id)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(asked)).all()
        return [_read(row) for row in rows], len(found)

    async def get(self, id_: str) -> PublicService | None:
        """One by its number; None when there is none for our citizens, or it has ended."""
        asked = select(ServiceEntry).where(ServiceEntry.id == id_, ServiceEntry.ended_at.is_(None))
        async with self._engine.connect() as connection:
            row = (await connection.execute(asked)).one_or_none()
        found = _read(row) if row else None
        return found if found and found in self._ours else None

    async def _refresh(self) -> None:
        async with self._reading:
            newest = await version(self._engine)
            if newest != self._version:
                self._titles = await self._read_titles()
                self._version = newest

    async def _read_titles(self) -> Sequence[tuple[str, str]]:
        titles: list[tuple[str, str]] = []
        last = ""
        while True:  # by pieces: other work goes on between them
            asked = select(ServiceEntry).where(ServiceEntry.ended_at.is_(None), ServiceEntry.id > last)
            async with self._engine.connect() as connection:
                rows = (await connection.execute(asked.order_by(ServiceEntry.id).limit(_AT_ONCE))).all()
            if not rows:
                return titles
            ours = [one for one in map(_read, rows) if one in self._ours]
            titles += [
                (one.id, fold(" ".join((one.name, one.agency, one.area, one.purpose)))) for one in ours
            ]
            last = rows[-1].id


def _read(row: object) -> PublicService:
    entry: ServiceEntry = row  # type: ignore[assignment] # a row has the table's columns
    return public_service(entry.id, entry.listed, entry.detail, entry.conditions, entry.fetched_at)
