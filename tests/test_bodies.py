"""Platforms that take the reply in the response to their request: in it, or a word in time and the rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.content.hours import holiday
from bot.settings import Settings
from tests.gateway_support import Box, City, open_city
from tests.scripted_rasa import reply


@asynccontextmanager
async def boxed(settings: Settings, port: int) -> AsyncIterator[tuple[City, Any]]:
    """Served as the gateway is: its work goes on when somebody hangs up."""
    async with open_city(settings, port, phone=Box()) as city, aiohttp.ClientSession() as session:
        holiday(city.now.date())  # reads the calendar, once
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
        city.rasa.delay = 2.4
        began = asyncio.get_running_loop().time()
        (waiting,) = await bring(id="1", text="여권")
        assert asyncio.get_running_loop().time() - began < city.rasa.delay - 0.3
        wire = waiting
        for number in range(2, 20):
            if "text" in wire:
                break
            (wire,) = await bring(id=str(number), tap=waiting["taps"][0])
        assert wire["text"] == "답: 여권"
        (nothing,) = await bring(id="20", tap=waiting["taps"][0])
        assert "답: 여권" not in nothing["text"]


async def said(city: City) -> list[tuple[str, str | None]]:
    """What the log says was said, and what became of it."""
    lines = await city.log.history(await city.id())
    return [(line.text, line.delivery) for line in lines if line.author == "bot"]


async def test_not_yet_is_in_the_log_like_everything_that_is_said(settings: Settings, free_port: int) -> None:
    async with boxed(settings, free_port) as (city, bring):
        city.rasa.delay = 1.8
        (waiting,) = await bring(id="1", text="여권")
        await city.turns.idle()
        states = {text.splitlines()[0]: state for text, state in await said(city)}
        assert states == {waiting["waiting"]: "delivered", "답: 여권": "pending"}


async def test_who_hangs_up_before_not_yet_is_said_may_not_have_seen_it(
    settings: Settings, free_port: int
) -> None:
    async with boxed(settings, free_port) as (city, bring):
        city.rasa.delay = 2.4
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
        real, stuck = city.log.receive, asyncio.Event()

        async def slow(inbound: Any) -> Any:
            await stuck.wait()
            return await real(inbound)

        monkeypatch.setattr(city.log, "receive", slow)
        (apology,) = await asyncio.wait_for(bring(id="1", text="여권"), 10)
        assert "099-120-1000" in apology["text"]
        monkeypatch.undo()
        stuck.set()
        while not await city.log.recent():
            await asyncio.sleep(0.01)
        await city.turns.idle()
        first, second = await bring(id="2", text="등본")
        assert [first["text"], second["text"]] == ["답: 여권", "답: 등본"]
        assert any("099-120-1000" in text and state == "delivered" for text, state in await said(city))


async def test_a_late_reply_comes_with_the_next_question_at_the_latest(
    settings: Settings, free_port: int
) -> None:
    async with boxed(settings, free_port) as (city, bring):
        city.rasa.delay = 1.8
        await bring(id="1", text="여권")
        await city.turns.idle()
        city.rasa.delay = 0
        first, second = await bring(id="2", text="등본")
        assert [first["text"], second["text"]] == ["답: 여권", "답: 등본"]


async def test_a_late_reply_takes_the_platforms_own_way(settings: Settings, free_port: int) -> None:
    async with boxed(settings, free_port) as (city, bring):
        city.rasa.delay = 1.8
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
