"""The catalogue of services in the database, as reminders ask for it."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.catalogue.fields import public_service
from bot.catalogue.service import PublicService
from bot.catalogue.stored import Ours
from bot.catalogue.tables import ServiceChange, ServiceEntry, ServiceSync
from bot.log.engine import reading
from bot.proactive.news_kinds import Fresh

_GENERAL = frozenset(
    (
        "지원",
        "지원금",
        "지원사업",
        "사업",
        "혜택",
        "서비스",
        "정책",
        "공고",
        "소식",
        "제도",
        "복지",
        "관련",
        "거",
        "것",
        "게",
    )
)
"""Words that say nothing of what is wanted."""


class StoredServices:
    """`bot.proactive.news_kinds.Catalogue`: only services that the city's own citizens can use."""

    def __init__(self, engine: AsyncEngine, ours: Ours) -> None:
        self._engine = engine
        self._ours = ours

    async def get(self, id_: str) -> PublicService | None:
        """A service that has not ended."""
        query = select(ServiceEntry).where(ServiceEntry.id == id_, ServiceEntry.ended_at.is_(None))
        async with reading(self._engine) as session:
            row = (await session.scalars(query)).one_or_none()
        return _read(row) if row else None

    async def fresh(self, mark: int, words: str) -> Fresh:
        """What came with the synchronisations after `mark`; from 0 on nothing is new."""
        finished = select(func.max(ServiceSync.id)).where(ServiceSync.finished_at.is_not(None))
        added = (
            select(ServiceEntry)
            .join(ServiceChange, ServiceChange.service_id == ServiceEntry.id)
            .where(ServiceChange.kind == "new", ServiceChange.sync_id > mark, ServiceEntry.ended_at.is_(None))
            .order_by(ServiceEntry.id)
        )
        async with reading(self._engine) as session:
            last = await session.scalar(finished) or 0
            rows = [] if last <= mark or mark == 0 else list(await session.scalars(added))
        found = [service for row in rows if (service := _read(row)) in self._ours]
        return Fresh(max(last, mark), [service for service in found if meets(service, words)])


def meets(service: PublicService, words: str) -> bool:
    """Whether a service has to do with all that the words say."""
    wanted = [word for word in words.split() if word not in _GENERAL]
    text = "".join(
        (service.name, service.purpose, service.area, service.target, "".join(service.kinds))
    ).replace(" ", "")
    return all(word in text for word in wanted)


def _read(row: ServiceEntry) -> PublicService:
    return public_service(row.id, row.listed, row.detail, row.conditions, row.fetched_at)
