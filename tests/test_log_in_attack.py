"""Somebody tries to get into the console: one account from everywhere, all from one place, at once."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from bot.staff.accounts import FAILURES
from tests.console_support import PASSWORD, Client, World, csrf, text, world
from tests.staff_support import OURS

TRIES = 30
"""What one address may get wrong in ten minutes (docs/server.md)."""


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, console_proxies=1) as opened:
        await opened.hire("kim", "김하늘", PASSWORD)
        yield opened


@pytest.fixture
async def attacker(made: World) -> AsyncIterator[Client]:
    jar = CookieJar(unsafe=True)
    async with TestClient(TestServer(made.app()), cookie_jar=jar, headers=OURS) as opened:
        yield opened


async def tried(client: Client, login: str, password: str, address: str = "192.0.2.1") -> tuple[int, str]:
    """Status and page of one log-in."""
    form = {"login": login, "password": password}
    headers = {"X-Forwarded-For": address}
    answer = await client.post("/login", data=form, headers=headers, allow_redirects=False)
    return answer.status, re.sub(r'value="[^"]*"', "", await answer.text())


async def test_one_account_from_everywhere(made: World, attacker: Client) -> None:
    """However many addresses somebody has, an account is guessed at a few times and is shut then."""
    for number in range(FAILURES):
        assert (await tried(attacker, "kim", f"guess {number}", f"192.0.2.{number}"))[0] == 401
    assert (await tried(attacker, "kim", PASSWORD, "198.51.100.7"))[0] == 401
    made.clock.pass_(minutes=11)
    assert (await tried(attacker, "kim", PASSWORD, "198.51.100.7"))[0] == 303


async def test_every_account_from_one_place_and_all_at_once(made: World, attacker: Client) -> None:
    """A hundred tries side by side are no way around the limit, nor do they keep anybody else from work."""
    tries = [tried(attacker, f"staff{number}", "password1234") for number in range(100)]
    statuses = Counter(status for status, _ in await asyncio.gather(*tries))
    assert statuses.keys() == {401, 429}
    assert statuses[401] <= TRIES + 2
    assert (await tried(attacker, "kim", PASSWORD, "198.51.100.7"))[0] == 303


async def test_who_is_there_cannot_be_learnt(made: World, attacker: Client) -> None:
    _, unknown = await tried(attacker, "nobody", "password1234")
    _, wrong = await tried(attacker, "kim", "password1234")
    for number in range(FAILURES):
        await tried(attacker, "kim", f"guess {number}")
    _, shut = await tried(attacker, "kim", PASSWORD)
    assert unknown == wrong == shut


async def test_a_session_of_somebody_elses_making_is_not_taken(made: World, attacker: Client) -> None:
    """Session fixation: whoever logs in gets a session of their own, whatever cookie they came with."""
    attacker.session.cookie_jar.update_cookies({"sotong_console": "chosen-by-the-attacker"})
    answer = await attacker.post(
        "/login", data={"login": "kim", "password": PASSWORD}, headers=OURS, allow_redirects=False
    )
    token = answer.cookies["sotong_console"].value
    assert token != "chosen-by-the-attacker"
    assert len(token) >= 32
    await attacker.post("/logout", data={"csrf": csrf(await text(attacker, "/account"))})
    attacker.session.cookie_jar.update_cookies({"sotong_console": token})
    assert (await attacker.get("/account", allow_redirects=False)).status == 303


async def test_under_https_the_cookies_are_the_hosts_own(made: World, attacker: Client) -> None:
    """Nobody on plain http, nor on a neighbouring host, can give a browser one of our cookies."""
    https = {"X-Forwarded-Proto": "https"}
    form = {"login": "kim", "password": PASSWORD}
    page = await attacker.get("/login", headers=https)
    assert page.headers["Strict-Transport-Security"].startswith("max-age=")
    answer = await attacker.post("/login", data=form, headers=https, allow_redirects=False)
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    cookie = answer.cookies["__Host-sotong_console"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
    shown = {**https, "Cookie": f"sotong_console={cookie.value}"}
    assert (await attacker.get("/account", headers=shown, allow_redirects=False)).status == 303
    shown = {**https, "Cookie": f"__Host-sotong_console={cookie.value}"}
    assert (await attacker.get("/account", headers=shown, allow_redirects=False)).status == 200
    out = await attacker.post("/logout", headers={**shown, "X-CSRF-Token": "-"}, allow_redirects=False)
    assert out.cookies["__Host-sotong_console"]["max-age"] == "0"
    assert out.cookies["__Host-sotong_console"]["secure"] is True
