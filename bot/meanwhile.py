"""While the bot makes its reply: the citizen sees that it is being written, and hears when it is late."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from bot.answering import Answering
from bot.channel import Channel, DeliveryError
from bot.fallback import Fallback
from bot.log.records import StoredInbound
from bot.messages import Outbound, Reply
from bot.outcomes import Outcome
from bot.speech import Speech

_CHANCE = 2.0
"""Seconds the bot has for a message that had to wait for its turn, before its answer is called late."""
_TYPING_AFTER = 0.7
"""Seconds within which most replies are there: nobody needs to see that they are being written."""
_TYPING_LASTS = 4.5
"""Seconds; messengers show "is typing" for five at least."""

log = structlog.get_logger(__name__)


class Meanwhile:
    """Waits for the bot's replies. `say` says something to a conversation at once."""

    def __init__(
        self,
        answering: Answering,
        fallback: Fallback,
        speech: Speech,
        channels: Mapping[str, Channel],
        say: Callable[[int, Sequence[Outbound]], Awaitable[None]],
    ) -> None:
        self._answering = answering
        self._fallback = fallback
        self._speech = speech
        self._channels = channels
        self._say = say

    async def answer(self, stored: StoredInbound, tapped: str | None) -> Reply:
        """The bot's reply; a citizen who can be written to hears in time when it is late."""
        told = asyncio.Event()

        async def on_wait(message: Outbound) -> None:
            if not told.is_set():
                told.set()
                await self._say(stored.conversation_id, [message])

        answer = asyncio.create_task(
            self._answering.answer(
                stored.inbound,
                key=stored.key,
                turn=stored.seq,
                tapped=tapped,
                on_wait=on_wait if self._may_say(stored) else None,
            )
        )
        typing = asyncio.create_task(self._show_typing(stored))
        late = asyncio.create_task(self._say_when_late(stored, told))
        try:
            reply = await answer
        finally:
            answer.cancel()
            typing.cancel()
            if not told.is_set():  # what is being said is said to its end
                late.cancel()
            for ended in await asyncio.gather(answer, typing, late, return_exceptions=True):
                if isinstance(ended, Exception):
                    log.error("not_announced", error=type(ended).__name__)
        if reply.outcome == Outcome.BOT_UNAVAILABLE and told.is_set():
            return reply.model_copy(update={"messages": (self._speech.with_hours("bot_down", stored.seed),)})
        return reply

    def _may_say(self, stored: StoredInbound) -> bool:
        """Whether something can be said before the reply: not in public, nor where a response waits."""
        can = self._channels[stored.channel].capabilities
        return can.can_push and can.converses and can.body_within is None and not stored.inbound.public

    async def _say_when_late(self, stored: StoredInbound, told: asyncio.Event) -> None:
        if not self._may_say(stored):
            return
        late = self._channels[stored.channel].capabilities.reply_within
        received_ago = (self._speech.clock() - stored.received_at).total_seconds()
        until = max(late - max(0.0, received_ago), min(late, _CHANCE))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(told.wait(), until)
        if not told.is_set():
            told.set()
            await self._say(stored.conversation_id, await self._fallback.late(stored.inbound, stored.seed))

    async def _show_typing(self, stored: StoredInbound) -> None:
        channel = self._channels[stored.channel]
        await asyncio.sleep(_TYPING_AFTER)
        while channel.capabilities.typing:
            try:
                await channel.typing(stored.user_id)
            except DeliveryError as error:
                log.warning("typing_not_shown", channel=stored.channel, reason=str(error))
                return
            await asyncio.sleep(_TYPING_LASTS)
