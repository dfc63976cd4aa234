"""The chat page in a real Chromium, as citizens use it."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, WebSocketRoute, async_playwright, expect

from bot.messages import Outbound
from tests.webchat_support import Place, running

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium"),
]


@pytest_asyncio.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with running(tmp_path) as running_place:
        yield running_place


@pytest_asyncio.fixture
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


async def violations(page: Page) -> list[str]:
    found = (await Axe().run(page)).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


async def test_ask_choose_and_read_the_answer(browser: Browser, place: Place) -> None:
    page = await visit(browser, place)
    await say(page, "여권이 필요해요")
    await page.get_by_role("button", name="여권 재발급 수수료").click()
    card = page.locator(".card")
    await expect(card.get_by_role("heading")).to_have_text("여권을 새로 만들 때 수수료가 얼마예요?")
    await expect(card.locator("dl a").first).to_have_attribute("href", "tel:0991202010")
    await expect(card.locator(".prose a").first).to_have_attribute("href", "tel:0991202010")
    source = card.get_by_role("link", name="외교부 여권안내")
    await expect(source).to_have_attribute("href", "https://www.passport.go.kr/home")
    await expect(source).to_have_attribute("rel", "noopener noreferrer")
    await expect(card.locator("dl")).to_contain_text("지금 열려 있어요")
    await card.get_by_role("button", name="더 보기").click()
    await expect(bubbles(page).last).to_contain_text("show_more")
    assert await page.locator(".line.user").count() == 3
    await expect(page.locator("#status-text")).to_have_text("무엇이든 편하게 물어보세요")


async def test_the_first_questions_of_the_menu_work(browser: Browser, place: Place) -> None:
    page = await visit(browser, place)
    await page.locator("#welcome .chip").nth(1).click()
    await expect(page.locator(".line.bot .bubble").last).to_contain_text("잘 들었어요")


async def test_a_reload_keeps_the_conversation_and_its_order(browser: Browser, place: Place) -> None:
    page = await visit(browser, place)
    for number in range(3):
        await say(page, f"질문 {number}")
    await expect(bubbles(page)).to_have_count(6)
    await place.turns.idle()
    await page.reload()
    await expect(bubbles(page)).to_have_count(6)
    shown = await bubbles(page).all_inner_texts()
    assert sorted(text for text in shown if text.startswith("질문")) == ["질문 0", "질문 1", "질문 2"]
    assert [text for text in shown if text.startswith("질문")] == ["질문 0", "질문 1", "질문 2"]


async def test_older_lines_on_request(browser: Browser, place: Place) -> None:
    page = await visit(browser, place)
    await say(page, "처음")
    await expect(bubbles(page)).to_have_count(2)
    (conversation,) = await place.log.recent()
    await place.log.say(conversation.id, [Outbound(text=f"안내 {n}") for n in range(60)], author="bot")
    await page.reload()
    await expect(bubbles(page)).to_have_count(50)
    await page.get_by_role("button", name="이전 대화 보기").click()
    await expect(bubbles(page)).to_have_count(62)
    await expect(bubbles(page).first).to_have_text("처음")
    await expect(page.locator("#earlier")).to_be_hidden()


@pytest.mark.parametrize("blocked", ["socket", "socket and events"])
async def test_networks_that_block_websockets(blocked: str, browser: Browser, place: Place) -> None:
    context = await browser.new_context(locale="ko-KR")
    page = await context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    async def refuse(socket: WebSocketRoute) -> None:
        await socket.close(code=1011)

    await page.route_web_socket("**/chat/ws", refuse)
    if blocked == "socket and events":
        await page.route("**/chat/stream", lambda route: route.abort())
    await page.goto(place.url())
    await say(page, "안녕하세요")
    await expect(bubbles(page)).to_have_count(2, timeout=15_000)
    await say(page, "한 번 더")
    await expect(bubbles(page)).to_have_count(4)
    way = "/chat/stream" if blocked == "socket" else "/chat/poll"
    assert any(way in url for url in asked)
    token = await page.evaluate("localStorage['sotong.chat.session']")
    assert not [url for url in asked if token.split(".")[0] in url]
    await page.reload()
    await expect(bubbles(page)).to_have_count(4, timeout=15_000)


async def test_offline_messages_go_out_once_when_the_network_is_back(
    browser: Browser, tmp_path: Path, free_port: int
) -> None:
    """The gateway stops and starts again; the citizen writes meanwhile, and even reloads."""
    async with running(tmp_path, free_port) as place:
        page = await visit(browser, place)
        await say(page, "하나")
        await expect(bubbles(page)).to_have_count(2)
    await say(page, "둘")
    await say(page, "셋")
    await expect(page.locator(".line.user.waiting")).to_have_count(2)
    await expect(page.locator("#banner")).to_contain_text("다시 잇고 있어요")
    async with running(tmp_path, free_port) as place:
        await expect(bubbles(page)).to_have_count(6, timeout=30_000)
        await expect(page.locator(".waiting")).to_have_count(0)
        await expect(page.locator("#banner")).to_be_empty()
        await place.turns.idle()
        assert place.bot.asked == ["둘", "셋"]
        await page.reload()
        await expect(bubbles(page)).to_have_count(6)
        (conversation,) = await place.log.recent()
        assert conversation.last_seq == 6


async def test_an_unsent_message_survives_a_reload(browser: Browser, place: Place) -> None:
    page = await visit(browser, place)
    frame = {
        "v": 1,
        "type": "user.message",
        "id": "c-0123456789",
        "ts": "2099-01-01T00:00:00Z",
        "text": "못 보낸 말",
    }
    await page.evaluate("f => localStorage.setItem('sotong.chat.out.' + f.id, JSON.stringify(f))", frame)
    await page.reload()
    await expect(bubbles(page)).to_have_count(2)
    assert place.bot.asked == ["못 보낸 말"]
    assert await page.evaluate("Object.keys(localStorage).filter(k => k.includes('.out.')).length") == 0


async def test_typed_html_is_shown_as_typed(browser: Browser, place: Place) -> None:
    page = await visit(browser, place)
    attack = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script> javascript:alert(1)'
    await say(page, attack)
    await expect(bubbles(page).first).to_have_text(attack)
    await expect(bubbles(page).last).to_have_text(f"잘 들었어요: {attack}")
    (conversation,) = await place.log.recent()
    from bot.messages import Button

    evil = Outbound(text="눌러 보세요", buttons=(Button(label="나쁜 링크", url="javascript:window.hurt=1"),))
    await place.log.say(conversation.id, [evil], author="bot")
    await page.reload()
    await expect(page.get_by_text("나쁜 링크")).to_be_visible()
    assert await page.locator("#lines a").count() == 0
    assert await page.locator("#lines script, #lines .bubble img").count() == 0
    assert await page.evaluate("window.hurt") is None


async def test_by_keyboard_alone(browser: Browser, place: Place) -> None:
    page = await visit(browser, place)
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#box")).to_be_focused()
    await page.keyboard.type("여권이")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("필요해요")
    await page.keyboard.press("Enter")
    await expect(bubbles(page).first).to_have_text("여권이\n필요해요")
    await expect(page.get_by_text("이 중에 있나요?")).to_be_visible()
    await expect(page.locator("#box")).to_be_focused()
    for _ in range(3):
        await page.keyboard.press("Shift+Tab")
    await expect(page.get_by_role("button", name="여권 재발급 수수료")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(".card")).to_be_visible()
    await page.locator("#menu-button").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#menu")).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.locator("#person")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#menu")).to_be_hidden()
    await expect(page.locator("#menu-button")).to_be_focused()


async def test_enter_that_ends_a_syllable_does_not_send(browser: Browser, place: Place) -> None:
    page = await visit(browser, place)
    await page.locator("#box").fill("안녕하세요")
    composing = (
        "new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true})"
    )
    assert await page.evaluate(f"document.getElementById('box').dispatchEvent({composing})") is True
    await expect(page.locator("#box")).to_have_value("안녕하세요")
    assert await bubbles(page).count() == 0


async def test_a_person_takes_over(browser: Browser, place: Place) -> None:
    page = await visit(browser, place)
    await page.locator("#menu-button").click()
    await page.locator("#person").click()
    await expect(page.locator("#status-text")).to_have_text("상담원을 부르고 있어요")
    (conversation,) = await place.log.recent()
    operator = await place.operator()
    await place.gateway.claim(conversation.id, operator, "김하늘")
    await place.gateway.say(conversation.id, "무엇을 도와드릴까요?", operator)
    await expect(page.locator(".notice")).to_contain_text("김하늘")
    await expect(page.locator(".line.agent .bubble")).to_have_text("무엇을 도와드릴까요?")
    await expect(page.locator("#status-text")).to_have_text("상담원과 이야기하고 있어요")


async def test_erasing_the_conversation(browser: Browser, place: Place) -> None:
    page = await visit(browser, place)
    await say(page, "비밀")
    await expect(bubbles(page)).to_have_count(2)
    before = await page.evaluate("localStorage['sotong.chat.session']")
    await page.locator("#menu-button").click()
    await page.get_by_role("button", name="내 대화 지우기").click()
    await page.get_by_role("button", name="모두 지우기").click()
    await expect(bubbles(page)).to_have_count(0)
    await expect(page.locator("#welcome .chip").first).to_be_visible()
    assert await place.log.recent() == []
    assert await page.evaluate("localStorage['sotong.chat.session']") != before
    await say(page, "새로 시작해요")
    await expect(bubbles(page)).to_have_count(2)


async def test_a_very_long_message_is_answered(browser: Browser, place: Place) -> None:
    page = await visit(browser, place)
    await say(page, "가나다라마바사아자차" * 1000)
    await expect(page.locator(".line.bot .bubble").last).to_contain_text("잘 들었어요", timeout=15_000)
    (conversation,) = await place.log.recent()
    assert len((await place.log.history(conversation.id))[0].text) == 10_000
    await say(page, "가" * 100_000)
    await expect(page.locator(".failed .state")).to_contain_text("너무 길어요")
    await expect(page.get_by_role("button", name="다시 보내기")).to_be_visible()


async def test_personal_data_is_shown_as_it_was_stored(browser: Browser, place: Place) -> None:
    page = await visit(browser, place)
    await say(page, "제 번호는 900101-1234568이에요")
    await expect(page.locator(".line.user .bubble")).not_to_contain_text("1234568")


@pytest.mark.parametrize(("width", "height"), [(320, 640), (320, 256), (390, 844)])
async def test_small_screens_and_400_percent(width: int, height: int, browser: Browser, place: Place) -> None:
    page = await visit(browser, place, viewport={"width": width, "height": height})
    await page.evaluate("document.documentElement.dataset.size = '3'")
    await say(page, "여권 재발급 수수료 " + "a" * 90)
    await expect(page.locator(".card")).to_be_visible()
    wide = "e => [...document.querySelectorAll('#lines *')].filter(n => n.getBoundingClientRect().right > innerWidth + 1 && !n.closest('.sr')).map(n => n.className)"
    assert await page.evaluate(wide) == []
    assert await page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    await expect(page.locator("#box")).to_be_in_viewport()
    if height > 400:
        assert await page.evaluate("document.scrollingElement.scrollHeight <= innerHeight")
        small = "e => [...document.querySelectorAll('button, .chip')].filter(n => n.offsetParent && n.offsetHeight < 24).length"
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
    await place.gateway.say(conversation.id, "늦은 답이에요", await place.operator())
    await expect(page.get_by_role("button", name="새 메시지가 있어요")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(chat.get_by_text("늦은 답이에요")).to_be_visible()
    await chat.get_by_role("button", name="채팅 닫기").click()
    await expect(opener).to_be_focused()
    here = place.url().removesuffix("/chat/")
    assert [url for url in asked if not url.startswith(here) and not url.startswith("data:")] == []


async def test_a_page_that_may_not_embed_offers_a_link(browser: Browser, place: Place) -> None:
    """The blog's own policy is strict (no inline styles), and the chat does not know it."""
    page = await browser.new_page()
    script = place.url("embed.js")
    here = place.url().removesuffix("/chat/")
    policy = f"default-src 'none'; script-src {here}; frame-src {here}; img-src {here}"
    await page.route(
        "https://blog.example/",
        lambda route: route.fulfill(
            content_type="text/html; charset=utf-8",
            headers={"Content-Security-Policy": policy},
            body=f"<title>블로그</title><h1>글</h1><script src={json.dumps(script)} defer></script>",
        ),
    )
    await page.clock.install()
    await page.goto("https://blog.example/")
    await page.get_by_role("button", name="챗봇에게 물어보기").click()
    await page.clock.fast_forward(9000)
    link = page.get_by_role("link", name="새 창에서 열기")
    await expect(link).to_have_attribute("href", place.url())
    box = await page.locator(".window").bounding_box()
    assert box is not None
    assert box["width"] > 300
