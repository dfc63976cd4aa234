"""What an action server tells those who look after it, and the way of a turn's number to the city's API."""

from __future__ import annotations

import asyncio

import httpx
from aiohttp import web
from opentelemetry.trace import SpanKind
from prometheus_client import CollectorRegistry

from actions.city_api import CityApi, Request
from bot.telemetry.calls import CallWatch
from bot.telemetry.tracing import open_tracing
from tests.actions_support import SHOWN, tracker
from tests.services_support import Office, api
from tests.telemetry_support import collecting, listening, numbers, status

TRACE = "0af7651916cd43dd8448eb211c80319c"
NAME, USER, NUMBER = "김하늘이에요", "kakao:7705501", "900101-1234568"


def inside(office: Office) -> str:
    url = httpx.URL(office.rasa.url)
    return f"http://127.0.0.1:{(url.port or 0) + 1000}"


def call(office: Office, action: str, text: str) -> int:
    """Rasa's call in turn 4711; the status."""
    asked = tracker(text, "use_service", {"note": NUMBER}, now="2026-11-23T10:00:00+09:00")
    asked["sender_id"] = USER
    body = {"next_action": action, "sender_id": USER, "version": "3.6.21", "tracker": asked, "domain": {}}
    headers = SHOWN | {"baggage": "other=1, sotong.turn=4711"}
    return httpx.post(f"{office.rasa.url}/webhook", json=body, headers=headers, timeout=20).status_code


async def test_an_action_is_counted_and_the_city_hears_which_turn_it_is_for(office: Office) -> None:
    heard: list[str] = []

    async def bins(request: web.Request) -> web.Response:
        heard.append(request.headers.get("baggage", ""))
        return web.json_response({"error": f"{NAME} {NUMBER}"}, status=500)

    async with api(office, web.route("*", "/{path:.*}", bins)):
        code = await asyncio.to_thread(call, office, "action_waste_schedule", f"{NAME} {NUMBER} 쓰레기")
    assert code == 200
    assert await asyncio.to_thread(call, office, "action_nobody_knows", NAME) == 404
    told = await numbers(inside(office))
    assert set(heard) == {"sotong.turn=4711"}
    assert told("sotong_actions_total", action="action_waste_schedule", result="done") == 1
    assert told("sotong_actions_total", action="other", result="failed") >= 1
    assert told("sotong_calls_total", peer="city", result="500") >= 1
    assert told("sotong_answers") > 0
    assert told("sotong_ready", part="answers") == told("sotong_process", process="actions") == 1
    logged = office.rasa.log.read_text("utf-8", errors="replace")
    assert '"turn": 4711' in logged
    for hidden in (NAME, USER, NUMBER, "action_nobody_knows"):
        assert hidden not in told.text
    for hidden in (NAME, USER, NUMBER):
        assert hidden not in logged


async def test_health_is_told_on_the_private_port(office: Office) -> None:
    assert await status(f"{inside(office)}/healthz") == (200, {"status": "ok"})
    assert await status(f"{inside(office)}/readyz") == (200, {"answers": True, "database": True})


async def test_the_city_belongs_to_the_trace_of_the_turn() -> None:
    heard: list[str] = []

    async def anything(request: web.Request) -> web.Response:
        heard.append(request.headers["traceparent"])
        raise web.HTTPNotFound

    app = web.Application()
    app.router.add_get("/cases/{id}", anything)
    async with collecting() as collector, listening(app) as city:
        tracing = open_tracing(collector.url, "actions")
        watch = CallWatch(CollectorRegistry(), {"city": city}, tracing, ("city",))
        api = CityApi(city, "X-Api-Key", "demo-key", watch=watch)
        await api.start()
        with tracing.span("action", SpanKind.SERVER, {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}):
            assert (await api.send(Request("case", "/cases/{id}", {"id": NUMBER}, {})))[0] == 404
        await api.close()
        await asyncio.to_thread(tracing.close)
    ours = {span.name: span for span in collector.spans}
    assert heard == [f"00-{TRACE}-{ours['call city'].span_id.hex()}-01"]
    assert ours["call city"].parent_span_id == ours["action"].span_id
    assert NUMBER not in collector.text
