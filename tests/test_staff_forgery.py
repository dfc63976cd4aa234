"""Forms of other sites, of other people, and of sessions that are over."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from tests.console_support import PASSWORD, World, csrf, log_in, text, token, world
from tests.staff_support import person


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as opened:
        yield opened


class TestOrigin:
    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({"Sec-Fetch-Site": "same-origin"}, 200),
            ({"Sec-Fetch-Site": "none"}, 200),
            ({"Sec-Fetch-Site": "same-site"}, 403),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "cross-site", "Origin": "http://HOST"}, 403),
            ({"Origin": "http://HOST"}, 200),
            ({"Origin": "https://HOST"}, 200),  # a proxy of ours speaks https for us
            ({"Origin": "http://HOST0"}, 403),
            ({"Origin": "http://evil.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Origin": "http://[broken"}, 403),
            ({}, 403),
        ],
    )
    async def test_what_the_browser_says_decides(
        self, made: World, headers: dict[str, str], status: int
    ) -> None:
        await made.hire("kim", "김하늘", PASSWORD)
        async with TestClient(TestServer(made.app()), cookie_jar=CookieJar(unsafe=True)) as client:
            await log_in(client, "kim", PASSWORD)
            host = f"{client.host}:{client.port}"
            said = {name: value.replace("HOST", host) for name, value in headers.items()}
            assert (await client.post("/session", headers=said)).status == status

    async def test_browsers_that_say_nothing_need_the_token(self, made: World) -> None:
        await made.hire("kim", "김하늘", PASSWORD)
        async with TestClient(TestServer(made.app()), cookie_jar=CookieJar(unsafe=True)) as client:
            await log_in(client, "kim", PASSWORD)
            given = await token(client)
            assert (await client.post("/session", data={"csrf": given})).status == 200
            assert (await client.post("/session", headers={"X-CSRF-Token": given})).status == 200
            assert (await client.post("/session", json={"csrf": given})).status == 403
            assert (await client.post("/session", data={"csrf": given[:-1]})).status == 403

    async def test_every_method_that_changes_something_is_asked(self, made: World) -> None:
        async with person(made, "kim", "operator") as client:
            for method in ("POST", "PUT", "PATCH", "DELETE"):
                response = await client.request(method, "/session", headers={"Sec-Fetch-Site": "cross-site"})
                assert response.status == 403


class TestNothingTypedIsLost:
    WORDS = "안녕하세요, <b>여권</b>은 3일 걸려요"

    async def test_a_session_that_ran_out(self, made: World) -> None:
        number = await made.ask("여권 언제 나와요")
        async with person(made, "kim", "operator") as client:
            await made.desk.claim(number, 1)
            form = {"csrf": csrf(await text(client, "/account")), "text": self.WORDS}
            made.clock.pass_(minutes=31)
            response = await client.post(f"/conversations/{number}/reply", data=form)
            page = await response.text()
            assert response.status == 401
            assert "안녕하세요, &lt;b&gt;여권&lt;/b&gt;은 3일 걸려요" in page
            assert f'action="/conversations/{number}/reply"' in page
            assert form["csrf"] not in page
            assert all(line.author != "operator" for line in await made.log.history(number))

            await log_in(client, "kim", PASSWORD, next="/login/done")  # in another window …
            sent = await client.post(f"/conversations/{number}/reply", data={"text": self.WORDS})
            assert sent.status == 200  # … and the button of this page, which knows no token
            assert (await made.log.history(number))[-1].text == self.WORDS

    async def test_the_open_page_itself_still_works_after_logging_in_again(self, made: World) -> None:
        number = await made.ask("여권 언제 나와요")
        async with person(made, "kim", "operator") as client:
            await made.desk.claim(number, 1)
            old = csrf(await text(client, "/account"))
            made.clock.pass_(minutes=31)
            await log_in(client, "kim", PASSWORD)
            form = {"csrf": old, "text": self.WORDS}
            assert (await client.post(f"/conversations/{number}/reply", data=form)).status == 200

    async def test_not_for_a_script(self, made: World) -> None:
        async with person(made, "kim", "operator") as client:
            made.clock.pass_(minutes=31)
            response = await client.post(
                "/conversations/1/reply", data={"text": "네"}, headers={"Accept": "application/json"}
            )
            assert response.status == 401
            assert "로그인" in (await response.json())["error"]

    async def test_passwords_and_files_are_not_sent_back(self, made: World) -> None:
        async with person(made, "kim", "operator") as client:
            made.clock.pass_(minutes=31)
            secret = await client.post("/password", data={"old": PASSWORD, "new": "새로운 비밀번호예요"})
            page = await secret.text()
            assert PASSWORD not in page
            assert "새로운 비밀번호예요" not in page
            file = await client.post("/conversations/1/reply", data={"file": io.BytesIO(b"secret")})
            assert file.status == 401
            assert "파일을 다시 골라" in await file.text()

    async def test_another_sites_form_is_not_kept(self, made: World) -> None:
        async with person(made, "kim", "operator") as client:
            made.clock.pass_(minutes=31)
            response = await client.post(
                "/conversations/1/reply", data={"text": "나쁜 글"}, headers={"Sec-Fetch-Site": "cross-site"}
            )
            assert response.status == 403
            assert "나쁜 글" not in await response.text()


class TestTwoPeopleOnOneMachine:
    async def test_a_page_that_the_other_had_opened_is_not_sent_in_ones_name(self, made: World) -> None:
        await made.hire("lee", "이바람", PASSWORD)
        number = await made.ask("상담원 연결해줘")
        async with person(made, "kim", "operator") as client:
            old = csrf(await text(client, "/account"))
            await log_in(client, "lee", PASSWORD)
            form = {"csrf": old, "text": "김하늘이 쓰던 답이에요"}
            response = await client.post(f"/conversations/{number}/claim", data=form)
            page = await response.text()
            assert response.status == 409
            assert "다른 분이 열어 둔 화면" in page
            assert "이바람 이름으로 보내기" in page
            assert "김하늘이 쓰던 답이에요" in page
            assert await made.desk.state(number) == "bot"

    async def test_logging_in_ends_the_session_before(self, made: World) -> None:
        await made.hire("lee", "이바람", PASSWORD)
        async with person(made, "kim", "operator") as client:
            await log_in(client, "lee", PASSWORD)
            assert len(await made.staff.sessions.devices(1)) == 1  # 이바람
            assert await made.staff.sessions.devices(2) == []

    async def test_nothing_is_left_for_the_back_button(self, made: World) -> None:
        async with person(made, "kim", "operator") as client:
            assert (await client.get("/account")).headers["Cache-Control"] == "no-store"
            token_ = csrf(await text(client, "/account"))
            out = await client.post("/logout", data={"csrf": token_}, allow_redirects=False)
            assert out.headers["Clear-Site-Data"] == '"cache"'
            assert (await client.get("/account")).url.path == "/login"
