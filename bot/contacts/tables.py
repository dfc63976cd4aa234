"""Table of `bot.contacts`; the migrations create it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id


class ContactRequest(Base):
    """What a citizen leaves to be called back. It goes with the citizen; its task stays and tells nothing."""

    __tablename__ = "contacts"
    __table_args__ = (Index("ix_contacts_touched_at", "touched_at"), {"sqlite_autoincrement": True})
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    """What the citizen is told."""
    conversation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    state: Mapped[str] = mapped_column(String(10))
    """What the citizen is asked for: text, contact or confirm; sent = all is there."""
    turn_id: Mapped[int] = mapped_column(Id)
    """The citizen's message that changed it last: taken twice it changes nothing."""
    reason: Mapped[str] = mapped_column(String(40))
    """Why a person was wanted (`Reply.handoff`)."""
    text: Mapped[str]
    """As it was masked on entry."""
    contact: Mapped[str | None]
    """Sealed (`bot.identity.seal`); None = the answer goes into the conversation, or the task is done."""
    hint: Mapped[str]
    """Enough of the contact for the citizen to know it again."""
    department: Mapped[str] = mapped_column(String(80))
    task_id: Mapped[int | None] = mapped_column(Id, ForeignKey("tasks.id", ondelete="SET NULL"), index=True)
    tries: Mapped[int]
    """How often no contact could be read in what the citizen wrote."""
    touched_at: Mapped[datetime]
    """When `turn_id` was taken; of one that is sent: when it was sent."""
