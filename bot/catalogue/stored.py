"""The catalogue as it stands in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.catalogue.fields import public_service
from bot.catalogue.service import PublicService
from bot.catalogue.tables import ServiceChange, ServiceEntry, ServiceSync
from bot.log.engine import looking

_AT_ONCE = 250

LOCAL = ("시군구", "기초", "광역", "시도", "시·도", "지방", "교육")
"""In what kinds of agencies are called whose services are for a part of the country."""


@dataclass(frozen=True)
class Ours:
    """Which services the citizens of one city can use: those of the state, and those of these agencies."""

    agencies: tuple[str, ...]
    """Codes or names: 한빛시 also takes in 한빛시 보건소."""

    def __contains__(self, service: PublicService) -> bool:
        """Whether it is for our citizens."""
        if not any(word in service.agency_kind for word in LOCAL):
            return True
        names = {service.agency_code, service.agency, *service.agency.split()}
        return not names.isdisjoint(self.agencies)


async def version(engine: AsyncEngine) -> int:
    """Number of the last synchronisation that was finished; 0 when there is none, or not even a table."""
    finished = select(func.max(ServiceSync.id)).where(ServiceSync.finished_at.is_not(None))
    try:
        async with looking(engine) as connection:
            return (await connection.execute(finished)).scalar_one() or 0
    except (OperationalError, ProgrammingError):  # the gateway makes the tables, and has not been there yet
        return 0


async def services(engine: AsyncEngine, ours: Ours | None = None) -> Sequence[PublicService]:
    """Every service that has not ended, by its number; of `ours` only, if given."""
    found: list[PublicService] = []
    last = ""
    while True:  # by pieces: other work goes on between them
        asked = select(ServiceEntry).where(ServiceEntry.ended_at.is_(None), ServiceEntry.id > last)
        async with engine.connect() as connection:
            rows = (await connection.execute(asked.order_by(ServiceEntry.id).limit(_AT_ONCE))).all()
        if not rows:
            return found
        for row in rows:
            service = public_service(row.id, row.listed, row.detail, row.conditions, row.fetched_at)
            if ours is None or service in ours:
                found.append(service)
        last = rows[-1].id


async def service(engine: AsyncEngine, id_: str) -> PublicService | None:
    """One service; None when there is none, or it has ended."""
    asked = select(ServiceEntry).where(ServiceEntry.id == id_, ServiceEntry.ended_at.is_(None))
    async with looking(engine) as connection:
        row = (await connection.execute(asked)).one_or_none()
    return public_service(row.id, row.listed, row.detail, row.conditions, row.fetched_at) if row else None


async def arrived(engine: AsyncEngine, after: int, ours: Ours | None = None) -> Sequence[PublicService]:
    """Services that are new since the synchronisation of that number, and have not ended."""
    new = select(ServiceChange.service_id).where(ServiceChange.sync_id > after, ServiceChange.kind == "new")
    asked = select(ServiceEntry).where(ServiceEntry.id.in_(new), ServiceEntry.ended_at.is_(None))
    async with engine.connect() as connection:
        rows = (await connection.execute(asked.order_by(ServiceEntry.id))).all()
    found = [public_service(row.id, row.listed, row.detail, row.conditions, row.fetched_at) for row in rows]
    return [one for one in found if ours is None or one in ours]
