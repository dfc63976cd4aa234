"""Tables of `bot.approval`; the migrations create them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id


class ApprovalTopic(Base):
    """A topic whose answers wait for a person."""

    __tablename__ = "approval_topics"
    topic: Mapped[str] = mapped_column(String(80), primary_key=True)
    """Name of a file of answers without its ending."""
    minutes: Mapped[int]
    """So long a reply waits at most."""
    fallback: Mapped[str] = mapped_column(String(10))
    """What happens then: answer = it is given all the same, person = a person is called."""
    operator_id: Mapped[int] = mapped_column(Id, ForeignKey("operators.id"))
    at: Mapped[datetime]


class Approval(Base):
    """A reply that waits, or waited."""

    __tablename__ = "approvals"
    __table_args__ = (
        UniqueConstraint("conversation_id", "turn_id"),
        Index("ix_approvals_state", "state", "due_at"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    turn_id: Mapped[int] = mapped_column(Id)
    """The citizen's message; it may be gone before the reply is."""
    topic: Mapped[str] = mapped_column(String(80))
    reply: Mapped[dict[str, Any]]
    """The `Reply` as the bot made it."""
    fallback: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    """waiting; then approved, edited, refused, late (the time was up) or dropped (a person has the
    conversation)."""
    operator_id: Mapped[int | None] = mapped_column(Id, ForeignKey("operators.id"))
    """Who decided; None: the clock."""
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    calls: Mapped[bool]
    """A person is still to be called."""
