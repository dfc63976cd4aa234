"""Tables of `bot.catalogue`; the migrations create them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id


class ServiceSync(Base):
    """One synchronisation with the public services' API, and what it found."""

    __tablename__ = "service_syncs"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    open: Mapped[bool | None] = mapped_column(unique=True)
    """True until it is finished, then None: there is only one at a time."""
    holder: Mapped[str] = mapped_column(String(32))
    """Who works on it; whoever goes on with it takes it over."""
    source: Mapped[str]
    """Base address of the API."""
    size: Mapped[int]
    """Rows asked for on a page."""
    progress: Mapped[dict[str, Any]]
    """Operation → `{"next": page, "matched": rows, "done": bool}`."""
    started_at: Mapped[datetime]
    again_at: Mapped[datetime | None]
    """When it is gone on with unasked, if it stands still by then; None: not before the next night."""
    finished_at: Mapped[datetime | None]
    seconds: Mapped[float]
    """Time spent working, over all its parts."""
    trouble: Mapped[str]
    """Why it stopped last, or what it held back; empty when all is well."""
    new: Mapped[int]
    changed: Mapped[int]
    ended: Mapped[int]
    total: Mapped[int]


class ServiceRow(Base):
    """A row as it was fetched, until the synchronisation has all of them."""

    __tablename__ = "service_rows"
    operation: Mapped[str] = mapped_column(String(20), primary_key=True)
    service_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    row: Mapped[dict[str, Any]]


class ServiceEntry(Base):
    """A service as the API last told it: raw rows of its three operations."""

    __tablename__ = "services"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    listed: Mapped[dict[str, Any]]
    detail: Mapped[dict[str, Any]]
    conditions: Mapped[dict[str, Any]]
    fingerprint: Mapped[str] = mapped_column(String(32))
    first_at: Mapped[datetime]
    """When we first saw it."""
    changed_at: Mapped[datetime]
    """When we last saw it changed."""
    fetched_at: Mapped[datetime]
    """When we last saw it."""
    seen_in: Mapped[int] = mapped_column(Id)
    """The last synchronisation that saw it."""
    ended_at: Mapped[datetime | None]
    """When a complete synchronisation missed it."""


class ServiceChange(Base):
    """What a synchronisation found different: for the report."""

    __tablename__ = "service_changes"
    __table_args__ = (Index("ix_service_changes_service_id", "service_id"),)
    sync_id: Mapped[int] = mapped_column(
        Id, ForeignKey("service_syncs.id", ondelete="CASCADE"), primary_key=True
    )
    service_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    """new, changed or ended."""
