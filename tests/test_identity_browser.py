"""The login pages in a real Chromium, on a telephone, as citizens use them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from bot.settings import Settings
from tests.identity_support import Town, town
from tests.webchat_pages import MARKS, browser

__all__ = ["browser"]  # fixture

pytestmark = MARKS


@pytest_asyncio.fixture(loop_scope="module")
async def place(settings: Settings) -> AsyncIterator[Town]:
    async with town(settings) as running:
        yield running


async def sound(page: Page) -> None:
    """No accessibility fault, nothing beyond the edge, nothing too small to hit."""
    found = (await Axe().run(page)).response["violations"]
    assert [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]] == []
    assert await page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    small = "[...document.querySelectorAll('button, .go')].filter(n => n.offsetHeight < 44).length"
    assert await page.evaluate(small) == 0


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark")])
async def test_on_a_telephone(width: int, scheme: str, browser: Browser, place: Town) -> None:
    context = await browser.new_context(
        locale="ko-KR", viewport={"width": width, "height": 700}, color_scheme=scheme
    )
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    await page.goto(await place.link(about="지방세 얼마예요?"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("이 대화에서 본인 확인을 할까요?")
    await expect(page.locator("dl")).to_contain_text("지방세 얼마예요?")
    await sound(page)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("누구로 로그인할까요?")
    await sound(page)
    await page.get_by_role("button", name="김하늘").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("김○○ 님, 확인됐어요")
    await expect(page.get_by_text("채팅으로 돌아가세요(라인)")).to_be_visible()
    await sound(page)
    who = await place.who()
    assert who
    assert who.name == "김○○"
    await page.reload()  # the same answer once more
    await expect(page.get_by_role("heading", level=1)).to_have_text("로그인을 이어갈 수 없어요")
    await sound(page)
    assert [one for one in complaints if "400" not in one and "favicon" not in one] == []
    await context.close()


async def test_without_css_of_others_and_in_nobodys_frame(browser: Browser, place: Town) -> None:
    page = await (await browser.new_context()).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    link = await place.link()
    await page.goto(link)
    assert {url.split("/")[2] for url in asked} == {link.split("/")[2]}
    await page.goto("about:blank")
    await page.set_content(f'<iframe src="{link}"></iframe>')
    await page.wait_for_timeout(300)
    assert "본인 확인" not in await page.frames[-1].content()
    await page.context.close()
