"""The rolled-up counts as pages, alerts and the public scorecard read them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.figures.histogram import quantile
from bot.figures.kinds import QUESTIONS, Group, Kind, group_of
from bot.figures.period import Part, Period, day_of
from bot.figures.tables import FigureCount, Unusual
from bot.log.engine import reading

_TIMES = (Kind.FIRST, Kind.FULL, Kind.WAIT)


@dataclass
class Totals:
    """Everything that was counted in a period."""

    turns: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """(channel, topic, outcome) → turns."""
    times: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    """Kind (first, full, wait) → durations by bucket."""
    desk: Counter[str] = field(default_factory=Counter)
    """asked, claimed, gone."""
    pushed: Counter[str] = field(default_factory=Counter)
    """Channel → messages."""
    failed: Counter[str] = field(default_factory=Counter)
    """Channel → messages that did not reach the citizen."""
    ratings: Counter[tuple[str, int]] = field(default_factory=Counter)
    """(about, score) → how many citizens; about an answer or a talk, 1 = bad to 5 = good."""

    def by(self, place: int) -> dict[str, Counter[str]]:
        """Outcomes by channel (0) or topic (1)."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for key, n in self.turns.items():
            found[key[place]][key[2]] += n
        return found

    @property
    def outcomes(self) -> Counter[str]:
        """Outcome → turns."""
        found: Counter[str] = Counter()
        for (_, _, outcome), n in self.turns.items():
            found[outcome] += n
        return found

    @property
    def groups(self) -> Counter[Group]:
        """Group of outcomes → turns."""
        return grouped(self.outcomes)

    @property
    def asked(self) -> int:
        """Questions to the bot."""
        return questions(self.outcomes)

    @property
    def answer_rate(self) -> float | None:
        """Share of the questions that were answered; None where nothing was asked."""
        return answer_rate(self.outcomes)

    def quantile(self, kind: Kind, share: float) -> float | None:
        """Milliseconds that this share did not exceed."""
        return quantile(self.times.get(kind, {}), share)

    @property
    def rated(self) -> int:
        """How many rated."""
        return self.ratings.total()

    @property
    def rating(self) -> float | None:
        """Mean of the ratings."""
        if not self.rated:
            return None
        return sum(score * n for (_, score), n in self.ratings.items()) / self.rated


@dataclass
class Moment:
    """What was counted in one part of a period."""

    part: Part
    groups: Counter[Group] = field(default_factory=Counter)
    times: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    def quantile(self, kind: Kind, share: float) -> float | None:
        """Milliseconds that this share did not exceed."""
        return quantile(self.times.get(kind, {}), share)


def grouped(outcomes: Mapping[str, int]) -> Counter[Group]:
    """Outcomes by their groups."""
    found: Counter[Group] = Counter()
    for outcome, n in outcomes.items():
        found[group_of(outcome)] += n
    return found


def questions(outcomes: Mapping[str, int]) -> int:
    """How many of the turns were questions to the bot."""
    return sum(n for outcome, n in outcomes.items() if outcome in QUESTIONS)


def answer_rate(outcomes: Mapping[str, int]) -> float | None:
    """Share of the questions that were answered."""
    asked = questions(outcomes)
    return grouped(outcomes)[Group.ANSWERED] / asked if asked else None


class Figures:
    """Reads; never the log itself. Days are those of `zone`."""

    def __init__(self, engine: AsyncEngine, zone: ZoneInfo) -> None:
        self.engine = engine
        self.zone = zone

    async def totals(self, period: Period, channel: str = "") -> Totals:
        """Sums of a period; of one channel, or of all."""
        where = _of(period, "day", channel)
        parts = (FigureCount.kind, FigureCount.channel, FigureCount.topic, FigureCount.key)
        kinds = [kind for kind in Kind if kind != Kind.CLOCK]
        query = select(*parts, func.sum(FigureCount.n)).where(*where, FigureCount.kind.in_(kinds))
        totals = Totals()
        async with reading(self.engine) as session:
            for kind, on, topic, key, n in await session.execute(query.group_by(*parts)):
                _add(totals, kind, on, topic, key, int(n))
        return totals

    async def course(self, period: Period, channel: str = "", *, timed: bool = True) -> list[Moment]:
        """The same part by part, as the period is drawn; parts in which nothing happened too.

        Without durations where they are not asked for: those are most of the rows.
        """
        moments = [Moment(part) for part in period.parts()]
        places: dict[datetime, Moment] = {}
        span = "hour" if period.step == "hour" else "day"
        where = [
            *_of(period, span, channel),
            FigureCount.kind.in_([Kind.TURNS, *(_TIMES if timed else ())]),
        ]
        parts = (FigureCount.at, FigureCount.kind, FigureCount.key)
        query = select(*parts, func.sum(FigureCount.n)).where(*where).group_by(*parts)
        async with reading(self.engine) as session:
            for at, kind, key, n in await session.execute(query):
                moment = places.get(at) or places.setdefault(at, _holds(moments, at))
                if kind == Kind.TURNS:
                    moment.groups[group_of(key)] += int(n)
                else:
                    moment.times[kind][int(key)] += int(n)
        return moments

    async def clock(self, period: Period, channel: str = "") -> dict[tuple[int, int], int]:
        """(Day of the week, 0 = Monday; hour of the day) → turns."""
        parts = (FigureCount.at, FigureCount.key)
        where = [*_of(period, "day", channel), FigureCount.kind == Kind.CLOCK]
        query = select(*parts, func.sum(FigureCount.n)).where(*where).group_by(*parts)
        found: Counter[tuple[int, int]] = Counter()
        async with reading(self.engine) as session:
            for at, key, n in await session.execute(query):
                found[day_of(at, self.zone).weekday(), int(key)] += int(n)
        return found

    async def channels(self) -> list[str]:
        """Channels that anything was counted of."""
        query = select(FigureCount.channel).where(FigureCount.span == "day", FigureCount.kind == Kind.TURNS)
        async with reading(self.engine) as session:
            return sorted(await session.scalars(query.distinct()))

    async def unusual(self, period: Period) -> Sequence[Unusual]:
        """What was unusual within a period, the newest first."""
        query = select(Unusual).where(Unusual.seen_at >= period.begin, Unusual.began_at < period.end)
        async with reading(self.engine) as session:
            return (await session.scalars(query.order_by(Unusual.seen_at.desc()).limit(50))).all()


def _of(period: Period, span: str, channel: str) -> list[ColumnElement[bool]]:
    where = [FigureCount.span == span, FigureCount.at >= period.begin, FigureCount.at < period.end]
    return [*where, FigureCount.channel == channel] if channel else where


def _holds(moments: Sequence[Moment], at: datetime) -> Moment:
    """The part that a day is in."""
    low, high = 0, len(moments) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if moments[middle].part.begin <= at else (low, middle - 1)
    return moments[low]


def _add(totals: Totals, kind: str, channel: str, topic: str, key: str, n: int) -> None:
    match kind:
        case Kind.TURNS:
            totals.turns[channel, topic, key] += n
        case Kind.DESK:
            totals.desk[key] += n
        case Kind.PUSHED:
            totals.pushed[channel] += n
        case Kind.FAILED:
            totals.failed[channel] += n
        case Kind.RATED:
            about, _, score = key.partition(":")
            totals.ratings[about, int(score)] += n
        case _:
            totals.times[kind][int(key)] += n
