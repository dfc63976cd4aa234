"""Tables of `bot.voices`; the migrations create them.

What citizens raised outlives them here: a lamp stays broken when its report's author wants to be forgotten.
Erasing a citizen (`bot.log.erasure`) takes them out of the rows and empties the columns in `BLANKED`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id

BLANKED = "blanked"
"""Key of a table's `info`, see `bot.log.erasure`."""


class Report(Base):
    """A problem that a citizen reported."""

    __tablename__ = "reports"
    __table_args__ = (
        UniqueConstraint("conversation_id", "message_id"),
        Index("ix_reports_state", "state", "due_at"),
        Index("ix_reports_delivery", "delivery", "next_try_at"),
        {"info": {BLANKED: ("message_id", "photos", "contact")}},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    """What the citizen is told; says nothing about how many reports there are."""
    conversation_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="SET NULL")
    )
    message_id: Mapped[str | None] = mapped_column(String(200))
    """The message by which it was sent: the same message files nothing twice."""
    category: Mapped[str] = mapped_column(String(80))
    department: Mapped[str] = mapped_column(String(80))
    text: Mapped[str]
    place: Mapped[str]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    photos: Mapped[list[Any] | None]
    """`{channel, ref}` of each picture; the bytes stay on the platform."""
    contact: Mapped[str | None]
    """How to reach the citizen beside the messenger, sealed (`bot.identity.seal`)."""
    state: Mapped[str] = mapped_column(String(10))
    """received, assigned, done or rejected."""
    reason: Mapped[str]
    """What was done, or why nothing is; said to the citizen."""
    operator_id: Mapped[int | None] = mapped_column(Id, ForeignKey("operators.id"))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    """By when it is to be dealt with."""
    changed_at: Mapped[datetime]
    delivery: Mapped[str] = mapped_column(String(10))
    """queue = dealt with in the console; pending, sent or refused = by the department's API."""
    external: Mapped[str | None] = mapped_column(String(80))
    """The department's own number."""
    attempts: Mapped[int]
    next_try_at: Mapped[datetime | None]


class ReportEvent(Base):
    """Something that happened to a report."""

    __tablename__ = "report_events"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    report_id: Mapped[int] = mapped_column(Id, ForeignKey("reports.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))
    note: Mapped[str]
    operator_id: Mapped[int | None] = mapped_column(Id, ForeignKey("operators.id"))


class Idea(Base):
    """Something that a citizen proposed."""

    __tablename__ = "ideas"
    __table_args__ = (
        UniqueConstraint("conversation_id", "message_id"),
        Index("ix_ideas_state", "state", "created_at"),
        {"info": {BLANKED: ("message_id", "own_title", "own_text")}},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    conversation_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="SET NULL")
    )
    message_id: Mapped[str | None] = mapped_column(String(200))
    topic: Mapped[str] = mapped_column(String(80))
    own_title: Mapped[str]
    own_text: Mapped[str]
    """As the citizen wrote it; never shown in public."""
    title: Mapped[str]
    text: Mapped[str]
    """As an operator lets it be read by everybody; empty until then."""
    state: Mapped[str] = mapped_column(String(10))
    """waiting, published, answered, hidden or merged."""
    reason: Mapped[str]
    """Why it is not shown; said to the citizen."""
    merged_into: Mapped[int | None] = mapped_column(Id, ForeignKey("ideas.id"))
    reply: Mapped[str]
    """The official answer; empty until there is one."""
    department: Mapped[str] = mapped_column(String(80))
    """Who answers."""
    replied_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]


class IdeaVote(Base):
    """A citizen who wants what an idea proposes; the one who proposed it is the first."""

    __tablename__ = "idea_votes"
    __table_args__ = (UniqueConstraint("idea_id", "conversation_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    idea_id: Mapped[int] = mapped_column(Id, ForeignKey("ideas.id", ondelete="CASCADE"))
    conversation_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="SET NULL"), index=True
    )
    notify: Mapped[bool]
    """Wants to hear what becomes of it."""
    at: Mapped[datetime]


class VoiceNews(Base):
    """What a citizen is still to be told: written together with the change it tells of."""

    __tablename__ = "voice_news"
    __table_args__ = (
        UniqueConstraint("conversation_id", "once"),
        Index("ix_voice_news_told_at", "told_at"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(Id, ForeignKey("conversations.id", ondelete="CASCADE"))
    once: Mapped[str] = mapped_column(String(80))
    line: Mapped[str] = mapped_column(String(40))
    """Key of the persona's sentence."""
    details: Mapped[dict[str, Any]]
    """What its placeholders stand for."""
    at: Mapped[datetime]
    told_at: Mapped[datetime | None]
