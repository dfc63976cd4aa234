"""Dates, times and periods in Korean sentences, as ISO 8601.

`find_dates` reads what people write: 11월 25일, 다음 주 화요일, 내일 오후 3시, 3일 뒤, 이번 달 말까지,
3월부터 5월까지, 석 달 동안. A date without a year is the next one to come unless the sentence says otherwise
(지난), since citizens ask about what lies ahead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from bot.text.calendar import month_end, months_later, quarter, safe_date, week_of
from bot.text.found import Found, apart
from bot.text.numbers import COUNT, read_number
from bot.text.times import find_times

DAYS = "월화수목금토일"


_RELATIVE_DAYS = {
    "그끄저께": -3, "그그저께": -3, "그저께": -2, "그제": -2, "엊그제": -2, "어제": -1, "어저께": -1,
    "오늘": 0, "금일": 0, "당일": 0, "내일": 1, "낼": 1, "명일": 1, "모레": 2, "내일모레": 2, "낼모레": 2,
    "글피": 3, "그글피": 4,
}  # fmt: skip
_DAY_COUNTS = {
    "하루": 1, "이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5, "엿새": 6, "이레": 7, "여드레": 8, "아흐레": 9,
    "열흘": 10, "보름": 15,
}  # fmt: skip
_WEEK_SHIFT = {"지난": -1, "저번": -1, "이번": 0, "금": 0, "다음": 1, "담": 1, "다다음": 2, "다담": 2}
_YEAR_SHIFT = {"재작년": -2, "작년": -1, "지난해": -1, "올해": 0, "금년": 0, "내년": 1, "내후년": 2}

_SHIFT = "|".join(sorted(_WEEK_SHIFT, key=len, reverse=True))
_YEARS = "|".join(sorted(_YEAR_SHIFT, key=len, reverse=True))
_YEAR = rf"(?:(?P<year>\d{{4}})\s?[년./-]|(?P<short>\d{{2}})\s?년|(?P<said>{_YEARS}))"
_UNIT = r"(?:일|주일|주|개월|달|년)"
_LENGTH = rf"(?:(?P<words>{'|'.join(_DAY_COUNTS)})|(?P<count>{COUNT})\s?(?P<unit>{_UNIT}))"

Reader = Callable[["re.Match[str]", date], "tuple[str, str] | None"]
"""From a match and today to (entity, value); None when the words mean something else."""


def find_dates(text: str, today: date) -> list[Found]:
    """Every date, time, period and duration in `text`, in order, none overlapping another.

    At each place the longest reading wins; what is no real day (2월 30일) is left out.
    """
    return _joined(text, apart([*_candidates(text, today), *find_times(text)]))


def _candidates(text: str, today: date) -> Iterator[Found]:
    for pattern, read in _READERS:
        for match in pattern.finditer(text):
            value = read(match, today)
            if value is not None:
                yield Found(match.start(), match.end(), *value)


_FROM = re.compile(r"\s?(?:부터|에서|~|-|∼)\s?")
_UNTIL = re.compile(r"\s?까지")


def _joined(text: str, found: list[Found]) -> list[Found]:
    """`3월부터 5월까지` is one period."""
    result: list[Found] = []
    for one in found:
        before = result[-1] if result else None
        if (
            before
            and {before.entity, one.entity} <= {"date", "period"}
            and _FROM.fullmatch(text, before.end, one.start)
            and (joined := _span(before.value, one.value))
        ):
            tail = _UNTIL.match(text, one.end)
            result[-1] = Found(before.start, tail.end() if tail else one.end, "period", joined)
        else:
            result.append(one)
    return result


def _span(first: str, last: str) -> str | None:
    start, end = first.split("/")[0], last.split("/")[-1]
    return f"{start}/{end}" if start <= end else None


def _year(match: re.Match[str], today: date) -> int | None:
    parts = match.groupdict()
    if parts.get("year"):
        return int(parts["year"])
    if parts.get("short"):
        return 2000 + int(parts["short"])
    return today.year + _YEAR_SHIFT[parts["said"]] if parts.get("said") else None


def _day(match: re.Match[str], today: date) -> tuple[str, str] | None:
    """2026년 11월 25일, 올해 3월 2일, 11월 25일, 11/25."""
    year, month, day = _year(match, today), int(match["month"]), int(match["day"])
    if year is not None:
        found = safe_date(year, month, day)
        return ("date", found.isoformat()) if found else None
    here, next_year = safe_date(today.year, month, day), safe_date(today.year + 1, month, day)
    past = match.groupdict().get("past")
    if past:
        last_year = safe_date(today.year - 1, month, day)
        chosen = here if here and here < today else last_year
    else:
        chosen = here if here and here >= today else next_year
    return ("date", chosen.isoformat()) if chosen else None


def _compact(match: re.Match[str], today: date) -> tuple[str, str] | None:
    found = safe_date(int(match["year"]), int(match["month"]), int(match["day"]))
    return ("date", found.isoformat()) if found else None


def _day_of_month(match: re.Match[str], today: date) -> tuple[str, str] | None:
    """25일, 다음 달 3일: the next such day, or that of the month named."""
    shift, number = match["shift"], int(match["day"])
    if shift is None:
        for ahead in range(12):
            found = _in_month(today, ahead, number)
            if found and found >= today:
                return "date", found.isoformat()
        return None
    found = _in_month(today, _WEEK_SHIFT[shift], number)
    return ("date", found.isoformat()) if found else None


def _in_month(today: date, ahead: int, number: int) -> date | None:
    first = months_later(today.replace(day=1), ahead)
    return safe_date(first.year, first.month, number)


def _relative_day(match: re.Match[str], today: date) -> tuple[str, str] | None:
    return "date", (today + timedelta(days=_RELATIVE_DAYS[match["word"]])).isoformat()


def _weekday(match: re.Match[str], today: date) -> tuple[str, str] | None:
    """다음 주 화요일; 화요일 alone is the next one, today included."""
    weekday, shift = DAYS.index(match["weekday"]), match["shift"]
    if shift is None:
        return "date", (today + timedelta(days=(weekday - today.weekday()) % 7)).isoformat()
    monday, _ = week_of(today, _WEEK_SHIFT[shift])
    return "date", (monday + timedelta(days=weekday)).isoformat()


def _week(match: re.Match[str], today: date) -> tuple[str, str] | None:
    """이번 주, 지난주, 다음 주말, 주말."""
    monday, sunday = week_of(today, _WEEK_SHIFT[match["shift"]] if match["shift"] else 0)
    if match["weekend"]:
        monday += timedelta(days=5)
    elif not match["shift"]:
        return None
    return "period", f"{monday.isoformat()}/{sunday.isoformat()}"


_THIRDS = {"초": (1, 10), "중순": (11, 20), "말": (21, 31)}


def _month(match: re.Match[str], today: date) -> tuple[str, str] | None:
    """11월, 내년 3월 초, 이번 달 말, 다음 달."""
    if match["shift"]:
        first = months_later(today.replace(day=1), _WEEK_SHIFT[match["shift"]])
    else:
        number, year = int(match["month"]), _year(match, today)
        if not 1 <= number <= 12:
            return None
        if year is None:
            year = today.year + (number < today.month)
        first = date(year, number, 1)
    start, end = first, month_end(first)
    if match["part"]:
        low, high = _THIRDS[match["part"]]
        start, end = first.replace(day=low), min(end, first.replace(day=min(high, end.day)))
    return "period", f"{start.isoformat()}/{end.isoformat()}"


def _part_of_year(match: re.Match[str], today: date) -> tuple[str, str] | None:
    """올해, 2026년, 내년 상반기, 3분기."""
    year, half, number = _year(match, today), match["half"], match["quarter"]
    if year is None and not (half or number):
        return None
    year = today.year if year is None else year
    if not 1900 <= year <= 2200:
        return None
    if number:
        start, end = quarter(year, int(number))
    else:
        first, last = {"상": (1, 6), "하": (7, 12)}.get(half or "", (1, 12))
        start, end = date(year, first, 1), month_end(date(year, last, 1))
    return "period", f"{start.isoformat()}/{end.isoformat()}"


def _length(match: re.Match[str]) -> tuple[str, int] | None:
    """(ISO unit, number) of 사흘, 3주, 석 달, 2년."""
    if match["words"]:
        return "D", _DAY_COUNTS[match["words"]]
    number = read_number(match["count"])
    if number is None or number > 3000:
        return None
    unit = {"일": "D", "주": "W", "주일": "W", "달": "M", "개월": "M", "년": "Y"}[match["unit"]]
    return unit, number


def _ahead_or_ago(match: re.Match[str], today: date) -> tuple[str, str] | None:
    """3일 뒤, 두 달 전, 열흘 안에."""
    length = _length(match)
    if length is None:
        return None
    unit, number = length
    sign = -1 if match["where"] == "전" else 1
    if unit in "DW":
        found = today + timedelta(days=sign * number * (7 if unit == "W" else 1))
    else:
        found = months_later(today, sign * number * (12 if unit == "Y" else 1))
    if match["where"] in ("안", "이내", "내"):
        return "period", f"{today.isoformat()}/{found.isoformat()}"
    return "date", found.isoformat()


def _duration(match: re.Match[str], today: date) -> tuple[str, str] | None:
    length = _length(match)
    return ("duration", f"P{length[1]}{length[0]}") if length else None


_NO_DIGIT = r"(?<![\d.,/-])"
_READERS: tuple[tuple[re.Pattern[str], Reader], ...] = tuple(
    (re.compile(pattern), read)
    for pattern, read in (
        (
            rf"{_NO_DIGIT}(?:{_YEAR}\s?)?(?P<past>지난\s)?(?P<month>\d{{1,2}})\s?월\s?(?P<day>\d{{1,2}})\s?일",
            _day,
        ),
        (
            rf"{_NO_DIGIT}(?P<year>\d{{4}})\s?[./-]\s?(?P<month>\d{{1,2}})\s?[./-]\s?(?P<day>\d{{1,2}})(?!\d)\.?",
            _day,
        ),
        (rf"{_NO_DIGIT}(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}})(?![\d/])", _day),
        (r"(?<!\d)(?P<year>20\d{2})(?P<month>\d{2})(?P<day>\d{2})(?!\d)", _compact),
        (
            rf"(?:(?P<shift>{_SHIFT})\s?달\s?)?(?<!월)(?<!월 ){_NO_DIGIT}(?P<day>\d{{1,2}})일"
            r"(?!\s?(?:전|후|뒤|동안|간|안에|이내|차|치|째|\d+\s?[회번]))",
            _day_of_month,
        ),
        (rf"(?<![가-힣])(?P<word>{'|'.join(sorted(_RELATIVE_DAYS, key=len, reverse=True))})", _relative_day),
        (rf"(?:(?P<shift>{_SHIFT})\s?주\s?)?(?P<weekday>[{DAYS}])(?:요일|욜)", _weekday),
        (
            rf"(?:(?<![가-힣])(?P<shift>{_SHIFT})\s?)?주(?P<weekend>말)?(?![가-힣]*(?:소|차|민|택|문|제|장))",
            _week,
        ),
        (
            rf"(?:{_NO_DIGIT}(?:{_YEAR}\s?)?(?P<month>\d{{1,2}})\s?월|(?P<shift>{_SHIFT})\s?달)"
            r"(?:\s?(?P<part>초|중순|말)(?!\s?일))?(?!\s?\d{1,2}\s?일)",
            _month,
        ),
        (
            rf"(?:{_YEAR}(?!\s?\d{{1,2}}\s?월)\s?)?(?:(?P<half>상|하)반기|(?P<quarter>[1-4])\s?분기)",
            _part_of_year,
        ),
        (
            rf"(?<!\d)(?:(?P<year>\d{{4}})\s?년|(?P<said>{_YEARS}))(?P<half>)?(?P<quarter>)?(?!\s?(?:\d|생|전|후|뒤|간))",
            _part_of_year,
        ),
        (
            rf"{_NO_DIGIT}{_LENGTH}\s?(?P<where>전|후|뒤|있다가|안|이내|내)(?=에|로|이|$|[^가-힣]|까지|부터)",
            _ahead_or_ago,
        ),
        (rf"{_NO_DIGIT}{_LENGTH}\s?(?:동안|간(?![가-힣])|이상|이하|째|치(?![가-힣]))", _duration),
    )
)
