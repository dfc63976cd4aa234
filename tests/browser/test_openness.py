"""The pages for everybody in a browser: scorecards, answers, statements, the API, citizens' ideas.

Wide and light, on a phone in the dark, at 400 %, by keyboard and as a screen reader has them; with weeks of
many, few and no citizens, and on the first day of a new installation.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from bot.settings import Settings
from tests.browser import town as towns
from tests.browser.conftest import Opens
from tests.browser.looks import sideways, violations
from tests.browser.seeds_open import sow_open
from tests.browser.town import Town

pytestmark = pytest.mark.timeout(240)

PAGES = {
    "/open": "/open",
    "/open/weeks/{week}": "/open/weeks/{few}",
    "/open/answers/{id}": "/open/answers/passport-fee",
    "/open/api": "/open/api",
    "/open/{name}": "/open/privacy",
    "/open/{rest}": "/open/nothing",
    "/voices": "/voices",
    "/voices/{number}": "/voices/{idea}",
}
"""Route: an address of it, with what was sown in braces."""
MORE = (
    "/open/weeks/{none}",
    "/open/accessibility",
    "/voices?topic=culture",
    "/voices?page=99",
    "/voices/P-26-999999",
)
"""Other faces of the same pages."""
FILES = {
    "/open/",
    "/open/scorecard.json",
    "/open/scorecards/{week}.json",
    "/open/scorecards.json",
    "/open/scorecards.csv",
    "/open/scorecard.csv",
    "/open/scorecard.schema.json",
    "/open/questions.json",
    "/open/catalog.jsonld",
    "/open/feed.atom",
    "/open/open.css",
    "/voices.json",
    "/voices.css",
}
"""Routes that answer with something else than a page; those of the API are below `/open/api/`."""
LOOKS: dict[str, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "phone": {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"},
    "magnified": {"viewport": {"width": 320, "height": 256}, "color_scheme": "light"},
}
"""`magnified` is a window of 1280 × 1024 at 400 %."""
Sown = dict[str, str]


@pytest.fixture(scope="module")
def sown(installed: Settings) -> Sown:
    """Three weeks, the last of them busy, and ideas of citizens."""
    return asyncio.run(sow_open(installed))


@pytest.fixture
async def seen(installed: Settings, sown: Sown) -> AsyncIterator[Town]:
    async with towns.town(installed) as town:
        yield town


@pytest.fixture(params=[30, 3], ids=["a week", "no week"])
async def new(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    """The first day of an installation; one that forgets within the week has no scorecards at all."""
    fresh = towns.installation(tmp_path).model_copy(update={"retention_days": request.param})
    async with towns.town(fresh) as town:
        yield town


NARROW = """() => {
  const broken = [];
  const words = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const text = words.currentNode;
    if (text.parentElement.closest("a, code")) continue;
    for (const word of text.data.matchAll(/(?<=^|\\s)[\\p{L}\\p{N}]{2,12}(?=$|\\s)/gu)) {
      const range = document.createRange();
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map((box) => box.top));
      if (lines.size > 1) broken.push(`broken: ${word[0]}`);
    }
  }
  const wide = [...document.querySelectorAll(".wide")].filter((one) => one.scrollWidth > one.clientWidth);
  return [...broken, ...wide.map((one) => `scrolls: ${one.innerText.slice(0, 40)}`)];
}"""
"""Words that stand on two lines, and tables that have to be pushed sideways."""


async def faults(page: Page, url: str, status: int, kept: str = "") -> list[str]:
    """What is wrong with a page for somebody who sees it; kept as a picture where a folder is named."""
    answer = await page.goto(url)
    assert answer is not None
    wrong = [*await violations(page), *await sideways(page), *await page.evaluate(NARROW)]
    if answer.status != status:
        wrong.append(f"status {answer.status}")
    if await page.locator("h1").count() != 1:
        wrong.append("not one h1")
    if folder := os.environ.get("SOTONG_SCREENSHOTS"):
        size = page.viewport_size
        name = kept + url.split("/", 3)[3].replace("/", "-").replace("?", "-")
        name += f"-{size['width']}-{size['height']}.png" if size else ".png"
        await page.screenshot(path=Path(folder, name), full_page=True)
    return [f"{url}: {each}" for each in wrong]


async def test_no_page_is_forgotten(seen: Town) -> None:
    routes = {
        route.resource.canonical
        for route in seen.apps.public.router.routes()
        if route.method == "GET" and route.resource is not None
    }
    ours = {
        path for path in routes if path.startswith(("/open", "/voices")) and not path.startswith("/open/api/")
    }
    assert ours == PAGES.keys() | FILES


@pytest.mark.parametrize("look", LOOKS)
async def test_every_page_can_be_read(seen: Town, sown: Sown, opens: Opens, look: str) -> None:
    page = await opens(seen, **LOOKS[look])
    wrong = []
    for path in (*PAGES.values(), *MORE):
        there = not path.endswith(("/nothing", "999999"))
        wrong += await faults(page, seen.public + path.format(**sown), 200 if there else 404)
    assert "\n".join(wrong) == ""


async def test_the_first_day_of_an_installation(new: Town, opens: Opens) -> None:
    kept, wrong = f"new-{new.settings.retention_days}-", []
    for look in LOOKS.values():
        page = await opens(new, **look)
        for path in ("/open", "/open/api", "/open/privacy", "/voices"):
            wrong += await faults(page, new.public + path, 200, kept)
    assert "\n".join(wrong) == ""
    nothing = "아직 성적표가 없어요." if kept == "new-3-" else "이 주에는 아무도 묻지 않았어요."
    await page.goto(f"{new.public}/open")
    await expect(page.get_by_text(nothing)).to_be_visible()
    await expect(page.get_by_role("table")).to_have_count(0)
    await page.goto(f"{new.public}/voices")
    await expect(page.get_by_text("아직 올라온 제안이 없어요.")).to_be_visible()


async def test_small_counts_are_hidden_and_said_to_be(seen: Town, sown: Sown, opens: Opens) -> None:
    page = await opens(seen)
    await page.goto(f"{seen.public}/open")
    topics = page.get_by_role("table", name="무엇을 물었고, 무엇에 답하지 못했나요")
    hidden = topics.get_by_role("row", name="여권")
    await expect(hidden.get_by_role("cell")).to_have_text(["55", "가림", "가림"])
    await expect(page.get_by_text("‘가림’은 0이 아니에요.")).to_be_visible()
    await page.get_by_role("navigation", name="지난 성적표").get_by_role("link").nth(1).click()
    await expect(page).to_have_url(f"{seen.public}/open/weeks/{sown['few']}")
    await expect(page.get_by_text("물어본 사람이 10명보다 적어서")).to_be_visible()
    await expect(page.get_by_role("definition").first).to_have_text("가림")
    await expect(page.get_by_role("table")).to_have_count(0)
    await page.goto(f"{seen.public}/open/weeks/{sown['none']}")
    await expect(page.get_by_role("definition").first).to_have_text("0")


async def test_a_screen_reader_has_the_numbers_of_every_bar(seen: Town, opens: Opens) -> None:
    page = await opens(seen, **LOOKS["phone"])
    await page.goto(f"{seen.public}/open")
    for name, columns in (("어떻게 답했나요", 3), ("어디서 물었나요", 2)):
        table = page.get_by_role("table", name=name)
        headers = await table.get_by_role("columnheader").all_inner_texts()
        assert len(headers) == columns
        rows = table.get_by_role("row")
        for number in range(1, await rows.count()):
            row = rows.nth(number)
            assert await row.get_by_role("rowheader").inner_text()
            bar = await row.locator("meter").get_attribute("value")
            assert bar == (await row.get_by_role("cell").first.inner_text()).replace(",", "")
    await expect(page.get_by_role("meter")).to_have_count(0)  # drawn for the eye, said in the cells
    await page.goto(f"{seen.public}/open/privacy")
    tables = page.get_by_role("main").get_by_role("table")
    assert await tables.count() >= 3
    for table in await tables.all():  # also those whose cells stand below one another here
        assert await table.get_by_role("columnheader").count() >= 2
        assert await table.get_by_role("rowheader").count() == await table.get_by_role("row").count() - 1


FOCUSED = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect(), style = getComputedStyle(one);
  const x = Math.max(0, box.left) + Math.min(8, box.width / 2);
  const y = Math.max(0, box.top) + Math.min(8, box.height / 2);
  const on_top = document.elementFromPoint(x, y);
  return {
    name: (one.innerText || one.getAttribute("aria-label") || one.id || one.tagName).slice(0, 60),
    marked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    covered: !on_top || !(one.contains(on_top) || on_top.contains(one)),
  };
}"""
REACHED = "a[href], button, select, input:not([type=hidden]), [tabindex='0']"


@pytest.mark.parametrize("look", ["wide", "magnified"])
async def test_by_keyboard_alone(seen: Town, sown: Sown, opens: Opens, look: str) -> None:
    page = await opens(seen, **LOOKS[look])
    for path in PAGES.values():
        await page.goto(seen.public + path.format(**sown))
        for each in await page.locator(REACHED).all():
            await page.keyboard.press("Tab")
            await expect(each).to_be_focused()
            at = await page.evaluate(FOCUSED)
            assert (at["marked"], at["seen"], at["covered"]) == (True, True, False), (path, at)
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.matches('body, .skip')"), path

        await page.goto("about:blank")
        await page.goto(seen.public + path.format(**sown))
        await page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="본문으로 바로 가기")
        await expect(skip).to_be_focused()
        await expect(skip).to_be_in_viewport(ratio=1)
        await page.keyboard.press("Enter")
        await expect(page.locator("#main")).to_be_focused()
