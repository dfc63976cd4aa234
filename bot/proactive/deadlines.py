"""The last day to apply, read from an office's words; what is not plainly a date is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from bot.text.calendar import month_end, safe_date

_BETWEEN = r"\s*[./년-]\s*"
_MONTH_DAY = r"(?P<month>\d{1,2})\s*[./월-]\s*(?P<day>\d{1,2})(?!\d)\s*(?:일|\.)?"
_DATE = re.compile(rf"(?<![\d.])(?:(?P<year>20\d{{2}}){_BETWEEN})?{_MONTH_DAY}")
_WEEKDAY_AND_CLOCK = r"(?:\s*\([월화수목금토일](?:요일)?\))?(?:\s*\d{1,2}(?::\d{2}|시))?"
_TO = re.compile(rf"{_WEEKDAY_AND_CLOCK}\s*(?:~|∼|〜|–|—|-|부터|에서)\s*")
_UNTIL = re.compile(rf"{_WEEKDAY_AND_CLOCK}\s*(?:까지|마감)")
_OPEN_START = re.compile(r"[~∼〜]\s*$")
_EVERY_YEAR = re.compile(r"매년|매해|해마다")
_MONTHS = re.compile(
    r"(?:매년|매해|해마다)\s*(?P<first>\d{1,2})(?:월)?(?:\s*[~∼-]\s*(?P<last>\d{1,2}))?월(?!\s*\d)"
)
_ALWAYS = re.compile(r"상시|수시|연중")


@dataclass(frozen=True)
class Deadline:
    """What an office says of the time to apply."""

    first: date | None = None
    last: date | None = None
    always: bool = False
    """It can be applied for at any time."""

    @property
    def known(self) -> bool:
        """Whether there is a day to remind of."""
        return self.last is not None


@dataclass(frozen=True)
class _Date:
    start: int
    end: int
    year: int | None
    month: int
    day: int


def read_deadline(text: str, today: date) -> Deadline:
    """The period to apply in, as it stands on a day: of several the next to end, else the last one.

    Read are whole dates (2026.3.2.~2026.3.20., 2026년 3월 2일부터 3월 20일까지) and days of every year
    (매년 3월 2일~3월 20일, 매년 2월). A period counted from something else (출생일로부터 60일) has no day.
    """
    periods = sorted(_periods(text, today), key=lambda period: period[1])
    if not periods:
        return Deadline(always=bool(_ALWAYS.search(text)))
    first, last = next((each for each in periods if each[1] >= today), periods[-1])
    return Deadline(first, last)


def _periods(text: str, today: date) -> Iterator[tuple[date | None, date]]:
    for match in _MONTHS.finditer(text):
        yield from _months(int(match["first"]), int(match["last"] or match["first"]), today)
    yearly = bool(_EVERY_YEAR.search(text))
    found = [
        _Date(m.start(), m.end(), int(m["year"]) if m["year"] else None, int(m["month"]), int(m["day"]))
        for m in _DATE.finditer(text)
    ]
    taken = 0
    for place, one in enumerate(found):
        if place < taken:
            continue
        after = found[place + 1] if place + 1 < len(found) else None
        if after and _TO.fullmatch(text, one.end, after.start):
            taken = place + 2
            yield from _range(one, after, today, yearly=yearly)
        elif _UNTIL.match(text, one.end) or _OPEN_START.search(text[: one.start]):
            for year in _years(one.year, today, yearly=yearly):
                if last := safe_date(year, one.month, one.day):
                    yield None, last


def _range(one: _Date, after: _Date, today: date, *, yearly: bool) -> Iterator[tuple[date, date]]:
    for year in _years(one.year, today, yearly=yearly):
        first = safe_date(year, one.month, one.day)
        end_year = after.year or (year + ((after.month, after.day) < (one.month, one.day)))
        last = safe_date(end_year, after.month, after.day)
        if first and last and first <= last:
            yield first, last


def _months(first: int, last: int, today: date) -> Iterator[tuple[date, date]]:
    """매년 2월, 매년 3~4월: from the first day of the one to the last of the other."""
    for year in _years(None, today, yearly=True):
        start, end = safe_date(year, first, 1), safe_date(year + (last < first), last, 1)
        if start and end:
            yield start, month_end(end)


def _years(said: int | None, today: date, *, yearly: bool) -> list[int]:
    if said is not None:
        return [said]
    return [today.year - 1, today.year, today.year + 1] if yearly else []
