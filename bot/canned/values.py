"""What canned replies' places are filled with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.contacts.requests import Requests
from bot.content.duties import department
from bot.content.hours import KOREA, named_day, week
from bot.content.store import ContentStore
from bot.log.engine import reading
from bot.voices.tables import Report


class Values:
    """For one operator in one conversation."""

    def __init__(
        self,
        engine: AsyncEngine,
        requests: Requests,
        content: ContentStore,
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._requests = requests
        self._content = content
        self._clock = clock

    async def of(self, name: str, departments: Sequence[str], conversation_id: int) -> dict[str, str]:
        """Place → value, empty where there is none. Whoever is of one department speaks for it, all others
        for the call centre.
        """
        own = departments[0] if len(departments) == 1 else None
        where = department(self._content.departments(), own)
        return {
            "담당자": name,
            "부서": where.name,
            "부서전화": where.phone,
            "상담시간": week(where.hours),
            "도시": self._content.persona().persona.city,
            "오늘": named_day(self._clock().astimezone(KOREA).date()),
            "접수번호": await self._number(conversation_id),
        }

    async def _number(self, conversation_id: int) -> str:
        """What the citizen was told last: of a report, else of a contact request."""
        query = (
            select(Report.number)
            .where(Report.conversation_id == conversation_id)
            .order_by(Report.id.desc())
            .limit(1)
        )
        async with reading(self._engine) as session:
            number = await session.scalar(query)
        return number or await self._requests.last_number(conversation_id)
