"""Tables of `bot.proactive`; the migrations create them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id


class Subscription(Base):
    """Something a citizen wants to be told. It is deleted when they no longer want it, or all is said."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint("conversation_id", "message_id"),
        Index("ix_subscriptions_next_at", "next_at"),
        # what was told is remembered by the id: it must never come back
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(Id, ForeignKey("conversations.id", ondelete="CASCADE"))
    message_id: Mapped[str] = mapped_column(String(200))
    """Of the yes that made it: a turn taken again makes no second one."""
    kind: Mapped[str] = mapped_column(String(20))
    wish: Mapped[dict[str, Any]]
    """`bot.proactive.wish.Wish`."""
    state: Mapped[dict[str, Any]]
    """What the kind remembers of the last time."""
    next_at: Mapped[datetime]
    """The occurrence that comes next, or when to look whether something has happened."""
    try_at: Mapped[datetime | None]
    """Not before this moment: it could not be worked out, or not be told, just now."""
    told: Mapped[str | None] = mapped_column(String(160))
    """Id under which it was told last."""
    created_at: Mapped[datetime]


class Checklist(Base):
    """What a citizen has done of a life event's checklist."""

    __tablename__ = "checklists"
    __table_args__ = (UniqueConstraint("conversation_id", "event"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(Id, ForeignKey("conversations.id", ondelete="CASCADE"))
    event: Mapped[str] = mapped_column(String(80))
    """Id of `data/life_events/<id>.yml`."""
    on: Mapped[date | None]
    """Day of the event; None where the citizen does not know it yet."""
    steps: Mapped[dict[str, Any]]
    """Id of a step → `done` or `skipped`."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(index=True)


class PushCount(Base):
    """Messages sent unasked, by day and channel: what platforms charge for. Names nobody."""

    __tablename__ = "push_counts"
    day: Mapped[date] = mapped_column(primary_key=True)
    """Of the city's calendar."""
    channel: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    messages: Mapped[int]
