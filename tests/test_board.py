"""The live board: what stands on it, who has read what, and how it is told to open pages."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, CookieJar
from aiohttp.test_utils import TestClient, TestServer

from bot.board.rows import MOST
from bot.messages import Outbound, Reply
from bot.mutes.store import Mutes
from tests.console_support import PASSWORD, Client, World, log_in, text, token, world

LOST = Reply(messages=(Outbound(text="아직 잘 모르겠어요."),), outcome="unanswered", intent="ask_faq")


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as opened:
        yield opened


@pytest.fixture
async def client(made: World) -> AsyncIterator[Client]:
    async with TestClient(TestServer(made.app()), cookie_jar=CookieJar(unsafe=True)) as opened:
        yield opened


@pytest.fixture
async def operator(made: World, client: Client) -> int:
    """김하늘, logged in."""
    number = await made.hire("haneul", "김하늘", PASSWORD)
    assert (await log_in(client, "haneul", PASSWORD)).status == 303
    return number


async def told(stream: ClientResponse, kind: str = "rows") -> dict[str, Any]:
    """The next event of a kind."""
    while True:
        event = (await asyncio.wait_for(stream.content.readuntil(b"\n\n"), 5)).decode()
        if f"event: {kind}\n" in event:
            found: dict[str, Any] = json.loads(event.split("data: ")[1])
            return found


async def listening(client: Client) -> ClientResponse:
    """The stream of an open page."""
    version = (await text(client, "/")).split('data-version="')[1].split('"')[0]
    return await client.get("/events", params={"since": version})


async def shelves(client: Client, path: str = "/") -> dict[str, str]:
    """Column → its HTML."""
    page = await text(client, path)
    return {part.split('"')[0]: part.split("</section>")[0] for part in page.split('id="shelf-')[1:]}


class TestColumns:
    async def test_everybody_stands_where_they_belong(
        self, made: World, client: Client, operator: int
    ) -> None:
        bada = await made.hire("bada", "박바다", PASSWORD)
        ids = [await made.ask(f"질문 {user}", user=user) for user in "abcde"]
        await made.desk.request(ids[1], "not_understood")
        made.clock.pass_(minutes=12)
        for number, who in ((ids[2], operator), (ids[3], bada), (ids[4], operator)):
            await made.desk.claim(number, who)
        await made.desk.close(ids[4], operator)
        columns = await shelves(client)
        for name, user in zip(("bot", "waiting", "mine", "others", "closed"), "abcde", strict=True):
            assert f"질문 {user}" in columns[name], name
            assert columns[name].count("<li") == 1
        assert "12분째" in columns["waiting"]
        assert "챗봇이 여러 번 이해하지 못했어요" in columns["waiting"]
        assert "박바다" in columns["others"]

    async def test_who_is_muted_is_marked_until_it_is_over(
        self, made: World, client: Client, operator: int
    ) -> None:
        muted, calm = await made.ask("질문 a", user="a"), await made.ask("질문 b", user="b")
        until = made.clock() + timedelta(minutes=10)
        await Mutes(made.engine, made.clock).mute(muted, until, "욕설", operator)
        page = (await shelves(client))["bot"]
        rows = {id_: page.split(f'id="row-{id_}"')[1].split("</li>")[0] for id_ in (muted, calm)}
        assert "까지 답을 쉬어요" in rows[muted]
        assert "까지 답을 쉬어요" not in rows[calm]
        made.clock.pass_(minutes=11)
        assert "까지 답을 쉬어요" not in (await shelves(client))["bot"]

    async def test_who_waits_longest_stands_first(self, made: World, client: Client, operator: int) -> None:
        ids = [await made.ask(f"질문 {user}", user=user) for user in "ab"]
        for number in reversed(ids):
            await made.desk.request(number, "asked")
            made.clock.pass_(minutes=1)
        waiting = (await shelves(client))["waiting"]
        assert waiting.index("질문 b") < waiting.index("질문 a")

    async def test_picked_by_channel_and_by_flags(self, made: World, client: Client, operator: int) -> None:
        await made.ask("여권 수수료", user="a")
        await made.ask("사람 불러줘", user="b", channel="telegram")
        assert "여권" not in (await shelves(client, "/?channel=telegram"))["bot"]
        flagged = (await shelves(client, "/?flagged=1"))["bot"]
        assert ("여권" in flagged, "사람을 찾아요" in flagged) == (False, True)

    async def test_older_ones_are_a_page_away(
        self, made: World, client: Client, operator: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(MOST, "bot", 3)  # type: ignore[arg-type]
        for number in range(5):
            await made.ask(f"질문 {number}번", user=f"u{number}")
            made.clock.pass_(seconds=1)
        page = await text(client, "/")
        more = page.split('href="/?group=bot')[1].split('"')[0].replace("&amp;", "&")
        rest = (await shelves(client, "/?group=bot" + more))["bot"]
        assert [f"질문 {number}번" in rest for number in range(5)] == [True, True, False, False, False]

    async def test_flags_say_it_in_words(self, made: World, client: Client, operator: int) -> None:
        for words, flag in (
            ("그냥 죽고싶어요", "위기·긴급"),
            ("야 이 병신아", "거친 말"),
            ("상담원 바꿔 주세요", "사람을 찾아요"),
        ):
            await made.ask(words, user=words)
            assert flag in (await shelves(client, "/?flagged"))["bot"]
            made.clock.pass_(seconds=1)
        number = await made.ask("강아지 놀이터 언제 열어요", user="lost")
        await made.answer(number, LOST)
        assert "거듭 못 알아들음" not in (await shelves(client))["bot"]
        await made.ask("개 놀이터 말이에요", user="lost")
        await made.answer(number, LOST)
        assert "거듭 못 알아들음" in (await shelves(client))["bot"]

    async def test_the_old_search_leads_to_the_new(self, client: Client, operator: int) -> None:
        response = await client.get("/?q=여권", allow_redirects=False)
        assert (response.status, response.headers["Location"]) == (303, "/search?q=%EC%97%AC%EA%B6%8C")


class TestUnread:
    async def test_a_mark_until_it_is_opened(self, made: World, client: Client, operator: int) -> None:
        number = await made.ask("상담원 연결해줘")
        await made.desk.request(number, "asked")
        assert "unread" in (await shelves(client))["waiting"]
        await text(client, f"/conversations/{number}")
        assert "unread" not in (await shelves(client))["waiting"]
        await made.ask("여보세요?")
        assert "unread" in (await shelves(client))["waiting"]

    async def test_an_open_page_says_what_it_has_shown(
        self, made: World, client: Client, operator: int
    ) -> None:
        number = await made.ask("상담원 연결해줘")
        await made.desk.claim(number, operator)
        await text(client, f"/conversations/{number}")
        await made.ask("여보세요?")
        stream = await listening(client)
        data = {"csrf": await token(client), "seq": "99"}
        assert (await client.post(f"/conversations/{number}/seen", data=data)).status == 204
        assert await told(stream, "news") == {
            "kind": "seen",
            "to": operator,
            "conversation": number,
            "seq": 2,
        }
        assert "unread" not in (await shelves(client))["mine"]
        assert (await client.post("/conversations/404/seen", data=data)).status == 204
        bad = await client.post(f"/conversations/{number}/seen", data={**data, "seq": "x"})
        assert bad.status == 400

    async def test_a_colleague_has_marks_of_their_own(
        self, made: World, client: Client, operator: int
    ) -> None:
        number = await made.ask("상담원 연결해줘")
        await made.desk.request(number, "asked")
        await text(client, f"/conversations/{number}")
        await made.hire("bada", "박바다", PASSWORD)
        await log_in(client, "bada", PASSWORD)
        assert "unread" in (await shelves(client))["waiting"]


class TestEvents:
    async def test_a_row_is_told_as_it_looks_now(self, made: World, client: Client, operator: int) -> None:
        number = await made.ask("안녕하세요")
        stream = await listening(client)
        await made.ask("<b>사람 불러줘</b>")
        (row,) = (await told(stream))["rows"]
        assert (row["id"], row["group"], row["heard"], row["moods"]) == (number, "bot", 2, "person")
        assert "&lt;b&gt;사람" in row["html"]
        await made.desk.request(number, "asked")
        await made.gateway.news(number)
        (row,) = (await told(stream))["rows"]
        assert row["group"] == "waiting"

    async def test_what_came_between_the_page_and_its_stream_is_told(
        self, made: World, client: Client, operator: int
    ) -> None:
        await made.ask("안녕하세요")
        page = await text(client, "/")
        version = page.split('data-version="')[1].split('"')[0]
        await made.ask("아직인가요")
        stream = await client.get("/events", params={"since": version})
        (row,) = (await told(stream))["rows"]
        assert "아직인가요" in row["html"]

    async def test_who_was_away_too_long_begins_anew(self, client: Client, operator: int) -> None:
        for since in ("", "x:1", "²:²", "9" * 40):
            await told(await client.get("/events", params={"since": since}), "stale")

    async def test_an_erased_conversation_leaves(self, made: World, client: Client, operator: int) -> None:
        number = await made.ask("지워 주세요")
        await made.answer(number, Reply(messages=(), outcome="ignored"))
        stream = await listening(client)
        await made.log.erase(number)
        await made.gateway.news(number)
        assert number in (await told(stream))["gone"]

    async def test_other_news_go_to_everybody_or_to_one(
        self, made: World, client: Client, operator: int
    ) -> None:
        stream = await listening(client)
        await made.feed.publish("console", {"kind": "mention", "to": operator + 1})
        await made.feed.publish("console", {"kind": "approval", "id": 7})
        assert await told(stream, "news") == {"kind": "approval", "id": 7}

    async def test_the_stream_ends_with_the_session(
        self, made: World, client: Client, operator: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bot.console.live.LOOKS", 0.0)
        stream = await listening(client)
        assert stream.headers["Content-Type"] == "text/event-stream"
        made.clock.pass_(minutes=31)
        await made.ask("안녕하세요")
        await told(stream, "expired")
        assert await asyncio.wait_for(stream.content.read(), 5) == b""
