"""Contact requests in the database: begun, filled in step by step, sent to a department as a task."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.contacts.tables import ContactRequest
from bot.log.engine import changing, looking, reading
from bot.log.tables import Conversation
from bot.loop.tables import Task
from bot.messages import utc_now
from bot.voices.numbers import new_number

CONTACT = "C"
"""Kind of the numbers (`bot.voices.numbers`)."""
LASTS = timedelta(minutes=30)
"""A form that nobody goes on with for so long is no form any more: what is said then is for the bot. As long
as the vault keeps what was typed."""
_DRAWS = 5


@dataclass(frozen=True)
class NewTask:
    """What a department is to do about a request."""

    department: str
    title: str
    note: str
    due_on: date


@dataclass(frozen=True)
class Row:
    """A request as the console lists it."""

    request: ContactRequest
    channel: str
    done: bool


class Requests:
    """Writes and reads them. Every method is one transaction."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    async def begin(self, conversation_id: int, turn_id: int, reason: str) -> None:
        """An empty form, in place of one that was not sent; the same for the same message."""
        for draw in range(_DRAWS):
            row = {
                "number": new_number(CONTACT, self._clock()),
                "conversation_id": conversation_id,
                "state": "text",
                "turn_id": turn_id,
                "reason": reason[:40],
                "text": "",
                "hint": "",
                "department": "",
                "tries": 0,
                "touched_at": self._clock(),
            }
            try:
                async with changing(self._engine) as connection:
                    await connection.execute(delete(ContactRequest).where(*_open(conversation_id)))
                    await connection.execute(insert(ContactRequest).values(row))
            except IntegrityError:
                if draw + 1 == _DRAWS:
                    raise
            else:
                return

    async def form(self, conversation_id: int) -> ContactRequest | None:
        """The form that a citizen is filling in, or has just sent."""
        query = (
            select(ContactRequest)
            .where(ContactRequest.conversation_id == conversation_id, self._fresh())
            .order_by(ContactRequest.id.desc())
            .limit(1)
        )
        async with reading(self._engine) as session:
            return await session.scalar(query)

    async def step(self, form: ContactRequest, turn_id: int, **values: Any) -> None:
        """The citizen's message changed a form."""
        async with changing(self._engine) as connection:
            changed = update(ContactRequest).where(ContactRequest.id == form.id)
            await connection.execute(changed.values(turn_id=turn_id, touched_at=self._clock(), **values))

    async def send(self, form: ContactRequest, turn_id: int, task: NewTask, contact: str | None) -> None:
        """It is a task now; sent once, however often this is called."""
        async with changing(self._engine) as connection:
            mine = (ContactRequest.id == form.id, ContactRequest.state != "sent")
            values = {
                "state": "sent",
                "turn_id": turn_id,
                "contact": contact,
                "hint": form.hint if contact else "",
                "department": task.department,
                "touched_at": self._clock(),
            }
            sent = await connection.execute(update(ContactRequest).where(*mine).values(values))
            if not sent.rowcount:
                return
            row = {
                "department": task.department,
                "title": task.title,
                "note": task.note,
                "due_on": task.due_on,
                "state": "open",
                "created_by": None,
                "created_at": self._clock(),
            }
            given = await connection.execute(insert(Task).values(row).returning(Task.id))
            whole = update(ContactRequest).where(ContactRequest.id == form.id)
            await connection.execute(whole.values(task_id=given.scalar_one()))

    async def drop(self, conversation_id: int) -> None:
        """The citizen leaves nothing after all."""
        async with changing(self._engine) as connection:
            await connection.execute(delete(ContactRequest).where(*_open(conversation_id)))

    async def filling_in(self) -> set[int]:
        """The conversations whose next message may belong to a form."""
        async with looking(self._engine) as connection:
            found = await connection.execute(select(ContactRequest.conversation_id).where(self._fresh()))
            return set(found.scalars())

    async def tidy(self) -> None:
        """Forms that were given up go, and the contacts of those who have been called."""
        old = ContactRequest.touched_at < self._clock() - LASTS
        done = select(Task.id).where(Task.state == "done")
        called = (ContactRequest.contact.is_not(None), ContactRequest.task_id.in_(done))
        async with changing(self._engine) as connection:
            await connection.execute(delete(ContactRequest).where(old, ContactRequest.state != "sent"))
            await connection.execute(update(ContactRequest).where(*called).values(contact=None))

    async def get(self, request_id: int) -> Row | None:
        """One that was sent."""
        async with reading(self._engine) as session:
            found = (await session.execute(_rows().where(ContactRequest.id == request_id))).one_or_none()
        return _row(found) if found else None

    async def page(
        self, state: Literal["open", "done"], offset: int, limit: int
    ) -> tuple[Sequence[Row], int]:
        """Those that were sent, the one that waits longest on top, of those that are done the latest."""
        mine = Task.state == "done" if state == "done" else func.coalesce(Task.state, "open") != "done"
        order = ContactRequest.id.desc() if state == "done" else ContactRequest.id
        count = (
            select(func.count())
            .select_from(ContactRequest)
            .outerjoin(Task, Task.id == ContactRequest.task_id)
            .where(ContactRequest.state == "sent", mine)
        )
        async with reading(self._engine) as session:
            total = await session.scalar(count) or 0
            rows = await session.execute(_rows().where(mine).order_by(order).offset(offset).limit(limit))
            return [_row(each) for each in rows], total

    async def waiting_in(self, conversation_id: int) -> ContactRequest | None:
        """The latest of a conversation that nobody has called back yet."""
        query = (
            select(ContactRequest)
            .outerjoin(Task, Task.id == ContactRequest.task_id)
            .where(
                ContactRequest.conversation_id == conversation_id,
                ContactRequest.state == "sent",
                func.coalesce(Task.state, "open") != "done",
            )
            .order_by(ContactRequest.id.desc())
            .limit(1)
        )
        async with reading(self._engine) as session:
            return await session.scalar(query)

    async def last_number(self, conversation_id: int) -> str:
        """The number that a citizen was told last; empty when there is none."""
        query = (
            select(ContactRequest.number)
            .where(ContactRequest.conversation_id == conversation_id, ContactRequest.state == "sent")
            .order_by(ContactRequest.id.desc())
            .limit(1)
        )
        async with reading(self._engine) as session:
            return await session.scalar(query) or ""

    def _fresh(self) -> Any:
        return ContactRequest.touched_at > self._clock() - LASTS


def _open(conversation_id: int) -> tuple[Any, ...]:
    return ContactRequest.conversation_id == conversation_id, ContactRequest.state != "sent"


def _rows() -> Any:
    return (
        select(ContactRequest, Conversation.channel, Task.state.label("task"))
        .join(Conversation, Conversation.id == ContactRequest.conversation_id)
        .outerjoin(Task, Task.id == ContactRequest.task_id)
        .where(ContactRequest.state == "sent")
    )


def _row(found: Any) -> Row:
    return Row(found.ContactRequest, found.channel, found.task == "done")
