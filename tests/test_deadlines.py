"""When the bot is late or fails: a word in time, the best there is, and the answer all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from bot.content.hours import holiday
from bot.messages import Button, Outbound, Reply
from bot.settings import Settings
from tests.gateway_support import LIMITS, Box, City, Phone, open_city
from tests.scripted_rasa import reply

QUICK = replace(LIMITS, reply_within=0.2)


@pytest.fixture
async def city(settings: Settings, free_port: int) -> AsyncIterator[City]:
    async with open_city(settings, free_port) as opened:
        yield opened


@pytest.fixture
async def quick(settings: Settings, free_port: int) -> AsyncIterator[City]:
    async with open_city(settings, free_port, phone=Phone(capabilities=QUICK)) as opened:
        holiday(opened.now.date())  # reads the calendar, once
        yield opened


async def test_a_late_answer_is_announced_in_time_and_follows(quick: City) -> None:
    city = quick
    city.rasa.delay = 3
    began = asyncio.get_running_loop().time()
    await city.send("여권 얼마예요")
    while not city.phone.shown:
        await asyncio.sleep(0.01)
    assert asyncio.get_running_loop().time() - began < 2.5
    await city.turns.idle()
    late, answer = (wire["text"] for wire in city.phone.shown)
    assert "099-120-1000" in late
    assert "까지" in late or "열려" in late  # the hours
    assert answer == "답: 여권 얼마예요"


async def test_who_asks_the_same_gets_the_earlier_answer_with_its_age(city: City) -> None:
    links = (Button(label="누리집", url="https://www.passport.go.kr"), Button(label="더", payload="/more"))
    shown = Outbound(text="53,000원이에요.", buttons=links)
    made = Reply(messages=(shown,), outcome="answered_faq").model_dump(mode="json")
    city.rasa.answer = lambda text: [{"custom": {"sotong": made}}]
    await city.ask("여권 얼마예요?", to="lee")
    city.now += timedelta(hours=3)
    city.rasa.answer = lambda text: "[]"
    note, again = await city.ask("여권얼마예요")
    assert "3시간" in note
    assert again == "53,000원이에요."
    assert city.phone.shown[-1]["buttons"] == [("누리집", "https://www.passport.go.kr")]
    assert await city.outcomes() == ["error_bot"]


async def test_an_answer_of_last_month_or_about_a_person_is_not_given_again(city: City) -> None:
    city.rasa.answer = lambda text: reply("내 민원은 처리 중", outcome="answered_service")
    await city.ask("어디까지 됐어요", to="lee")
    city.rasa.answer = lambda text: reply("53,000원")
    await city.ask("여권", to="lee")
    city.rasa.answer = lambda text: "[]"
    assert "처리 중" not in " ".join(await city.ask("어디까지 됐어요"))
    city.now += timedelta(days=31)
    assert "53,000원" not in " ".join(await city.ask("여권"))


async def test_late_and_then_nothing_ends_with_a_phone_number(settings: Settings, free_port: int) -> None:
    short = settings.model_copy(update={"rasa_timeout": 0.5})
    async with open_city(short, free_port, phone=Phone(capabilities=QUICK)) as city:
        holiday(city.now.date())
        city.rasa.delay = 3
        late, apology = await city.ask("여권")
        assert late != apology
        assert "099-120-1000" in apology


async def test_a_flood_is_asked_to_slow_down_once(city: City) -> None:
    for _ in range(30):
        await city.send("여권")
    await city.turns.idle()
    answers = [wire["text"] for wire in city.phone.shown]
    assert answers[:20] == ["답: 여권"] * 20
    assert len(answers) == 21
    assert len(city.rasa.asked) == 20
    assert (await city.outcomes()).count("ignored") == 10


async def test_a_message_that_always_fails_does_not_hold_up_the_next(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.turns._AGAIN_AFTER", 0.01)
    real = city.turns._answering.answer

    async def broken(inbound: Any, **rest: Any) -> Reply:
        if inbound.text == "독약":
            raise RuntimeError("a fault of the program")
        return await real(inbound, **rest)

    monkeypatch.setattr(city.turns._answering, "answer", broken)
    await city.send("독약")
    await city.send("여권")
    while len(city.phone.shown) < 2:
        await asyncio.sleep(0.02)
    apology, answer = (wire["text"] for wire in city.phone.shown)
    assert "099-120-1000" in apology
    assert answer == "답: 여권"


@asynccontextmanager
async def boxed(settings: Settings, port: int, client: Any) -> AsyncIterator[tuple[City, Any]]:
    async with open_city(settings, port, phone=Box()) as city:
        app = web.Application()
        app.add_routes(city.webhooks.routes())
        http = await client(app)

        async def bring(**said: Any) -> Any:
            response = await http.post("/webhooks/phone", json=said)
            assert response.status == 200
            return await response.json()

        yield city, bring


async def test_the_response_carries_the_reply(
    settings: Settings, free_port: int, aiohttp_client: Any
) -> None:
    async with boxed(settings, free_port, aiohttp_client) as (city, bring):
        (wire,) = await bring(id="1", text="여권")
        assert wire["text"] == "답: 여권"
        await city.turns.idle()
        lines = await city.log.history(await city.id())
        assert [line.delivery for line in lines if line.author == "bot"] == ["delivered"]
        assert await bring(id="1", text="여권") == []  # the same request again


async def test_a_late_reply_is_fetched_by_a_button(
    settings: Settings, free_port: int, aiohttp_client: Any
) -> None:
    async with boxed(settings, free_port, aiohttp_client) as (city, bring):
        city.rasa.delay = 0.8
        began = asyncio.get_running_loop().time()
        (waiting,) = await bring(id="1", text="여권")
        assert asyncio.get_running_loop().time() - began < 0.7
        assert waiting["waiting"]
        (still,) = await bring(id="2", tap=waiting["taps"][0])
        (answer,) = [still] if "text" in still else await bring(id="3", tap=waiting["taps"][0])
        assert answer["text"] == "답: 여권"
        (nothing,) = await bring(id="4", tap=waiting["taps"][0])
        assert "답: 여권" not in nothing["text"]


async def test_a_late_reply_comes_with_the_next_question_at_the_latest(
    settings: Settings, free_port: int, aiohttp_client: Any
) -> None:
    async with boxed(settings, free_port, aiohttp_client) as (city, bring):
        city.rasa.delay = 0.6
        await bring(id="1", text="여권")
        await city.turns.idle()
        city.rasa.delay = 0
        first, second = await bring(id="2", text="등본")
        assert [first["text"], second["text"]] == ["답: 여권", "답: 등본"]


async def test_a_late_reply_takes_the_platforms_own_way(
    settings: Settings, free_port: int, aiohttp_client: Any
) -> None:
    async with boxed(settings, free_port, aiohttp_client) as (city, bring):
        city.rasa.delay = 0.6
        (waiting,) = await bring(id="1", text="여권", callback="https://callback")
        assert waiting["waiting"]
        assert waiting["taps"] == []
        await city.turns.idle()
        assert [wire["text"] for wire in city.phone.shown] == ["답: 여권"]


async def test_what_does_not_fit_into_a_response_is_fetched(
    settings: Settings, free_port: int, aiohttp_client: Any
) -> None:
    async with boxed(settings, free_port, aiohttp_client) as (city, bring):
        city.rasa.answer = lambda text: reply("하나", "둘", "셋")
        seen = []
        wires = await bring(id="1", text="여권")
        for number in range(2, 6):
            seen += [wire["text"] for wire in wires if wire["text"] in ("하나", "둘", "셋")]
            if not wires[-1]["buttons"]:
                break
            ((label, tap),) = wires[-1]["buttons"]
            assert label
            wires = await bring(id=str(number), tap=tap)
        assert seen == ["하나", "둘", "셋"]


async def test_where_nobody_can_write_unasked_a_person_is_a_phone_number(
    settings: Settings, free_port: int, aiohttp_client: Any
) -> None:
    async with boxed(settings, free_port, aiohttp_client) as (city, bring):
        city.rasa.answer = lambda text: reply(outcome="handed_off", handoff="asked")
        (wire,) = await bring(id="1", text="상담원")
        assert "099-120-1000" in wire["text"]
        assert (await city.log.conversation(await city.id())).state == "bot"
