"""Tables of what is published; the migrations create them. Nothing in them is about a person."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id


class OpenScorecard(Base):
    """A week as it was published. Never reckoned anew: the difference would tell on somebody."""

    __tablename__ = "open_scorecards"
    week: Mapped[date] = mapped_column(primary_key=True)
    """The Monday it began."""
    made_at: Mapped[datetime]
    figures: Mapped[dict[str, Any]]
    """`bot.openness.card.Figures`, small counts hidden already."""
    accuracy: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """`bot.openness.card.Accuracy`; None until the questions were asked."""


class OpenChange(Base):
    """An answer that a release brought, changed or took away."""

    __tablename__ = "open_changes"
    __table_args__ = (Index("ix_open_changes_at", "at"), {"sqlite_autoincrement": True})
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    activation: Mapped[int] = mapped_column(Id)
    """Which activation of a release it came with (`release_activations`)."""
    at: Mapped[datetime]
    release: Mapped[int]
    answer_id: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(8))
    """added, changed or removed."""
    title: Mapped[str]
    text: Mapped[str]
    """The answer as it was then; empty for one that was taken away."""
