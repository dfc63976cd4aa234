"""The tables of drafts; the migrations create them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id


class DraftRow(Base):
    """An item that staff are editing: one row, whoever edits it."""

    __tablename__ = "drafts"
    __table_args__ = (
        Index("ix_drafts_updated", "dropped_at", "updated_at"),
        # an id must never come back: audit rows name it
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    item: Mapped[str] = mapped_column(String(300), unique=True)
    """`answer:<id>` or `file:<path from the project's root>`."""
    title: Mapped[str]
    base: Mapped[str | None]
    """The item as it was when editing began; None: there was none."""
    text: Mapped[str | None]
    """The item as it is to be; None: it is to go."""
    version: Mapped[int]
    """Counts up with every change, also after the draft was given up and begun anew."""
    operator_id: Mapped[int] = mapped_column(Id, ForeignKey("operators.id"))
    """Who changed it last."""
    department: Mapped[str | None] = mapped_column(String(80))
    """Whose item it is."""
    note: Mapped[str]
    updated_at: Mapped[datetime]
    dropped_at: Mapped[datetime | None]
    """When it was given up; it can be taken up again."""


class DraftVersion(Base):
    """An earlier state of a draft, for undoing."""

    __tablename__ = "draft_versions"
    draft_id: Mapped[int] = mapped_column(Id, ForeignKey("drafts.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None]
    operator_id: Mapped[int] = mapped_column(Id, ForeignKey("operators.id"))
    at: Mapped[datetime]
