"""Citizens whom the bot does not answer for a while, or who were warned; the migrations create them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id


class Mute(Base):
    """A warning, or a time in which a citizen gets no answers."""

    __tablename__ = "mutes"
    __table_args__ = (
        Index("ix_mutes_until", "until"),
        Index("ix_mutes_conversation_id", "conversation_id", "at"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(Id, ForeignKey("conversations.id", ondelete="CASCADE"))
    operator_id: Mapped[int | None] = mapped_column(Id, ForeignKey("operators.id"))
    """Who did it; None = the rule."""
    turn_id: Mapped[int | None] = mapped_column(Id)
    """The line by which the rule was broken: a turn that is taken again does the same again."""
    reason: Mapped[str]
    """Why, for colleagues."""
    at: Mapped[datetime]
    until: Mapped[datetime | None]
    """None: it was a warning."""
    ended_at: Mapped[datetime | None]
    """Lifted before its time."""
    appealed_at: Mapped[datetime | None]
    """When the citizen asked that a person look at it."""
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(Id, ForeignKey("operators.id"))
    """Who lifted it or answered the appeal."""
