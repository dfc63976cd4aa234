"""Tables of the people of the console, beside `operators` and `audit` of `bot.log.tables`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id


class RecoveryCode(Base):
    """Stands in for a second factor that is lost, once."""

    __tablename__ = "recovery_codes"
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    operator_id: Mapped[int] = mapped_column(Id, ForeignKey("operators.id", ondelete="CASCADE"), index=True)
    used_at: Mapped[datetime | None]
