"""The one exit: what the log holds for a citizen is fitted to the channel, sent, and marked."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping

import structlog

from bot.channel import Channel, DeliveryError
from bot.fit import fit
from bot.log.log import ConversationLog
from bot.log.records import OutboxRow

_ATTEMPTS = 5
"""Times a message is tried before it counts as failed."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
"""Seconds between tries: doubled each time, with jitter, unless the platform says how long."""

log = structlog.get_logger(__name__)


class Outbox:
    """Sends a conversation's pending messages, in order."""

    def __init__(
        self,
        conversation_log: ConversationLog,
        channels: Mapping[str, Channel],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._log = conversation_log
        self._channels = channels
        self._sleep = sleep

    async def deliver(self, conversation_id: int) -> int:
        """Send all that is pending, and say how many rows that were.

        A message that fails for good does not hold up the next.
        """
        rows = await self._log.outbox(conversation_id)
        for row in rows:
            await self._deliver_row(row)
        return len(rows)

    async def _deliver_row(self, row: OutboxRow) -> None:
        channel = self._channels.get(row.channel)
        if channel is None:
            await self._log.failed(row.id, f"channel {row.channel} is not set up", final=True)
            return
        for attempt in range(row.attempts + 1, _ATTEMPTS + 1):
            try:
                provider_id = await self._send(channel, row)
            except DeliveryError as error:
                if error.ambiguous:
                    await self._log.uncertain(row.id, str(error))
                    return
                final = error.permanent or attempt == _ATTEMPTS
                await self._log.failed(row.id, str(error), final=final)
                log.warning("delivery_failed", channel=row.channel, row=row.id, attempt=attempt, final=final)
                if final:
                    return
                pause = error.retry_after or min(_FIRST_PAUSE * 2 ** (attempt - 1), _LONGEST_PAUSE)
                await self._sleep(pause * random.uniform(1.0, 1.2))
            else:
                await self._log.delivered(row.id, provider_id)
                return

    @staticmethod
    async def _send(channel: Channel, row: OutboxRow) -> str:
        provider_id = ""
        for part in fit(row.message, channel.capabilities):
            for wire in channel.render(part):
                provider_id = await channel.send(row.user_id, wire)
        return provider_id
