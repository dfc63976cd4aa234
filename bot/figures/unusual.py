"""Finds what is asked far more often than usual at this time of the day: a word, a topic, or everything.

For each subject that stretch of hours up to now is taken in which the count stands out most from what was
counted at the same hours of earlier days, by the likelihood ratio of two Poisson rates (M. Kulldorff, A
spatial scan statistic, Communications in Statistics 26, 1997, here over time alone).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.figures.kinds import Kind
from bot.figures.period import day_of, hour_of
from bot.figures.said import telling
from bot.figures.tables import FigureCount, FigureWord, Unusual
from bot.log.engine import changing, reading
from bot.log.tables import Message, Words

BACK = 12
"""Hours that a stretch may be long."""
DAYS = 28
"""Days that are compared."""
_DAYS_LEAST = 3
"""Fewer days of the same kind tell nothing."""
_LEAST, _TIMES, _RATIO = 6, 3.0, 10.0
"""So many at least, so many times as often as usual, and so sure: the logarithm of the likelihood ratio,
which chance reaches once in some ten thousand looks.
"""
_FLOOR = 0.5
"""What is never asked is taken to be asked so often in an hour."""
_MOST_WORDS, _MOST_LINES = 40, 5000
"""Words, and newest lines with them, that are compared with each other."""
_TOGETHER = 0.6
"""Two words are about the same when this share of one's lines hold the other too."""
_GOES_ON = timedelta(hours=2)
"""What was unusual within this time is the same event."""
Subject = tuple[str, str]
"""(kind, subject)."""
Series = Mapping[datetime, Mapping[Subject, int]]
"""Hour → counts."""


@dataclass(frozen=True)
class Found:
    """A subject that stands out."""

    kind: str
    subject: str
    began_at: datetime
    n: int
    usual: float

    @property
    def times(self) -> float:
        """How many times as often as usual."""
        return self.n / self.usual


def stretch(counts: Sequence[float], usual: Sequence[float]) -> tuple[int, float, float, float]:
    """Of all stretches up to the end the one that stands out most: (start, count, usual, likelihood ratio).

    Both are by hours, the oldest first.
    """
    best, n, expected = (len(counts), 0.0, 0.0, 0.0), 0.0, 0.0
    for start in range(len(counts) - 1, -1, -1):
        n, expected = n + counts[start], expected + usual[start]
        ratio = n * math.log(n / expected) - (n - expected) if n > expected > 0 else 0.0
        if counts[start] > usual[start] and ratio > best[3]:
            best = (start, n, expected, ratio)
    return best


def look(now_hour: datetime, series: Series, zone: ZoneInfo, elapsed: float = 1.0) -> list[Found]:
    """What stands out in the hours up to `now_hour`, of which the share `elapsed` is over.

    Compared are the same hours of the days before, working days with working days and weekends with weekends.
    """
    recent = [now_hour - timedelta(hours=back) for back in range(BACK - 1, -1, -1)]
    today = {hour: series.get(hour, {}) for hour in recent}
    usual, days = _usual(recent, series, zone)
    if days < _DAYS_LEAST:
        return []
    shares = [1.0] * (BACK - 1) + [max(0.25, elapsed)]
    everything: Subject = ("all", "")
    found = []
    subjects = {subject for counts in today.values() for subject in counts}
    overall = sum(today[hour].get(everything, 0) for hour in recent[-2:])
    normally = sum(
        usual[hour].get(everything, 0.0) * share for hour, share in zip(recent[-2:], shares[-2:], strict=True)
    )
    crowd = max(1.0, overall / normally) if normally > 0 else 1.0
    for subject in subjects:
        counts = [today[hour].get(subject, 0) for hour in recent]
        busier = crowd if subject != everything else 1.0
        expected = [
            max(_FLOOR, usual[hour].get(subject, 0.0)) * busier * share
            for hour, share in zip(recent, shares, strict=True)
        ]
        start, n, normal, ratio = stretch(counts, expected)
        if n >= _LEAST and n >= _TIMES * normal and ratio >= _RATIO:
            found.append(Found(*subject, recent[start], round(n), normal))
    return sorted(_clear(found), key=lambda each: (-each.times, -each.n, -len(each.subject), each.subject))


