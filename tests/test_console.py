import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select, update

from bot.console.app import marked
from bot.log.engine import reading, writing
from bot.log.tables import Audit, Message
from bot.messages import Outbound, Reply
from tests.console_support import PASSWORD, Client, World, log_in, text, token, world


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


async def audit(made: World) -> list[tuple[int | None, str, str]]:
    async with reading(made.engine) as session:
        rows = await session.scalars(select(Audit).order_by(Audit.id))
        return [(row.operator_id, row.action, row.target) for row in rows]


class TestConversations:
    async def test_hostile_text_is_only_text(self, made: World, client: Client, operator: int) -> None:
        nasty = "<script>alert('여권')</script>"
        number = await made.ask(nasty)
        for path in ("/", f"/conversations/{number}", "/?q=여권", "/?q=<script>"):
            page = await text(client, path)
            assert "<script>alert" not in page
            assert "&lt;script&gt;" in page or "&lt;<mark>script" in page or "<mark>&lt;script&gt;" in page

    @pytest.mark.parametrize("state", ["pending", "sending", "delivered", "failed", "uncertain"])
    async def test_every_state_of_a_delivery_has_a_name(
        self, made: World, client: Client, operator: int, state: str
    ) -> None:
        number = await made.ask("여권 수수료")
        await made.log.say(number, [Outbound(text="5만원이에요")], "bot")
        async with writing(made.engine) as session:
            await session.execute(update(Message).where(Message.direction == "out").values(delivery=state))
        assert "전달" in await text(client, f"/conversations/{number}")

    async def test_who_waits_stands_first(self, made: World, client: Client, operator: int) -> None:
        waiting = await made.ask("사람 연결해 주세요", user="a")
        await made.desk.request(waiting, "not_understood")
        made.clock.pass_(minutes=12)
        await made.ask("새 질문이에요", user="b")
        page = await text(client, "/")
        assert page.index("사람 연결해 주세요") < page.index("새 질문이에요")
        assert "상담 대기 · 12분째" in page
        assert "챗봇이 여러 번 이해하지 못했어요" in page

    async def test_filters_and_search_by_address(self, made: World, client: Client, operator: int) -> None:
        made.clock.pass_(days=-2)
        fee = await made.ask("여권 수수료", user="a")
        await made.answer(
            fee, Reply(messages=(Outbound(text="5만원이에요"),), outcome="answered_faq", intent="ask_faq")
        )
        made.clock.pass_(days=2)
        await made.ask("여권 분실 신고", user="b", channel="telegram")

        async def shown(query: str) -> tuple[bool, bool]:
            page = await text(client, "/?part=list&" + query)
            plain = page.replace("<mark>", "").replace("</mark>", "")
            return "여권 수수료" in plain or "5만원이에요" in plain, "여권 분실" in plain

        assert await shown("channel=telegram") == (False, True)
        assert await shown("outcome=answered_faq") == (True, False)
        assert await shown("intent=ask_faq") == (True, False)
        assert await shown("since=2026-11-23") == (False, True)
        assert await shown("until=2026-11-22") == (True, False)
        assert await shown("q=여권") == (True, True)
        assert await shown("q=권+분실") == (False, True)
        assert await shown("q=여권&channel=webchat") == (True, False)
        assert "조건에 맞는 대화가 없어요" in await text(client, "/?state=closed")
        assert "찾은 메시지가 없어요" in await text(client, "/?q=없는말")

    @pytest.mark.parametrize(
        "query", ["since=yesterday", "before=x", "before=2026-11-23,1", "at=-1", "before=9" * 30, "q=%00"]
    )
    async def test_nonsense_in_the_address_does_no_harm(
        self, made: World, client: Client, operator: int, query: str
    ) -> None:
        number = await made.ask("안녕하세요")
        assert (await client.get(f"/?{query}")).status == 200
        assert (await client.get(f"/conversations/{number}?{query}")).status == 200

    async def test_more_than_a_page_of_conversations(
        self, made: World, client: Client, operator: int
    ) -> None:
        for number in range(45):
            await made.ask(f"질문 {number}번", user=f"u{number}")
            made.clock.pass_(seconds=1)
        page = await text(client, "/")
        assert page.count('class="row ') == 40
        more = page.split('href="/?before=')[1].split('"')[0]
        rest = await text(client, "/?before=" + more)
        assert rest.count('class="row ') == 5
        assert "질문 0번" in rest

    async def test_a_long_transcript_in_pages(self, made: World, client: Client, operator: int) -> None:
        number = await made.ask("처음")
        await made.log.say(number, [Outbound(text=f"줄 {line};") for line in range(2, 251)], "bot")
        newest = await text(client, f"/conversations/{number}")
        assert ("줄 151;" in newest, "줄 150;" in newest) == (True, False)
        older = await text(client, f"/conversations/{number}?before=151")
        assert ("줄 150;" in older, "줄 51;" in older, "줄 151;" in older) == (True, True, False)
        around = await text(client, f"/conversations/{number}?at=60")
        assert 'id="line-60"' in around

    async def test_unknown_conversation(self, client: Client, operator: int) -> None:
        response = await client.get("/conversations/404")
        assert response.status == 404
        assert "찾을 수 없어요" in await response.text()


