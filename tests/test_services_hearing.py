"""The form of a service: values in any order, corrections, questions in between, and nothing is ever lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services.filling import Filling, Step, next_step, offer
from bot.services.hearing import Heard, begin, hear
from bot.services.models import Definition

TODAY = date(2026, 11, 23)
PLACES = {"gym": ["체육관"], "hall": ["강당"]}
BOOKING = Definition.model_validate(
    {
        "id": "booking",
        "title": "시설 예약",
        "examples": ["가", "나", "다", "라", "마"],
        "intents": ["book_it"],
        "endpoint": {"method": "POST", "path": "/bookings"},
        "parameters": {
            "place": {"type": "choice", "title": "시설", "ask": "?", "choices": PLACES},
            "day": {"type": "date", "title": "날짜", "ask": "?", "earliest": 0},
            "start": {
                "type": "choice",
                "title": "시간",
                "ask": "?",
                "choices_from": {
                    "service": "slots", "list": "slots", "value": "start", "label": "{start}",
                    "empty": "없어요",
                },
            },
            "people": {"type": "number", "title": "인원", "ask": "?", "most": 20},
            "phone": {"type": "phone", "title": "연락처", "ask": "?"},
            "purpose": {"type": "text", "title": "쓰임", "ask": "?"},
        },
        "confirm": "?",
        "replies": {"found": "됐어요"},
    }
)  # fmt: skip
SLOTS = {"09:00": "09:00~11:00", "15:00": "15:00~17:00"}


def said(text: str, intent: str = "nlu_fallback", confidence: float = 0.9, **more: Any) -> Heard:
    return Heard(text, intent, confidence, TODAY, **more)


def full(**values: str) -> Filling:
    known = {
        "place": "gym", "day": "2026-12-01", "start": "15:00", "people": "3", "phone": "⟦mobile:x⟧",
        "purpose": "모임",
    }  # fmt: skip
    return Filling(known | values, offered={"start": SLOTS})


def test_everything_in_one_sentence() -> None:
    filling = begin(BOOKING, said("다음주 화요일 오후 3시에 체육관 예약할래요"))
    filling = offer(BOOKING, filling, "start", SLOTS, TODAY)
    assert filling.values == {"place": "gym", "day": "2026-12-01", "start": "15:00"}
    assert next_step(BOOKING, filling, known=False) == Step("ask", "people")


def test_any_order_gives_the_same() -> None:
    texts = ("강당이요", "12월 3일", "9시", "3명", "모임이요")
    asked = {"강당이요": "place", "12월 3일": "day", "9시": "start", "3명": "people", "모임이요": "purpose"}
    ends = set()
    for order in list(permutations(texts))[::13]:
        filling = Filling(offered={"start": SLOTS})
        for text in order:
            after = hear(BOOKING, filling, Step("ask", asked[text]), said(text))
            assert after
            filling = replace(after, offered={"start": SLOTS})
            filling = offer(BOOKING, filling, "start", SLOTS, TODAY)
        ends.add(tuple(sorted(filling.values.items())))
    assert len(ends) == 1


def test_a_correction_while_something_else_is_asked() -> None:
    filling = Filling({"place": "gym", "day": "2026-12-01", "start": "15:00"}, offered={"start": SLOTS})
    after = hear(BOOKING, filling, Step("ask", "people"), said("아니 12월 3일로", "deny"))
    assert after
    assert after.values == {"place": "gym", "day": "2026-12-03"}  # the time is looked up for the new day
    assert after.corrected == "day"
    again = offer(BOOKING, after, "start", SLOTS, TODAY)
    assert again.values["start"] == "15:00"
    gone = offer(BOOKING, after, "start", {"09:00": "09:00~11:00"}, TODAY)
    assert gone.problem
    assert (gone.problem.code, gone.problem.given) == ("not_offered", "15:00")


@pytest.mark.parametrize(
    ("text", "intent"),
    [("근데 수수료는요?", "ask_faq"), ("취소할래요", "cancel"), ("상담원 바꿔 주세요", "talk_to_person"),
     ("불이 났어요", "emergency"), ("12월 3일에 하는 축제 알려 주세요", "ask_faq")],
)  # fmt: skip
def test_what_is_meant_for_others_is_left_alone(text: str, intent: str) -> None:
    for step in (Step("log_in"), Step("ask", "day"), Step("ask", "purpose"), Step("confirm")):
        if intent == "ask_faq" and step.name == "purpose":
            continue  # any words can be a purpose
        assert hear(BOOKING, full(), step, said(text, intent)) is None


def test_afresh() -> None:
    assert hear(BOOKING, full(), Step("confirm"), said("처음부터 다시 할래요", "cancel")) == Filling()


@pytest.mark.parametrize(
    ("text", "intent", "agreed", "changing"),
    [("네", "affirm", True, False), ("예약해 주세요", "use_service", True, False),
     ("아니요", "deny", False, True), ("바꿀래요", "nlu_fallback", False, True)],
)  # fmt: skip
def test_yes_and_no(text: str, intent: str, agreed: bool, changing: bool) -> None:
    after = hear(BOOKING, full(), Step("confirm"), said(text, intent))
    assert after
    assert (after.agreed, after.changing) == (agreed, changing)
    assert after.values == full().values


def test_no_and_what_instead() -> None:
    after = hear(BOOKING, full(), Step("confirm"), said("아니 강당으로 해 주세요", "deny"))
    assert after
    assert after.values["place"] == "hall"
    assert not after.agreed
    named = hear(BOOKING, replace(full(), changing=True), Step("confirm"), said("인원이요"))
    assert named
    assert "people" not in named.values


def test_personal_values_are_tokens() -> None:
    masked = said("[휴대전화]이요", kept={"mobile": ["⟦mobile:t⟧"]})
    after = hear(BOOKING, full().without("phone"), Step("ask", "phone"), masked)
    assert after
    assert after.values["phone"] == "⟦mobile:t⟧"
    lost = hear(BOOKING, full().without("phone"), Step("ask", "phone"), said("[휴대전화]이요"))
    assert lost
    assert lost.problem
    assert lost.problem.code == "not_kept"


def test_buttons_give_values_only_where_they_can_be_one() -> None:
    filling = begin(
        BOOKING, said("/use_service", typed=False, given={"place": "moon", "day": "2026-02-30", "x": "1"})
    )
    assert filling.values == {}
    known = begin(BOOKING, said("/use_service", typed=False, given={"place": "gym", "start": "15:00"}))
    assert known.values == {"place": "gym"}
    assert offer(BOOKING, known, "start", SLOTS, TODAY).values["start"] == "15:00"
    changed = hear(BOOKING, full(), Step("confirm"), said("/", typed=False, given={"change": "day"}))
    assert changed
    assert "day" not in changed.values


INTENTS = st.sampled_from(["nlu_fallback", "ask_faq", "affirm", "deny", "use_service", "chitchat", None])
STEPS = st.sampled_from(
    [Step("log_in"), Step("confirm"), *(Step("ask", name) for name in BOOKING.parameters)]
)
WORDS = st.sampled_from(
    ["2월 30일", "ㅋㅋ", "음", "010", "99", "[휴대전화]", "아무거나", "{", "⟦mobile:x⟧", "3월"]
)


@given(STEPS, st.text(max_size=20) | WORDS, INTENTS, st.floats(0, 1))
def test_no_message_breaks_the_form_and_it_survives_rasa(
    step: Step, text: str, intent: str | None, confidence: float
) -> None:
    before = full().without(step.name)
    after = hear(BOOKING, before, step, Heard(text, intent, confidence, TODAY))
    if after is None:
        return
    assert Filling.of_json(after.to_json()) == after
    lost = before.values.keys() - after.values.keys()
    assert not lost or after.problem or after.corrected or after == Filling() or after.heard == ""
