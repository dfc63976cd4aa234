"""The job that tells citizens what is due: once each, at decent hours, as their messenger allows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.channel import Capabilities
from bot.messages import Outbound, utc_now
from bot.proactive.kinds import Due, Kind
from bot.proactive.occurrences import DecentHours
from bot.proactive.subscriptions import Reach, Standing, Subscriptions
from bot.proactive.wish import NotNow

EVERY = 20.0
"""Seconds between two runs."""
_BATCH = 50
_AGAIN_AFTER = timedelta(minutes=10)
"""Until what could not be worked out is tried again."""
_MARGIN = timedelta(minutes=5)
"""Before a messenger's window closes: delivery takes its time."""

log = structlog.get_logger(__name__)


class Tell(Protocol):
    """`bot.gateway.Gateway.tell`."""

    def __call__(self, conversation_id: int, messages: Sequence[Outbound], once: str) -> Awaitable[bool]:
        """Say something unasked; False when it was said before under `once`."""


class Reminders:
    """Tells first and then moves on to the next occurrence.

    After a crash between the two the reminder is found due again, and told under the same id it says nothing.
    """

    def __init__(
        self,
        subscriptions: Subscriptions,
        kinds: Mapping[str, Kind],
        tell: Tell,
        channels: Mapping[str, Capabilities],
        hours: DecentHours,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._subscriptions = subscriptions
        self._kinds = kinds
        self._tell = tell
        self._channels = channels
        self._hours = hours
        self._clock = clock

    async def run(self) -> int:
        """Tell all that is due; how many reminders were said."""
        said = 0
        while due := await self._due():
            for standing in due:
                said += await self._one(standing)
        return said

    async def _due(self) -> list[Standing]:
        now = self._clock()
        reached, decent = reach(self._channels, now), self._hours.now(now)
        return await self._subscriptions.due(reached, decent=decent, limit=_BATCH)

    async def _one(self, standing: Standing) -> bool:
        try:
            due = await self._kinds[standing.wish.kind].due(standing, self._clock())
            return await self._carry_out(standing, due)
        except NotNow:
            await self._subscriptions.try_again(standing, _AGAIN_AFTER)
        except SQLAlchemyError:
            raise  # nothing can be done now, for nobody
        except Exception:
            log.exception("reminder_broke", subscription=standing.id, kind=standing.wish.kind)
            await self._subscriptions.try_again(standing, _AGAIN_AFTER)
        return False

    async def _carry_out(self, standing: Standing, due: Due) -> bool:
        told = f"reminder:{standing.id}:{due.once}" if due.messages else None
        said = told is not None and await self._tell(standing.conversation_id, due.messages, told)
        if due.dropped:
            log.info("reminder_dropped", subscription=standing.id, kind=standing.wish.kind)
        await self._subscriptions.move(
            standing,
            due.next_at,
            wish=due.wish,
            state=due.state,
            told=told,
            messages=len(due.messages),
            day=self._clock().astimezone(self._hours.zone).date(),
        )
        return said


def reach(channels: Mapping[str, Capabilities], now: datetime) -> Reach:
    """Whom we may write to at a moment."""
    pushing = {name: can for name, can in channels.items() if can.can_push}
    return Reach(
        free=[name for name, can in pushing.items() if can.window is None],
        since={
            name: now - timedelta(seconds=can.window) + _MARGIN
            for name, can in pushing.items()
            if can.window is not None
        },
    )
