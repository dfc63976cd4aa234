"""The chat page on small screens, for everybody, and inside other sites."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.webchat_pages import MARKS, browser, place, say, visit
from tests.webchat_support import Place

__all__ = ["browser", "place"]  # fixtures

pytestmark = MARKS


async def violations(page: Page) -> list[str]:
    endless = "(one) => one.effect.getComputedTiming().iterations !== Infinity"
    await page.evaluate(f"Promise.all(document.getAnimations().filter({endless}).map((one) => one.finished))")
    found = (await Axe().run(page)).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize(("width", "height"), [(320, 640), (320, 256), (390, 844)])
async def test_small_screens_and_400_percent(width: int, height: int, browser: Browser, place: Place) -> None:
    page = await visit(browser, place, viewport={"width": width, "height": height})
    await page.evaluate("document.documentElement.dataset.size = '3'")
    await say(page, "여권 재발급 수수료 " + "a" * 90)
    await expect(page.locator(".card")).to_be_visible()
    wide = """[...document.querySelectorAll('#lines *')]
        .filter(n => n.getBoundingClientRect().right > innerWidth + 1 && !n.closest('.sr'))
        .map(n => n.className)"""
    assert await page.evaluate(wide) == []
    assert await page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    await expect(page.locator("#box")).to_be_in_viewport()
    if height > 400:
        assert await page.evaluate("document.scrollingElement.scrollHeight <= innerHeight")
        small = """[...document.querySelectorAll('button, .chip')]
            .filter(n => n.offsetParent && n.offsetHeight < 24).length"""
        assert await page.evaluate(small) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_accessibility_faults(scheme: str, browser: Browser, place: Place) -> None:
    page = await visit(browser, place, color_scheme=scheme)
    assert await violations(page) == []
    await say(page, "여권이 필요해요")
    await page.get_by_role("button", name="여권 재발급 수수료").click()
    await expect(page.locator(".card")).to_be_visible()
    (conversation,) = await place.log.recent()
    operator = await place.operator()
    await place.gateway.claim(conversation.id, operator, "김하늘")
    await place.gateway.say(conversation.id, "안녕하세요", operator)
    await expect(page.locator(".line.agent")).to_be_visible()
    await say(page, "가" * 100_000)
    await expect(page.locator(".failed")).to_be_visible()
    await page.locator("#menu-button").click()
    assert await violations(page) == []
    await page.locator("#erase").click()
    assert await violations(page) == []


async def test_embedded_in_another_page(browser: Browser, place: Place) -> None:
    page = await visit(browser, place, "demo-site", viewport={"width": 1200, "height": 800})
    assert await violations(page) == []
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    opener = page.get_by_role("button", name="한빛이에게 물어보기")
    await opener.focus()
    await page.keyboard.press("Enter")
    chat = page.frame_locator("iframe")
    await expect(chat.locator("#box")).to_be_focused()
    await page.keyboard.type("여권 재발급 수수료")
    await page.keyboard.press("Enter")
    await expect(chat.locator(".card")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("iframe")).to_be_hidden()
    await expect(opener).to_be_focused()
    (conversation,) = await place.log.recent()
    operator = await place.operator()
    await place.desk.claim(conversation.id, operator)
    await place.gateway.say(conversation.id, "늦은 답이에요", operator)
    await expect(page.get_by_role("button", name="새 메시지가 있어요")).to_be_visible()
    await expect(page.get_by_role("status")).to_have_text("챗봇에 새 메시지가 있어요")
    await page.keyboard.press("Enter")
    await expect(chat.get_by_text("늦은 답이에요")).to_be_visible()
    await chat.get_by_role("button", name="채팅 닫기").click()
    await expect(opener).to_be_focused()
    here = place.url().removesuffix("/chat/")
    assert [url for url in asked if not url.startswith(here) and not url.startswith("data:")] == []


async def test_a_page_that_may_not_embed_offers_a_link(browser: Browser, place: Place) -> None:
    """The blog's own policy is strict (no inline styles), and the chat was not told about the blog."""
    here = place.url().removesuffix("/chat/")
    policy = f"default-src 'none'; script-src {here}; frame-src {here}; img-src {here}"

    async def post(_: web.Request) -> web.Response:
        return web.Response(
            text=f"<!doctype html><title>블로그</title><script src='{here}/chat/embed.js' defer></script>",
            content_type="text/html",
            headers={"Content-Security-Policy": policy},
        )

    app = web.Application()
    app.add_routes([web.get("/", post)])
    page = await browser.new_page()
    async with TestServer(app) as blog:
        await page.clock.install()
        await page.goto(str(blog.make_url("/")))
        await page.get_by_role("button", name="챗봇에게 물어보기").click(timeout=10_000)
        await page.clock.fast_forward(9000)
        link = page.get_by_role("link", name="새 창에서 열기")
        await expect(link).to_have_attribute("href", place.url())
        box = await page.locator(".window").bounding_box()
        assert box is not None
        assert box["width"] > 300
        await page.close()
