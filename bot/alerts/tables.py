"""Tables of the alerts; the migrations create them, with the rules of the first start."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id


class AlertRule(Base):
    """What is watched, and from when on it is too much."""

    __tablename__ = "alert_rules"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    """`bot.alerts.measures.Measure`."""
    name: Mapped[str]
    """What staff call it; empty = what its kind is called."""
    threshold: Mapped[float]
    """In the unit of its kind; reached is too much."""
    minutes: Mapped[int]
    """How far back it looks."""
    active: Mapped[bool]
    silent_until: Mapped[datetime | None]
    """Nobody is told until then."""
    looked_at: Mapped[datetime | None]
    """When it was looked at last, by whichever gateway."""


class AlertTarget(Base):
    """Where alerts go."""

    __tablename__ = "alert_targets"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    """email, webhook or telegram."""
    name: Mapped[str]
    address: Mapped[str]
    """A mailbox, an http address, or the id of a Telegram chat."""
    active: Mapped[bool]


class Alert(Base):
    """Something that was too much, from when to when."""

    __tablename__ = "alerts"
    __table_args__ = (
        # only one is open for a subject, however many gateways look
        UniqueConstraint("rule_id", "subject", "open"),
        Index("ix_alerts_began_at", "began_at"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    rule_id: Mapped[int] = mapped_column(Id, ForeignKey("alert_rules.id", ondelete="CASCADE"))
    subject: Mapped[str]
    """The word or topic it is about; empty where the rule has only one."""
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    """When it was too much last."""
    ended_at: Mapped[datetime | None]
    value: Mapped[float]
    """The worst so far."""
    detail: Mapped[str]
    """More in words, such as since when; nothing that a citizen said alone."""
    open: Mapped[bool | None]
    """True, or None once it has ended: several that have ended may be alike."""


class AlertLetter(Base):
    """What one target is told of one alert."""

    __tablename__ = "alert_letters"
    __table_args__ = (
        UniqueConstraint("alert_id", "target_id", "phase"),
        Index("ix_alert_letters_state", "state", "due_at"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    alert_id: Mapped[int] = mapped_column(Id, ForeignKey("alerts.id", ondelete="CASCADE"))
    target_id: Mapped[int] = mapped_column(Id, ForeignKey("alert_targets.id", ondelete="CASCADE"))
    phase: Mapped[str] = mapped_column(String(5))
    """began or ended."""
    state: Mapped[str] = mapped_column(String(8))
    """pending, sending, sent or failed."""
    attempts: Mapped[int]
    due_at: Mapped[datetime]
    """When it is to be sent; while it is `sending`, when somebody else takes it up again."""
    sent_at: Mapped[datetime | None]
    error: Mapped[str]
