"""Getting in: second factor, recovery codes, throttle, sessions in Redis."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pyotp
import pytest
from aiohttp.test_utils import TestServer

from bot.console.entrance import page_of_ours
from tests.console_support import PASSWORD, Client, World, csrf, log_in, text, world
from tests.staff_support import browser, person


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as opened:
        yield opened


def code(made: World, secret: str) -> str:
    """What the app shows now."""
    return pyotp.TOTP(secret).at(made.clock.now)


async def with_factor(made: World, client: Client) -> tuple[str, list[str]]:
    """Add a second factor: its secret, and the recovery codes."""
    page = await text(client, "/account/factor")
    found = re.search(r'class="key">([A-Z2-7 ]+)<', page)
    assert found
    secret = found[1].replace(" ", "")
    form = {"csrf": csrf(page), "password": PASSWORD, "code": code(made, secret)}
    shown = await (await client.post("/account/factor", data=form)).text()
    codes = re.findall(r"<code>([a-z2-9-]+)</code>", shown)
    assert len(codes) == 10
    return secret, codes


async def second(client: Client, given: str) -> int:
    """Status of the answer to a code."""
    token = csrf(await text(client, "/login/code"))
    data = {"csrf": token, "code": given}
    return (await client.post("/login/code", data=data, allow_redirects=False)).status


class TestSecondFactor:
    async def test_a_password_alone_is_not_enough(self, made: World) -> None:
        async with person(made, "kim", "viewer") as client, browser(made) as other:
            secret, _ = await with_factor(made, client)
            made.clock.pass_(seconds=30)
            response = await log_in(other, "kim", PASSWORD, next="/account")
            assert response.headers["Location"] == "/login/code"
            assert (await other.get("/", allow_redirects=False)).status == 303
            assert await second(other, "000000") == 401
            assert await second(other, code(made, secret)) == 303
            assert (await other.get("/account", allow_redirects=False)).status == 200

    async def test_a_code_is_taken_once(self, made: World) -> None:
        async with person(made, "kim", "viewer") as client, browser(made) as other, browser(made) as third:
            secret, _ = await with_factor(made, client)
            await log_in(other, "kim", PASSWORD)
            assert await second(other, code(made, secret)) == 401  # it was shown when the factor was added
            made.clock.pass_(seconds=30)
            assert await second(other, code(made, secret)) == 303
            await log_in(third, "kim", PASSWORD)
            assert await second(third, code(made, secret)) == 401

    async def test_recovery_codes_work_once_each(self, made: World) -> None:
        async with person(made, "kim", "viewer") as client, browser(made) as other:
            _, codes = await with_factor(made, client)
            await log_in(other, "kim", PASSWORD)
            assert await second(other, f" {codes[3].upper()} ") == 303
            await log_in(other, "kim", PASSWORD)
            assert await second(other, codes[3]) == 401
            assert "9개" in await text(client, "/account")

    async def test_recovery_codes_are_not_kept_readable(self, made: World) -> None:
        async with person(made, "kim", "viewer") as client:
            secret, codes = await with_factor(made, client)
        dump = (Path(made.engine.url.database or "")).read_bytes()
        assert secret.encode() not in dump
        assert not any(each.encode() in dump or each.replace("-", "").encode() in dump for each in codes)

    async def test_knowing_the_password_does_not_give_endless_guesses(self, made: World) -> None:
        async with person(made, "kim", "viewer") as client, browser(made) as other:
            secret, _ = await with_factor(made, client)
            made.clock.pass_(seconds=30)
            for guess in ("000000", "111111", "222222", "333333", "444444"):
                await log_in(other, "kim", PASSWORD)
                assert await second(other, guess) == 401
            assert (await log_in(other, "kim", PASSWORD)).status == 401
            made.clock.pass_(minutes=11)
            await log_in(other, "kim", PASSWORD)
            assert await second(other, code(made, secret)) == 303

    async def test_the_code_has_five_minutes(self, made: World) -> None:
        async with browser(made) as client:
            response = await client.get("/login/code", allow_redirects=False)
            assert response.headers["Location"] == "/login?late=1"

    async def test_adding_needs_the_password_and_a_right_code(self, made: World) -> None:
        async with person(made, "kim", "viewer") as client:
            page = await text(client, "/account/factor")
            found = re.search(r'class="key">([A-Z2-7 ]+)<', page)
            assert found
            right = code(made, found[1].replace(" ", ""))
            for password, given, why in (
                ("틀린 비밀번호", right, "비밀번호가 맞지"),
                (PASSWORD, "000000", "코드가 맞지"),
            ):
                form = {"csrf": csrf(page), "password": password, "code": given}
                response = await client.post("/account/factor", data=form)
                assert (response.status, why in await response.text()) == (400, True)
            picture = await client.get("/account/factor.svg")
            assert picture.content_type == "image/svg+xml"
            assert (await picture.read()).startswith(b"<?xml")

    async def test_turning_it_off_needs_a_code(self, made: World) -> None:
        async with person(made, "kim", "viewer") as client:
            _, codes = await with_factor(made, client)
            token = csrf(await text(client, "/account"))
            wrong = await client.post("/account/factor/end", data={"csrf": token, "code": "123456"})
            assert "바꾸지 않았어요" in await wrong.text()
            right = await client.post("/account/factor/end", data={"csrf": token, "code": codes[0]})
            assert "2단계 인증을 껐어요" in await right.text()

    async def test_roles_that_must_have_one(self, tmp_path: Path) -> None:
        async with world(tmp_path, second_factor_roles=("approver",)) as made:
            async with person(made, "kim", "approver") as client:
                response = await client.get("/")
                assert response.url.path == "/account/factor"
                assert "꼭 있어야" in await response.text()
                await with_factor(made, client)
                assert (await client.get("/")).url.path == "/"
            async with person(made, "lee", "viewer") as client:
                assert (await client.get("/")).url.path == "/"


class TestThrottle:
    async def test_an_address_that_fails_too_often_waits(self, made: World) -> None:
        await made.hire("kim", "김하늘", PASSWORD)
        async with browser(made) as client:
            for number in range(30):
                assert (await log_in(client, f"somebody{number}", "틀린 비밀번호")).status == 401
            response = await log_in(client, "kim", PASSWORD)
            assert (response.status, "너무 여러 번" in await response.text()) == (429, True)
            made.clock.pass_(minutes=10)
            assert (await log_in(client, "kim", PASSWORD)).status == 303


class TestSessions:
    async def test_several_gateways_know_them(self, made: World) -> None:
        async with person(made, "kim", "viewer") as client, TestServer(made.app()) as second_gateway:
            cookies = client.session.cookie_jar.filter_cookies(client.make_url("/"))
            async with browser(made, second_gateway) as other:
                other.session.cookie_jar.update_cookies(cookies, other.make_url("/"))
                assert (await other.get("/", allow_redirects=False)).status == 200

    async def test_when_redis_is_emptied_people_log_in_again(self, made: World) -> None:
        async with person(made, "kim", "viewer") as client:
            await made.redis.flushdb()
            response = await client.get("/conversations/1")
            assert response.url.path == "/login"
            assert response.url.query["next"] == "/conversations/1"
            assert "로그인이 끝났어요" in await response.text()
            assert (await log_in(client, "kim", PASSWORD)).status == 303

    async def test_without_redis_it_is_said(self, made: World, monkeypatch: pytest.MonkeyPatch) -> None:
        async with person(made, "kim", "viewer") as client:
            await made.redis.aclose()
            monkeypatch.setitem(made.redis.connection_pool.connection_kwargs, "port", 1)
            made.redis.connection_pool.reset()
            response = await client.get("/")
            assert (response.status, "잠시 뒤" in await response.text()) == (503, True)

    async def test_a_forged_session_in_redis_is_nobody(self, made: World) -> None:
        async with person(made, "kim", "administrator") as client:
            [key] = [key async for key in made.redis.scan_iter("sotong:staff:session:*")][:1]
            sealed = await made.redis.get(key)
            assert sealed
            other = key[:-4] + b"abcd"
            await made.redis.set(other, sealed)  # moved to another place
            await made.redis.set(key, b'{"operator_id": 1}')
            assert (await client.get("/", allow_redirects=False)).status == 303
            await made.redis.delete(key, other)

    async def test_devices_are_listed_and_logged_out(self, made: World) -> None:
        async with person(made, "kim", "viewer") as client, browser(made) as other, browser(made) as third:
            agent = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130 Safari/537.36 Edg/130"
            other.session.headers["User-Agent"] = agent
            await log_in(other, "kim", PASSWORD)
            await log_in(third, "kim", PASSWORD)
            page = await text(client, "/account")
            assert "Edge · Windows" in page
            assert page.count("이 기기") == 1
            devices = re.findall(r'name="device" value="([0-9a-f]{64})"', page)
            assert len(devices) == 2
            await client.post("/account/devices/close", data={"csrf": csrf(page), "device": devices[0]})
            still = [
                (await each.get("/", allow_redirects=False)).status == 200 for each in (client, other, third)
            ]
            assert still.count(True) == 2
            await client.post("/account/devices/close", data={"csrf": csrf(page)})
            assert (await client.get("/", allow_redirects=False)).status == 200
            assert (await other.get("/", allow_redirects=False)).status == 303
            assert (await third.get("/", allow_redirects=False)).status == 303

    async def test_one_does_not_log_out_somebody_else(self, made: World) -> None:
        async with person(made, "kim", "viewer") as client, person(made, "lee", "viewer") as other:
            [mine] = await made.staff.sessions.devices(1)
            token = csrf(await text(other, "/account"))
            await other.post("/account/devices/close", data={"csrf": token, "device": mine.id})
            assert (await client.get("/", allow_redirects=False)).status == 200

    async def test_twelve_hours_are_the_longest(self, made: World) -> None:
        async with person(made, "kim", "viewer") as client:
            for _ in range(28):
                made.clock.pass_(minutes=25)
                assert (await client.get("/", allow_redirects=False)).status == 200
            made.clock.pass_(minutes=25)
            assert (await client.get("/", allow_redirects=False)).status == 303


@pytest.mark.parametrize(
    "wanted",
    ["", "x", "//evil.example", "/\\evil.example", "https://evil.example", "/a\nb", "/login", "/logout"],
)
def test_only_pages_of_ours_come_after_the_login(wanted: str) -> None:
    assert page_of_ours(wanted) == "/"


def test_a_page_of_ours_with_its_query_does() -> None:
    assert page_of_ours("/studio/answers?q=여권&page=2") == "/studio/answers?q=여권&page=2"
