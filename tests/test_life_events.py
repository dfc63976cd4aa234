"""Life events: dates as the law counts them, the files' check, and the way through a checklist in chat."""

from __future__ import annotations

import shutil
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.check import check
from bot.content.live_file import LOOK_EVERY
from bot.proactive.life_events import Due, LifeEvents
from bot.settings import ROOT
from tests.test_proactive_chat import Chat, chat, engine, text

__all__ = ["chat", "engine"]

FILES = ROOT / "data" / "life_events"


@pytest.mark.parametrize(
    ("event", "step", "on", "last"),
    [
        ("moving", "move-in", date(2026, 11, 23), date(2026, 12, 7)),
        ("birth", "birth-report", date(2026, 1, 1), date(2026, 1, 31)),  # the first day counts
        ("birth", "birth-report", date(2026, 11, 23), date(2026, 12, 22)),
        ("birth", "birth-report", date(2027, 1, 31), date(2027, 2, 27)),
        ("birth", "onestop", date(2026, 11, 23), date(2027, 1, 21)),
        ("death", "death-report", date(2026, 11, 23), date(2026, 12, 22)),
        ("death", "renounce", date(2026, 11, 23), date(2027, 2, 23)),
        ("death", "inheritance-tax", date(2026, 8, 15), date(2027, 2, 28)),  # from the end of the month
        ("startup", "registration", date(2026, 12, 1), date(2026, 12, 21)),
    ],
)
def test_last_days_are_counted_as_the_law_does(event: str, step: str, on: date, last: date) -> None:
    found = LifeEvents(FILES).all()[event].step(step)
    assert found
    assert found.due
    assert found.due.on(on) == last


@given(
    st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    st.integers(1, 60),
    st.booleans(),
    st.booleans(),
)
def test_a_later_event_never_has_an_earlier_deadline(
    on: date, months: int, counts_first: bool, from_month_end: bool
) -> None:
    due = Due(months=months, counts_first=counts_first, from_month_end=from_month_end)
    tomorrow = date.fromordinal(on.toordinal() + 1)
    assert due.on(on) <= due.on(tomorrow)
    assert due.on(on) >= on


def test_every_event_of_the_issue_is_there_with_steps_and_sources() -> None:
    events = LifeEvents(FILES).all()
    assert set(events) == {"moving", "birth", "marriage", "death", "startup"}
    for event in events.values():
        assert len(event.steps) >= 6
        assert all(step.source.url for step in event.steps)
        departments = {step.department or step.agency for step in event.steps}
        assert len(departments) >= 3, "a checklist goes across departments"


@pytest.mark.parametrize(
    ("said", "event"),
    [
        ("다음 주에 이사 가요", "moving"),
        ("아버지가 돌아가셨어요", "death"),
        ("애기 낳았는데 뭐 해야 해요", "birth"),
        ("카페 차리려고요", "startup"),
        ("저 결혼해요", "marriage"),
        ("여권 얼마예요", None),
    ],
)
def test_events_are_known_by_their_words(said: str, event: str | None) -> None:
    found = LifeEvents(FILES).named(said)
    assert (found.id if found else None) == event


@pytest.mark.parametrize(
    ("good", "bad", "rule"),
    [
        ("department: pets", "department: petz", "department"),
        ("answer: pet-change", "answer: pet-chang", "answer"),
        ("due: {days: 30, late:", "due: {days: 30, months: 1, late:", "due"),
        ("id: moving", "id: move", "id"),
        ("  - id: mail", "  - id: move-in", "duplicate-id"),
        ("https://service.epost.go.kr", "http://service.epost.go.kr", "url"),
        ("    where: 새 주소지 행정복지센터나 정부24", "    wo: 새 주소지", "unknown-key"),
    ],
)
def test_staff_are_told_what_is_wrong(tmp_path: Path, good: str, bad: str, rule: str) -> None:
    data = tmp_path / "data"
    shutil.copytree(ROOT / "data", data)
    path = data / "life_events" / "moving.yml"
    content = path.read_text("utf-8")
    assert good in content
    path.write_text(content.replace(good, bad, 1), encoding="utf-8")
    assert rule in {problem.rule for problem in check(data) if problem.path == path}


