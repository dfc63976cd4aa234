"""Problems that citizens reported: filed once, changed by departments or operators, told of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.log.engine import reading, writing
from bot.voices import news
from bot.voices.news import News
from bot.voices.numbers import REPORT, new_number
from bot.voices.tables import Report, ReportEvent

OPEN = ("received", "assigned")
CLOSED = ("done", "rejected")
HERE = ("queue", "refused")
"""Deliveries of reports that are dealt with in the console."""
FORWARD: Mapping[str, tuple[str, ...]] = {
    "received": ("assigned", "done", "rejected"),
    "assigned": ("done", "rejected"),
    "done": (),
    "rejected": (),
}
"""What a report may become; whoever says otherwise is not believed."""
_DAY = timedelta(days=1)
_DRAWS = 20
"""Numbers that are drawn at most."""
_RETRY = (60, 300, 900, 3600)
"""Seconds until the next attempt to bring a report to its department; the last stays."""


class NotPossible(Exception):
    """A report or idea that is not there, or that is no longer in a state for this."""


class TooMany(Exception):
    """A citizen has filed as many reports as they can for now."""


@dataclass(frozen=True)
class Problem:
    """What a citizen reports."""

    category: str
    department: str
    text: str
    place: str
    latitude: float | None
    longitude: float | None
    photos: Sequence[Mapping[str, str]]
    contact: str | None
    delivery: str
    """pending or queue."""
    due_at: datetime


@dataclass(frozen=True)
class Wanted:
    """Which reports an operator looks at; empty = all."""

    state: str = ""
    category: str = ""
    overdue: bool = False


class Reports:
    """Reports in the gateway's database; shared by the gateway and the action server."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    async def file(
        self, conversation_id: int, message_id: str, problem: Problem, most: int | None = None
    ) -> Report:
        """Keep a report; the same message files it once. Raises `TooMany` when the citizen has filed `most`
        within 24 hours, RuntimeError when all numbers are taken.
        """
        for _ in range(_DRAWS):
            if known := await self._by_message(conversation_id, message_id):
                return known
            now = self._clock()
            if most is not None and await self._filed_since(conversation_id, now - _DAY) >= most:
                raise TooMany
            row = Report(
                **vars(problem) | {"photos": [dict(photo) for photo in problem.photos]},
                number=new_number(REPORT, now),
                conversation_id=conversation_id,
                message_id=message_id,
                state="received",
                reason="",
                created_at=now,
                changed_at=now,
                attempts=0,
                next_try_at=now if problem.delivery == "pending" else None,
            )
            try:
                async with writing(self._engine) as session:
                    session.add(row)
                    await session.flush()
                    session.add(ReportEvent(report_id=row.id, at=now, state="received", note=""))
            except IntegrityError:
                continue  # the number is taken, or the message has just filed it
            return row
        raise RuntimeError("no number is free")

    async def mine(self, conversation_id: int, limit: int = 5) -> Sequence[Report]:
        """A citizen's own reports, the newest first."""
        query = select(Report).where(Report.conversation_id == conversation_id)
        async with reading(self._engine) as session:
            return (await session.scalars(query.order_by(Report.id.desc()).limit(limit))).all()

    async def get(self, report_id: int) -> Report | None:
        """One report."""
        async with reading(self._engine) as session:
            return await session.get(Report, report_id)

    async def history(self, report_id: int) -> Sequence[ReportEvent]:
        """What happened to a report, oldest first."""
        query = select(ReportEvent).where(ReportEvent.report_id == report_id).order_by(ReportEvent.id)
        async with reading(self._engine) as session:
            return (await session.scalars(query)).all()

    async def listing(self, wanted: Wanted, skip: int, limit: int) -> tuple[Sequence[Report], int]:
        """A page of reports, those due first on top, and how many there are in all."""
        query = select(Report)
        if wanted.state == "open":
            query = query.where(Report.state.in_(OPEN))
        elif wanted.state:
            query = query.where(Report.state == wanted.state)
        if wanted.category:
            query = query.where(Report.category == wanted.category)
        if wanted.overdue:
            query = query.where(Report.state.in_(OPEN), Report.due_at < self._clock())
        async with reading(self._engine) as session:
            total = await session.scalar(select(func.count()).select_from(query.subquery()))
            closed = Report.state.in_(CLOSED)
            page = query.order_by(closed, Report.due_at, Report.id).offset(skip).limit(limit)
            return (await session.scalars(page)).all(), total or 0

    async def change(
        self, report_id: int, state: str, reason: str, *, department: str, operator_id: int | None = None
    ) -> Report:
        """Move a report on and have its author told. Raises `NotPossible`."""
        async with writing(self._engine) as session:
            row = await session.get(Report, report_id, with_for_update=True)
            if row is None or state not in FORWARD[row.state]:
                raise NotPossible
            now = self._clock()
            row.state, row.reason, row.changed_at = state, reason or row.reason, now
            if operator_id is not None:
                row.operator_id = operator_id
            if state in CLOSED:
                row.contact = None  # as the citizen was promised
            event = ReportEvent(report_id=row.id, at=now, state=state, note=reason, operator_id=operator_id)
            session.add(event)
            await session.flush()
            details = {"number": row.number, "reason": reason, "department": department}
            await self._tell(session, row, News(f"report:{event.id}", f"report_news_{state}", details))
        return row

    async def move(
        self,
        report_id: int,
        department: str,
        names: tuple[str, str],
        reason: str,
        operator_id: int | None = None,
    ) -> Report:
        """Give a report that is dealt with here to another department and have its author told. `names`: of
        the one that had it and the one that gets it. Raises `NotPossible`.
        """
        async with writing(self._engine) as session:
            row = await session.get(Report, report_id, with_for_update=True)
            if row is None or row.state not in OPEN or row.delivery not in HERE:
                raise NotPossible
            if row.department == department:
                raise NotPossible
            now = self._clock()
            row.department, row.changed_at = department, now
            note = " → ".join(names) + (f"\n{reason}" if reason else "")
            event = ReportEvent(report_id=row.id, at=now, state=row.state, note=note, operator_id=operator_id)
            session.add(event)
            await session.flush()
            details = {"number": row.number, "reason": reason, "department": names[1]}
            await self._tell(session, row, News(f"report:{event.id}", "report_news_moved", details))
        return row

    async def due_for_delivery(self, limit: int = 20) -> Sequence[Report]:
        """Reports to be brought to their departments now."""
        query = select(Report).where(
            Report.delivery == "pending", Report.state.in_(OPEN), Report.next_try_at <= self._clock()
        )
        async with reading(self._engine) as session:
            return (await session.scalars(query.order_by(Report.id).limit(limit))).all()

    async def under_way(self, limit: int = 500) -> Sequence[Report]:
        """Reports that departments work on."""
        query = select(Report).where(Report.delivery == "sent", Report.state.in_(OPEN))
        async with reading(self._engine) as session:
            return (await session.scalars(query.order_by(Report.changed_at).limit(limit))).all()

    async def delivered(self, report_id: int, external: str, *, official: bool, department: str) -> None:
        """The department has it, under a number of its own; `official`: as a petition by law."""
        async with writing(self._engine) as session:
            row = await session.get(Report, report_id, with_for_update=True)
            if row is None or row.delivery != "pending":
                return
            row.delivery, row.external, row.next_try_at = "sent", external, None
            details = {"number": row.number, "external": external, "department": department}
            line = "report_news_official" if official else "report_news_taken"
            await self._tell(session, row, News(f"report:{row.id}:sent", line, details))

    async def not_delivered(self, report_id: int, *, refused: bool) -> None:
        """It is tried again later; a report that was `refused` waits for an operator instead."""
        async with writing(self._engine) as session:
            row = await session.get(Report, report_id, with_for_update=True)
            if row is None or row.delivery != "pending":
                return
            row.attempts += 1
            if refused:
                row.delivery, row.next_try_at = "refused", None
            else:
                wait = _RETRY[min(row.attempts, len(_RETRY)) - 1]
                row.next_try_at = self._clock() + timedelta(seconds=wait)

    async def _tell(self, session: AsyncSession, row: Report, what: News) -> None:
        if row.conversation_id is not None:
            await news.add(session, row.conversation_id, what, self._clock())

    async def _filed_since(self, conversation_id: int, since: datetime) -> int:
        mine = (Report.conversation_id == conversation_id, Report.created_at > since)
        async with reading(self._engine) as session:
            return await session.scalar(select(func.count()).select_from(Report).where(*mine)) or 0

    async def _by_message(self, conversation_id: int, message_id: str) -> Report | None:
        mine: list[Any] = [Report.conversation_id == conversation_id, Report.message_id == message_id]
        async with reading(self._engine) as session:
            return (await session.scalars(select(Report).where(*mine))).one_or_none()
