"""Tables of the loop; the migrations create them.

No words of a citizen are kept here that the log does not hold, except in `answer_waits`, whose citizen asked
for it, and in what staff made of a line.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id


class InboxGroup(Base):
    """Lines that mean the same."""

    __tablename__ = "inbox_groups"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    encoder: Mapped[str]
    """`Encoder.name` whose vectors were added up."""
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    """Sum of the vectors of `size` lines, float32."""
    size: Mapped[int]
    """Lines that ever came into it."""
    title_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("messages.id", ondelete="SET NULL"), index=True
    )
    """The most central line."""
    created_at: Mapped[datetime]


class Task(Base):
    """Something a department is to do, mostly to write an answer."""

    __tablename__ = "tasks"
    __table_args__ = (Index("ix_tasks_state", "state", "due_on"), {"sqlite_autoincrement": True})
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    department: Mapped[str] = mapped_column(String(80))
    title: Mapped[str]
    note: Mapped[str]
    due_on: Mapped[date]
    assignee_id: Mapped[int | None] = mapped_column(Id, ForeignKey("operators.id"))
    state: Mapped[str] = mapped_column(String(10))
    """open or done."""
    created_by: Mapped[int | None] = mapped_column(Id, ForeignKey("operators.id"))
    """None: the program, because a citizen left a message."""
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class TaskEvent(Base):
    """What happened to a task: a comment, somebody else's now, done, open again."""

    __tablename__ = "task_events"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    task_id: Mapped[int] = mapped_column(Id, ForeignKey("tasks.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    operator_id: Mapped[int | None] = mapped_column(Id, ForeignKey("operators.id"))
    """None: by publishing."""
    kind: Mapped[str] = mapped_column(String(10))
    text: Mapped[str]


class Settlement(Base):
    """What was made of some lines. To undo it is to delete it."""

    __tablename__ = "inbox_settlements"
    __table_args__ = (Index("ix_inbox_settlements_done_at", "done_at"), {"sqlite_autoincrement": True})
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    """example, variant, answer, golden, task or dismissed."""
    target: Mapped[str]
    """The item of the draft, e.g. `answer:passport-fee`; why it was dismissed."""
    texts: Mapped[list[Any]]
    """What was added to the item: when it stands in the live content the settlement is done."""
    keep: Mapped[bool]
    """What comes later and means the same is settled with it."""
    group_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("inbox_groups.id", ondelete="SET NULL"), index=True
    )
    task_id: Mapped[int | None] = mapped_column(Id, ForeignKey("tasks.id", ondelete="SET NULL"), index=True)
    operator_id: Mapped[int] = mapped_column(Id, ForeignKey("operators.id"))
    at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    """When it was published; at once where nothing is to be."""


class InboxLine(Base):
    """Something a citizen wrote that did not end well."""

    __tablename__ = "inbox_lines"
    __table_args__ = (
        # in this order a list is counted without sorting, and without a look at the rows
        Index("ix_inbox_lines_open", "settlement_id", "group_id", "why", "channel", "department", "at"),
        Index("ix_inbox_lines_group_id", "group_id", "at", "settlement_id"),
    )
    message_id: Mapped[int] = mapped_column(
        Id, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    why: Mapped[str] = mapped_column(String(12))
    """`bot.loop.signals.Why`."""
    at: Mapped[datetime]
    channel: Mapped[str] = mapped_column(String(40))
    department: Mapped[str] = mapped_column(String(80))
    """Who probably knows."""
    group_id: Mapped[int | None] = mapped_column(Id, ForeignKey("inbox_groups.id", ondelete="SET NULL"))
    """None: not compared with the others yet."""
    settlement_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("inbox_settlements.id", ondelete="SET NULL")
    )
    """None: nobody has seen to it."""


class AnswerWait(Base):
    """A citizen who wants to be told when there is an answer."""

    __tablename__ = "answer_waits"
    __table_args__ = (
        UniqueConstraint("conversation_id", "message_id"),
        Index("ix_answer_waits_told_at", "told_at"),
        # what was told is remembered by the id: it must never come back
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(Id, ForeignKey("conversations.id", ondelete="CASCADE"))
    message_id: Mapped[int] = mapped_column(Id)
    """The line; it may be gone before there is an answer."""
    question: Mapped[str]
    created_at: Mapped[datetime]
    looked: Mapped[str] = mapped_column(String(80))
    """Mark of the content in which an answer was last looked for."""
    told_at: Mapped[datetime | None]


class LoopMark(Base):
    """How far the loop has looked."""

    __tablename__ = "loop_marks"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]
    mark: Mapped[str]
