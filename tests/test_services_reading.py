"""Values in citizens' words: found, impossible with a name for it, or not there."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.persona import KEYS
from bot.services.models import Parameter
from bot.services.reading import Options, preferred, read

TODAY = date(2026, 11, 23)  # a Monday


def parameter(kind: str, **limits: Any) -> Parameter:
    if kind == "choice":
        limits.setdefault("choices", {"gym": ("한빛체육관", "체육관"), "hall": ("소강당", "강당")})
    return Parameter.model_validate({"type": kind, "title": "그것", "ask": "?", **limits})


SOON = {"earliest": 0, "latest": 60}
CASES: list[tuple[str, dict[str, Any], str, str]] = [
    ("date", SOON, "다음주 화요일 오후", "2026-12-01"),
    ("date", SOON, "담주 월욜이요", "2026-11-30"),
    ("date", SOON, "아니 12월 3일로", "2026-12-03"),
    ("date", SOON, "12/3", "2026-12-03"),
    ("date", SOON, "12.3", "2026-12-03"),
    ("date", SOON, "2월 30일", "!no_such_date"),
    ("date", SOON, "2월 29일이요", "!no_such_date"),
    ("date", SOON, "13월 1일", "!no_such_date"),
    ("date", SOON, "11월 20일", "!past_date"),
    ("date", SOON, "어제요", "!past_date"),
    ("date", SOON, "내년 5월 1일", "!too_late"),
    ("date", {"earliest": 3}, "내일", "!too_early"),
    ("date", {"latest": 0}, "내일", "!future_date"),
    ("date", {"closed": ["화"]}, "12월 1일", "!closed_day"),
    ("date", SOON, "다음 주", "!not_one_day"),
    ("date", SOON, "32일", "!unreadable"),
    ("date", SOON, "아무 때나요", ""),
    ("date_range", SOON, "12월 3일부터 5일까지", "2026-12-03/2026-12-05"),
    ("date_range", SOON, "2월 30일", "!no_such_date"),
    ("receipt_number", {}, "접수번호 2026-000123 어디까지", "2026-000123"),
    ("receipt_number", {}, "2026000123", "2026-000123"),
    ("receipt_number", {}, "２０２６－０００１２３", "2026-000123"),
    ("receipt_number", {}, "2026 – 000123이요", "2026-000123"),
    ("receipt_number", {}, "12026-000123", "!bad_receipt_number"),
    ("receipt_number", {}, "123", "!bad_receipt_number"),
    ("receipt_number", {}, "모르겠어요", ""),
    ("phone", {}, "01012345678이요", "010-1234-5678"),
    ("phone", {}, "010-12", "!bad_phone"),
    ("plate", {}, "123가 4567이요", "123가4567"),
    ("plate", {}, "12가34", "!bad_plate"),
    ("number", {"least": 1, "most": 20}, "세 명이요", "3"),
    ("number", {"least": 1, "most": 20}, "100명", "!bad_number"),
    ("time", {}, "오후 3시 반", "15:30"),
    ("time", {}, "99", "!unreadable"),
    ("dong", {}, "한내동 살아요", "한내동"),
    ("text", {"max_length": 5}, "너무 긴 글이에요", "!too_long"),
    ("choice", {}, "체육관이요", "gym"),
    ("choice", {}, "두 번째요", "hall"),
    ("choice", {}, "5번", "!bad_choice"),
    ("choice", {}, "체육관이랑 강당", "!bad_choice"),
    ("choice", {}, "몰라요", ""),
]


@pytest.mark.parametrize(("kind", "limits", "text", "expected"), CASES)
def test_what_is_read(kind: str, limits: dict[str, Any], text: str, expected: str) -> None:
    found = read(parameter(kind, **limits), text, TODAY)
    if not expected:
        assert found is None
    elif expected.startswith("!"):
        assert found
        assert (found.value, found.problem) == ("", expected[1:])
        assert f"service_{found.problem}" in KEYS
    else:
        assert found
        assert (found.value, found.problem) == (expected, "")


TIMES = Options({"09:00": ("09:00~11:00",), "13:00": ("13:00~15:00",), "15:00": ("15:00~17:00",)})


@pytest.mark.parametrize(
    ("text", "value"),
    [("3시요", "15:00"), ("오전이요", "09:00"), ("13:00~15:00", "13:00"), ("첫번째", "09:00")],
)
def test_times_to_choose_from(text: str, value: str) -> None:
    found = read(parameter("choice", choices={}), text, TODAY, TIMES)
    assert found
    assert found.value == value


def test_a_time_that_is_not_offered_is_named() -> None:
    found = read(parameter("choice", choices={}), "오후 네 시", TODAY, TIMES)
    assert found
    assert (found.problem, found.given) == ("not_offered", "16:00")
    assert set(preferred(TIMES, "다음 주 화요일 오후").words) == {"13:00", "15:00"}
    assert preferred(TIMES, "내일").words == TIMES.words


KINDS = st.sampled_from([kind for kind, *_ in CASES])
PIECES = st.sampled_from(
    ["2월 30일", "내일", "오후", "3시", "010", "-", "12가", "동", "다음주", "년", "9" * 9, "번"]
)
TYPED = st.text(max_size=30) | st.lists(PIECES | st.text(max_size=4), max_size=6).map(" ".join)


@given(KINDS, TYPED)
def test_nothing_typed_breaks_it_and_a_fault_is_never_a_value(kind: str, text: str) -> None:
    found = read(parameter(kind), text, TODAY)
    assert found is None or bool(found.value) != bool(found.problem)


@given(TYPED, st.integers(-5, 5), st.integers(6, 90))
def test_a_date_is_within_its_limits(text: str, earliest: int, latest: int) -> None:
    found = read(parameter("date", earliest=earliest, latest=latest), text, TODAY)
    if found and found.value:
        day = date.fromisoformat(found.value)
        assert TODAY + timedelta(earliest) <= day <= TODAY + timedelta(latest)