def _usual(
    recent: Sequence[datetime], series: Series, zone: ZoneInfo
) -> tuple[dict[datetime, dict[Subject, float]], int]:
    """Hour → what is usual at it; and how many days that was learned from."""
    first = min(series, default=recent[-1])
    weekend = day_of(recent[-1], zone).weekday() >= 5
    back = [
        timedelta(days=days)
        for days in range(1, DAYS + 1)
        if (day_of(recent[-1] - timedelta(days=days), zone).weekday() >= 5) == weekend
        and recent[0] - timedelta(days=days) >= first - timedelta(days=1)
        and recent[-1] - timedelta(days=days) >= first
    ]
    usual: dict[datetime, dict[Subject, float]] = {}
    for hour in recent:
        sums: dict[Subject, float] = defaultdict(float)
        for days in back:
            for subject, n in series.get(hour - days, {}).items():
                sums[subject] += n / len(back)
        usual[hour] = sums
    return usual, len(back)


def _clear(found: Iterable[Found]) -> list[Found]:
    """Of beginnings of one word that all stand out the one that tells most."""
    every = list(found)
    words = telling({each.subject: each.n for each in every if each.kind == "word"})
    return [each for each in every if each.kind != "word" or each.subject in words]


class Watch:
    """Looks, and keeps what it found. To be run by one gateway at a time (`bot.figures.rolling`)."""

    def __init__(self, engine: AsyncEngine, zone: ZoneInfo) -> None:
        self._engine = engine
        self._zone = zone

    async def run(self, now: datetime) -> int:
        """Look at the hours up to now; how many subjects stand out."""
        hour = hour_of(now, self._zone)
        async with reading(self._engine) as session:
            series = await self._series(session, hour)
            found = look(hour, series, self._zone, (now - hour).total_seconds() / 3600)
            found = await self._one_of_a_kind(session, found)
        async with changing(self._engine) as connection:
            for each in found:
                same = (
                    Unusual.kind == each.kind,
                    Unusual.subject == each.subject,
                    Unusual.seen_at >= now - _GOES_ON,
                )
                values = {"seen_at": now, "n": each.n, "usual": each.usual}
                goes_on = await connection.scalar(
                    select(Unusual.id).where(*same).order_by(Unusual.id.desc()).limit(1)
                )
                if goes_on is not None:
                    await connection.execute(update(Unusual).where(Unusual.id == goes_on).values(**values))
                else:
                    new = {"kind": each.kind, "subject": each.subject, "began_at": each.began_at}
                    await connection.execute(insert(Unusual).values(**new, **values))
        return len(found)

    async def _one_of_a_kind(self, session: AsyncSession, found: Sequence[Found]) -> list[Found]:
        """Words that stand in the same lines tell the same: only the one that stands out most stays."""
        words = [each for each in found if each.kind == "word"]
        if len(words) < 2:
            return list(found)
        lines = (
            select(Message.id, Words.text)
            .join(Words, Words.message_id == Message.id)
            .where(
                Message.at >= min(each.began_at for each in words),
                Message.direction == "in",
                or_(*(Words.text.contains(each.subject, autoescape=True) for each in words[:_MOST_WORDS])),
            )
            .order_by(Message.id.desc())
            .limit(_MOST_LINES)
        )
        texts = (await session.execute(lines)).all()
        kept: list[tuple[Found, set[int]]] = []
        for each in words[:_MOST_WORDS]:
            stands = {id_ for id_, text in texts if each.subject in text}
            if all(len(stands & other) < _TOGETHER * len(stands) for _, other in kept):
                kept.append((each, stands))
        return [*(each for each in found if each.kind != "word"), *(each for each, _ in kept)]

    async def _series(self, session: AsyncSession, hour: datetime) -> Series:
        """Counts of the hours that are compared: of words only those that were written lately."""
        series: dict[datetime, dict[Subject, int]] = defaultdict(dict)
        recent, since = hour - timedelta(hours=BACK - 1), hour - timedelta(days=DAYS, hours=BACK)
        parts = (FigureCount.at, FigureCount.topic)
        turns = (
            select(*parts, func.sum(FigureCount.n))
            .where(
                FigureCount.span == "hour",
                FigureCount.kind == Kind.TURNS,
                FigureCount.at >= since,
                FigureCount.at <= hour,
            )
            .group_by(*parts)
        )
        for at, topic, n in await session.execute(turns):
            if topic:
                series[at]["topic", topic] = int(n)
            series[at]["all", ""] = series[at].get(("all", ""), 0) + int(n)
        often = (
            select(FigureWord.word)
            .where(FigureWord.at >= recent)
            .group_by(FigureWord.word)
            .having(func.sum(FigureWord.n) >= _LEAST)
        )
        words = select(FigureWord.at, FigureWord.word, FigureWord.n).where(
            FigureWord.at >= since, FigureWord.at <= hour, FigureWord.word.in_(often)
        )
        hours = {(recent + timedelta(hours=n)).hour for n in range(BACK)}
        for at, word, n in await session.execute(words):
            if at.hour in hours:
                series[at]["word", word] = n
        return series
