"""Arithmetic on months, quarters and weeks."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta


def safe_date(year: int, month: int, day: int) -> date | None:
    """The day, or None where the calendar has none (2월 30일)."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def months_later(day: date, months: int) -> date:
    """The same day so many months later (earlier when negative), or the month's last."""
    place = day.year * 12 + day.month - 1 + months
    year, month = place // 12, place % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def month_end(day: date) -> date:
    """The last day of its month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def week_of(day: date, ahead: int) -> tuple[date, date]:
    """Monday and Sunday of the week `ahead` weeks after the day's own."""
    monday = day - timedelta(days=day.weekday()) + timedelta(weeks=ahead)
    return monday, monday + timedelta(days=6)


def quarter(year: int, number: int) -> tuple[date, date]:
    """First and last day of a quarter, 1 to 4."""
    first = date(year, 3 * number - 2, 1)
    return first, month_end(date(year, 3 * number, 1))