class TestTakingOver:
    async def test_claim_answer_and_give_back(self, made: World, client: Client, operator: int) -> None:
        number = await made.ask("상담원 연결해줘")
        await made.desk.request(number, "asked")
        data = {"csrf": await token(client)}
        page = await (await client.post(f"/conversations/{number}/claim", data=data)).text()
        assert "대화를 맡았어요" in page
        answered = await client.post(f"/conversations/{number}/reply", data={**data, "text": "안녕하세요"})
        assert "안녕하세요" in await answered.text()
        last = (await made.log.history(number))[-1]
        assert (last.author, last.operator_id, last.text) == ("operator", operator, "안녕하세요")
        await client.post(f"/conversations/{number}/release", data=data)
        assert await made.desk.state(number) == "bot"
        actions = [row for row in await audit(made) if row[1] in ("claim", "reply", "release")]
        target = f"conversation:{number}"
        assert actions == [(operator, action, target) for action in ("claim", "reply", "release")]

    async def test_only_the_one_who_has_it_may_answer(
        self, made: World, client: Client, operator: int
    ) -> None:
        other = await made.hire("bada", "박바다", PASSWORD)
        number = await made.ask("상담원 연결해줘")
        await made.desk.claim(number, other)
        data = {"csrf": await token(client), "text": "제가요"}
        for action in ("reply", "release", "close"):
            response = await client.post(f"/conversations/{number}/{action}", data=data)
            assert response.status == 409
            assert "박바다 상담원이 맡고 있어요" in await response.text()
        page = await (await client.post(f"/conversations/{number}/claim", data=data)).text()
        assert "박바다 상담원이 먼저 맡았어요" in page
        assert all(line.author != "operator" for line in await made.log.history(number))

    @pytest.mark.parametrize(("words", "why"), [("  ", "적어 주세요"), ("가" * 4001, "4000자")])
    async def test_what_cannot_be_sent(
        self, made: World, client: Client, operator: int, words: str, why: str
    ) -> None:
        number = await made.ask("상담원 연결해줘")
        await made.desk.claim(number, operator)
        response = await client.post(
            f"/conversations/{number}/reply",
            data={"csrf": await token(client), "text": words},
            headers={"Accept": "application/json"},
        )
        assert response.status == 409
        assert why in (await response.json())["error"]

    async def test_what_is_looked_at_is_written_down(
        self, made: World, client: Client, operator: int
    ) -> None:
        number = await made.ask("비밀이에요")
        await text(client, f"/conversations/{number}")
        await client.get(f"/conversations/{number}?part=talk", headers={"X-Background": "1"})
        await text(client, "/?q=비밀")
        rows = await audit(made)
        assert rows.count((operator, "view", f"conversation:{number}")) == 1
        assert (operator, "login", "") in rows
        assert (operator, "search", "") in rows
        assert "비밀" not in str(rows)


class TestLive:
    async def test_events_arrive_and_end_with_the_session(
        self, made: World, client: Client, operator: int
    ) -> None:
        response = await client.get("/events")
        assert response.headers["Content-Type"] == "text/event-stream"
        assert "event: ready" in (await response.content.readuntil(b"\n\n")).decode()
        number = await made.ask("안녕하세요")
        heard = (await response.content.readuntil(b"\n\n")).decode()
        assert json.loads(heard.split("data: ")[1])["conversation_id"] == number
        made.clock.pass_(minutes=31)
        await made.gateway.news(number)
        assert "event: expired" in (await response.content.readuntil(b"\n\n")).decode()
        assert await asyncio.wait_for(response.content.read(), 5) == b""


class TestMarking:
    def test_hits_are_marked_and_the_rest_escaped(self) -> None:
        assert marked("a <b> 여권 재발급", "여권 급") == "a &lt;b&gt; <mark>여권</mark> 재발<mark>급</mark>"

    def test_a_long_text_starts_shortly_before_the_hit(self) -> None:
        shown = str(marked("가" * 300 + "여권" + "나" * 300, "여권"))
        assert shown.startswith("…")
        assert shown.endswith("…")
        assert "<mark>여권</mark>" in shown
        assert len(shown) < 220
