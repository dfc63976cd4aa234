"""The chat page in a Chromium: fixtures and gestures for its tests."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from tests.webchat_support import Place, running

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

MARKS = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium"),
]


@pytest_asyncio.fixture(loop_scope="module")
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with running(tmp_path) as running_place:
        yield running_place


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        await chromium.close()


async def visit(browser: Browser, place: Place, path: str = "", **options: Any) -> Page:
    """A new visitor's page, with its menu of first questions; a script error fails the test."""
    context = await browser.new_context(locale="ko-KR", reduced_motion="reduce", **options)
    page = await context.new_page()
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
    await page.goto(place.url(path))
    if path == "":
        await page.locator("#welcome .chip").first.wait_for()
    return page


async def say(page: Page, text: str) -> None:
    await page.locator("#box").fill(text)
    await page.locator("#box").press("Enter")


def bubbles(page: Page) -> Any:
    return page.locator("#lines .bubble")
