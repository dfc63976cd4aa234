"""What a citizen gets when the bot is late or fails: an earlier answer with its age, else whom to call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from bot.log.deliveries import Earlier
from bot.messages import Inbound, Outbound, Reply
from bot.outcomes import Outcome
from bot.speech import Speech
from bot.text.age import age

_FRESH = timedelta(days=7)
"""How old an answer may be that is given again."""

FindEarlier = Callable[[str, datetime], Awaitable[Earlier | None]]
"""The last answer to a question since a moment: `ConversationLog.answered_before`."""


class Fallback:
    """Never raises for a bot that fails, and never needs it."""

    def __init__(self, speech: Speech, earlier: FindEarlier | None = None) -> None:
        self._speech = speech
        self._earlier = earlier

    async def late(self, inbound: Inbound, seed: str) -> tuple[Outbound, ...]:
        """What is said when the answer takes longer than the channel allows; the answer is to follow."""
        again = await self._again("late_earlier", inbound, seed)
        return again or (self._speech.with_hours("late", seed),)

    async def reply(self, inbound: Inbound, seed: str) -> Reply:
        """The reply when there will be no answer."""
        again = await self._again("earlier", inbound, seed)
        messages = again or (self._speech.with_hours("bot_down", seed),)
        return Reply(messages=messages, outcome=Outcome.BOT_UNAVAILABLE)

    async def _again(self, sentence: str, inbound: Inbound, seed: str) -> tuple[Outbound, ...]:
        if self._earlier is None or inbound.payload is not None or not inbound.text.strip():
            return ()
        now = self._speech.clock()
        earlier = await self._earlier(inbound.text, now - _FRESH)
        if earlier is None:
            return ()
        return (self._speech.say(sentence, seed, age=age(now - earlier.at)), *earlier.messages)
