"""`make screenshots`: the pictures of the guides for staff, taken of the demo city with invented people."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.async_api import Page, async_playwright, expect

from bot.messages import utc_now
from bot.settings import ROOT, Settings
from tests import redis_support
from tests.browser.conftest import ARGUMENTS, CHROMIUM, WHY
from tests.browser.seeds import Seeds, sow
from tests.browser.town import Town, installation, town

STUDIO = ROOT / "docs" / "studio" / "images"
DESK = ROOT / "docs" / "operating" / "images"
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
"""Of docs/studio/README.md: file without its ending, and the page."""
DESK_PICTURES = {
    "board": "/",
    "talk": "/conversations/{talk}",
    "approvals": "/approvals",
    "contact": "/contacts/{contact}",
    "search": "/search?q=여권",
    "replay": "/replay?day={today}&q=여권",
    "figures": "/figures",
    "alerts": "/alerts",
    "switches": "/switches",
    "reviews": "/reviews/ratings",
}
"""The same of docs/operating.md."""


async def take(page: Page, path: Path) -> None:
    """One picture of the window. Raises `AssertionError` when it is too large for the repository."""
    picture = await page.screenshot(path=path, animations="disabled")
    assert len(picture) <= MOST, f"{path.name} has {len(picture)} bytes"


async def judged(page: Page, here: Town) -> None:
    """The gate's page, of the one draft that can be published."""
    await page.goto(f"{here.console}/studio/publish?item=answer:passport-fee")
    await page.get_by_role("button", name="점검하기").click()
    await expect(page.get_by_role("heading", name="무엇이 바뀌나요")).to_be_visible(timeout=300_000)
    await take(page, STUDIO / "judged.png")


async def main(settings: Settings) -> None:
    """Take all pictures."""
    for folder in (STUDIO, DESK):
        folder.mkdir(parents=True, exist_ok=True)
    async with town(settings) as here, async_playwright() as playwright:
        seeds: Seeds = await sow(here)
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = await browser.new_context(
            viewport={"width": 1200, "height": 800}, locale="ko-KR", timezone_id="Asia/Seoul"
        )
        await here.enter(context, "admin")
        page = await context.new_page()
        today = utc_now().astimezone(ZoneInfo(settings.timezone)).date().isoformat()
        for into, pictures in ((DESK, DESK_PICTURES), (STUDIO, PICTURES)):
            for name, path in pictures.items():
                await page.goto(here.console + path.format(**seeds, today=today))
                await take(page, into / f"{name}.png")
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
