"""Dates, periods, money, ages and people in sentences."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.amounts import find_amounts
from bot.text.dates import DAYS, find_dates
from bot.text.numbers import read_number

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "entity", "value", "said"),
    [
        ("내일 쓰레기 버리는 날인가요", "date", "2026-11-24", "내일"),
        ("다음 주 화요일에 열어요?", "date", "2026-12-01", "다음 주 화요일"),
        ("다음주화요일에 열어요?", "date", "2026-12-01", "다음주화요일"),
        ("토요일에 여권 찾을 수 있나요", "date", "2026-11-28", "토요일"),
        ("11월 25일까지 신청하면 되나요", "date", "2026-11-25", "11월 25일"),
        ("3월 2일에 이사해요", "date", "2027-03-02", "3월 2일"),
        ("2026년 12월 3일", "date", "2026-12-03", "2026년 12월 3일"),
        ("2027.1.5. 접수", "date", "2027-01-05", "2027.1.5."),
        ("20261201", "date", "2026-12-01", "20261201"),
        ("12/3 방문", "date", "2026-12-03", "12/3"),
        ("25일에 가면 돼요", "date", "2026-11-25", "25일"),
        ("10일에 가면 돼요", "date", "2026-12-10", "10일"),
        ("다음 달 3일", "date", "2026-12-03", "다음 달 3일"),
        ("3일 뒤에 가도 되나요", "date", "2026-11-26", "3일 뒤"),
        ("두 달 전에 신청했는데", "date", "2026-09-23", "두 달 전"),
        ("오후 3시 반에 갈게요", "time", "15:30", "오후 3시 반"),
        ("3시에 갈게요", "time", "15:00", "3시"),
        ("아침 9시 열어요?", "time", "09:00", "아침 9시"),
        ("밤 12시", "time", "00:00", "밤 12시"),
        ("14:05", "time", "14:05", "14:05"),
        ("이번 달 말까지 내야 하나요", "period", "2026-11-21/2026-11-30", "이번 달 말"),
        ("3월부터 5월까지 접수", "period", "2027-03-01/2027-05-31", "3월부터 5월까지"),
        ("1월 15일부터 1월 31일까지", "period", "2027-01-15/2027-01-31", "1월 15일부터 1월 31일까지"),
        ("열흘 안에 신고", "period", "2026-11-23/2026-12-03", "열흘 안"),
        ("올해 상반기", "period", "2026-01-01/2026-06-30", "올해 상반기"),
        ("작년 5월에 이사", "period", "2025-05-01/2025-05-31", "작년 5월"),
        ("주말에도 열어요?", "period", "2026-11-28/2026-11-29", "주말"),
        ("지난주에 접수", "period", "2026-11-16/2026-11-22", "지난주"),
        ("석 달 동안 일했어요", "duration", "P3M", "석 달 동안"),
        ("3개월 이상 거주", "duration", "P3M", "3개월 이상"),
        ("2년간 살았어요", "duration", "P2Y", "2년간"),
    ],
)
def test_dates(text: str, entity: str, value: str, said: str) -> None:
    (found,) = find_dates(text, MONDAY)
    assert (found.entity, found.value, text[found.start : found.end]) == (entity, value, said)


@pytest.mark.parametrize(
    "text",
    [
        "주소 변경은 어디서 해요",
        "주차장 요금",
        "2월 30일",
        "몇 시에 닫아요",
        "서울시청",
        "시장님께 건의",
        "1일 2회 수거",
        "전화 02-120-1234",
        "접수번호 2026-000123",
        "제3조 1항",
    ],
)
def test_no_dates(text: str) -> None:
    assert find_dates(text, MONDAY) == []


@pytest.mark.parametrize(
    ("text", "entity", "value", "said"),
    [
        ("월급이 250만 원인데 받을 수 있나요", "money", "2500000", "250만 원"),
        ("1억 2천만원 전세", "money", "120000000", "1억 2천만원"),
        ("1억 2천 원", "money", "120000000", "1억 2천 원"),
        ("소득이 이백오십만원", "money", "2500000", "이백오십만원"),
        ("30,000원", "money", "30000", "30,000원"),
        ("만 65세 이상이면", "age", "65", "만 65세"),
        ("일흔 살 어머니", "age", "70", "일흔 살"),
        ("서른다섯살이에요", "age", "35", "서른다섯살"),
        ("30대 부부", "age", "30-39", "30대"),
        ("18개월 아기", "age", "P18M", "18개월 "),
        ("86년생인데요", "birth_year", "1986", "86년생"),
        ("아이가 둘이에요", "children", "2", "아이가 둘"),
        ("자녀 3명", "children", "3", "자녀 3명"),
        ("두 아이를 키우는", "children", "2", "두 아이"),
        ("쌍둥이 낳았어요", "children", "2", "쌍둥이"),
        ("4인 가구", "household_size", "4", "4인 가구"),
        ("혼자 살아요", "household_size", "1", "혼자 살"),
    ],
)
def test_amounts(text: str, entity: str, value: str, said: str) -> None:
    (found,) = find_amounts(text, MONDAY)
    assert (found.entity, found.value, text[found.start : found.end]) == (entity, value, said)


@pytest.mark.parametrize(
    "text",
    [
        "공원 이용료",
        "지방세 한 세대",
        "1세대 1주택",
        "전세 살아요",
        "애인 한 명",
        "5인승",
        "200살",
        "법원 앞",
    ],
)
def test_no_amounts(text: str) -> None:
    assert find_amounts(text, MONDAY) == []


@given(st.integers(1, 9_999_999_999_999))
def test_a_number_is_read_however_it_is_written(number: int) -> None:
    assert read_number(f"{number}") == number
    assert read_number(f"{number:,}") == number
    assert read_number(_in_words(number)) == number


def _in_words(number: int) -> str:
    parts, rest = [], number
    for unit, name in ((10**12, "조"), (10**8, "억"), (10**4, "만"), (1, "")):
        if rest // unit:
            parts.append(f"{rest // unit}{name}")
            rest %= unit
    return " ".join(parts)


@given(st.dates(date(2000, 1, 1), date(2090, 12, 31)), st.dates(date(2000, 1, 1), date(2090, 12, 31)))
def test_a_written_day_is_that_day_whatever_today_is(day: date, today: date) -> None:
    for text in (
        f"{day.year}년 {day.month}월 {day.day}일에 갈게요",
        f"{day:%Y-%m-%d}에 갈게요",
        f"{day:%Y.%m.%d}",
    ):
        assert [found.value for found in find_dates(text, today)] == [day.isoformat()]


@given(st.dates(date(2000, 1, 1), date(2090, 12, 31)), st.integers(1, 400))
def test_days_ahead_and_ago(today: date, days: int) -> None:
    (ahead,) = find_dates(f"{days}일 뒤", today)
    (ago,) = find_dates(f"{days}일 전", today)
    assert ahead.value == (today + timedelta(days)).isoformat()
    assert ago.value == (today - timedelta(days)).isoformat()


@given(st.dates(date(2000, 1, 1), date(2090, 12, 31)), st.sampled_from(DAYS))
def test_a_weekday_is_the_next_one(today: date, weekday: str) -> None:
    (found,) = find_dates(f"{weekday}요일에 열어요?", today)
    assert DAYS[date.fromisoformat(found.value).weekday()] == weekday
    assert today <= date.fromisoformat(found.value) < today + timedelta(7)


@given(
    st.text(alphabet="0123456789.,/-: 년월일시분만억천백원세살대애둘두한다음주말전뒤부터까지요", max_size=60)
)
def test_nothing_breaks_and_nothing_overlaps(text: str) -> None:
    for found in (find_dates(text, MONDAY), find_amounts(text, MONDAY)):
        ends = [0, *(one.end for one in found)]
        assert all(one.start >= end for one, end in zip(found, ends, strict=False))
        assert all(one.start < one.end <= len(text) for one in found)
