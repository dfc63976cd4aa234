"""Tables of emergency notices and of what the bot does not answer; the migrations create them.

What was switched stays: who said what to all citizens, and when the bot was silent, is asked about later.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id


class EmergencyNotice(Base):
    """Something that every citizen is to hear before anything else."""

    __tablename__ = "emergency_notices"
    __table_args__ = (
        Index("ix_emergency_notices_ends_at", "ends_at"),
        # what was told is remembered by the id: it must never come back
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    text: Mapped[str]
    reason: Mapped[str]
    """Why, for colleagues."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    districts: Mapped[list[Any]]
    """Names; empty = the whole city."""
    channels: Mapped[list[Any]]
    """Names; empty = all."""
    words: Mapped[list[Any]]
    """What citizens ask about it: who does is answered by the notice alone, again and again."""
    push_hours: Mapped[int]
    """Who wrote within so many hours is written to unasked; 0 = nobody."""
    pushed_to: Mapped[int] = mapped_column(Id)
    """The last conversation that was looked at for that."""
    pushed: Mapped[int]
    """Citizens who were written to."""
    made_by: Mapped[int] = mapped_column(Id, ForeignKey("operators.id"))
    made_at: Mapped[datetime]
    ended_by: Mapped[int | None] = mapped_column(Id, ForeignKey("operators.id"))
    ended_at: Mapped[datetime | None]
    """Before its time."""


class NoticeSeen(Base):
    """A citizen has been shown a notice."""

    __tablename__ = "emergency_notices_seen"
    notice_id: Mapped[int] = mapped_column(
        Id, ForeignKey("emergency_notices.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    conversation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    turn_id: Mapped[int] = mapped_column(Id)
    """The message whose reply showed it: a turn that is taken again shows it again. 0 = unasked."""
    at: Mapped[datetime]


class BotOff(Base):
    """Something that the bot does not answer for a time."""

    __tablename__ = "bot_offs"
    __table_args__ = (Index("ix_bot_offs_ends_at", "ends_at"), {"sqlite_autoincrement": True})
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    channel: Mapped[str] = mapped_column(String(40))
    """Empty = all of them."""
    topic: Mapped[str] = mapped_column(String(80))
    """`ContentStore.topics`, or an intent; empty = whatever is asked."""
    instead: Mapped[str] = mapped_column(String(10))
    """What citizens get: phone, hours or person."""
    says: Mapped[str]
    """What citizens are told of the reason; may be empty."""
    reason: Mapped[str]
    """Why, for colleagues."""
    ends_at: Mapped[datetime]
    made_by: Mapped[int] = mapped_column(Id, ForeignKey("operators.id"))
    made_at: Mapped[datetime]
    ended_by: Mapped[int | None] = mapped_column(Id, ForeignKey("operators.id"))
    ended_at: Mapped[datetime | None]
