"""Tables of what citizens and colleagues think of what was said; the migrations create them.

The judgement outlives the citizen: erasing them (`bot.log.erasure`) takes them and their words out of it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id

BLANKED = "blanked"
"""Key of a table's `info`, see `bot.log.erasure`."""


class Rating(Base):
    """A citizen was asked how it went."""

    __tablename__ = "ratings"
    __table_args__ = (
        UniqueConstraint("message_id"),
        UniqueConstraint("handoff_id"),
        Index("ix_ratings_asked_at", "asked_at"),
        Index("ix_ratings_rated_at", "rated_at"),
        Index("ix_ratings_comment_wanted_at", "comment_wanted_at"),
        Index("ix_ratings_conversation_id", "conversation_id", "asked_at"),
        {"sqlite_autoincrement": True, "info": {BLANKED: ("comment",)}},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="SET NULL")
    )
    message_id: Mapped[int | None] = mapped_column(Id, ForeignKey("messages.id", ondelete="SET NULL"))
    """The question whose answer is rated; None for a talk with a person."""
    handoff_id: Mapped[int | None] = mapped_column(Id, ForeignKey("handoffs.id", ondelete="SET NULL"))
    """The talk that is rated; None for an answer."""
    about: Mapped[str] = mapped_column(String(10))
    """answer or talk."""
    operator_id: Mapped[int | None] = mapped_column(Id, ForeignKey("operators.id"))
    """Whom the citizen talked with."""
    channel: Mapped[str] = mapped_column(String(40))
    topic: Mapped[str] = mapped_column(String(80))
    """Of the answer (`bot.content.topics`); may be empty."""
    asked_at: Mapped[datetime]
    rated_at: Mapped[datetime | None]
    score: Mapped[int | None]
    """1 = bad to 5 = good."""
    comment_wanted_at: Mapped[datetime | None]
    """When the citizen said that they want to add something: their next words are it."""
    comment: Mapped[str | None]


class Review(Base):
    """What a colleague thinks of what the bot made of a line."""

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("message_id"),
        Index("ix_reviews_verdict", "verdict", "at"),
        {"sqlite_autoincrement": True, "info": {BLANKED: ("note",)}},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="SET NULL"), index=True
    )
    message_id: Mapped[int | None] = mapped_column(Id, ForeignKey("messages.id", ondelete="SET NULL"))
    """The citizen's line."""
    seq: Mapped[int]
    """Its place in the conversation."""
    channel: Mapped[str] = mapped_column(String(40))
    topic: Mapped[str] = mapped_column(String(80))
    verdict: Mapped[str] = mapped_column(String(10))
    """right, wrong or harmful."""
    theme: Mapped[str] = mapped_column(String(80))
    note: Mapped[str]
    task_id: Mapped[int | None] = mapped_column(Id, ForeignKey("tasks.id", ondelete="SET NULL"))
    """What was asked of a department because of it."""
    operator_id: Mapped[int] = mapped_column(Id, ForeignKey("operators.id"))
    at: Mapped[datetime]
