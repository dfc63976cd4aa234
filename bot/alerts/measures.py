"""What can be watched: each kind reads one number, or one for each subject, as it is now."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.content.check import MAX_AGE_DAYS
from bot.content.models import Answer
from bot.figures.histogram import bucket, quantile
from bot.figures.kinds import UNTIMED, Group, group_of
from bot.figures.reading import questions
from bot.figures.tables import Unusual
from bot.log.engine import reading
from bot.log.tables import Conversation, Message
from bot.ratings.tables import Rating


class Measure(StrEnum):
    """A kind of rule, and the unit of its threshold."""

    UNANSWERED = "unanswered"
    """Percent of the questions."""
    ERRORS = "errors"
    """Turns."""
    SLOW = "slow"
    """Seconds that 95 % of the replies do not exceed."""
    WAITING = "waiting"
    """Minutes of the longest wait for a person."""
    QUEUE = "queue"
    """Citizens who wait for a person."""
    UNDELIVERED = "undelivered"
    """Messages."""
    VOLUME = "volume"
    """Citizens' messages."""
    UNUSUAL = "unusual"
    """Times as often as usual."""
    RATING = "rating"
    """Mean of the ratings, 1 to 5; here less is worse."""
    STALE = "stale"
    """Answers that nobody has confirmed for a year."""


MINUTES = (5, 15, 30, 60)
"""How far back a rule may look."""
TIMELESS = frozenset({Measure.WAITING, Measure.QUEUE, Measure.STALE})
"""Kinds that do not look back."""
LEAST = 20
"""Questions without which shares and durations tell nothing."""
LEAST_RATINGS = 5
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Reading:
    """A number that was read."""

    value: float
    subject: str = ""
    detail: str = ""
    """JSON: what more there is to say."""


def too_much(measure: Measure, value: float, threshold: float) -> bool:
    """Whether a threshold is reached."""
    return value <= threshold if measure == Measure.RATING else value >= threshold


def worse(measure: Measure, one: float, other: float) -> float:
    """The worse of two values."""
    return min(one, other) if measure == Measure.RATING else max(one, other)


class Measures:
    """Reads the log and what the figures found; a look back is an hour at most."""

    def __init__(
        self,
        engine: AsyncEngine,
        answers: Callable[[], Sequence[Answer]],
        today: Callable[[], date],
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._answers = answers
        self._today = today
        self._clock = clock
        self._reads: dict[Measure, Callable[[AsyncSession, datetime], Awaitable[list[Reading]]]] = {
            Measure.UNANSWERED: self._unanswered,
            Measure.ERRORS: self._errors,
            Measure.SLOW: self._slow,
            Measure.WAITING: self._waiting,
            Measure.QUEUE: self._queue,
            Measure.UNDELIVERED: self._undelivered,
            Measure.VOLUME: self._volume,
            Measure.UNUSUAL: self._unusual,
            Measure.RATING: self._rating,
            Measure.STALE: self._stale,
        }

    async def read(self, measure: Measure, minutes: int) -> list[Reading]:
        """The numbers of the last minutes; none where there is too little to tell."""
        async with reading(self._engine) as session:
            return await self._reads[measure](session, self._clock() - timedelta(minutes=minutes))

    async def _outcomes(self, session: AsyncSession, since: datetime) -> Counter[str]:
        query = (
            select(Message.outcome, func.count())
            .where(Message.at >= since, Message.outcome.is_not(None))
            .group_by(Message.outcome)
        )
        return Counter({outcome or "": n for outcome, n in await session.execute(query)})

    async def _unanswered(self, session: AsyncSession, since: datetime) -> list[Reading]:
        outcomes = await self._outcomes(session, since)
        asked = questions(outcomes)
        if asked < LEAST:
            return []
        n = sum(count for outcome, count in outcomes.items() if group_of(outcome) == Group.UNANSWERED)
        return [Reading(100 * n / asked, detail=json.dumps({"n": n, "of": asked}))]

    async def _errors(self, session: AsyncSession, since: datetime) -> list[Reading]:
        outcomes = await self._outcomes(session, since)
        return [Reading(sum(n for outcome, n in outcomes.items() if group_of(outcome) == Group.FAILED))]

    async def _slow(self, session: AsyncSession, since: datetime) -> list[Reading]:
        query = (
            select(Message.latency_ms, func.count())
            .where(
                Message.at >= since,
                Message.latency_ms.is_not(None),
                Message.outcome.is_not(None),
                Message.outcome.not_in(UNTIMED),
            )
            .group_by(Message.latency_ms)
        )
        times: Counter[int] = Counter()
        for latency, n in await session.execute(query):
            times[bucket(latency or 0)] += n
        most = quantile(times, 0.95)
        return [Reading(most / 1000)] if most is not None and times.total() >= LEAST else []

    async def _waiting(self, session: AsyncSession, since: datetime) -> list[Reading]:
        query = select(func.min(Conversation.waiting_since)).where(Conversation.state == "waiting")
        first = await session.scalar(query)
        return [Reading((self._clock() - first).total_seconds() / 60)] if first else [Reading(0)]

    async def _queue(self, session: AsyncSession, since: datetime) -> list[Reading]:
        query = select(func.count()).select_from(Conversation).where(Conversation.state == "waiting")
        return [Reading(await session.scalar(query) or 0)]

    async def _undelivered(self, session: AsyncSession, since: datetime) -> list[Reading]:
        query = (
            select(func.count()).select_from(Message).where(Message.delivery == "failed", Message.at >= since)
        )
        return [Reading(await session.scalar(query) or 0)]

    async def _volume(self, session: AsyncSession, since: datetime) -> list[Reading]:
        query = (
            select(func.count()).select_from(Message).where(Message.at >= since, Message.direction == "in")
        )
        return [Reading(await session.scalar(query) or 0)]

    async def _unusual(self, session: AsyncSession, since: datetime) -> list[Reading]:
        found = await session.scalars(select(Unusual).where(Unusual.seen_at >= since))
        return [
            Reading(
                each.n / each.usual,
                f"{each.kind}:{each.subject}",
                json.dumps(
                    {"n": each.n, "usual": round(each.usual, 1), "since": each.began_at.isoformat()},
                ),
            )
            for each in found
        ]

    async def _rating(self, session: AsyncSession, since: datetime) -> list[Reading]:
        query = select(func.count(), func.avg(Rating.score)).where(
            Rating.rated_at >= since, Rating.score.is_not(None)
        )
        n, mean = (await session.execute(query)).one()
        return [Reading(float(mean))] if n >= LEAST_RATINGS else []

    async def _stale(self, session: AsyncSession, since: datetime) -> list[Reading]:
        last = self._today() - timedelta(days=MAX_AGE_DAYS)
        return [Reading(sum(1 for each in self._answers() if each.confirmed_on and each.confirmed_on < last))]
