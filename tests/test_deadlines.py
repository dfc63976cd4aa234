"""When the bot is late or fails: a word in time, the best there is, and the answer all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
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
from tests.gateway_support import LIMITS, Box, City, Phone, open_city
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
async def boxed(settings: Settings, port: int) -> AsyncIterator[tuple[City, Any]]:
    """Served as the gateway is: its work goes on when somebody hangs up."""
    async with open_city(settings, port, phone=Box()) as city, aiohttp.ClientSession() as session:
        app = web.Application()
        app.add_routes(city.webhooks.routes())
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhooks/phone"

        async def bring(**said: Any) -> Any:
            async with session.post(url, json=said) as response:
                assert response.status == 200
                return await response.json()

        try:
            yield city, bring
        finally:
            await runner.cleanup()


async def test_the_response_carries_the_reply(settings: Settings, free_port: int) -> None:
    async with boxed(settings, free_port) as (city, bring):
        (wire,) = await bring(id="1", text="여권")
        assert wire["text"] == "답: 여권"
        await city.turns.idle()
        lines = await city.log.history(await city.id())
        assert [line.delivery for line in lines if line.author == "bot"] == ["delivered"]
        assert await bring(id="1", text="여권") == []  # the same request again


async def test_a_late_reply_is_fetched_by_a_button(settings: Settings, free_port: int) -> None:
    async with boxed(settings, free_port) as (city, bring):
        city.rasa.delay = 0.8
        began = asyncio.get_running_loop().time()
        (waiting,) = await bring(id="1", text="여권")
        assert asyncio.get_running_loop().time() - began < 0.9
        assert waiting["waiting"]
        (still,) = await bring(id="2", tap=waiting["taps"][0])
        (answer,) = [still] if "text" in still else await bring(id="3", tap=waiting["taps"][0])
        assert answer["text"] == "답: 여권"
        (nothing,) = await bring(id="4", tap=waiting["taps"][0])
        assert "답: 여권" not in nothing["text"]


async def said(city: City) -> list[tuple[str, str | None]]:
    """What the log says was said, and what became of it."""
    lines = await city.log.history(await city.id())
    return [(line.text, line.delivery) for line in lines if line.author == "bot"]


async def test_not_yet_is_in_the_log_like_everything_that_is_said(settings: Settings, free_port: int) -> None:
    async with boxed(settings, free_port) as (city, bring):
        city.rasa.delay = 0.6
        (waiting,) = await bring(id="1", text="여권")
        await city.turns.idle()
        states = {text.splitlines()[0]: state for text, state in await said(city)}
        assert states == {waiting["waiting"]: "delivered", "답: 여권": "pending"}


async def test_who_hangs_up_before_not_yet_is_said_may_not_have_seen_it(
    settings: Settings, free_port: int
) -> None:
    async with boxed(settings, free_port) as (city, bring):
        city.rasa.delay = 0.8
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(bring(id="1", text="여권"), 0.2)
        await city.turns.idle()
        while not any(state == "uncertain" for _, state in await said(city)):
            await asyncio.sleep(0.05)
        assert ("답: 여권", "pending") in await said(city)


async def test_a_log_that_is_stuck_does_not_keep_a_platform_waiting(
    settings: Settings, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with boxed(settings, free_port) as (city, bring):
        holiday(city.now.date())
        real = city.log.receive

        async def slow(inbound: Any) -> Any:
            await asyncio.sleep(1.0)
            return await real(inbound)

        monkeypatch.setattr(city.log, "receive", slow)
        began = asyncio.get_running_loop().time()
        (apology,) = await bring(id="1", text="여권")
        assert asyncio.get_running_loop().time() - began < 0.9
        assert "099-120-1000" in apology["text"]
        monkeypatch.undo()
        await asyncio.sleep(1.0)
        first, second = await bring(id="2", text="등본")
        assert [first["text"], second["text"]] == ["답: 여권", "답: 등본"]


async def test_a_late_reply_comes_with_the_next_question_at_the_latest(
    settings: Settings, free_port: int
) -> None:
    async with boxed(settings, free_port) as (city, bring):
        city.rasa.delay = 0.6
        await bring(id="1", text="여권")
        await city.turns.idle()
        city.rasa.delay = 0
        first, second = await bring(id="2", text="등본")
        assert [first["text"], second["text"]] == ["답: 여권", "답: 등본"]


async def test_a_late_reply_takes_the_platforms_own_way(settings: Settings, free_port: int) -> None:
    async with boxed(settings, free_port) as (city, bring):
        city.rasa.delay = 0.6
        (waiting,) = await bring(id="1", text="여권", callback="https://callback")
        assert waiting["waiting"]
        assert waiting["taps"] == []
        await city.turns.idle()
        assert [wire["text"] for wire in city.phone.shown] == ["답: 여권"]


async def test_what_does_not_fit_into_a_response_is_fetched(settings: Settings, free_port: int) -> None:
    async with boxed(settings, free_port) as (city, bring):
        city.rasa.answer = lambda text: reply("하나", "둘", "셋")
        seen, notes = [], []
        wires = await bring(id="1", text="여권")
        for number in range(2, 6):
            seen += [wire["text"] for wire in wires if wire["text"] in ("하나", "둘", "셋")]
            if not wires[-1]["buttons"]:
                break
            ((label, tap),) = wires[-1]["buttons"]
            assert label
            notes.append(wires[-1]["text"])
            wires = await bring(id=str(number), tap=tap)
        assert seen == ["하나", "둘", "셋"]
        await city.turns.idle()
        logged = await said(city)
        assert {state for _, state in logged} == {"delivered"}
        assert len(logged) == len(seen) + len(notes)
        assert all(any(text.startswith(note) for text, _ in logged) for note in notes)


async def test_where_nobody_can_write_unasked_a_person_is_a_phone_number(
    settings: Settings, free_port: int
) -> None:
    async with boxed(settings, free_port) as (city, bring):
        city.rasa.answer = lambda text: reply(outcome="handed_off", handoff="asked")
        (wire,) = await bring(id="1", text="상담원")
        assert "099-120-1000" in wire["text"]
        assert (await city.log.conversation(await city.id())).state == "bot"
