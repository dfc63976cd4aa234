from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select, update

from bot.console.app import marked
from bot.log.engine import reading, writing
from bot.log.tables import Audit, Message
from bot.messages import Outbound
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

    @pytest.mark.parametrize(
        "query", ["since=yesterday", "before=x", "before=2026-11-23,1", "at=-1", "before=9" * 30, "q=%00"]
    )
    async def test_nonsense_in_the_address_does_no_harm(
        self, made: World, client: Client, operator: int, query: str
    ) -> None:
        number = await made.ask("안녕하세요")
        assert (await client.get(f"/?{query}")).status == 200
        assert (await client.get(f"/conversations/{number}?{query}")).status == 200

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


class TestMarking:
    def test_hits_are_marked_and_the_rest_escaped(self) -> None:
        assert marked("a <b> 여권 재발급", "여권 급") == "a &lt;b&gt; <mark>여권</mark> 재발<mark>급</mark>"

    def test_a_long_text_starts_shortly_before_the_hit(self) -> None:
        shown = str(marked("가" * 300 + "여권" + "나" * 300, "여권"))
        assert shown.startswith("…")
        assert shown.endswith("…")
        assert "<mark>여권</mark>" in shown
        assert len(shown) < 220
