"""What the browser's tests share: a Chromium, people at it, and one installation a file."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from bot.settings import Settings
from tests.browser import town as towns
from tests.browser.looks import at_work
from tests.browser.town import Town

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WHY = "No Chromium here; the console is not walked through in a browser."
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

Opens = Callable[..., Awaitable[Page]]
"""`opens(town, login)`: a browser of its own for one of `town.PEOPLE`, or for a citizen."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything below this folder needs a Chromium."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason=WHY))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One for all tests of a file; what they publish stays published."""
    return towns.installation(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def served(installed: Settings) -> Iterator[Settings]:
    """The same with an action server, for citizens who ask."""
    with towns.answering(installed) as settings:
        yield settings


@pytest.fixture
async def quiet_town(installed: Settings) -> AsyncIterator[Town]:
    """A gateway that no citizen asks anything."""
    async with towns.town(installed) as running:
        yield running


@pytest.fixture
async def town(served: Settings) -> AsyncIterator[Town]:
    """A gateway that answers."""
    async with towns.town(served) as running:
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield opened
        finally:
            await opened.close()


@pytest.fixture
async def opens(browser: Browser) -> AsyncIterator[Opens]:
    """Pages on which any error of a script, and anything the CSP stops, fails the test."""
    problems: list[str] = []

    async def opened(town: Town, login: str = "", **options: Any) -> Page:
        context = await browser.new_context(locale="ko-KR", timezone_id="Asia/Seoul", **options)
        context.set_default_timeout(15_000)
        if login:
            await town.enter(context, login)
        page = await context.new_page()
        at_work(page, problems)
        return page

    yield opened
    assert problems == []
