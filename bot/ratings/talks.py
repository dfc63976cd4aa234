"""After a talk with a person: the question how it was, where we may write unasked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.channel import Capabilities
from bot.messages import Outbound, utc_now
from bot.ratings.asking import RatingSteps
from bot.ratings.rules import RatingFile
from bot.ratings.store import EndedTalk, Ratings

EVERY = 2.0
"""Seconds between two looks."""
_LATELY = timedelta(minutes=10)
"""A talk that was over before is not asked about any more."""

Tell = Callable[[int, Sequence[Outbound], str], Awaitable[bool]]
"""`Gateway.tell`."""


class Talks:
    """Writes down first and tells then, under an id that is said once: a crash between loses nothing."""

    def __init__(
        self,
        ratings: Ratings,
        steps: RatingSteps,
        rules: Callable[[], RatingFile],
        channels: Mapping[str, Capabilities],
        tell: Tell,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._ratings = ratings
        self._steps = steps
        self._rules = rules
        self._channels = channels
        self._tell = tell
        self._clock = clock
        self._asked: set[int] = set()

    async def run(self) -> int:
        """Ask about the talks that have just ended; how many."""
        if not self._rules().talks.ask:
            return 0
        ended = await self._ratings.ended_talks(self._clock() - _LATELY)
        self._asked &= {each.handoff_id for each in ended}
        return sum([await self._ask(each) for each in ended if each.handoff_id not in self._asked])

    async def _ask(self, talk: EndedTalk) -> bool:
        self._asked.add(talk.handoff_id)
        can = self._channels.get(talk.channel)
        if can is None or not can.can_push or not can.converses:
            return False
        rating_id = await self._ratings.ask_about(talk)
        if rating_id is None:
            return False
        question = self._steps.question(rating_id, "rating_ask_talk")
        try:
            return await self._tell(talk.conversation_id, [question], f"rating:{rating_id}")
        except LookupError:  # the citizen was forgotten meanwhile
            return False
