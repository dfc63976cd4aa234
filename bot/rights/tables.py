"""Tables of `bot.rights`; the migrations create them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id


class Wording(Base):
    """A text as citizens were shown it, kept for as long as it may have to be proven."""

    __tablename__ = "wordings"
    version: Mapped[str] = mapped_column(String(16), primary_key=True)
    """Digest of name and text: whoever changes a word makes a new version."""
    name: Mapped[str] = mapped_column(String(40))
    text: Mapped[str]
    first_used_at: Mapped[datetime]


class NoticeShown(Base):
    """A citizen was told what a notice says."""

    __tablename__ = "notices_shown"
    conversation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    version: Mapped[str] = mapped_column(String(16), primary_key=True)
    at: Mapped[datetime]


class ConsentRow(Base):
    """What a citizen agreed to. Once they are erased it says only that somebody did."""

    __tablename__ = "consents"
    __table_args__ = (
        Index(
            "ix_consents_standing",
            "conversation_id",
            "purpose",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_consents_citizen", "citizen"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="SET NULL")
    )
    """None once the citizen is erased."""
    citizen: Mapped[str | None] = mapped_column(String(64))
    """Pseudonym that stands for the citizen after that (`bot.rights.pseudonym`)."""
    purpose: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(16))
    """`Wording.version` of the text they agreed to."""
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Erasure(Base):
    """The receipt of an erasure, and what is still to do for it. No personal data once it is done."""

    __tablename__ = "erasures"
    number: Mapped[str] = mapped_column(String(20), primary_key=True)
    """What the citizen was given: `D-20261123-7K2M9Q`."""
    citizen: Mapped[str] = mapped_column(String(64), index=True)
    """Pseudonym (`bot.rights.pseudonym`): finds the citizen again in a restored backup."""
    at: Mapped[datetime] = mapped_column(index=True)
    rows: Mapped[dict[str, Any]]
    """How many rows went, by table."""
    memory_of: Mapped[str | None]
    """`channel:user_id` for as long as memories outside this database (Rasa, vault) still hold something."""
    replayed_at: Mapped[datetime | None]
    """When it was last carried out again on a restored backup."""
