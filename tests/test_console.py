import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, CookieJar
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from bot.console.app import marked
from bot.console.operators import OperatorError
from bot.log.engine import reading
from bot.log.tables import Audit, Login, Operator
from bot.messages import Outbound, Reply
from tests.console_support import World, csrf, world

PASSWORD = "초록 우산 다섯 개"
Client = TestClient[Any, Any]


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as opened:
        yield opened


@pytest.fixture
async def client(made: World) -> AsyncIterator[Client]:
    async with TestClient(TestServer(made.app()), cookie_jar=CookieJar(unsafe=True)) as opened:
        yield opened


async def log_in(client: Client, login: str, password: str, **more: str) -> ClientResponse:
    page = await (await client.get("/login")).text()
    data = {"csrf": csrf(page), "login": login, "password": password, **more}
    return await client.post("/login", data=data, allow_redirects=False)


@pytest.fixture
async def operator(made: World, client: Client) -> int:
    """김하늘, logged in."""
    number = await made.hire("haneul", "김하늘", PASSWORD)
    assert (await log_in(client, "haneul", PASSWORD)).status == 303
    return number


async def text(client: Client, path: str) -> str:
    response = await client.get(path)
    assert response.status == 200
    return await response.text()


async def token(client: Client) -> str:
    return csrf(await text(client, "/password"))


async def audit(made: World) -> list[tuple[int | None, str, str]]:
    async with reading(made.engine) as session:
        rows = await session.scalars(select(Audit).order_by(Audit.id))
        return [(row.operator_id, row.action, row.target) for row in rows]


class TestAccounts:
    async def test_the_first_operator_is_made_once(self, made: World) -> None:
        first = await made.operators.first_operator()
        assert first is not None
        assert first[0] == "admin"
        assert await made.operators.first_operator() is None
        assert await made.operators.verify(*first) is not None

    async def test_passwords_are_kept_as_argon2_hashes(self, made: World) -> None:
        password = await made.operators.create("a", "가")
        async with reading(made.engine) as session:
            [stored] = await session.scalars(select(Operator))
        assert stored.password_hash.startswith("$argon2id$")
        assert password not in stored.password_hash

    async def test_a_login_name_is_taken_once(self, made: World) -> None:
        await made.operators.create("a", "가")
        with pytest.raises(OperatorError, match="이미 있어요"):
            await made.operators.create("a", "나")
        with pytest.raises(OperatorError, match="역할"):
            await made.operators.create("b", "나", "root")
        with pytest.raises(OperatorError, match="모두"):
            await made.operators.create(" ", "나")

    @pytest.mark.parametrize(
        ("new", "why"),
        [("짧아요", "10자"), ("aaaaaaaaaaaa", "같은 글자"), ("my-haneul-pass", "아이디")],
    )
    async def test_weak_passwords_are_refused(self, made: World, new: str, why: str) -> None:
        number = await made.hire("haneul", "김하늘", PASSWORD)
        with pytest.raises(OperatorError, match=why):
            await made.operators.change_password(number, PASSWORD, new)
        with pytest.raises(OperatorError, match="맞지 않아요"):
            await made.operators.change_password(number, "틀린 비밀번호예요", "아주 좋은 새 비밀번호")
        assert await made.operators.verify("haneul", PASSWORD) == number


