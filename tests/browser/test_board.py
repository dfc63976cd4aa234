"""The live board in a browser: it moves by itself, rings when allowed, works by keyboard and on a phone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.looks import at_work, sideways, violations
from tests.console_support import World, world

pytestmark = [pytest.mark.journey, pytest.mark.timeout(120)]

Desk = tuple[World, str]
RECORDS = """
window.shown = []; window.tones = 0;
window.Notification = class extends EventTarget {
  static permission = "default";
  static async requestPermission() { return (this.permission = "granted"); }
  constructor(title, options) { super(); window.shown.push([title, options.body]); }
};
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) { window.tones += 1; return start.call(this, at); };
"""
"""What a browser without a desktop would have shown and played."""


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with world(tmp_path) as made, TestServer(made.app()) as server:
        yield made, f"http://127.0.0.1:{server.port}"


async def sits_down(desk: Desk, browser: Browser, login: str, name: str, **options: object) -> Page:
    """An operator at the board, in a browser of their own."""
    made, address = desk
    operator = await made.hire(login, name, "초록 우산 다섯 개")
    token = await made.staff.sessions.open(operator, address="127.0.0.1", agent="test")
    context: BrowserContext = await browser.new_context(
        locale="ko-KR",
        timezone_id="Asia/Seoul",
        **options,  # type: ignore[arg-type]
    )
    context.set_default_timeout(15_000)
    await context.add_cookies([{"name": "sotong_console", "value": token, "url": address}])
    await context.add_init_script(RECORDS)
    page = await context.new_page()
    problems: list[str] = []
    at_work(page, problems)
    page.problems = problems  # type: ignore[attr-defined]
    await page.goto(address)
    return page


async def waits(made: World, user: str, words: str = "상담원 연결해줘", reason: str = "asked") -> int:
    """A citizen who asks for a person."""
    number = await made.ask(words, user=user)
    await made.desk.request(number, reason)
    await made.gateway.news(number)
    return number


def rows(page: Page, name: str) -> Locator:
    return page.locator(f"#shelf-{name} .row")


async def test_two_operators_see_everything_move(desk: Desk, browser: Browser) -> None:
    made, address = desk
    first = await sits_down(desk, browser, "haneul", "김하늘")
    second = await sits_down(desk, browser, "bada", "박바다")
    await expect(first.get_by_text("상담을 기다리는 시민이 없어요.")).to_be_visible()
    number = await made.ask("그냥 죽고싶어요", user="a")
    row = first.locator(f"#row-{number}")
    await expect(row).to_contain_text("위기·긴급")
    await expect(row).to_contain_text("웹챗")
    await waits(made, "a", "사람 불러줘", "crisis")
    for page in (first, second):
        await expect(rows(page, "waiting")).to_have_count(1)
        await expect(page).to_have_title("(1) 대화 · 소통")
    await expect(row).to_have_class("row waiting unread")
    await expect(row).to_contain_text("새 글")
    assert await violations(first) == []

    await row.get_by_role("link").click()
    await first.get_by_role("button", name="대화 맡기").click()
    await expect(first.locator(f"#shelf-mine #row-{number}")).to_be_visible()
    await expect(second.locator(f"#shelf-others #row-{number}")).to_contain_text("김하늘")
    await expect(second).to_have_title("대화 · 소통")

    # what stands in the open transcript counts as read; what came while another page was open does not
    await made.ask("여보세요?", user="a")
    await expect(first.get_by_role("log")).to_contain_text("여보세요?")
    await expect(first.locator(f"#row-{number}")).not_to_have_class("unread")
    elsewhere = await first.context.new_page()
    await elsewhere.goto(address)
    mine = elsewhere.locator(f"#shelf-mine #row-{number}")
    await expect(mine).to_have_class("row operator")
    await first.goto("about:blank")
    await made.ask("거기 계세요?", user="a")
    await expect(mine).to_have_class(re.compile("unread"))
    await mine.get_by_role("link").click()
    await expect(elsewhere.locator(f"#row-{number}")).to_have_class("row operator")
    assert first.problems == second.problems == []  # type: ignore[attr-defined]


async def test_it_rings_only_when_allowed_and_says_nothing_of_the_citizen(
    desk: Desk, browser: Browser
) -> None:
    made, _ = desk
    page = await sits_down(desk, browser, "haneul", "김하늘")
    await waits(made, "a")
    await expect(rows(page, "waiting")).to_have_count(1)
    assert await page.evaluate("[window.shown.length, window.tones]") == [0, 0]
    await page.locator("#alerts summary").click()
    await page.get_by_label("화면 알림").check()
    await page.get_by_label("소리").check()
    assert await page.evaluate("window.tones") == 2  # how it sounds
    assert await violations(page) == []
    await waits(made, "b", "비밀 이야기예요 상담원 연결해줘")
    await expect(rows(page, "waiting")).to_have_count(2)
    await page.wait_for_function("window.tones === 4")
    ((title, body),) = await page.evaluate("window.shown")
    assert (title, body) == ("상담을 기다리는 시민이 있어요", "시민 2 · 웹챗 · 방금")
    await page.reload()
    await expect(page.locator("#alert-sound")).to_be_checked()


async def test_by_keyboard_also_in_hangul(desk: Desk, browser: Browser) -> None:
    made, address = desk
    page = await sits_down(desk, browser, "haneul", "김하늘")
    ids = [await waits(made, user) for user in "abc"]
    await expect(rows(page, "waiting")).to_have_count(3)

    async def focused() -> str:
        return str(await page.evaluate("document.activeElement.id"))

    await page.keyboard.press("j")
    await page.keyboard.press("j")
    assert await focused() == f"c{ids[1]}"
    await page.evaluate(
        """document.activeElement.dispatchEvent(
             new KeyboardEvent("keydown", {key: "ㅏ", code: "KeyK", bubbles: true}))"""
    )
    assert await focused() == f"c{ids[0]}"
    await made.ask("여보세요?", user="a")  # a row that changes keeps the keyboard's place
    await expect(page.locator(f"#row-{ids[0]}")).to_contain_text("여보세요?")
    assert await focused() == f"c{ids[0]}"

    await page.keyboard.press("?")
    overlay = page.get_by_role("dialog", name="단축키")
    await expect(overlay).to_be_visible()
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    assert await focused() == "q"
    await page.keyboard.type("jjj")
    await page.keyboard.press("Escape")
    await page.keyboard.press("1")
    await page.keyboard.press("c")
    await expect(page).to_have_url(f"{address}/conversations/{ids[0]}?notice=claimed#text")
    await page.get_by_role("log").focus()
    await page.keyboard.press("r")
    assert await focused() == "text"
    await page.keyboard.type("j")
    await expect(page.locator("#text")).to_have_value("j")
    await page.keyboard.press("Escape")
    await page.keyboard.press("u")
    await expect(page).to_have_url(f"{address}/")

    await page.get_by_role("button", name="단축키").click()
    await overlay.get_by_label("단축키 쓰기").uncheck()
    await overlay.get_by_role("button", name="닫기").click()
    await page.keyboard.press("2")
    assert not (await focused()).startswith("c")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_on_a_phone(desk: Desk, browser: Browser, scheme: str) -> None:
    made, _ = desk
    for user in "abc":
        await made.ask("가나다라마바사" * 20, user=user)
    await waits(made, "d")
    page = await sits_down(
        desk,
        browser,
        "haneul",
        "김하늘",
        viewport={"width": 320, "height": 640},
        color_scheme=scheme,
        has_touch=True,
    )
    jump = page.get_by_role("navigation", name="묶음")
    await expect(jump.get_by_role("link", name="기다려요 1")).to_be_visible()
    await jump.get_by_role("link", name="챗봇과 3").tap()
    await expect(page.get_by_role("heading", name="챗봇과 3")).to_be_in_viewport()
    assert await violations(page) == []
    assert await sideways(page) == []
    await page.locator("#alerts summary").tap()
    assert await sideways(page) == []
    await waits(made, "e")
    await expect(jump.get_by_role("link", name="기다려요 2")).to_be_visible()
