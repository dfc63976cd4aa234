"""The ways around a blocked WebSocket, and who is let in."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.feed import Feed
from connectors.webchat.channel import WebChat
from connectors.webchat.visit import Visits
from tests.webchat_support import Place, running
from tests.webchat_wire import bearer, http, message, open_page, place, token_of

__all__ = ["http", "place"]  # fixtures


async def test_server_sent_events_and_post(place: Place, http: aiohttp.ClientSession) -> None:
    token = await token_of(http, place)
    async with http.get(place.url("stream"), headers=bearer(token)) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert stream.headers["X-Accel-Buffering"] == "no"
        sent = message("안녕")
        async with http.post(place.url("messages"), json=sent, headers=bearer(token)) as response:
            assert (response.status, (await response.json())["id"]) == (202, sent["id"])
        rows = []
        async with asyncio.timeout(10):
            while "event: bot.message" not in rows:
                rows.append((await stream.content.readline()).decode().rstrip("\n"))
            data = json.loads((await stream.content.readline()).decode().removeprefix("data: "))
    assert rows[:3] == ["retry: 3000", "", "event: session.ready"]
    assert "id: 2" in rows
    assert data["seq"] == 2
    async with http.get(place.url("stream"), headers=bearer(token) | {"Last-Event-ID": "1"}) as stream:
        rows = [(await stream.content.readline()).decode() for _ in range(7)]
    assert [row for row in rows if row.startswith("id:")] == ["id: 2\n"]


async def test_long_polling(place: Place, http: aiohttp.ClientSession) -> None:
    token = await token_of(http, place)
    async with http.get(place.url("poll"), headers=bearer(token)) as response:
        assert [frame["type"] for frame in (await response.json())["frames"]] == ["session.ready"]

    async with http.get(place.url("poll?after=0&wait=0"), headers=bearer(token)) as response:
        assert [frame["type"] for frame in (await response.json())["frames"]] == ["session.ready"]

    async def poll(after: int) -> list[dict[str, Any]]:
        async with http.get(place.url(f"poll?after={after}"), headers=bearer(token)) as response:
            return [frame for frame in (await response.json())["frames"] if "at" in frame]

    waiting = asyncio.create_task(poll(0))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await http.post(place.url("messages"), json=message("안녕"), headers=bearer(token))
    got = await asyncio.wait_for(waiting, 10)
    while len(got) < 2:
        got += await asyncio.wait_for(poll(got[-1]["seq"]), 10)
    assert [frame["seq"] for frame in got] == [1, 2]


async def test_news_the_feed_lost_are_found_in_the_log(place: Place, http: aiohttp.ClientSession) -> None:
    token = await token_of(http, place)
    page = await open_page(http, place, token)
    await page.socket.send_json(message("안녕"))
    await page.until("bot.message")
    (conversation,) = await place.log.recent()
    deaf = Feed()  # nobody publishes here
    visits = Visits(place.log, deaf, WebChat(deaf), look_again=0.05)
    following = visits.follow(conversation.user_id, 2)
    assert [frame["type"] for frame in await anext(following)] == ["session.ready"]
    assert await anext(following) == []
    operator = await place.operator()
    await place.desk.claim(conversation.id, operator)
    await place.gateway.say(conversation.id, "늦은 소식", operator)
    async with asyncio.timeout(5):
        while not (frames := [each for each in await anext(following) if "parts" in each]):
            pass
    assert frames[0]["parts"][0]["text"] == "늦은 소식"
    await following.aclose()


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://evil.example", 403), (None, 403), ("https://blog.example", 101), ("null", 403)],
)
async def test_foreign_sites_are_kept_out(
    origin: str | None, status: int, place: Place, http: aiohttp.ClientSession
) -> None:
    try:
        socket = await http.ws_connect(place.url("ws"), origin=origin)
        got = 101
        await socket.close()
    except aiohttp.WSServerHandshakeError as refused:
        got = refused.status
    assert got == status
    if origin:
        async with http.post(place.url("session"), json={}, headers={"Origin": origin}) as response:
            assert (response.status == 403) == (status == 403)


async def test_a_wrong_token_opens_nothing(place: Place, http: aiohttp.ClientSession) -> None:
    origin = str(place.server.make_url("")).rstrip("/")
    for opening in ({"v": 1, "type": "session.open", "resume_token": "a.b"}, message("안녕"), {"x": 1}):
        socket = await http.ws_connect(place.url("ws"), origin=origin)
        await socket.send_json(opening)
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == 4401
    for method, path in (
        ("GET", "stream"),
        ("GET", "poll"),
        ("GET", "history?before=3"),
        ("POST", "messages"),
        ("POST", "erase"),
    ):
        for headers in ({}, bearer("a.b"), {"Authorization": "Basic YTpi"}):
            async with http.request(method, place.url(path), headers=headers) as response:
                assert response.status == 401, path


async def test_frames_that_make_no_sense_get_a_sentence(place: Place, http: aiohttp.ClientSession) -> None:
    page = await open_page(http, place)
    for raw in ("", "{", "[]", '{"type":"user.shout","id":"abcdefgh"}', '{"v":1,"type":"session.open"}'):
        await page.socket.send_str(raw)
        assert (await page.until("error"))["code"] == "bad_frame"
    await page.socket.send_json(message("그래도 돼요?"))
    await page.until("bot.message")


async def test_pages_and_their_rules(place: Place, http: aiohttp.ClientSession) -> None:
    async with http.get(place.url()) as response:
        page = await response.text()
        policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'self' https://blog.example" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script>" not in page
    assert "style=" not in page
    async with http.get(place.url("config")) as response:
        config = await response.json()
    assert config["name"]
    assert config["menu"]
    assert "{" not in json.dumps(config["menu"], ensure_ascii=False).replace('{"label"', "")
    async with http.get(place.url("embed.js")) as response:
        assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    async with http.get(place.url().rstrip("/"), allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (301, "/chat/")
    async with http.get(place.url("static/../routes.py")) as response:
        assert response.status == 404


async def test_stopping_sends_the_pages_away(tmp_path: Path, http: aiohttp.ClientSession) -> None:
    async with running(tmp_path) as place:
        page = await open_page(http, place)
        reading = asyncio.create_task(page.socket.receive())
        stream = await http.get(place.url("stream"), headers=bearer(await token_of(http, place)))
    assert (await asyncio.wait_for(reading, 5)).type is aiohttp.WSMsgType.CLOSE
    assert page.socket.close_code == 1001
    stream.close()
