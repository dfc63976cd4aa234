"""Tables of `bot.agencies`; the migrations create them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id


class Peer(Base):
    """Another agency's installation that we know of."""

    __tablename__ = "peers"
    agency: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    entry: Mapped[str]
    """The signed text, as it was signed."""
    signature: Mapped[str] = mapped_column(String(200))
    trusted: Mapped[bool]
    """Staff made sure that the key is this agency's."""
    offered: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """Another key under the same name, which staff has not made sure of."""
    seen_at: Mapped[datetime]


class Referral(Base):
    """A citizen's question that another agency is to answer."""

    __tablename__ = "referrals"
    __table_args__ = (
        UniqueConstraint("conversation_id", "message_id"),
        Index("ix_referrals_state", "state", "next_at"),
    )
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    conversation_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    message_id: Mapped[str] = mapped_column(String(200))
    """Of the citizen's yes."""
    agency: Mapped[str] = mapped_column(String(64))
    question: Mapped[str]
    """Masked; nothing else of the citizen is handed over."""
    state: Mapped[str] = mapped_column(String(10))
    """waiting, sent, late (taken, and no answer for days), answered or failed."""
    answers: Mapped[list[Any]]
    """Ids of the replies that came: each is told once."""
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    next_at: Mapped[datetime]
    """When it is tried, or asked about, again."""
    answered_at: Mapped[datetime | None]
