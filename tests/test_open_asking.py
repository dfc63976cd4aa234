"""Questions of programs: answered as a citizen's would be, and only so far as the answer is for everybody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from bot.approval.tables import ApprovalTopic
from bot.log.engine import changing
from bot.log.tables import Operator
from bot.messages import Button, Outbound
from bot.switches.switchboard import NewNotice, NewOff, Switchboard
from tests.open_support import Open, open_pages
from tests.scripted_rasa import reply

ASK = "/open/api/ask"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Open]:
    async with open_pages(tmp_path, open_questions=1e4, open_requests=1e4) as made:
        yield made


async def ask(here: Open, question: str = "여권 얼마예요?") -> dict[str, Any]:
    response = await here.client.post(ASK, json={"question": question})
    assert response.status == 200, await response.text()
    made: dict[str, Any] = await response.json()
    return made


async def test_an_answer_comes_with_its_evidence_and_without_a_chats_buttons(here: Open) -> None:
    buttons = (Button(label="더 보기", payload="/more"), Button(label="정부24", url="https://gov.kr"))
    message = Outbound(text="5만 원이에요.", buttons=buttons).model_dump(mode="json")
    here.rasa.answer = lambda text: [
        {
            "custom": {
                "sotong": {
                    "messages": [message],
                    "outcome": "answered_faq",
                    "candidates": [{"id": "passport-fee", "score": 0.9}],
                }
            }
        }
    ]
    told = await ask(here)
    assert told["outcome"] == "answered"
    assert told["text"] == "5만 원이에요."
    assert told["links"] == [{"label": "정부24", "url": "https://gov.kr"}]
    assert [each["id"] for each in told["answers"]] == ["passport-fee"]


@pytest.mark.parametrize(
    ("outcome", "more", "question"),
    [
        ("handed_off", {"handoff": "asked"}, "상담원"),
        ("asked_back", {}, "신청할래요"),
        ("erased", {"erase": True}, "지워 줘"),
        ("answered_service", {"intent": "check_case"}, "접수한 민원"),
        ("answered_faq", {}, "2026-123456 여권 나왔나요"),
        ("error_service", {}, "수거일"),
    ],
    ids=["person", "form", "erasure", "own", "receipt", "down"],
)
async def test_what_is_about_a_person_is_left_to_the_chat(
    here: Open, outcome: str, more: dict[str, Any], question: str
) -> None:
    here.rasa.answer = lambda text: reply("개인적인 답", outcome=outcome, **more)
    told = await ask(here, question)
    assert told["outcome"] == "referred"
    assert "개인적인 답" not in told["text"]
    assert "/chat/" in told["text"]


async def test_help_in_danger_is_always_given(here: Open) -> None:
    call = Outbound(text="109로 전화해 주세요.", buttons=(Button(label="109", url="tel:109"),))
    here.rasa.answer = lambda text: [
        {
            "custom": {
                "sotong": {
                    "messages": [call.model_dump(mode="json")],
                    "outcome": "handed_off",
                    "handoff": "crisis",
                }
            }
        }
    ]
    told = await ask(here, "죽고 싶어요")
    assert told["text"].startswith("109로 전화해 주세요.")
    assert told["links"] == [{"label": "109", "url": "tel:109"}]


async def test_what_is_switched_off_or_held_is_not_given_to_programs_either(here: Open) -> None:
    candidates = [{"id": "passport-fee", "score": 0.9}]
    here.rasa.answer = lambda text: reply("5만 원", outcome="answered_faq", candidates=candidates)
    async with changing(here.engine) as connection:
        person = {"login": "kim", "name": "김한빛", "password_hash": "", "must_change_password": False}
        made = await connection.execute(insert(Operator).values(**person, created_at=here.now))
        who = made.inserted_primary_key[0]
    board = Switchboard(here.engine, lambda: here.now)
    until = here.now.replace(year=2027)
    await board.notify(NewNotice("단수예요.", "단수", here.now, until), who)
    held = {"topic": "passport", "minutes": 5, "fallback": "person", "operator_id": who, "at": here.now}
    async with changing(here.engine) as connection:
        await connection.execute(insert(ApprovalTopic).values(held))
    told = await ask(here)
    assert (told["outcome"], told["notices"]) == ("referred", ["단수예요."])
    await board.silence(NewOff("점검", until, says="점검하고 있어요."), who)
    await asyncio.sleep(0.45)  # for so long what is switched is known (bot.switches.live)
    before = len(here.rasa.asked)
    told = await ask(here)
    assert (told["outcome"], told["text"]) == ("switched_off", "점검하고 있어요.")
    assert len(here.rasa.asked) == before


async def test_a_bot_that_is_down_is_said_to_be(here: Open) -> None:
    here.rasa.has_model = False
    response = await here.client.post(ASK, json={"question": "여권"})
    assert (response.status, (await response.json())["error"]["code"]) == (503, "bot_down")
    assert int(response.headers["Retry-After"]) > 0


async def test_few_are_asked_at_once_and_a_rush_is_sent_away(here: Open) -> None:
    here.rasa.delay = 0.1
    most = 0

    async def watch() -> None:
        nonlocal most
        seen = 0
        while True:
            await asyncio.sleep(0.02)
            most, seen = max(most, len(here.rasa.asked) - seen), len(here.rasa.asked)

    watching = asyncio.create_task(watch())
    answers = await asyncio.gather(*(here.client.post(ASK, json={"question": "여권"}) for _ in range(30)))
    watching.cancel()
    statuses = [each.status for each in answers]
    assert statuses.count(200) == 10
    assert statuses.count(503) == 20
    assert most <= 4  # two at a time


async def test_who_asks_too_often_is_told_when_to_come_again(tmp_path: Path) -> None:
    async with open_pages(tmp_path, open_questions=0.05, open_requests=0.01) as here:
        asked = [await here.client.post(ASK, json={"question": "여권"}) for _ in range(3)]
        assert [each.status for each in asked] == [200, 429, 429]
        assert 50 < int(asked[-1].headers["Retry-After"]) <= 101
        assert asked[-1].headers["Access-Control-Allow-Origin"] == "*"
        read = [(await here.client.get("/open/api/departments")).status for _ in range(3)]
        assert read == [200, 429, 429]
        assert (await here.client.get("/open")).status == 200


async def test_talk_that_would_go_on_is_led_to_the_chat(here: Open) -> None:
    here.rasa.answer = lambda text: reply("어떤 점을 바꿀까요?", outcome="chatted", intent="make_suggestion")
    assert (await ask(here, "버스 막차를 늦춰 주세요"))["outcome"] == "referred"
    card = {"title": "가로등 고장", "text": "도로과에 알려 주세요."}
    form = {"text": "‘여기서 신고하기’를 누르세요.", "cards": [card]}
    said = {"messages": [form], "outcome": "answered_faq", "intent": "report_problem"}
    here.rasa.answer = lambda text: [{"custom": {"sotong": said}}]
    told = await ask(here, "가로등 꺼졌어요")
    assert told["outcome"] == "answered"
    assert "도로과에 알려 주세요." in told["text"]
    assert "누르세요" not in told["text"]
