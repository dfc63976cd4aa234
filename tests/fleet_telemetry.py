"""What a fleet tells those who look after it: steps of `tests/test_fleet.py`, whose fleet starts slowly."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress

import aiohttp

from tests.fleet_support import SHOWN, Office, action_server, citizens
from tests.telemetry_support import collecting, numbers, status

TRACE = "0af7651916cd43dd8448eb211c80319c"
NAME, USER, NUMBER = "김하늘이에요", "kakao:7705501", "900101-1234568"


async def tells_numbers_and_health(office: Office) -> None:
    """On its private port, of the server that answers."""
    inside = await ready(office)
    async with citizens(office, count=0) as there, action_server(office) as actions:
        before = await numbers(inside)
        await there.ask("n", 0)
        assert await there.say("n", "둘러보기", "n-1") == []
        told = await numbers(inside)
        assert len(actions.asked) == 1
    assert told("sotong_rasa_turns_total", result="answered") >= 1
    assert told("sotong_rasa_turns_total", result="silent") >= 1
    assert told("sotong_rasa_understand_seconds_count") - before("sotong_rasa_understand_seconds_count") == 2
    assert told("sotong_calls_total", peer="actions", result="200") >= 1
    assert told("sotong_rasa_model") == told("sotong_process", process="rasa") == 1
    assert await status(f"{inside}/healthz") == (200, {"status": "ok"})


async def says_that_its_server_is_frozen(office: Office, server: int) -> None:
    """A server that is there and silent is neither alive nor ready."""
    inside = await ready(office)
    os.kill(server, signal.SIGSTOP)
    try:
        assert await status(f"{inside}/healthz") == (503, {"status": "silent"})
        assert await status(f"{inside}/readyz") == (503, {"model": False})
    finally:
        os.kill(server, signal.SIGCONT)


async def passes_the_turn_on(office: Office) -> None:
    """Trace and number of a turn go to the action server; nothing tells anything of the citizen."""
    inside = await ready(office)
    headers = {**SHOWN, "traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "baggage": "sotong.turn=4711"}
    message = {"sender": USER, "message": "둘러보기", "metadata": {"note": f"{NAME} {NUMBER}"}}
    failing = {**message, "message": f"둘러보기 {NAME} {NUMBER}"}
    url = f"http://127.0.0.1:{office.port}/webhooks/rest/webhook"
    async with collecting(office.traces_port) as collector, aiohttp.ClientSession() as session:
        async with (
            action_server(office, {"text": "네."}) as actions,
            session.post(url, json=message, headers=headers) as answer,
        ):
            assert [said["text"] for said in await answer.json()] == ["네."]
        async with session.post(url, json=failing, headers=headers) as answer:  # nobody runs the action
            assert answer.status == 200
        while not {"call actions", "understand and decide"} <= {span.name for span in collector.spans}:
            await asyncio.sleep(0.05)
        told = await numbers(inside)
    (heard,) = actions.headers
    assert heard["baggage"] == "sotong.turn=4711"
    sent = next(span for span in collector.spans if span.name == "call actions")
    assert heard["traceparent"] == f"00-{TRACE}-{sent.span_id.hex()}-01"
    assert {span.trace_id.hex() for span in collector.spans} == {TRACE}
    logged = office.log.read_text("utf-8", errors="replace")
    assert '"turn": 4711' in logged
    for hidden in (NAME, USER, NUMBER):
        assert hidden not in logged + told.text + collector.text


async def ready(office: Office) -> str:
    """Address of the private port, once a model answers."""
    inside = f"http://127.0.0.1:{office.port + 1000}"
    while True:
        with suppress(aiohttp.ClientConnectionError):
            if (await status(f"{inside}/readyz"))[0] == 200:
                return inside
        await asyncio.sleep(0.1)