def test_an_edit_counts_within_moments_and_a_fault_never(tmp_path: Path) -> None:
    folder = tmp_path / "life_events"
    shutil.copytree(FILES, folder)
    events, path = LifeEvents(folder), folder / "birth.yml"
    content = path.read_text("utf-8")
    assert events.all()["birth"].name == "출생"
    path.write_text(content.replace("name: 출생", "name: 아기"), encoding="utf-8")
    time.sleep(LOOK_EVERY)
    assert events.all()["birth"].name == "아기"
    path.write_text("steps: [", encoding="utf-8")
    time.sleep(LOOK_EVERY)
    assert events.all()["birth"].name == "아기"


async def test_a_checklist_from_the_first_word_to_the_last_step(chat: Chat) -> None:
    assert "언제 이사하세요?" in text(await chat.say("이사 가는데 뭐부터 해야 돼요", "life_event"))
    assert await chat.leaves("근데 전입신고 늦으면 과태료 있어요?", "ask_faq")
    assert "달력에 없는 날" in text(await chat.say("2월 30일", "ask_faq"))
    shown = await chat.say("12월 5일이요", "give_date")
    assert "10개 중 0개" in text(shown)
    titles = [card.title for card in shown.messages[0].cards]
    assert titles == ["버릴 가구와 가전 내놓기", "수도·전기·가스 요금 정산", "확정일자 받기"]
    done = await chat.say("/life_event", "life_event", event="moving", step="bulky", mark="done")
    assert "10개 중 1개" in text(done)
    skipped = await chat.say("/life_event", "life_event", event="moving", step="foreigner", mark="skipped")
    assert "9개 중 1개" in text(skipped)  # what does not concern them is not counted
    assert "9개 중 2개" in text(await chat.say("전입신고 했어요", "life_event"))
    chat.now = "2026-12-01T10:00:00+09:00"  # days later
    resumed = await chat.say("체크리스트", "life_event")
    assert "9개 중 2개" in text(resumed)
    assert "12월 5일(토)" in text(resumed)
    whole = text(await chat.say("/life_event", "life_event", event="moving", show="all"))
    assert "☑ 전입신고" in whole
    assert "– 체류지 변경 신고" in whole
    assert "☐ 동물등록 주소 바꾸기 (1월 4일(월)까지)" in whole


async def test_its_deadlines_can_be_reminded_of(chat: Chat) -> None:
    await chat.say("11월 20일에 아기가 태어났어요", "life_event")
    assert "출생 체크리스트" in text(await chat.say("/subscribe", "subscribe", event="birth"))
    await chat.yes()
    [standing] = await chat.subscriptions()
    assert (standing.wish.kind, standing.wish.day) == ("checklist", date(2026, 11, 20))


async def test_a_day_that_is_not_known_yet(chat: Chat) -> None:
    shown = await chat.say("저 결혼해요", "life_event")
    assert [button.label for button in shown.messages[0].buttons] == ["아직 몰라요"]
    shown = await chat.say("아직 안 정했어요", "ask_faq")
    assert "혼인신고" in text(shown)
    assert "까지" not in shown.messages[0].text
    asked = await chat.say("/life_event", "life_event", event="marriage", day="ask")
    assert "언제 결혼하세요" in text(asked)
    assert "5월 8일" in text(await chat.say("내년 5월 8일", "ask_faq"))


async def test_a_death_is_in_the_past_and_met_gently(chat: Chat) -> None:
    assert "힘드시" in text(await chat.say("아버지가 돌아가셨어요", "life_event"))
    assert "아직 오지 않은" in text(await chat.say("다음 주 월요일", "ask_faq"))
    shown = await chat.say("11월 20일이요", "ask_faq")
    assert "힘드시" in text(shown)
    assert "12월 19일(토)" in text(shown)


async def test_which_event_is_asked_where_none_is_named(chat: Chat) -> None:
    asked = await chat.say("체크리스트 보여줘", "life_event")
    assert {button.label for button in asked.messages[0].buttons} >= {"이사", "출생", "결혼", "창업"}
    assert "언제 문을 여세요" in text(await chat.say("/life_event", "life_event", event="startup"))
