"""What happens again and again, in Korean sentences, as recurrence rules of iCalendar (RFC 5545, RRULE).

매주 화요일, 화·목마다, 격주 금요일, 평일마다, 매달 25일, 매월 말일, 매달 첫째 주 토요일, 매년 3월 2일.
A day that some months do not have (31일, 2월 29일) falls on the last they have before it: BYSETPOS=-1 among
the days that may be meant.
"""

from __future__ import annotations

import re

from bot.text.calendar import safe_date
from bot.text.found import Found, apart

_CODES = dict(zip("월화수목금토일", ("MO", "TU", "WE", "TH", "FR", "SA", "SU"), strict=True))
_ORDER = {
    "첫": 1,
    "첫째": 1,
    "첫번째": 1,
    "둘째": 2,
    "두번째": 2,
    "셋째": 3,
    "세번째": 3,
    "넷째": 4,
    "네번째": 4,
    "마지막": -1,
}

_DAY = r"[월화수목금토일](?:요일)?"
_AND = r"\s?(?:,|·|/|와|과|이랑|랑|하고|및)?\s?"
_DAYS = rf"{_DAY}(?:{_AND}{_DAY})*(?:(?<=요일)|(?=\s?마다|에|날|$|[^가-힣]))"
_EACH_MONTH = r"(?:매달|매월|다달이|달마다|매 달|한\s?달에 한\s?번)"
_LEAP = 2000

_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<other>격주|2주(?:에 한\s?번|마다))로?\s?(?P<days>{_DAYS})(?:마다|날|에)?",
        rf"(?:매주|매 주|주마다)\s?(?P<days>{_DAYS})(?:\s?마다|날|에)?",
        rf"(?<![가-힣])(?P<days>{_DAYS})\s?마다",
        r"(?:매주\s?)?(?P<working>평일)\s?(?:마다|매일|에는? 매일)|매 ?(?P<working2>평일)",
        r"(?:매주\s?)(?P<weekend>주말)(?:마다|에)?|(?P<weekend2>주말)\s?마다",
        r"(?P<daily>매일|날마다|하루에 한\s?번)(?:매일)?",
        rf"{_EACH_MONTH}\s?(?P<day>\d{{1,2}})\s?일(?:에|마다|날)?|(?P<day2>\d{{1,2}})일\s?마다",
        rf"{_EACH_MONTH}\s?(?P<last>말일|마지막\s?날|말(?![가-힣]))(?:에|마다)?",
        rf"{_EACH_MONTH}\s?(?P<nth>첫\s?번째|첫째|첫|두\s?번째|둘째|세\s?번째|셋째|네\s?번째|넷째|마지막)\s?주?\s?"
        r"(?P<weekday>[월화수목금토일])요일(?:에|마다)?",
        r"(?:매년|해마다|매해)\s?(?P<month>\d{1,2})\s?월\s?(?P<of_month>\d{1,2})\s?일(?:에|마다)?",
    )
)


def find_recurrences(text: str) -> list[Found]:
    """Every recurrence in a text, its value like `FREQ=WEEKLY;BYDAY=TU`; impossible days are left out."""
    return apart(
        Found(match.start(), match.end(), "recurrence", rule)
        for pattern in _PATTERNS
        for match in pattern.finditer(text)
        if (rule := _rule({name: value for name, value in match.groupdict().items() if value}))
    )


def weekly(days: str) -> str:
    """The rule of some days of the week: `화목` → FREQ=WEEKLY;BYDAY=TU,TH."""
    return "FREQ=WEEKLY;BYDAY=" + ",".join(code for day, code in _CODES.items() if day in days)


def _rule(said: dict[str, str]) -> str | None:
    if "days" in said:
        rule = weekly(said["days"].replace("요일", ""))
        return rule.replace(";", ";INTERVAL=2;", 1) if "other" in said else rule
    if "working" in said or "working2" in said:
        return weekly("월화수목금")
    if "weekend" in said or "weekend2" in said:
        return weekly("토일")
    if "daily" in said:
        return "FREQ=DAILY"
    if "last" in said:
        return "FREQ=MONTHLY;BYMONTHDAY=-1"
    if "nth" in said:
        number = _ORDER["".join(said["nth"].split())]
        return f"FREQ=MONTHLY;BYDAY={number}{_CODES[said['weekday']]}"
    if "month" in said:
        month, day = int(said["month"]), int(said["of_month"])
        return f"FREQ=YEARLY;BYMONTH={month};{_month_day(day)}" if safe_date(_LEAP, month, day) else None
    day = int(said.get("day") or said["day2"])
    return f"FREQ=MONTHLY;{_month_day(day)}" if 1 <= day <= 31 else None


def _month_day(day: int) -> str:
    if day <= 28:
        return f"BYMONTHDAY={day}"
    return f"BYMONTHDAY={','.join(map(str, range(28, day + 1)))};BYSETPOS=-1"
