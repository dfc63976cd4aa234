"""The chat page in a real Chromium, as citizens use it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, WebSocketRoute, expect

from bot.messages import Button, Outbound
from tests.webchat_pages import MARKS, browser, bubbles, place, say, visit
from tests.webchat_support import Place, running

__all__ = ["browser", "place"]  # fixtures

pytestmark = MARKS


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
    await expect(page.locator("#erased-number")).to_have_text(re.compile(r"D-\d{8}-\w{6}"))
    await page.get_by_role("button", name="확인").click()
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
