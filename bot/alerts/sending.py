"""Takes letters out: each by one gateway, again after a fault, and after a gateway that died with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

import structlog
from sqlalchemy import CursorResult, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.alerts.posting import Letter, NotSent, Posting
from bot.alerts.tables import Alert, AlertLetter, AlertRule, AlertTarget
from bot.log.engine import changing, reading

EVERY = 10.0
"""Seconds between two looks."""
_AT_ONCE = 50
_TAKEN = timedelta(minutes=2)
"""Whoever has not come back by then has died: somebody else sends it, even if it then comes twice."""
_AGAIN = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
"""After each fault; then it is given up."""

Write = Callable[[AlertRule, Alert, str], Letter]
"""Puts an alert into words; the last is the phase, began or ended."""

log = structlog.get_logger(__name__)


class Sending:
    """The letters' way out."""

    def __init__(
        self, engine: AsyncEngine, posting: Posting, write: Write, clock: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._posting = posting
        self._write = write
        self._clock = clock

    async def run(self) -> int:
        """Send what is due; how many went out."""
        query = (
            select(AlertLetter, Alert, AlertRule, AlertTarget)
            .join(Alert, Alert.id == AlertLetter.alert_id)
            .join(AlertRule, AlertRule.id == Alert.rule_id)
            .join(AlertTarget, AlertTarget.id == AlertLetter.target_id)
            .where(AlertLetter.state.in_(["pending", "sending"]), AlertLetter.due_at <= self._clock())
            .order_by(AlertLetter.id)
            .limit(_AT_ONCE)
        )
        async with reading(self._engine) as session:
            due = (await session.execute(query)).all()
        sent = 0
        for letter, alert, rule, target in due:
            if await self._take(letter):
                sent += await self._send(letter, alert, rule, target)
        return sent

    async def _take(self, letter: AlertLetter) -> bool:
        """Whether this gateway is the one that sends it."""
        same = (
            AlertLetter.id == letter.id,
            AlertLetter.state == letter.state,
            AlertLetter.attempts == letter.attempts,
        )
        values = {
            "state": "sending",
            "attempts": letter.attempts + 1,
            "due_at": self._clock() + _TAKEN,
        }
        async with changing(self._engine, single=True) as connection:
            done = await connection.execute(update(AlertLetter).where(*same).values(**values))
        return cast("CursorResult[object]", done).rowcount > 0

    async def _send(self, letter: AlertLetter, alert: Alert, rule: AlertRule, target: AlertTarget) -> bool:
        values: dict[str, Any]
        try:
            await self._posting.send(target.kind, target.address, self._write(rule, alert, letter.phase))
        except NotSent as error:
            log.warning("alert_not_sent", target=target.id, reason=str(error))
            tries = letter.attempts
            values = {"state": "failed", "error": str(error)}
            if tries < len(_AGAIN):
                values |= {"state": "pending", "due_at": self._clock() + _AGAIN[tries]}
        else:
            values = {"state": "sent", "sent_at": self._clock(), "error": ""}
        async with changing(self._engine, single=True) as connection:
            await connection.execute(update(AlertLetter).where(AlertLetter.id == letter.id).values(**values))
        return bool(values["state"] == "sent")
