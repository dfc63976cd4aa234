"""The audit trail: which operator did what to which record, and when. Never any content."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import writing
from bot.log.tables import Audit


class AuditTrail:
    """Append-only."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    async def note(self, operator_id: int | None, action: str, target: str = "", detail: str = "") -> None:
        """Add a row; `target` is like `conversation:12`."""
        async with writing(self._engine) as session:
            session.add(
                Audit(at=self._clock(), operator_id=operator_id, action=action, target=target, detail=detail)
            )
