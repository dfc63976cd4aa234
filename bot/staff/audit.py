"""The audit log: who did what to which record, when, from where, and what it changed. Nothing of citizens."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import changing
from bot.staff.chain import append

Before = Mapping[str, Any] | str | None
"""What a record was: its fields, or one text; None = there was none."""

ADDRESS: ContextVar[str] = ContextVar("address", default="")
"""Whom the request at hand came from; the guard of the console says it."""


class AuditTrail:
    """Append-only: the database refuses to change a row (migration 0011), and rows are a chain."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    async def note(
        self,
        operator_id: int | None,
        action: str,
        target: str = "",
        detail: str = "",
        *,
        before: Before = None,
        after: Before = None,
    ) -> None:
        """Add a row; `target` is like `conversation:12`.

        Of `before` and `after` (JSON-able) the fields that differ are kept. Neither may hold what citizens
        said or who they are: it outlives the erasure of a citizen.
        """
        row = {
            "at": self._clock(),
            "operator_id": operator_id,
            "action": action,
            "target": target,
            "detail": detail,
            "address": ADDRESS.get(),
            "changes": _changes(before, after),
        }
        async with changing(self._engine) as connection:
            await append(connection, row)


def _changes(before: Before, after: Before) -> str | None:
    """The fields that differ, as JSON: `{"name": ["앞", "뒤"]}`; None when there are none."""
    old, new = _fields(before), _fields(after)
    names = [*old, *(name for name in new if name not in old)]
    differ = {name: [old.get(name), new.get(name)] for name in names if old.get(name) != new.get(name)}
    return json.dumps(differ, ensure_ascii=False, default=str) if differ else None


def _fields(given: Before) -> Mapping[str, Any]:
    if given is None:
        return {}
    return {"text": given} if isinstance(given, str) else given
