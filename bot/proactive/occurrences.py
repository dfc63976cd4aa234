"""When it is time: occurrences of a recurrence, and the hours at which one may write to people.

All days and hours are of the city's clock; moments are aware.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from bot.proactive.wish import Wish

_DAY = timedelta(days=1)
PUNCTUAL = timedelta(minutes=30)
"""A wish for three in the morning is kept at three, not whenever we wake up."""


def following(wish: Wish, after: datetime, zone: ZoneInfo) -> datetime | None:
    """The first moment later than `after` at which a wish by the calendar is to be told; None: there is none.

    That is `ahead` days before the day meant, at the time of the wish. A local time that the clock skips or
    repeats is the earlier of the two.
    """
    local, ahead = after.astimezone(zone), timedelta(days=wish.ahead or 0)
    if wish.rule:
        begin = datetime.combine(wish.start or local.date(), wish.at)
        found: datetime | None = rrulestr(wish.rule, dtstart=begin).after(local.replace(tzinfo=None) + ahead)
    else:
        found = datetime.combine(wish.day, wish.at) if wish.day else None
    if found is None:
        return None
    moment = (found - ahead).replace(tzinfo=zone)
    return moment if moment > after else None


def day_end(day: date, zone: ZoneInfo) -> datetime:
    """The midnight that ends a day."""
    return datetime.combine(day + _DAY, time(), zone)


@dataclass(frozen=True)
class DecentHours:
    """From when until when people are written to unasked."""

    zone: ZoneInfo
    opens: time
    closes: time

    def now(self, now: datetime) -> bool:
        """Whether it is such an hour."""
        return self.opens <= now.astimezone(self.zone).time() < self.closes

    def next(self, moment: datetime) -> datetime:
        """The moment itself, or the next at which one may write."""
        local = moment.astimezone(self.zone)
        if self.now(moment):
            return moment
        day = local.date() if local.time() < self.opens else local.date() + _DAY
        return datetime.combine(day, self.opens, self.zone)