class TestLoggingIn:
    async def test_every_page_asks_who_you_are(self, client: Client) -> None:
        for path in ("/", "/conversations/1", "/password"):
            response = await client.get(path, allow_redirects=False)
            assert response.status == 303
            assert response.headers["Location"].startswith("/login")
        assert (await client.get("/events")).status == 401
        assert (await client.get("/", headers={"X-Background": "1"})).status == 401

    async def test_wrong_login_and_wrong_password_look_the_same(self, made: World, client: Client) -> None:
        await made.hire("haneul", "김하늘", PASSWORD)
        pages = []
        for login, password in (("haneul", "틀린 비밀번호"), ("nobody", PASSWORD)):
            response = await log_in(client, login, password)
            assert response.status == 401
            pages.append((await response.text()).replace(login, "?"))
        assert pages[0] == pages[1]
        assert "아이디나 비밀번호가 맞지 않아요" in pages[0]

    async def test_five_failures_lock_the_account_for_ten_minutes(self, made: World, client: Client) -> None:
        await made.hire("haneul", "김하늘", PASSWORD)
        for _ in range(5):
            await log_in(client, "haneul", "틀린 비밀번호")
        assert (await log_in(client, "haneul", PASSWORD)).status == 401
        made.clock.pass_(minutes=9)
        assert (await log_in(client, "haneul", PASSWORD)).status == 401
        made.clock.pass_(minutes=2)
        assert (await log_in(client, "haneul", PASSWORD)).status == 303

    async def test_a_success_forgives_earlier_failures(self, made: World, client: Client) -> None:
        await made.hire("haneul", "김하늘", PASSWORD)
        for _ in range(2):
            for _ in range(4):
                await log_in(client, "haneul", "틀린 비밀번호")
            assert (await log_in(client, "haneul", PASSWORD)).status == 303

    async def test_the_cookie_is_out_of_reach(self, made: World, client: Client) -> None:
        await made.hire("haneul", "김하늘", PASSWORD)
        response = await log_in(client, "haneul", PASSWORD)
        cookie = response.cookies["sotong_console"]
        assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Strict", "")
        async with reading(made.engine) as session:
            [stored] = await session.scalars(select(Login))
        assert cookie.value != stored.token_hash

    async def test_behind_https_the_cookie_is_secure(self, made: World, client: Client) -> None:
        response = await client.get("/login", headers={"X-Forwarded-Proto": "https"})
        assert response.cookies["sotong_form"]["secure"] is True

    @pytest.mark.parametrize(
        ("wanted", "led_to"),
        [("/conversations/3", "/conversations/3"), ("https://evil.example/", "/"), ("//evil.example", "/")],
    )
    async def test_after_the_login_only_pages_of_ours(
        self, made: World, client: Client, wanted: str, led_to: str
    ) -> None:
        await made.hire("haneul", "김하늘", PASSWORD)
        response = await log_in(client, "haneul", PASSWORD, next=wanted)
        assert response.headers["Location"] == led_to

    async def test_a_one_time_password_must_be_changed_first(self, made: World, client: Client) -> None:
        once = await made.operators.create("haneul", "김하늘")
        await log_in(client, "haneul", once)
        response = await client.get("/", allow_redirects=False)
        assert response.headers["Location"] == "/password"
        form = {"csrf": await token(client), "old": once, "new": PASSWORD, "again": PASSWORD + "!"}
        assert "서로 달라요" in await (await client.post("/password", data=form)).text()
        form["again"] = PASSWORD
        page = await (await client.post("/password", data=form)).text()
        assert "비밀번호를 바꿨어요." in page
        assert await made.operators.verify("haneul", once) is None

    async def test_changing_the_password_logs_out_elsewhere(
        self, made: World, client: Client, operator: int
    ) -> None:
        async with TestClient(client.server, cookie_jar=CookieJar(unsafe=True)) as other:
            await log_in(other, "haneul", PASSWORD)
            new = "노란 우산 여섯 개"
            form = {"csrf": await token(client), "old": PASSWORD, "new": new, "again": new}
            assert (await client.post("/password", data=form)).status == 200
            assert (await other.get("/", allow_redirects=False)).status == 303

    async def test_idle_for_half_an_hour_is_logged_out(
        self, made: World, client: Client, operator: int
    ) -> None:
        for _ in range(3):
            made.clock.pass_(minutes=25)
            assert (await client.get("/", allow_redirects=False)).status == 200
        made.clock.pass_(minutes=31)
        assert (await client.get("/", allow_redirects=False)).status == 303

    async def test_a_page_that_refreshes_itself_is_no_activity(
        self, made: World, client: Client, operator: int
    ) -> None:
        for _ in range(2):
            made.clock.pass_(minutes=14)
            assert (await client.get("/?part=list", headers={"X-Background": "1"})).status == 200
        made.clock.pass_(minutes=3)
        assert (await client.get("/?part=list", headers={"X-Background": "1"})).status == 401

    async def test_logging_out(self, client: Client, operator: int) -> None:
        await client.post("/logout", data={"csrf": await token(client)})
        assert (await client.get("/", allow_redirects=False)).status == 303


class TestForgery:
    @pytest.mark.parametrize("given", ["", "wrong"])
    async def test_a_form_without_our_token_is_refused(
        self, made: World, client: Client, operator: int, given: str
    ) -> None:
        number = await made.ask("상담원 연결해줘")
        for path in (f"/conversations/{number}/claim", "/logout", "/password", "/session"):
            assert (await client.post(path, data={"csrf": given})).status == 403
        assert await made.desk.state(number) == "bot"

    async def test_a_form_from_another_site_is_refused(
        self, made: World, client: Client, operator: int
    ) -> None:
        number = await made.ask("상담원 연결해줘")
        response = await client.post(
            f"/conversations/{number}/claim",
            data={"csrf": await token(client)},
            headers={"Sec-Fetch-Site": "cross-site"},
        )
        assert response.status == 403

    async def test_a_login_without_our_form_is_refused(self, made: World, client: Client) -> None:
        await made.hire("haneul", "김하늘", PASSWORD)
        data = {"csrf": "x", "login": "haneul", "password": PASSWORD}
        assert (await client.post("/login", data=data)).status == 403

    async def test_headers_on_every_kind_of_answer(self, client: Client, operator: int) -> None:
        for path in ("/", "/login", "/conversations/404", "/static/live.js", "/nowhere"):
            response = await client.get(path)
            policy = response.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "script-src 'self';" in policy
            assert "unsafe" not in policy
            assert response.headers["X-Content-Type-Options"] == "nosniff"


class TestConversations:
    async def test_hostile_text_is_only_text(self, made: World, client: Client, operator: int) -> None:
        nasty = "<script>alert('여권')</script>"
        number = await made.ask(nasty)
        for path in ("/", f"/conversations/{number}", "/?q=여권", "/?q=<script>"):
            page = await text(client, path)
            assert "<script>alert" not in page
            assert "&lt;script&gt;" in page or "&lt;<mark>script" in page or "<mark>&lt;script&gt;" in page

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
        fee = await made.ask("여권 수수료", user="a")
        await made.answer(
            fee, Reply(messages=(Outbound(text="5만원이에요"),), outcome="answered_faq", intent="ask_faq")
        )
        made.clock.pass_(days=2)
        await made.ask("여권 분실 신고", user="b", channel="telegram")

        async def shown(query: str) -> tuple[bool, bool]:
            page = await text(client, "/?part=list&" + query)
            return f'"/conversations/{fee}?' in page, "분실" in page.replace("<mark>", "")

        assert await shown("channel=telegram") == (False, True)
        assert await shown("outcome=answered_faq") == (True, False)
        assert await shown("intent=ask_faq") == (True, False)
        assert await shown("since=2026-11-24") == (False, True)
        assert await shown("until=2026-11-23") == (True, False)
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
