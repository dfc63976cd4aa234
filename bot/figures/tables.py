"""Tables of the figures; the migrations create them. Counts only: nothing in them is of one citizen."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id


class FigureCount(Base):
    """How often something happened within an hour or a day. Kept when what was counted is removed."""

    __tablename__ = "figure_counts"
    span: Mapped[str] = mapped_column(String(4), primary_key=True)
    """hour or day."""
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    """`bot.figures.kinds`: what was counted."""
    at: Mapped[datetime] = mapped_column(primary_key=True)
    """When the hour or day began."""
    channel: Mapped[str] = mapped_column(String(40), primary_key=True)
    topic: Mapped[str] = mapped_column(String(80), primary_key=True)
    """Name of the topic's file, `intent:<name>` of a service, or nothing."""
    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    n: Mapped[int]


class FigureWord(Base):
    """In how many conversations a word was written within an hour; words of one citizen alone are not."""

    __tablename__ = "figure_words"
    at: Mapped[datetime] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(String(12), primary_key=True)
    n: Mapped[int]


class Unusual(Base):
    """Something asked far more often than usual at that time of the day."""

    __tablename__ = "figure_unusual"
    __table_args__ = (
        UniqueConstraint("kind", "subject", "began_at"),
        Index("ix_figure_unusual_seen_at", "seen_at"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    """all, topic or word."""
    subject: Mapped[str] = mapped_column(String(80))
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """When it was unusual last."""
    n: Mapped[int]
    """Since `began_at`."""
    usual: Mapped[float]
    """What would have been usual since then."""
