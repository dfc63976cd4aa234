"""Whether a department is open, in words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.hours import KOREA, on_day, opening, week
from bot.content.models import Department, Hours


def department(**hours: Any) -> Department:
    return Department(
        id="a", name="민원여권과", phone="099-120-2010", handles=("여권",), hours=Hours(**hours)
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=KOREA)


LIBRARY = {"saturday": ("09:00", "17:00"), "sunday": ("09:00", "17:00"), "closed": ("월",), "lunch": None}


@pytest.mark.parametrize(
    ("hours", "now", "is_open", "text"),
    [
        ({}, "2026-11-20T10:00", True, "지금 열려 있어요 · 18:00까지"),
        ({}, "2026-11-20T09:00", True, "지금 열려 있어요 · 18:00까지"),
        ({}, "2026-11-20T18:00", False, "지금은 닫혀 있어요 · 월요일 09:00에 열어요"),
        ({}, "2026-11-19T18:00", False, "지금은 닫혀 있어요 · 내일 09:00에 열어요"),
        ({}, "2026-11-20T08:59", False, "지금은 닫혀 있어요 · 오늘 09:00에 열어요"),
        (
            {},
            "2026-11-20T12:30",
            True,
            "지금은 점심시간이에요 · 창구는 13:00에 다시 열고, 전화는 교대로 받아요",
        ),
        ({"lunch": None}, "2026-11-20T12:30", True, "지금 열려 있어요 · 18:00까지"),
        ({"saturday": ("09:00", "13:00")}, "2026-11-21T10:00", True, "지금 열려 있어요 · 13:00까지"),
        ({}, "2026-09-25T10:00", False, "오늘은 쉬는 날이에요(추석) · 월요일 09:00에 열어요"),
        ({"holidays": ("10:00", "12:00")}, "2026-09-25T10:30", True, "지금 열려 있어요 · 12:00까지"),
        ({}, "2026-08-17T10:00", False, "오늘은 쉬는 날이에요(광복절 대체 휴일) · 내일 09:00에 열어요"),
        (
            {"weekdays": ("00:00", "24:00"), "lunch": None},
            "2026-11-20T23:59",
            True,
            "지금 열려 있어요 · 24시간",
        ),
        (LIBRARY, "2026-11-23T10:00", False, "지금은 닫혀 있어요 · 내일 09:00에 열어요"),
        (LIBRARY, "2026-11-22T10:00", True, "지금 열려 있어요 · 17:00까지"),
        ({"closed": tuple("월화수목금")}, "2026-11-20T10:00", False, "지금은 닫혀 있어요"),
    ],
)
def test_in_words(hours: dict[str, Any], now: str, is_open: bool, text: str) -> None:
    found = opening(department(**hours), at(now))
    assert (found.open, found.text) == (is_open, text)


def test_next_opening_far_away_has_its_date() -> None:
    only_friday = department(closed=("월", "화", "수", "목"), saturday=None)
    found = opening(only_friday, at("2026-12-18T19:00"))  # then Christmas and New Year's Day
    assert found.text == "지금은 닫혀 있어요 · 1월 8일(금) 09:00에 열어요"


def test_other_time_zones_and_naive_moments() -> None:
    assert opening(department(), datetime(2026, 11, 20, 1, 0, tzinfo=UTC)).open
    with pytest.raises(ValueError, match="timezone-aware"):
        opening(department(), datetime(2026, 11, 20, 10, 0))  # noqa: DTZ001


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001
def test_closed_departments_open_at_the_moment_they_name(moment: datetime) -> None:
    found = opening(department(), moment.replace(tzinfo=KOREA))
    assert found.open or found.next.endswith("09:00")


def test_a_week_in_one_line() -> None:
    assert week(Hours()) == "평일 09:00~18:00 (점심 12:00~13:00)"
    assert week(Hours(**LIBRARY)) == "화·수·목·금 09:00~18:00, 토 09:00~17:00, 일 09:00~17:00"


@pytest.mark.parametrize(
    ("hours", "day", "text"),
    [
        ({}, "2026-11-24", "11월 24일(화)에는 09:00~18:00에 열어요"),
        ({}, "2026-11-28", "11월 28일(토)에는 쉬어요"),
        ({}, "2026-12-25", "12월 25일(금)에는 쉬어요(기독탄신일)"),
        (LIBRARY, "2026-11-29", "11월 29일(일)에는 09:00~17:00에 열어요"),
        ({"weekdays": ("00:00", "24:00"), "lunch": None}, "2026-11-24", "11월 24일(화)에는 24시간 열어요"),
    ],
)
def test_what_it_does_on_a_day(hours: dict[str, Any], day: str, text: str) -> None:
    assert on_day(department(**hours), date.fromisoformat(day)) == text
