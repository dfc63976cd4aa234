"""Tables of the people of the console, beside `operators` and `audit` of `bot.log.tables`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id


class RecoveryCode(Base):
    """Stands in for a second factor that is lost, once."""

    __tablename__ = "recovery_codes"
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    operator_id: Mapped[int] = mapped_column(Id, ForeignKey("operators.id", ondelete="CASCADE"), index=True)
    used_at: Mapped[datetime | None]


class AuditCheck(Base):
    """What a check of the audit log found (`bot.staff.checking`)."""

    __tablename__ = "audit_checks"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    rows: Mapped[int] = mapped_column(BigInteger)
    """How many it read."""
    last_id: Mapped[int | None] = mapped_column(Id)
    hash: Mapped[str] = mapped_column(String(64))
    """Of the last sealed row; empty when there is none, or a fault."""
    fault: Mapped[str] = mapped_column(String(20))
    """Empty = all is as it was written; else a `Fault`."""
    fault_id: Mapped[int | None] = mapped_column(Id)
