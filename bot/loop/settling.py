"""What is made of lines, in the inbox's own tables: settled, undone, done with what was published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.log.engine import changing, reading
from bot.log.tables import Words
from bot.loop.tables import InboxGroup, InboxLine, Settlement, Task, TaskEvent
from bot.messages import utc_now
from bot.studio.tables import DraftRow

Kind = Literal["example", "variant", "answer", "golden", "task", "dismissed"]
DRAFTED: tuple[Kind, ...] = ("example", "variant", "answer", "golden")
"""What is a draft until it is published."""


@dataclass(frozen=True)
class Made:
    """What became of lines."""

    kind: Kind
    target: str
    """Item of the draft, or why they are dismissed."""
    texts: tuple[str, ...] = ()
    """What the item has got by it."""
    task_id: int | None = None
    keep: bool = False
    """What comes later and means the same is settled with it."""


class Gone(Exception):
    """There are no open lines any more: somebody else has seen to them."""


class Settling:
    """Every method is one transaction."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    async def texts(self, group_id: int, lines: Sequence[int]) -> list[str]:
        """The words of some of a group's open lines, or of its title when none is chosen. Raises `Gone`."""
        chosen = select(Words.text).join(InboxLine, InboxLine.message_id == Words.message_id)
        mine = [InboxLine.group_id == group_id, InboxLine.settlement_id.is_(None)]
        query = chosen.where(*mine).order_by(InboxLine.at.desc())
        title = select(Words.text).join(InboxGroup, InboxGroup.title_id == Words.message_id)
        async with reading(self._engine) as session:
            if lines:
                found = (await session.scalars(query.where(InboxLine.message_id.in_(lines)))).all()
            else:
                anything = await session.scalar(query.limit(1))
                titled = await session.scalar(title.where(InboxGroup.id == group_id))
                found = [titled or anything] if anything else []
        if not found:
            raise Gone
        return list(dict.fromkeys(found))

    async def settle(self, group_id: int, lines: Sequence[int], made: Made, who: int) -> int:
        """Settle some of a group's open lines, or all of them when none is chosen; the settlement's id.

        Raises `Gone`.
        """
        now = self._clock()
        row = {
            "kind": made.kind,
            "target": made.target,
            "texts": list(made.texts),
            "keep": made.keep,
            "group_id": group_id,
            "task_id": made.task_id,
            "operator_id": who,
            "at": now,
            "done_at": now if made.kind == "dismissed" else None,
        }
        wanted: list[ColumnElement[bool]] = [
            InboxLine.group_id == group_id,
            InboxLine.settlement_id.is_(None),
        ]
        if lines:
            wanted.append(InboxLine.message_id.in_(lines))
        async with changing(self._engine, quick=False) as connection:
            made_now = await connection.execute(insert(Settlement).values(row).returning(Settlement.id))
            id_: int = made_now.scalar_one()
            done = await connection.execute(update(InboxLine).where(*wanted).values(settlement_id=id_))
            if not done.rowcount:
                raise Gone
        return id_

    async def get(self, settlement_id: int) -> Settlement | None:
        """One settlement."""
        async with reading(self._engine) as session:
            return await session.get(Settlement, settlement_id)

    async def undo(self, settlement_id: int) -> bool:
        """Open its lines again; False when there is no such settlement."""
        async with changing(self._engine, quick=False) as connection:
            undone = delete(Settlement).where(Settlement.id == settlement_id)
            return (await connection.execute(undone)).rowcount > 0

    async def of_task(self, task_id: int) -> Sequence[Settlement]:
        """What was settled for a task, the latest first."""
        query = select(Settlement).where(Settlement.task_id == task_id).order_by(Settlement.id.desc())
        async with reading(self._engine) as session:
            return (await session.scalars(query)).all()

    async def hand_on(self, task_id: int, made: Made, who: int) -> int:
        """A draft was made for a task: what waits for it waits for the draft now. The settlement's id."""
        values = {"kind": made.kind, "target": made.target, "texts": list(made.texts), "operator_id": who}
        waiting = (Settlement.task_id == task_id, Settlement.kind == "task", Settlement.done_at.is_(None))
        new = {**values, "keep": False, "task_id": task_id, "at": self._clock()}
        async with changing(self._engine) as connection:
            handed = await connection.execute(
                update(Settlement).where(*waiting).values(values).returning(Settlement.id)
            )
            if ids := handed.scalars().all():
                return ids[0]
            made_now = await connection.execute(insert(Settlement).values(new).returning(Settlement.id))
            id_: int = made_now.scalar_one()
        return id_

    async def follow(self) -> int:
        """See to settlements whose draft is gone: published, so they and their tasks are done.

        A draft that was given up stays as a row: what waited for it is open again, or its task's. Returns how
        many settlements were done.
        """
        waiting = Settlement.done_at.is_(None), Settlement.kind.in_(DRAFTED)
        async with reading(self._engine) as session:
            if await session.scalar(select(Settlement.id).where(*waiting).limit(1)) is None:
                return 0
        draft = select(DraftRow.id).where(DraftRow.item == Settlement.target)
        given_up = draft.where(DraftRow.dropped_at.is_not(None))
        async with changing(self._engine) as connection:
            lost = (*waiting, given_up.exists())
            again = {"kind": "task", "target": "", "texts": []}
            await connection.execute(
                update(Settlement).where(*lost, Settlement.task_id.is_not(None)).values(again)
            )
            await connection.execute(delete(Settlement).where(*lost))
            published = await connection.execute(
                update(Settlement)
                .where(*waiting, ~draft.exists())
                .values(done_at=self._clock())
                .returning(Settlement.task_id)
            )
            tasks = published.scalars().all()
            await self._tasks_done(connection, [id_ for id_ in tasks if id_ is not None])
        return len(tasks)

    async def task_done(self, task_id: int) -> None:
        """A task was done by hand: what waits for it is done."""
        mine = (Settlement.task_id == task_id, Settlement.kind == "task", Settlement.done_at.is_(None))
        async with changing(self._engine) as connection:
            await connection.execute(update(Settlement).where(*mine).values(done_at=self._clock()))

    async def task_open(self, task_id: int) -> None:
        """A task is open again: so is what was done with it."""
        mine = (Settlement.task_id == task_id, Settlement.kind == "task")
        async with changing(self._engine) as connection:
            await connection.execute(update(Settlement).where(*mine).values(done_at=None))

    async def _tasks_done(self, connection: AsyncConnection, ids: Sequence[int]) -> None:
        """Tasks for which nothing more waits to be published."""
        now = self._clock()
        more = select(Settlement.id).where(Settlement.task_id == Task.id, Settlement.done_at.is_(None))
        ends = update(Task).where(Task.id.in_(ids), Task.state == "open", ~more.exists())
        done = await connection.execute(ends.values(state="done", done_at=now).returning(Task.id))
        for id_ in done.scalars().all():
            event = {"task_id": id_, "at": now, "operator_id": None, "kind": "published", "text": ""}
            await connection.execute(insert(TaskEvent).values(event))
