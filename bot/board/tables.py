"""Tables of `bot.board`; the migrations create them."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id


class Seen(Base):
    """How far an operator has read a conversation."""

    __tablename__ = "seen"
    operator_id: Mapped[int] = mapped_column(
        Id, ForeignKey("operators.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    conversation_id: Mapped[int] = mapped_column(
        Id,
        ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    )
    seq: Mapped[int]
    """The newest line that was on the operator's screen."""
