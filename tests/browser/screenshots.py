"""`make screenshots`: the pictures of docs/studio/README.md, taken of the demo city with invented people."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Page, async_playwright, expect

from bot.settings import ROOT, Settings
from tests import redis_support
from tests.browser.conftest import ARGUMENTS, CHROMIUM, WHY
from tests.browser.seeds import Seeds, sow
from tests.browser.town import Town, installation, town

INTO = ROOT / "docs" / "studio" / "images"
MOST = 150 * 1024
"""Bytes of a picture."""
PICTURES = {
    "answers": "/studio/answers",
    "answer": "/studio/answers/passport-fee",
    "inbox": "/studio/inbox",
    "group": "/studio/inbox/{group}",
    "intents": "/studio/intents",
    "intent": "/studio/intents/ask_waste_day",
    "words": "/studio/words/lookups",
    "flow": "/studio/texts/data/rules/questions.yml",
    "import": "/studio/import",
    "publish": "/studio/publish",
    "releases": "/studio/releases",
    "people": "/people",
    "audit": "/audit",
}
"""File without its ending: the page."""


async def take(page: Page, name: str) -> None:
    """One picture of the window. Raises `AssertionError` when it is too large for the repository."""
    picture = await page.screenshot(path=INTO / f"{name}.png", animations="disabled")
    assert len(picture) <= MOST, f"{name}.png has {len(picture)} bytes"


async def judged(page: Page, here: Town) -> None:
    """The gate's page, of the one draft that can be published."""
    await page.goto(f"{here.console}/studio/publish?item=answer:passport-fee")
    await page.get_by_role("button", name="점검하기").click()
    await expect(page.get_by_role("heading", name="무엇이 바뀌나요")).to_be_visible(timeout=300_000)
    await take(page, "judged")


async def main(settings: Settings) -> None:
    """Take all pictures."""
    INTO.mkdir(parents=True, exist_ok=True)
    async with town(settings) as here, async_playwright() as playwright:
        seeds: Seeds = await sow(here)
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = await browser.new_context(
            viewport={"width": 1200, "height": 800}, locale="ko-KR", timezone_id="Asia/Seoul"
        )
        await here.enter(context, "admin")
        page = await context.new_page()
        for name, path in PICTURES.items():
            await page.goto(here.console + path.format(**seeds))
            await take(page, name)
        await judged(page, here)
        await browser.close()


if __name__ == "__main__":
    if CHROMIUM is None:
        sys.exit(WHY)
    try:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(main(installation(Path(folder))))
    finally:
        redis_support.server().stop()
