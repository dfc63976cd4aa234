"""When it is time: recurrences read from sentences, their occurrences, deadlines in an office's words."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.proactive.changing import changed
from bot.proactive.deadlines import Deadline, read_deadline
from bot.proactive.occurrences import DecentHours, following
from bot.proactive.understanding import understand
from bot.proactive.wish import SCHEDULE, Wish
from bot.proactive.wording import repeated, when
from bot.text.recurrence import find_recurrences

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 11, 23, 17, 56, tzinfo=SEOUL)
DAYS = "월화수목금토일"

moments = st.datetimes(datetime(2024, 1, 1), datetime(2031, 12, 31), timezones=st.just(SEOUL))  # noqa: DTZ001
times = st.times().map(lambda at: at.replace(second=0, microsecond=0))


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("매주 화요일 재활용 알려줘", "FREQ=WEEKLY;BYDAY=TU"),
        ("매주화요일재활용", "FREQ=WEEKLY;BYDAY=TU"),
        ("화·목마다", "FREQ=WEEKLY;BYDAY=TU,TH"),
        ("매주 월요일이랑 목요일에", "FREQ=WEEKLY;BYDAY=MO,TH"),
        ("격주 금요일마다", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"),
        ("평일마다 8시", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
        ("매일 아침", "FREQ=DAILY"),
        ("매달 25일", "FREQ=MONTHLY;BYMONTHDAY=25"),
        ("매월 말일", "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ("매달 첫째 주 토요일", "FREQ=MONTHLY;BYDAY=1SA"),
        ("매년 3월 2일", "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=2"),
    ],
)
def test_recurrences_are_read(said: str, rule: str) -> None:
    assert [found.value for found in find_recurrences(said)] == [rule]


@pytest.mark.parametrize(
    "said", ["매주 수목원 소식", "매달 32일", "매년 2월 30일", "음식물 수거일마다", "매주 일정"]
)
def test_what_is_no_recurrence_is_none(said: str) -> None:
    assert find_recurrences(said) == []


@given(st.text(max_size=80) | st.text(alphabet="매주달년월일화마다격평말 0123456789,·", max_size=40), moments)
def test_no_text_breaks_the_reading(text: str, now: datetime) -> None:
    understood = understand(text, now)
    if understood.wish.rule:
        assert repeated(understood.wish.rule)
        assert following(understood.wish, now, SEOUL)


def expected(rule: str, first: date, days: int) -> list[date]:
    """The days of a rule by going through the calendar."""
    parts = dict(part.split("=") for part in rule.split(";"))
    found = []
    for day in (first + timedelta(n) for n in range(days)):
        last = monthrange(day.year, day.month)[1]
        if parts["FREQ"] == "WEEKLY":
            codes = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
            hit = codes[day.weekday()] in parts["BYDAY"].split(",")
        else:
            wanted = int(parts["BYMONTHDAY"].split(",")[-1])
            hit = day.day == (last if wanted == -1 else min(wanted, last))
            hit = hit and parts.get("BYMONTH") in (None, str(day.month))
        found += [day] if hit else []
    return found


@given(
    st.sets(st.sampled_from(DAYS), min_size=1).map(lambda days: f"매주 {','.join(sorted(days))}요일")
    | st.integers(1, 31).map("매달 {}일".format)
    | st.just("매월 말일")
    | st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(lambda day: f"매년 {day.month}월 {day.day}일"),
    moments,
    times,
    st.integers(0, 3),
)
def test_the_next_is_always_later_and_none_is_skipped_or_doubled(
    said: str, now: datetime, at: time, ahead: int
) -> None:
    [found] = find_recurrences(said)
    wish = Wish(kind=SCHEDULE, rule=found.value, at=at, start=now.date(), ahead=ahead)
    told, moment = [], now
    for _ in range(6):
        coming = following(wish, moment, SEOUL)
        assert coming is not None
        assert coming > moment
        assert coming.astimezone(SEOUL).time() == at
        told.append(coming.astimezone(SEOUL).date() + timedelta(ahead))
        moment = coming
    days = expected(found.value, now.date(), 366 * 8)
    soonest = [d for d in days if datetime.combine(d - timedelta(ahead), at, SEOUL) > now]
    assert told == soonest[:6]


@given(moments)
def test_decent_hours_are_never_left(moment: datetime) -> None:
    hours = DecentHours(SEOUL, time(8), time(21))
    following_hour = hours.next(moment)
    assert moment <= following_hour < moment + timedelta(hours=12)
    assert hours.now(following_hour)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("매주 화요일 재활용 알려줘", "매주 화요일 오전 9시|재활용"),
        ("내일 9시에 다시 알려줘", "11월 24일(화) 오전 9시|"),
        ("매달 31일 저녁 7시에 관리비 내라고 알려줘", "매달 31일 오후 7시|관리비 내기"),
        ("12월 5일 전날 저녁에 자동차검사 알려줘", "12월 5일(토)의 전날 오후 7시|자동차검사"),
        ("다음주 화요일 오후 3시에 보건소 예약 있다고 알려줘", "12월 1일(화) 오후 3시|보건소 예약 있음"),
        ("밤 11시에 약 먹으라고 알려줘", "11월 23일(월) 오후 11시|약 먹기"),
        ("내일 아침에 알려줘 재산세 내라고", "11월 24일(화) 오전 8시|재산세 내기"),
        ("알려줘요 내일 저녁 7시에 화분 물 주라고", "11월 24일(화) 오후 7시|화분 물 주기"),
        (
            "내일 오전에 알림 좀 보내주세요. 여권 찾으러 가야 된다고",
            "11월 24일(화) 오전 9시|여권 찾으러 가기",
        ),
        ("내일 아침에 챙겨 줄래? 감기약 먹어야 한다고", "11월 24일(화) 오전 8시|감기약 먹기"),
        ("내일 아침에 꼭 좀 알려주시면 감사하겠습니다", "11월 24일(화) 오전 8시|"),
        ("9시에 알려줘", "11월 24일(화) 오전 9시|"),
        ("내일 다시 알려줄 수 있어요?", "11월 24일(화) 오전 9시|"),
        ("내일 10시에 알람 맞춰줘", "11월 24일(화) 오전 10시|"),
    ],
)
def test_when_and_of_what(said: str, told: str) -> None:
    wish = understand(said, NOW).wish
    assert f"{when(wish, NOW.date())}|{wish.about}" == told


@pytest.mark.parametrize(
    ("said", "kind", "missing", "fault"),
    [
        ("청년월세 마감 전에 알려줘", "deadline", "service", ""),
        ("내 민원 결과 나오면 알려줘", "case", "number", ""),
        ("2026-000123 처리되면 알려줘", "case", "", ""),
        ("쓰레기 배출일 전날 저녁에 알려줘", "collection", "dong", ""),
        ("새로운 청년 지원사업 나오면 알려줘", "news", "", ""),
        ("2월 30일에 알려줘", "schedule", "when", "no_such_day"),
        ("어제 알려줘", "schedule", "when", "past"),
        ("알려줘", "schedule", "when", ""),
    ],
)
def test_what_kind_and_what_is_missing(said: str, kind: str, missing: str, fault: str) -> None:
    found = understand(said, NOW)
    assert (found.wish.kind, found.missing, found.fault) == (kind, missing, fault)


@pytest.mark.parametrize(
    ("said", "told"),
    [("수요일로 바꿔줘", "매주 수요일 오전 9시"), ("8시로 바꿔줘", "매주 화요일 오전 8시"), ("고마워", None)],
)
def test_a_wish_is_changed(said: str, told: str | None) -> None:
    tuesdays = Wish(kind=SCHEDULE, about="재활용", rule="FREQ=WEEKLY;BYDAY=TU", start=NOW.date())
    new = changed(tuesdays, said, NOW)
    assert (new and when(new, NOW.date())) == told


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("2026.01.01~2026.12.31", date(2026, 12, 31)),
        ("2026. 12. 1.(화) ~ 12. 20.(일) 18:00", date(2026, 12, 20)),
        ("2026년 12월 1일부터 12월 20일까지", date(2026, 12, 20)),
        ("1차: 2026.01.02~2026.02.01, 2차: 2026.11.01~2026.11.30", date(2026, 11, 30)),
        ("2026.12.31까지", date(2026, 12, 31)),
        ("매년 2월", date(2027, 2, 28)),
        ("매년 12월 1일~1월 31일", date(2027, 1, 31)),
        ("출생일로부터 60일 이내", None),
        ("3월 31일까지", None),
        ("접수기관 별 상이", None),
        ("2026.13.45~2026.14.1", None),
    ],
)
def test_deadlines_are_read_carefully(text: str, last: date | None) -> None:
    assert read_deadline(text, date(2026, 11, 23)).last == last


def test_always_open_is_no_deadline() -> None:
    assert read_deadline("상시신청", date(2026, 11, 23)) == Deadline(always=True)


@given(st.text(max_size=60) | st.text(alphabet="0123456789.~-년월일까지매부터 ", max_size=40), st.dates())
def test_no_deadline_breaks_the_reading(text: str, today: date) -> None:
    read_deadline(text, today)
