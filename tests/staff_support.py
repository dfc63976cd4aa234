"""People of the console in tests: browsers that say where a form comes from, and somebody logged in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from tests.console_support import PASSWORD, Client, World, log_in

OURS = {"Sec-Fetch-Site": "same-origin"}
"""What a browser of today says of a form on a page of ours."""


@asynccontextmanager
async def browser(made: World, server: TestServer | None = None) -> AsyncIterator[Client]:
    """A browser with cookies of its own; with a `server`, on one that is there already."""
    async with TestClient(
        server or TestServer(made.app()), cookie_jar=CookieJar(unsafe=True), headers=OURS
    ) as opened:
        yield opened


@asynccontextmanager
async def person(
    made: World,
    login: str,
    *roles: str,
    name: str = "김하늘",
    departments: Collection[str] = ("*",),
) -> AsyncIterator[Client]:
    """Somebody with these roles, logged in."""
    await made.hire(login, name, PASSWORD, roles, departments)
    async with browser(made) as opened:
        assert (await log_in(opened, login, PASSWORD)).status == 303
        yield opened
