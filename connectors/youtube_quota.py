"""How a day's quota of the YouTube Data API is divided between looking for comments and answering them.

A list costs 1 unit and an insert 50, a project has 10,000 a day unless Google grants more, and the day begins
at midnight Pacific Time (developers.google.com/youtube/v3, the pages of both methods and "getting started").
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

LIST, INSERT = 1, 50
"""Units of one call."""
_PACIFIC = ZoneInfo("America/Los_Angeles")
_READING = 0.3
"""Share of the quota that looking may cost; the rest is kept for answers."""


class Quota:
    """Counts units of this process; what others of the same project spend shows when Google refuses."""

    def __init__(self, units: int, now: Callable[[], datetime]) -> None:
        self._units = units
        self._now = now
        self._day = self._today()
        self._read = self._wrote = 0

    def spend(self, units: int) -> None:
        """A call was made."""
        self._turn_over()
        if units >= INSERT:
            self._wrote += units
        else:
            self._read += units

    def exhaust(self) -> None:
        """Google says that nothing is left today."""
        self._turn_over()
        self._wrote = self._units

    def affords(self, units: int) -> bool:
        """Whether a call may still be made today."""
        self._turn_over()
        return self._read + self._wrote + units <= self._units

    def until_reset(self) -> float:
        """Seconds until the next day begins."""
        now = self._now()
        tomorrow = datetime.combine(
            now.astimezone(_PACIFIC).date() + timedelta(days=1), datetime.min.time(), _PACIFIC
        )
        return max(1.0, tomorrow.timestamp() - now.timestamp())

    def reads(self) -> float:
        """Units that looking may still cost today."""
        self._turn_over()
        left = min(self._units * _READING - self._read, self._units - self._read - self._wrote)
        return left if left >= LIST else 0.0

    def interval(self) -> float:
        """Seconds between two looks with which the share for looking lasts; to the reset when it is spent."""
        return self.until_reset() / max(1.0, self.reads())

    def _turn_over(self) -> None:
        today = self._today()
        if today != self._day:
            self._day, self._read, self._wrote = today, 0, 0

    def _today(self) -> str:
        return self._now().astimezone(_PACIFIC).date().isoformat()
