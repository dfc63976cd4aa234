"""Table of `bot.canned`; the migrations create it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id


class CannedReply(Base):
    """An operator's own canned reply; those of all stand in `data/canned.yml`."""

    __tablename__ = "canned_replies"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    operator_id: Mapped[int] = mapped_column(Id, ForeignKey("operators.id"), index=True)
    title: Mapped[str] = mapped_column(String(60))
    text: Mapped[str]
    at: Mapped[datetime]
