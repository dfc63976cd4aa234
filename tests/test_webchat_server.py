"""Messages over the WebSocket: stored, acknowledged, answered, each once."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

import aiohttp
import pytest

from bot.messages import Outbound
from tests.webchat_support import Place, running
from tests.webchat_wire import bearer, http, message, open_page, place, token_of

__all__ = ["http", "place"]  # fixtures


async def test_a_message_is_stored_acknowledged_and_answered(
    place: Place, http: aiohttp.ClientSession
) -> None:
    page = await open_page(http, place)
    token = page.heard[0]["resume_token"]
    sent = message("안녕하세요")
    await page.socket.send_json(sent)
    answer = await page.until("bot.message")
    assert answer["parts"] == [{"kind": "text", "text": "잘 들었어요: 안녕하세요"}]
    assert {"v": 1, "type": "ack", "id": sent["id"], "fresh": True} in page.heard
    assert page.said() == [(1, "user.message"), (2, "bot.message")]
    (conversation,) = await place.log.recent()
    assert token not in conversation.user_id
    assert len(conversation.user_id) == 32


async def test_the_same_id_is_one_message(place: Place, http: aiohttp.ClientSession) -> None:
    page = await open_page(http, place)
    sent = message("등본 떼는 법")
    for _ in range(3):
        await page.socket.send_json(sent)
    await page.until("ack", count=3)
    await place.turns.idle()
    assert [frame["fresh"] for frame in page.heard if frame["type"] == "ack"] == [True, False, False]
    assert len(place.bot.asked) == 1


async def test_two_visitors_may_use_the_same_id(place: Place, http: aiohttp.ClientSession) -> None:
    for text in ("하나", "둘"):
        page = await open_page(http, place)
        await page.socket.send_json(message(text, "c-0000001"))
        await page.until("bot.message")
    assert place.bot.asked == ["하나", "둘"]


async def test_ten_messages_in_one_second_are_all_answered(place: Place, http: aiohttp.ClientSession) -> None:
    page = await open_page(http, place)
    for number in range(10):
        await page.socket.send_json(message(f"질문 {number}"))
    await page.until("bot.message", count=10)
    assert place.bot.asked == [f"질문 {number}" for number in range(10)]
    assert not [frame for frame in page.heard if frame["type"] == "error"]


async def test_a_flood_is_told_so_for_each_message(place: Place, http: aiohttp.ClientSession) -> None:
    page = await open_page(http, place)
    sent = [message(f"질문 {number}") for number in range(60)]
    began = time.monotonic()
    for one in sent:
        await page.socket.send_json(one)
    await page.until("ack", "error", count=len(sent))
    errors = [frame for frame in page.heard if frame["type"] == "error"]
    passed = [frame["id"] for frame in page.heard if frame["type"] == "ack"]
    assert passed[:20] == [one["id"] for one in sent[:20]]
    assert {*passed, *(error["id"] for error in errors)} == {one["id"] for one in sent}
    assert 20 <= len(passed) <= 21 + 2 * (time.monotonic() - began)
    assert all(error["code"] == "rate" and error["retryable"] for error in errors)
    assert all(0 < error["retry_after"] <= 10 and "다시 보낼게요" in error["message"] for error in errors)


async def test_a_flood_that_does_not_listen_is_sent_away(place: Place, http: aiohttp.ClientSession) -> None:
    page = await open_page(http, place)
    for _ in range(60):
        await page.socket.send_str("{}")
    async with asyncio.timeout(10):
        while (await page.socket.receive()).type is aiohttp.WSMsgType.TEXT:
            pass
    assert page.socket.close_code == 4429


async def test_a_lost_line_loses_and_doubles_nothing(place: Place, http: aiohttp.ClientSession) -> None:
    """The socket is cut at every point of the exchange; what is missing comes once, in order."""
    page = await open_page(http, place)
    token = page.heard[0]["resume_token"]
    seen: list[tuple[int, str]] = []
    last = None
    for number in range(6):
        sent = message(f"질문 {number}")
        await page.socket.send_json(sent)
        if number % 2:
            await page.until("ack")
        await page.socket.close()
        seen += page.said()
        last = max([seq for seq, _ in seen], default=None)
        page = await open_page(http, place, token, last)
        await page.socket.send_json(sent)  # the page cannot know whether it had arrived
        await page.until("ack")
    await place.turns.idle()
    await page.socket.close()
    seen += page.said()
    page = await open_page(http, place, token, max(seq for seq, _ in seen))
    await page.socket.send_json({"v": 1, "type": "ping"})
    await page.until("pong")
    seen += page.said()
    assert [seq for seq, _ in seen] == list(range(1, 13))
    assert place.bot.asked == [f"질문 {number}" for number in range(6)]


async def test_a_restart_of_the_gateway_keeps_the_conversation(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    async with running(tmp_path) as before:
        page = await open_page(http, before)
        token = page.heard[0]["resume_token"]
        await page.socket.send_json(message("안녕"))
        await page.until("bot.message")
    async with running(tmp_path) as after:
        page = await open_page(http, after, token)
        await page.until("bot.message")
        assert page.said() == [(1, "user.message"), (2, "bot.message")]


async def test_history_comes_in_pages(place: Place, http: aiohttp.ClientSession) -> None:
    token = await token_of(http, place)
    page = await open_page(http, place, token)
    await page.socket.send_json(message("처음"))
    await page.until("bot.message")
    (conversation,) = await place.log.recent()
    await place.log.say(conversation.id, [Outbound(text=f"안내 {n}") for n in range(60)], author="bot")
    fresh = await open_page(http, place, token)
    assert fresh.heard[0]["earlier"] is True
    await fresh.until("bot.message", count=50)
    first = fresh.said()[0][0]
    assert [seq for seq, _ in fresh.said()] == list(range(13, 63))
    async with http.get(place.url(f"history?before={first}"), headers=bearer(token)) as response:
        older = await response.json()
    assert [frame["seq"] for frame in older["frames"]] == list(range(1, 13))
    assert older["earlier"] is False
    async with http.get(place.url("history"), headers=bearer(token)) as response:
        assert response.status == 400


async def test_buttons_carry_short_ids_and_work(place: Place, http: aiohttp.ClientSession) -> None:
    page = await open_page(http, place)
    await page.socket.send_json(message("여권"))
    answer = await page.until("bot.message")
    button = answer["parts"][1]["buttons"][0]
    assert len(button["payload"]) <= 12
    await page.socket.send_json({**message(""), "type": "user.action", **button})
    card = (await page.until("bot.message"))["parts"][0]
    assert card["facts"][1] == {"label": "전화", "value": "099-120-2010", "url": "tel:0991202010"}
    assert place.bot.asked[-1] == '/choose_answer{"answer_id":"passport-fee"}'
    await page.socket.send_json({**message(""), "type": "user.action", "payload": "made-up", "label": "x"})
    await page.until("bot.message")
    assert len(place.bot.asked) == 2


async def test_what_citizens_type_is_text(place: Place, http: aiohttp.ClientSession) -> None:
    page = await open_page(http, place)
    for text in ("/restart", '/give_dong{"dong":"x"}', "<b>굵게</b>", "'; DROP TABLE messages;--"):
        await page.socket.send_json(message(text))
        await page.until("bot.message")
    assert place.bot.asked[0] == "restart"
    assert place.bot.asked[2] == "<b>굵게</b>"


async def test_a_long_message_goes_by_post_and_is_answered(place: Place, http: aiohttp.ClientSession) -> None:
    token = await token_of(http, place)
    page = await open_page(http, place, token)
    long = message("가" * 10_000)
    await page.socket.send_json(long)
    refused = await page.until("error")
    assert (refused["code"], refused["message"]) == (
        "too_big",
        "한 번에 보내기에는 내용이 너무 길어요. 나누어서 보내 주세요.",
    )
    headers = bearer(token) | {"Idempotency-Key": long["id"]}
    async with http.post(place.url("messages"), json=long, headers=headers) as response:
        assert response.status == 202
    await page.until("bot.message")
    line = next(frame for frame in page.heard if frame["type"] == "user.message")
    assert line["text"] == "가" * 10_000
    async with http.post(
        place.url("messages"), json=message("가" * 90_000), headers=bearer(token)
    ) as response:
        assert response.status == 413
        assert (await response.json())["code"] == "too_big"


async def test_a_message_the_database_refuses_is_kept_by_the_page(
    place: Place, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await open_page(http, place)

    async def refuse(_: object) -> bool:
        raise OSError("disk full")

    sent = message("안녕")
    with monkeypatch.context() as patch:
        patch.setattr(place.gateway, "receive", refuse)
        await page.socket.send_json(sent)
        error = await page.until("error")
    assert (error["code"], error["retryable"], error["id"]) == ("unavailable", True, sent["id"])
    await page.socket.send_json(sent)
    await page.until("bot.message")


async def test_operator_and_citizen_see_each_other(place: Place, http: aiohttp.ClientSession) -> None:
    page = await open_page(http, place)
    await page.socket.send_json(message("상담원 연결해줘"))
    await page.until("agent.waiting")
    (conversation,) = await place.log.recent()
    operator = await place.operator()
    assert await place.gateway.claim(conversation.id, operator, "김하늘")
    await page.until("agent.joined")
    await place.gateway.say(conversation.id, "무엇을 도와드릴까요?", operator)
    assert (await page.until("agent.message"))["parts"][0]["text"] == "무엇을 도와드릴까요?"
    assert "notice" in [kind for _, kind in page.said()]
    feed = place.gateway._feed
    async with feed.subscribe("console") as events:
        await page.socket.send_json({"v": 1, "type": "user.typing"})
        async with asyncio.timeout(5):
            event = await anext(events)
    assert event == {"kind": "typing", "conversation_id": conversation.id, "on": True}
    await place.gateway.release(conversation.id, operator)
    await page.until("agent.left")


@pytest.mark.parametrize("way", ["menu", "words"])
async def test_erasing_clears_log_and_page(way: str, place: Place, http: aiohttp.ClientSession) -> None:
    token = await token_of(http, place)
    page = await open_page(http, place, token)
    await page.socket.send_json(message("비밀 이야기"))
    await page.until("bot.message")
    if way == "menu":
        async with http.post(place.url("erase"), headers=bearer(token)) as response:
            answer = await response.json()
        assert answer["resume_token"] != token
        assert re.fullmatch(r"D-\d{8}-[2-9A-Z]{6}", answer["receipt"])
    else:
        await page.socket.send_json(message("내 대화 지워줘"))
        await page.until("session.reset")
        last = await page.until("bot.message")
        assert last["parts"][0]["text"].startswith("모두 지웠어요.\n삭제 접수번호")
        assert "seq" not in last
    await place.turns.idle()
    assert await place.log.recent() == []
    assert place.bot.forgotten
    fresh = await open_page(http, place, token, last_seq=2)
    assert (await fresh.until("session.reset"))["type"] == "session.reset"
    await page.socket.send_json(message("다시 왔어요"))
    await page.until("bot.message")
