"""Periods of whole days of the city's calendar, and the parts in which they are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Step = Literal["hour", "day", "week", "month"]
_HOURS_TO, _DAYS_TO, _WEEKS_TO = 3, 92, 400
"""Longest periods, in days, that are drawn by hours, days and weeks."""
LONGEST = 3660
"""Days."""


@dataclass(frozen=True)
class Part:
    """From a moment until another, which is not in it."""

    begin: datetime
    end: datetime


@dataclass(frozen=True)
class Period:
    """From a day to another, both in it."""

    since: date
    until: date
    zone: ZoneInfo

    @property
    def begin(self) -> datetime:
        """The first moment."""
        return day_begins(self.since, self.zone)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return day_begins(self.until + timedelta(days=1), self.zone)

    @property
    def days(self) -> int:
        """How many days."""
        return (self.until - self.since).days + 1

    @property
    def before(self) -> Period:
        """As many days just before."""
        last = self.since - timedelta(days=1)
        return Period(last - timedelta(days=self.days - 1), last, self.zone)

    @property
    def step(self) -> Step:
        """How long the parts are."""
        if self.days <= _HOURS_TO:
            return "hour"
        return "day" if self.days <= _DAYS_TO else "week" if self.days <= _WEEKS_TO else "month"

    def parts(self) -> list[Part]:
        """What it is drawn in, in order: none empty, the first and last may be shorter."""
        if self.step == "hour":
            return [Part(at, at + timedelta(hours=1)) for at in hours(self.begin, self.end)]
        first = [self.since]
        while (following := self._after(first[-1])) <= self.until:
            first.append(following)
        begins = [day_begins(day, self.zone) for day in first]
        return [Part(a, b) for a, b in zip(begins, [*begins[1:], self.end], strict=True)]

    def _after(self, day: date) -> date:
        if self.step == "day":
            return day + timedelta(days=1)
        if self.step == "week":
            return day + timedelta(days=7 - day.weekday())
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """Midnight, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The city's day of a moment."""
    return at.astimezone(zone).date()


def hour_of(at: datetime, zone: ZoneInfo) -> datetime:
    """When the hour of the city's clock began that a moment is in, in UTC."""
    local = at.astimezone(zone)
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return (at - past).astimezone(UTC)


def hours(begin: datetime, end: datetime) -> list[datetime]:
    """Beginnings of the hours from one beginning to before another."""
    return [begin + timedelta(hours=n) for n in range(int((end - begin).total_seconds() // 3600))]
