"""Abuse that goes on: warned first, then not answered for a time; a person looks again; danger is heard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.messages import Outbound, Reply
from bot.mutes.rules import MuteFile
from bot.settings import Settings
from tests.care_support import Desk, care_city
from tests.console_support import csrf, text, world
from tests.scripted_rasa import reply
from tests.staff_support import person

WORD = "야 이 병신아"


@pytest.fixture
async def desk(settings: Settings, free_port: int) -> AsyncIterator[Desk]:
    async with care_city(settings, free_port) as opened:
        yield opened


async def muted(desk: Desk) -> None:
    """Until the rule has had enough."""
    for _ in range(4):
        await desk.city.ask(WORD)
    desk.look()


async def test_abuse_is_warned_of_and_then_not_answered(desk: Desk) -> None:
    assert await desk.city.ask(WORD) == [f"답: {WORD}"]
    answer, warning = await desk.city.ask(WORD)
    assert answer == f"답: {WORD}"
    assert "10분 동안 답을 쉬어요" in warning
    assert await desk.city.ask("죄송해요. 여권 얼마예요?") == ["답: 죄송해요. 여권 얼마예요?"]
    assert len(await desk.city.ask(WORD)) == 1
    (end,) = await desk.city.ask(WORD)
    assert "11월 18일 11:10까지 답을 쉴게요" in end
    desk.look()
    assert await desk.city.ask("여권 얼마예요?") == []  # was told a moment ago
    desk.city.now += timedelta(minutes=2)
    assert "쉬고 있어요" in (await desk.city.ask("여권 얼마예요?"))[0]
    assert await desk.city.ask("여권 얼마예요?", to="lee") == ["답: 여권 얼마예요?"]
    desk.city.now += timedelta(minutes=9)
    desk.look()
    assert await desk.city.ask("여권 얼마예요?") == ["답: 여권 얼마예요?"]


async def test_the_next_time_is_longer(desk: Desk) -> None:
    await muted(desk)
    desk.city.now += timedelta(minutes=40)
    await muted(desk)
    assert "12:40까지 답을 쉴게요" in desk.city.phone.shown[-1]["text"]


async def test_danger_is_answered_and_never_counted(desk: Desk) -> None:
    await muted(desk)
    assert "109" in (await desk.city.ask("죽고 싶어요"))[0]
    assert "109" in (await desk.city.ask("자살하고 싶다고"))[0]
    for _ in range(6):
        assert await desk.city.ask("병신 같은 나, 죽고 싶어요", to="lee") == ["답: 병신 같은 나, 죽고 싶어요"]


async def test_what_the_model_hears_as_danger_is_answered_too(settings: Settings, free_port: int) -> None:
    async with care_city(settings, free_port, understood={"crisis": 0.3}) as desk:
        await muted(desk)
        assert "109" in (await desk.city.ask("이제 다 그만두려고요 안녕히"))[0]


async def test_the_intent_counts_as_the_words_do(desk: Desk) -> None:
    desk.city.rasa.answer = lambda text: reply("속상하셨군요", outcome="chatted", intent="abuse")
    await desk.city.ask("너 진짜 별로다")
    assert "답을 쉬어요" in (await desk.city.ask("너 진짜 별로다"))[1]


async def test_a_citizen_may_ask_that_a_person_looks(desk: Desk) -> None:
    await muted(desk)
    assert "다시 보고" in (await desk.tap("다시 봐 주세요"))[0]
    assert await desk.mutes.appeals() == 1
    ((row, *_), _over) = await desk.mutes.page()
    assert await desk.mutes.lift(row.id, desk.operator)
    assert await desk.mutes.lift(row.id, desk.operator) is None
    desk.look()
    assert await desk.city.ask("여권 얼마예요?") == ["답: 여권 얼마예요?"]
    assert await desk.tap("다시 봐 주세요")  # too late, and not silent


def test_nobody_is_muted_without_a_warning() -> None:
    with pytest.raises(ValidationError, match="먼저 알리고"):
        MuteFile(warn_at=4, mute_at=4)


async def test_by_hand_and_back_at_the_console(tmp_path: Path) -> None:
    async with world(tmp_path) as made, person(made, "nuri", "operator") as client:
        citizen = await made.ask("야")
        await made.answer(citizen, Reply(messages=(Outbound(text="네"),), outcome="chatted"))
        page = await text(client, f"/conversations/{citizen}")
        token, path = csrf(page), f"/conversations/{citizen}/mute"
        assert (await client.post(path, data={"csrf": token, "minutes": "60"})).status == 409
        done = await client.post(path, data={"csrf": token, "minutes": "60", "reason": "욕설"})
        said = await done.text()
        assert "이 대화의 답을 쉬게 했어요." in said
        assert "까지 답을 쉬어요" in said
        lines = [line.text for line in await made.log.history(citizen)]
        assert any("11월 23일 13:00까지 답을 쉴게요" in line for line in lines)
        listed = await text(client, "/mutes")
        assert "욕설" in listed
        done = await client.post("/mutes/1/lift", data={"csrf": token})
        assert "다시 답하기로 했어요." in await done.text()
        assert any("이제 답해 드릴게요" in line.text for line in await made.log.history(citizen))
