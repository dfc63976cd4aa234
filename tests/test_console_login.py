from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from bot.log.engine import reading
from bot.log.tables import Operator
from bot.staff.accounts import AccountError
from tests.console_support import PASSWORD, Client, World, log_in, token, world


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


class TestAccounts:
    async def test_the_first_operator_is_made_once(self, made: World) -> None:
        first = await made.accounts.first()
        assert first is not None
        assert first[0] == "admin"
        assert await made.accounts.first() is None
        assert await made.accounts.verify(*first) is not None

    async def test_passwords_are_kept_as_argon2_hashes(self, made: World) -> None:
        password = await made.accounts.create("a", "가")
        async with reading(made.engine) as session:
            [stored] = await session.scalars(select(Operator))
        assert stored.password_hash.startswith("$argon2id$")
        assert password not in stored.password_hash

    async def test_a_login_name_is_taken_once(self, made: World) -> None:
        await made.accounts.create("a", "가")
        with pytest.raises(AccountError, match="이미 있어요"):
            await made.accounts.create("a", "나")
        with pytest.raises(AccountError, match="역할"):
            await made.accounts.create("b", "나", "root")
        with pytest.raises(AccountError, match="모두"):
            await made.accounts.create(" ", "나")

    @pytest.mark.parametrize(
        ("new", "why"),
        [("짧아요", "10자"), ("aaaaaaaaaaaa", "같은 글자"), ("my-haneul-pass", "아이디")],
    )
    async def test_weak_passwords_are_refused(self, made: World, new: str, why: str) -> None:
        number = await made.hire("haneul", "김하늘", PASSWORD)
        with pytest.raises(AccountError, match=why):
            await made.accounts.change_password(number, PASSWORD, new)
        with pytest.raises(AccountError, match="맞지 않아요"):
            await made.accounts.change_password(number, "틀린 비밀번호예요", "아주 좋은 새 비밀번호")
        assert await made.accounts.verify("haneul", PASSWORD) == number


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
        kept = [key async for key in made.redis.scan_iter("sotong:staff:session:*")]
        assert kept
        for key in kept:
            assert cookie.value.encode() not in key + (await made.redis.get(key) or b"")

    async def test_behind_https_the_cookie_is_secure(self, made: World, client: Client) -> None:
        response = await client.get("/login", headers={"X-Forwarded-Proto": "https"})
        assert response.cookies["__Host-sotong_form"]["secure"] is True

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
        once = await made.accounts.create("haneul", "김하늘")
        await log_in(client, "haneul", once)
        response = await client.get("/", allow_redirects=False)
        assert response.headers["Location"] == "/password"
        form = {"csrf": await token(client), "old": once, "new": PASSWORD, "again": PASSWORD + "!"}
        assert "서로 달라요" in await (await client.post("/password", data=form)).text()
        form["again"] = PASSWORD
        page = await (await client.post("/password", data=form)).text()
        assert "비밀번호를 바꿨어요." in page
        assert await made.accounts.verify("haneul", once) is None

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
