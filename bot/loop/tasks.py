"""Tasks for departments: given, passed on, commented on, done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.log.engine import changing, reading
from bot.loop.tables import Task, TaskEvent
from bot.messages import utc_now

State = Literal["open", "done"]


@dataclass(frozen=True)
class Listed:
    """Which tasks."""

    state: State = "open"
    department: str = ""
    """Empty = any."""
    overdue: bool = False
    mine: int | None = None
    """Of this assignee alone."""


class Tasks:
    """Writes and reads them. Every method is one transaction."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    async def give(self, department: str, title: str, note: str, due_on: date, who: int) -> int:
        """A new task; its id."""
        row = {
            "department": department,
            "title": title,
            "note": note,
            "due_on": due_on,
            "state": "open",
            "created_by": who,
            "created_at": self._clock(),
        }
        async with changing(self._engine) as connection:
            id_: int = (await connection.execute(insert(Task).values(row).returning(Task.id))).scalar_one()
        return id_

    async def get(self, task_id: int) -> Task | None:
        """One task."""
        async with reading(self._engine) as session:
            return await session.get(Task, task_id)

    async def events(self, task_id: int) -> Sequence[TaskEvent]:
        """What happened to a task, oldest first."""
        query = select(TaskEvent).where(TaskEvent.task_id == task_id).order_by(TaskEvent.id)
        async with reading(self._engine) as session:
            return (await session.scalars(query)).all()

    async def page(self, wanted: Listed, today: date, offset: int, limit: int) -> tuple[Sequence[Task], int]:
        """Tasks, the one due first on top, of those that are done the latest; and how many there are."""
        where = [Task.state == wanted.state]
        if wanted.department:
            where.append(Task.department == wanted.department)
        if wanted.overdue:
            where.append(Task.due_on < today)
        if wanted.mine is not None:
            where.append(Task.assignee_id == wanted.mine)
        order = Task.due_on if wanted.state == "open" else Task.done_at.desc()
        query = select(Task).where(*where).order_by(order, Task.id).offset(offset).limit(limit)
        async with reading(self._engine) as session:
            total = await session.scalar(select(func.count()).select_from(Task).where(*where)) or 0
            return (await session.scalars(query)).all(), total

    async def departments(self) -> Sequence[str]:
        """Departments that have or had tasks."""
        query = select(Task.department).distinct().order_by(Task.department)
        async with reading(self._engine) as session:
            return (await session.scalars(query)).all()

    async def open_count(self, departments: Sequence[str] | None = None) -> int:
        """How many are open; of some departments, or of all."""
        query = select(func.count()).select_from(Task).where(Task.state == "open")
        if departments is not None:
            query = query.where(Task.department.in_(departments))
        async with reading(self._engine) as session:
            return await session.scalar(query) or 0

    async def take_back(self, task_id: int) -> None:
        """It was not meant."""
        async with changing(self._engine) as connection:
            await connection.execute(delete(Task).where(Task.id == task_id))

    async def comment(self, task_id: int, text: str, who: int) -> None:
        """Say something about a task."""
        async with changing(self._engine) as connection:
            await self._note(connection, task_id, "comment", text, who)

    async def assign(self, task_id: int, assignee_id: int | None, name: str, who: int) -> None:
        """It is this person's now, or nobody's."""
        async with changing(self._engine) as connection:
            await connection.execute(update(Task).where(Task.id == task_id).values(assignee_id=assignee_id))
            await self._note(connection, task_id, "assigned", name, who)

    async def change(self, task_id: int, department: str, due_on: date, note: str, who: int) -> None:
        """Another department, day or note."""
        values = {"department": department, "due_on": due_on, "note": note}
        async with changing(self._engine) as connection:
            await connection.execute(update(Task).where(Task.id == task_id).values(values))
            await self._note(connection, task_id, "changed", due_on.isoformat(), who)

    async def finish(self, task_id: int, text: str, who: int) -> bool:
        """It is done; False when it was before."""
        return await self._turn(task_id, "open", "done", text, who)

    async def reopen(self, task_id: int, who: int) -> bool:
        """It is not done after all; False when it was open."""
        return await self._turn(task_id, "done", "open", "", who)

    async def _turn(self, task_id: int, before: State, after: State, text: str, who: int) -> bool:
        mine = (Task.id == task_id, Task.state == before)
        values = {"state": after, "done_at": self._clock() if after == "done" else None}
        async with changing(self._engine) as connection:
            turned = (await connection.execute(update(Task).where(*mine).values(values))).rowcount > 0
            if turned:
                await self._note(connection, task_id, "done" if after == "done" else "reopened", text, who)
        return turned

    async def _note(self, connection: AsyncConnection, task_id: int, kind: str, text: str, who: int) -> None:
        event = {"task_id": task_id, "at": self._clock(), "operator_id": who, "kind": kind, "text": text}
        await connection.execute(insert(TaskEvent).values(event))
