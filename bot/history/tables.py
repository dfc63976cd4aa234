"""The table of saved searches; the migrations create it. Nothing of a citizen stands in it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.log.tables import Base, Id


class SavedSearch(Base):
    """What somebody looks for often: the question, never what it finds."""

    __tablename__ = "saved_searches"
    __table_args__ = (
        UniqueConstraint("operator_id", "name"),
        # an id must never come back: audit rows name it
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    operator_id: Mapped[int] = mapped_column(Id, ForeignKey("operators.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[str]
    """Of the page's address: `q=여권&channel=webchat`."""
    shared: Mapped[bool]
    """Everybody who may see conversations has it in their list."""
    created_at: Mapped[datetime]
