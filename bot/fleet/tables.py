"""Tables of the gateways that share a database; the migrations create them. All of it is of now: nothing in
them is worth keeping.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id


class GatewayRow(Base):
    """A gateway that lives. With its row goes whatever it had."""

    __tablename__ = "gateways"
    __table_args__ = ({"sqlite_autoincrement": True},)  # `messages.sender` names it: an id never comes back
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    """Host and port of its public address: who starts again under a name is the one who had it."""
    connections: Mapped[str] = mapped_column(String(63))
    """What its connections are called at the database (`application_name`)."""
    seen_at: Mapped[datetime]
    """By the database's clock."""


class Hold(Base):
    """A conversation that a gateway works on. It outlives the conversation: an erasure is work too."""

    __tablename__ = "holds"
    conversation_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    gateway_id: Mapped[int] = mapped_column(Id, ForeignKey("gateways.id", ondelete="CASCADE"), index=True)


class Duty(Base):
    """Something that one gateway does for all, for as long as it lives."""

    __tablename__ = "duties"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    gateway_id: Mapped[int] = mapped_column(Id, ForeignKey("gateways.id", ondelete="CASCADE"), index=True)
