"""`data/calendar.yml`: closures and special days of departments, over the public holidays."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.check import check
from bot.content.hours import KOREA, next_day, on_day, opening, with_calendar
from bot.content.models import CalendarFile, Day, Department, DepartmentFile
from bot.content.store import ContentStore
from bot.settings import Settings

CITY = DepartmentFile(
    default="a",
    departments=(
        Department(id="a", name="콜센터", phone="099-120-1000", handles=("상담",)),
        Department(id="b", name="여권과", phone="099-120-2000", handles=("여권",)),
    ),
)
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=KOREA)


def both(*days: Mapping[str, object]) -> tuple[Department, ...]:
    calendar = CalendarFile.model_validate({"days": days})
    return with_calendar(CITY, calendar).departments


@pytest.mark.parametrize(
    ("day", "now", "texts"),
    [
        (
            {"on": "2026-11-25", "name": "체육대회"},
            "2026-11-25T10:00",
            ("오늘은 쉬는 날이에요(체육대회) · 내일 09:00에 열어요",) * 2,
        ),
        (
            {"on": "2026-11-25", "name": "점검", "departments": ["b"]},
            "2026-11-25T10:00",
            ("지금 열려 있어요 · 18:00까지", "오늘은 쉬는 날이에요(점검) · 내일 09:00에 열어요"),
        ),
        (
            {"on": "2026-11-28", "name": "토요 민원", "hours": ["10:00", "12:00"], "departments": ["b"]},
            "2026-11-28T09:00",
            ("지금은 닫혀 있어요 · 월요일 09:00에 열어요", "지금은 닫혀 있어요 · 오늘 10:00에 열어요"),
        ),
        (  # a public holiday on which somebody is there all the same
            {"on": "2026-09-25", "name": "추석 당직", "hours": ["09:00", "18:00"]},
            "2026-09-25T10:00",
            ("지금 열려 있어요 · 18:00까지",) * 2,
        ),
        (  # over a week-end and a substitute holiday
            {"on": "2026-08-18", "until": "2026-08-19", "name": "이사"},
            "2026-08-14T18:30",
            ("지금은 닫혀 있어요 · 목요일 09:00에 열어요",) * 2,
        ),
    ],
)
def test_in_words(day: dict[str, object], now: str, texts: tuple[str, str]) -> None:
    assert tuple(opening(each, at(now)).text for each in both(day)) == texts


def test_a_department_counts_before_all() -> None:
    everybody = {"on": "2026-12-31", "name": "종무식", "hours": ["09:00", "12:00"]}
    passport = {"on": "2026-12-31", "name": "점검", "departments": ["b"]}
    a, b = both(everybody, passport)
    assert on_day(a, date(2026, 12, 31)) == "12월 31일(목)에는 09:00~12:00에 열어요"
    assert on_day(b, date(2026, 12, 31)) == "12월 31일(목)에는 쉬어요(점검)"


@given(DAYS, st.integers(0, 20), st.times())
def test_who_is_open_has_no_next_time_and_who_is_not_opens_on_a_day_that_is_no_closure(
    first: date, length: int, clock: object
) -> None:
    closure = Day(on=first, until=first + timedelta(days=length), name="공사")
    (who, _) = with_calendar(CITY, CalendarFile(days=(closure,))).departments
    now = datetime.combine(first, clock, KOREA)  # type: ignore[arg-type]
    assert not opening(who, now).open
    day = next_day(who, now)
    assert day > closure.until  # type: ignore[operator]
    assert day.weekday() < 5


def test_an_edit_counts_and_a_fault_does_not(settings: Settings) -> None:
    content = ContentStore(settings, scan_every=0)
    path = settings.data_dir / "calendar.yml"
    path.write_text("days: [{on: 2026-11-25, name: 체육대회}]\n", encoding="utf-8")
    assert not opening(content.call_centre(), at("2026-11-25T10:00")).open
    path.write_text("days: [{on: 2026-11-26, name: 체육대회, departments: [없음]}]\n", encoding="utf-8")
    os.utime(path, (0, 0))  # saved a while ago: whole
    assert not opening(content.call_centre(), at("2026-11-25T10:00")).open
    assert [problem.path.name for problem in content.problems()] == ["calendar.yml"]
    path.unlink()
    assert opening(content.call_centre(), at("2026-11-25T10:00")).open
    assert content.problems() == ()


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("{on: 2026-11-26, until: 2026-11-25, name: 가}", "calendar"),
        ('{on: 2026-11-26, name: 가, hours: ["12:00", "09:00"]}', "hours"),
        ("{on: 2026-11-26, name: 가, departments: [tex]}", "owner"),
        ("{on: 어제, name: 가}", "schema"),
    ],
)
def test_the_check_tells(settings: Settings, line: str, rule: str) -> None:
    (settings.data_dir / "calendar.yml").write_text(f"days:\n  - {line}\n", encoding="utf-8")
    (found,) = [each for each in check(settings.data_dir) if each.path.name == "calendar.yml"]
    assert (found.rule, found.line) == (rule, 2)
