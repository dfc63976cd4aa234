"""How often answers were given, and how often citizens were not content with them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import aliased

from bot.log.engine import reading
from bot.log.tables import Message
from bot.outcomes import Outcome

SINCE = timedelta(days=90)
SOON = timedelta(minutes=30)
"""A complaint or a wish for a person within so long is about the answer before it."""
KEPT = 60.0
"""Seconds for which figures hold without counting again."""
_DISCONTENT = ("complain_about_bot", "talk_to_person")
"""Intents of who is not content."""


@dataclass(frozen=True)
class Used:
    """What became of one answer in the last 90 days."""

    given: int = 0
    discontent: int = 0
    """So many of those who got it complained or asked for a person next."""

    @property
    def low(self) -> bool:
        """Whether it should be looked at: two or more were not content, and one in ten of all."""
        return self.discontent >= 2 and self.discontent * 10 >= self.given


class Usage:
    """Counted from the log, at most once a minute."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self._counted: Mapping[str, Used] = {}
        self._counted_at = float("-inf")

    async def by_answer(self) -> Mapping[str, Used]:
        """Figures by the answers' ids; an answer that was never given has none."""
        if time.monotonic() - self._counted_at >= KEPT:
            self._counted = await self._count()
            self._counted_at = time.monotonic()
        return self._counted

    async def _count(self) -> Mapping[str, Used]:
        since = self._clock() - SINCE
        turn, earlier, after = aliased(Message), aliased(Message), aliased(Message)
        answer = func.coalesce(turn.answer_id, turn.candidates[0]["id"].as_string())
        answered = (turn.outcome == Outcome.ANSWERED_FAQ, turn.at >= since)
        given = select(answer, func.count()).where(*answered).group_by(answer)
        before = (
            select(func.max(earlier.seq))
            .where(
                earlier.conversation_id == after.conversation_id,
                earlier.seq < after.seq,
                earlier.direction == "in",
            )
            .correlate(after)
            .scalar_subquery()
        )
        complained = (
            select(answer, turn.at, after.at)
            .join(turn, (turn.conversation_id == after.conversation_id) & (turn.seq == before))
            .where(
                or_(after.intent.in_(_DISCONTENT), after.outcome == Outcome.HANDED_OFF),
                after.at >= since,
                *answered,
            )
        )
        async with reading(self._engine) as session:
            counts = {id_: count for id_, count in await session.execute(given) if id_}
            rows = (await session.execute(complained)).all()
        discontent = Counter(id_ for id_, at, later in rows if id_ and later - at <= SOON)
        return {id_: Used(count, discontent[id_]) for id_, count in counts.items()}
