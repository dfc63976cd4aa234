"""When the bot is late or fails: a word in time, the best there is, and the answer all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.channel import Capabilities, Delivery
from bot.content.hours import holiday
from bot.messages import Button, Outbound, Reply
from bot.pace import Pace
from bot.rasa import RasaClient
from bot.settings import Settings
from tests.gateway_support import LIMITS, City, Phone, open_city
from tests.scripted_rasa import ScriptedRasa, reply

QUICK = replace(LIMITS, reply_within=0.2)
AT_ONCE = replace(LIMITS, reply_within=0.0)


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


@dataclass
class Slow(Phone):
    """Takes a while for each message."""

    capabilities: Capabilities = AT_ONCE

    async def send(self, delivery: Delivery, wires: Sequence[dict[str, Any]]) -> str:
        await asyncio.sleep(0.1)
        return await super().send(delivery, wires)


async def test_late_and_not_started_are_one_word_shown_once(settings: Settings, free_port: int) -> None:
    async with open_city(settings, free_port, phone=Slow()) as city:
        holiday(city.now.date())
        city.rasa.has_model = False
        await city.send("여권")
        await asyncio.sleep(0.6)
        city.rasa.has_model = True
        await city.turns.idle()
        word, answer = (wire["text"] for wire in city.phone.shown)
        assert word
        assert answer == "답: 여권"


async def test_an_answer_that_was_announced_comes_as_soon_as_it_is_there(city: City) -> None:
    city.rasa.has_model = False
    began = asyncio.get_running_loop().time()
    await city.send("여권")
    while not city.phone.shown:
        await asyncio.sleep(0.02)
    city.rasa.has_model = True
    await city.turns.idle()
    assert [wire["text"] for wire in city.phone.shown][1:] == ["답: 여권"]
    assert asyncio.get_running_loop().time() - began < LIMITS.reply_within - 1


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


class OneAtATime(ScriptedRasa):
    """As a server on one core does."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.lock = asyncio.Lock()

    async def _webhook(self, request: web.Request) -> web.Response:
        async with self.lock:
            return await super()._webhook(request)


async def test_a_rush_after_a_pause_is_answered_and_not_apologised_for(free_port: int) -> None:
    rasa = OneAtATime(free_port)
    rasa.delay = 0.05
    await rasa.start()
    async with aiohttp.ClientSession() as session:
        bot = RasaClient(session, rasa.url, rasa.url, timeout=0.8, at_once=4)
        replies = await asyncio.gather(*(bot.reply(f"phone:{n}", "여권", {}) for n in range(32)))
    await rasa.stop()
    assert {made.messages[0].text for made in replies} == {"답: 여권"}


class Starting(ScriptedRasa):
    """Counts how often it is asked whether it is ready; it never is."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.has_model = False
        self.probed = 0

    async def _status(self, request: web.Request) -> web.Response:
        self.probed += 1
        return await super()._status(request)


async def test_a_bot_that_is_starting_is_not_kept_from_it_by_those_who_wait(free_port: int) -> None:
    rasa = Starting(free_port)
    await rasa.start()
    async with aiohttp.ClientSession() as session:
        bot = RasaClient(session, rasa.url, rasa.url)

        async def wait() -> None:
            for _ in range(20):
                assert not await bot.ready()
                await asyncio.sleep(0.05)

        await asyncio.gather(*(wait() for _ in range(50)))
    await rasa.stop()
    assert 2 <= rasa.probed <= 8


async def test_late_and_then_nothing_ends_with_a_phone_number(settings: Settings, free_port: int) -> None:
    short = settings.model_copy(update={"rasa_timeout": 0.5})
    async with open_city(short, free_port, phone=Phone(capabilities=QUICK)) as city:
        holiday(city.now.date())
        city.rasa.delay = 3
        late, apology = await city.ask("여권")
        assert late != apology
        assert "099-120-1000" in apology


async def test_a_flood_is_asked_to_slow_down_once(city: City) -> None:
    city.turns._pace = Pace(lambda: 0.0)  # the thirty come in one moment, however slow the machine is
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
    monkeypatch.setattr("bot.rounds._AGAIN_AFTER", 0.01)
    real = city.turns._meanwhile._answering.answer

    async def broken(inbound: Any, **rest: Any) -> Reply:
        if inbound.text == "독약":
            raise RuntimeError("a fault of the program")
        return await real(inbound, **rest)

    monkeypatch.setattr(city.turns._meanwhile._answering, "answer", broken)
    await city.send("독약")
    await city.send("여권")
    while len(city.phone.shown) < 2:
        await asyncio.sleep(0.02)
    apology, answer = (wire["text"] for wire in city.phone.shown)
    assert "099-120-1000" in apology
    assert answer == "답: 여권"
