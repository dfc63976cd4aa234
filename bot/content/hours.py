"""Whether a department is open, and when it opens next, in words."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.content.models import CalendarFile, Day, Department, DepartmentFile, Hours, Span

KOREA = ZoneInfo("Asia/Seoul")
DAYS = "월화수목금토일"
_FAR = 31
"""Days that are looked ahead."""


@dataclass(frozen=True)
class Opening:
    """State of a department at a moment."""

    open: bool
    """Someone answers the phone; at lunch, by turns."""
    text: str
    """`지금 열려 있어요 · 18:00까지`"""
    next: str = ""
    """When it opens next, if it is closed: `내일 09:00`; empty when nothing is known."""


@functools.cache
def _calendar() -> Mapping[date, str]:
    """Korean public holidays with substitute days; years are worked out when asked for."""
    import holidays  # noqa: PLC0415 - a third of a second, needed by the first opening hours only

    return holidays.country_holidays("KR", language="ko")


def holiday(day: date) -> str | None:
    """Korean name of the public holiday on a day."""
    name: str | None = _calendar().get(day)
    return name


def with_calendar(file: DepartmentFile, calendar: CalendarFile) -> DepartmentFile:
    """The departments with the days on which they keep other hours, their own ones first."""

    def knows(each: Department) -> Department:
        own = [day for day in calendar.days if each.id in day.departments]
        days = (*each.hours.days, *own, *(day for day in calendar.days if not day.departments))
        return each.model_copy(update={"hours": each.hours.model_copy(update={"days": days})})

    return file.model_copy(update={"departments": tuple(map(knows, file.departments))})


def special(hours: Hours, day: date) -> Day | None:
    """What the calendar says about a day; None on an ordinary one."""
    return next((each for each in hours.days if each.covers(day)), None)


def day_off(hours: Hours, day: date) -> str | None:
    """Why a day is other than usual, for citizens: a public holiday, or the calendar's name for it."""
    found = special(hours, day)
    return found.name if found else holiday(day)


def span_on(hours: Hours, day: date) -> Span | None:
    """Opening hours on a day; None when closed."""
    if found := special(hours, day):
        return found.hours
    if DAYS[day.weekday()] in hours.closed:
        return None
    if holiday(day):
        return hours.holidays
    return (*([hours.weekdays] * 5), hours.saturday, hours.sunday)[day.weekday()]


def opening(department: Department, now: datetime) -> Opening:
    """Whether `department` is open at `now` (timezone-aware; raises ValueError otherwise)."""
    if now.tzinfo is None:
        raise ValueError("opening() needs a timezone-aware moment")
    here = now.astimezone(KOREA)
    clock, hours = here.strftime("%H:%M"), department.hours
    today = span_on(hours, here.date())
    if today and today[0] <= clock < today[1]:
        if today == ("00:00", "24:00"):
            return Opening(True, "지금 열려 있어요 · 24시간")
        if hours.lunch and hours.lunch[0] <= clock < hours.lunch[1]:
            until = hours.lunch[1]
            return Opening(True, f"지금은 점심시간이에요 · 창구는 {until}에 다시 열고, 전화는 교대로 받아요")
        return Opening(True, f"지금 열려 있어요 · {today[1]}까지")
    when = _next_opening(hours, here.date(), clock)
    name = day_off(hours, here.date())
    closed = f"오늘은 쉬는 날이에요({name})" if name and not today else "지금은 닫혀 있어요"
    return Opening(False, f"{closed} · {when}에 열어요" if when else closed, when)


def on_day(department: Department, day: date) -> str:
    """What a department does on a day: `11월 28일(토)에는 09:00~13:00에 열어요`."""
    when, span = named_day(day), span_on(department.hours, day)
    if span:
        return f"{when}에는 {_plain(span)}{'' if span == ('00:00', '24:00') else '에'} 열어요"
    name = day_off(department.hours, day)
    return f"{when}에는 쉬어요({name})" if name else f"{when}에는 쉬어요"


def named_day(day: date) -> str:
    """`11월 28일(토)`."""
    return f"{day.month}월 {day.day}일({DAYS[day.weekday()]})"


def week(hours: Hours) -> str:
    """A department's hours in one line: `평일 09:00~18:00 (점심 12:00~13:00), 토 09:00~13:00`."""
    open_days = [day for day in DAYS[:5] if day not in hours.closed]
    parts = []
    if open_days:
        parts.append(f"{'평일' if len(open_days) == 5 else '·'.join(open_days)} {_plain(hours.weekdays)}")
        if hours.lunch:
            parts[0] += f" (점심 {_plain(hours.lunch)})"
    for day, span in (("토", hours.saturday), ("일", hours.sunday)):
        if span and day not in hours.closed:
            parts.append(f"{day} {_plain(span)}")
    if hours.holidays:
        parts.append(f"공휴일 {_plain(hours.holidays)}")
    if hours.note:
        parts.append(hours.note)
    return ", ".join(parts)


def _plain(span: Span) -> str:
    return "24시간" if span == ("00:00", "24:00") else f"{span[0]}~{span[1]}"


def next_day(department: Department, now: datetime) -> date:
    """The next day on which somebody is there, today while they are; in a month at the latest."""
    here = now.astimezone(KOREA)
    clock, hours = here.strftime("%H:%M"), department.hours
    for ahead in range(_FAR):
        day = here.date() + timedelta(days=ahead)
        span = span_on(hours, day)
        if span and (ahead or clock < span[1]):
            return day
    return here.date() + timedelta(days=_FAR)


def _next_opening(hours: Hours, today: date, clock: str) -> str:
    for ahead in range(_FAR):
        day = today + timedelta(days=ahead)
        span = span_on(hours, day)
        if span is None or (ahead == 0 and clock >= span[0]):
            continue
        if ahead < 2:
            return f"{('오늘', '내일')[ahead]} {span[0]}"
        if ahead < 7:
            return f"{DAYS[day.weekday()]}요일 {span[0]}"
        return f"{named_day(day)} {span[0]}"
    return ""
