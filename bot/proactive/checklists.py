"""A citizen's way through a life event's checklist, in the database and in dates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import changing, reading
from bot.messages import utc_now
from bot.proactive.life_events import LifeEvent, Step
from bot.proactive.tables import Checklist

Mark = Literal["done", "skipped"]


@dataclass(frozen=True)
class Progress:
    """How far a citizen is with a checklist."""

    event: LifeEvent
    on: date | None = None
    """Day of the event, if it is known."""
    marks: Mapping[str, Mark] = field(default_factory=dict)

    @property
    def counted(self) -> list[Step]:
        """The steps that concern this citizen."""
        return [step for step in self.event.steps if self.marks.get(step.id) != "skipped"]

    @property
    def done(self) -> int:
        """How many of them are done."""
        return sum(self.marks.get(step.id) == "done" for step in self.counted)

    @property
    def open(self) -> list[Step]:
        """What is still to do, the most urgent first; without a date in the order of the file."""
        left = [step for step in self.counted if step.id not in self.marks]
        return sorted(left, key=lambda step: self.due(step) or date.max)

    def due(self, step: Step) -> date | None:
        """The last day of a step."""
        return step.due.on(self.on) if step.due and self.on else None

    def to_remind(self, today: date) -> list[tuple[date, Step]]:
        """Open steps with a day still to come, the next first."""
        return [(day, step) for step in self.open if (day := self.due(step)) and day >= today]


class Checklists:
    """Writes and reads them. Every method is one transaction and bears being run again."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    async def begin(self, conversation_id: int, event: str, on: date | None) -> None:
        """Begin a checklist, or give the one there is another day; what is done stays done.

        Raises `sqlalchemy.exc.IntegrityError` if there is no such conversation.
        """
        now = self._clock()
        mine = (Checklist.conversation_id == conversation_id, Checklist.event == event)
        again = update(Checklist).where(*mine).values(on=on, updated_at=now)
        row = {
            "conversation_id": conversation_id,
            "event": event,
            "on": on,
            "steps": {},
            "created_at": now,
            "updated_at": now,
        }
        async with changing(self._engine) as connection:
            if (await connection.execute(again)).rowcount == 0:
                await connection.execute(insert(Checklist).values(row))

    async def mark(self, conversation_id: int, event: str, step: str, mark: Mark | None) -> None:
        """Set what became of a step; None takes it back."""
        mine = (Checklist.conversation_id == conversation_id, Checklist.event == event)
        async with changing(self._engine) as connection:
            marks = dict(await connection.scalar(select(Checklist.steps).where(*mine)) or {})
            marks.pop(step, None)
            if mark:
                marks[step] = mark
            await connection.execute(
                update(Checklist).where(*mine).values(steps=marks, updated_at=self._clock())
            )

    async def of(self, conversation_id: int, event: LifeEvent) -> Progress | None:
        """How far a citizen is; None when they have not begun."""
        query = select(Checklist).where(
            Checklist.conversation_id == conversation_id, Checklist.event == event.id
        )
        async with reading(self._engine) as session:
            row = (await session.scalars(query)).one_or_none()
        return Progress(event, row.on, row.steps) if row else None

    async def latest(self, conversation_id: int) -> str | None:
        """The event whose checklist was touched last."""
        query = (
            select(Checklist.event)
            .where(Checklist.conversation_id == conversation_id)
            .order_by(Checklist.updated_at.desc(), Checklist.id.desc())
            .limit(1)
        )
        async with reading(self._engine) as session:
            return await session.scalar(query)
