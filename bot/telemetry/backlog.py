"""What waits in the log: open turns, messages to be delivered, citizens waiting for a person.

Every gateway reads the same database and says the same: of several the greatest counts, not the sum.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import reading
from bot.log.tables import Conversation, Message

_OPEN = select(func.count(), func.min(Message.at)).where(Message.turn_state == "open")
_OUTBOX = (
    select(Message.channel, Message.delivery, func.count(), func.min(Message.at))
    .where(Message.delivery.in_(("pending", "sending")))
    .group_by(Message.channel, Message.delivery)
)
_WAITING = select(func.count(), func.min(Conversation.waiting_since)).where(Conversation.state == "waiting")


class Backlog:
    """Read when the numbers are asked for; not a number (NaN) while the database does not answer."""

    def __init__(
        self, registry: CollectorRegistry, engine: AsyncEngine, clock: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._open = Gauge("sotong_open_turns", "Messages whose turn has not ended", registry=registry)
        self._open_age = Gauge(
            "sotong_open_turn_age_seconds", "Age of the oldest message whose turn is open", registry=registry
        )
        self._outbox = Gauge(
            "sotong_outbox_messages", "Messages in the outbox", ["channel", "state"], registry=registry
        )
        self._outbox_age = Gauge(
            "sotong_outbox_age_seconds",
            "Age of the oldest message in the outbox",
            ["channel", "state"],
            registry=registry,
        )
        self._waiting = Gauge("sotong_waiting_citizens", "Citizens who wait for a person", registry=registry)
        self._waiting_age = Gauge(
            "sotong_waiting_age_seconds", "How long the first of them has waited", registry=registry
        )

    async def read(self) -> None:
        """Set the gauges."""
        self._outbox.clear()
        self._outbox_age.clear()
        try:
            async with reading(self._engine) as session:
                turns = (await session.execute(_OPEN)).one()
                outbox = (await session.execute(_OUTBOX)).all()
                waiting = (await session.execute(_WAITING)).one()
        except (SQLAlchemyError, OSError):
            for gauge in (self._open, self._open_age, self._waiting, self._waiting_age):
                gauge.set(math.nan)
            return
        self._open.set(turns[0])
        self._open_age.set(self._age(turns[1]))
        for channel, state, count, oldest in outbox:
            self._outbox.labels(channel, state).set(count)
            self._outbox_age.labels(channel, state).set(self._age(oldest))
        self._waiting.set(waiting[0])
        self._waiting_age.set(self._age(waiting[1]))

    def _age(self, since: datetime | None) -> float:
        return max(0.0, (self._clock() - since).total_seconds()) if since else 0.0
