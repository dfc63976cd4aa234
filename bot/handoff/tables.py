"""Tables of what passes between people about a conversation; the migrations create them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id


class NoteRow(Base):
    """A note beside a conversation; citizens never see it, and it goes with them."""

    __tablename__ = "notes"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    operator_id: Mapped[int] = mapped_column(Id, ForeignKey("operators.id"))
    after_seq: Mapped[int]
    """The line of the transcript that it was written after."""
    kind: Mapped[str] = mapped_column(String(10))
    """note or transfer."""
    text: Mapped[str]
    """Masked."""
    passed_to: Mapped[str]
    """Transfer: the name of the department or of the person; else empty."""
    at: Mapped[datetime]


class MentionRow(Base):
    """A person whom a note calls."""

    __tablename__ = "mentions"
    __table_args__ = (Index("ix_mentions_operator_id", "operator_id", "seen_at"),)
    note_id: Mapped[int] = mapped_column(Id, ForeignKey("notes.id", ondelete="CASCADE"), primary_key=True)
    operator_id: Mapped[int] = mapped_column(Id, ForeignKey("operators.id"), primary_key=True)
    seen_at: Mapped[datetime | None]
