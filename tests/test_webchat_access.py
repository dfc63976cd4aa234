"""The chat page for people who hear it, type it, magnify it, or see it in colours of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, CDPSession, Page, expect

from bot.messages import Outbound
from tests.webchat_pages import MARKS, browser, bubbles, say, visit
from tests.webchat_support import Place, running

__all__ = ["browser"]  # a fixture

pytestmark = MARKS

ROLES = ("heading", "link", "button", "textbox", "radio", "log", "region", "article", "dialog", "status")
HEARD = """() => {
  window.heard = [];
  const list = document.getElementById("lines");
  const note = (changes) => {
    if (list.getAttribute("aria-live") === "off") return;
    const added = changes.flatMap(({ addedNodes }) => [...addedNodes]);
    window.heard.push(...added.map((one) => one.innerText).filter(Boolean));
  };
  new MutationObserver(note).observe(list, { childList: true });
}"""
FOCUSED = """() => {
  const it = document.activeElement, style = getComputedStyle(it);
  const at = [...document.querySelectorAll("*")].indexOf(it);
  return [it.id || it.textContent, it.tagName, style.outlineStyle, parseFloat(style.outlineWidth), at];
}"""
SPREAD = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; }
    * { word-spacing: .16em !important; } p { margin-block-end: 2em !important; }`);
  document.adoptedStyleSheets = [sheet];
}"""
CUT = """() => [...document.querySelectorAll("body *")].filter((one) => {
  const { overflowX, overflowY } = getComputedStyle(one);
  if (!one.offsetParent || one.closest(".sr, .from") || one.id === "box") return false;
  const wide = overflowX !== "visible" && one.scrollWidth > one.clientWidth + 1;
  return wide || (overflowY === "hidden" && one.scrollHeight > one.clientHeight + 1);
}).map((one) => one.className || one.id)"""
REACHED = """async () => {
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  const it = document.activeElement, { x, y, width, height } = it.getBoundingClientRect();
  const seen = document.elementFromPoint(x + width / 2, y + height / 2);
  const shown = Boolean(seen) && (it.contains(seen) || seen.contains(it));
  return [it.id || it.innerText, shown];
}"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    async with running(Path(tmp_path_factory.mktemp("chat"))) as running_place:
        yield running_place


async def tree(page: Page) -> list[dict[str, Any]]:
    """What a screen reader gets, in the order it reads: role, name, level, live."""
    session: CDPSession = await page.context.new_cdp_session(page)
    nodes = (await session.send("Accessibility.getFullAXTree"))["nodes"]
    by_id = {node["nodeId"]: node for node in nodes}
    read: list[dict[str, Any]] = []

    def walk(node: dict[str, Any]) -> None:
        properties = {one["name"]: one["value"].get("value") for one in node.get("properties", [])}
        role, name = node.get("role", {}).get("value", ""), node.get("name", {}).get("value", "")
        if not node.get("ignored"):
            read.append({"role": role, "name": name, **properties})
        for child in node.get("childIds", []):
            if child in by_id:
                walk(by_id[child])

    walk(nodes[0])
    return read


def names(read: list[dict[str, Any]], role: str) -> list[str]:
    return [node["name"] for node in read if node["role"] == role]


async def test_what_a_screen_reader_reads(browser: Browser, place: Place) -> None:
    page = await visit(browser, place)
    await say(page, "여권 재발급 수수료")
    await expect(page.locator(".card")).to_be_visible()
    await page.locator("#menu-button").click()
    read = await tree(page)
    assert [node for node in read if node["role"] in ROLES[:5] and not node["name"]] == []
    assert {"banner", "main", "form"} <= {node["role"] for node in read}
    (log,) = [node for node in read if node["role"] == "log"]
    assert (log["name"], log["live"], log["relevant"]) == ("대화 내용", "polite", "additions")
    assert names(read, "heading") == ["한빛이", "여권을 새로 만들 때 수수료가 얼마예요?"]
    assert names(read, "radio") == ["보통", "크게", "아주 크게"]
    assert "챗봇 성적표와 공개 자료 (새 창에서 열려요)" in names(read, "link")
    assert "외교부 여권안내 (새 창에서 열려요)" in names(read, "link")
    said = " ".join(node["name"] for node in read if node["role"] == "StaticText")
    order = [
        "한빛이",
        "메뉴",
        "챗봇이 자동으로 안내해요",
        "나",
        "여권 재발급 수수료",
        "26쪽",
        "담당",
        "확인일",
        "더 보기",
    ]
    where = [said.find(words) for words in order]
    assert -1 not in where
    assert where == sorted(where), said
    assert [node["name"] for node in read if node["role"] == "textbox"] == ["메시지"]
    await page.locator("#erase").click()
    assert names(await tree(page), "dialog") == ["대화를 모두 지울까요?"]


async def test_only_what_is_new_is_read_out(browser: Browser, place: Place) -> None:
    page = await visit(browser, place)
    await page.evaluate(HEARD)
    await say(page, "하나")
    await expect(bubbles(page)).to_have_count(2)
    heard = await page.evaluate("window.heard")
    assert [words.split("\n")[0] for words in heard] == ["나", "한빛이"]
    (conversation, *_) = await place.log.recent()
    await place.log.say(conversation.id, [Outbound(text=f"안내 {n}") for n in range(60)], author="bot")
    await page.add_init_script(f"addEventListener('DOMContentLoaded', {HEARD})")
    await page.reload()
    await expect(bubbles(page)).to_have_count(50)
    assert await page.evaluate("window.heard") == []
    await page.get_by_role("button", name="이전 대화 보기").click()
    await expect(bubbles(page)).to_have_count(62)
    await say(page, "둘")
    await expect(bubbles(page)).to_have_count(64)
    assert len(await page.evaluate("window.heard")) == 2
    assert await page.locator("#lines").get_attribute("aria-live") == "polite"


async def test_the_day_is_read_out_once(browser: Browser, place: Place) -> None:
    page = await visit(browser, place)
    await page.clock.install()
    await say(page, "오늘의 말")
    await expect(bubbles(page)).to_have_count(2)
    await page.clock.set_fixed_time("2099-01-02T09:00:00+09:00")
    await page.evaluate(HEARD)
    await say(page, "내일의 말")
    await expect(bubbles(page)).to_have_count(4)
    days = [words for words in await page.evaluate("window.heard") if "요일" in words]
    assert len(days) == len(set(days))


async def test_other_languages_are_marked(browser: Browser, place: Place) -> None:
    page = await visit(browser, place)
    for words, language in (
        ("How do I extend my visa?", "en"),
        ("怎么办理签证延期", "zh"),
        ("Tôi muốn gia hạn thị thực", "vi"),
    ):
        await say(page, words)
        line = page.locator(".line.user", has_text=words)
        await expect(line.locator("p").first).to_have_attribute("lang", language)
    await say(page, "PDF 파일은 https://www.gov.kr 에 있나요")
    assert await page.locator(".line.user p").last.get_attribute("lang") is None


async def test_a_syllable_in_the_making_is_not_sent(browser: Browser, place: Place) -> None:
    """As an input method does it: the syllable is composed, Enter ends it, another Enter sends."""
    page = await visit(browser, place)
    await page.locator("#box").focus()
    session = await page.context.new_cdp_session(page)
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
    for syllables in ("ㅇ", "아", "안", "안ㄴ", "안녀", "안녕"):
        place_of = {"selectionStart": len(syllables), "selectionEnd": len(syllables)}
        await session.send("Input.imeSetComposition", {"text": syllables, **place_of})
    await session.send(
        "Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter, "windowsVirtualKeyCode": 229}
    )
    await session.send("Input.insertText", {"text": "안녕"})
    await expect(page.locator("#box")).to_have_value("안녕")
    assert await bubbles(page).count() == 0
    await session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    await expect(bubbles(page).first).to_have_text("안녕")
    await expect(page.locator(".line.user")).to_have_count(1)


@pytest.mark.parametrize(("width", "height"), [(640, 360), (320, 256)])
async def test_magnified_two_to_four_times(width: int, height: int, browser: Browser, place: Place) -> None:
    """A window of 1280 px at 200 and 400 %: nothing is cut off, and no focus is covered."""
    page = await visit(browser, place, viewport={"width": width, "height": height})
    await say(page, "여권 재발급 수수료")
    await expect(page.locator(".card")).to_be_visible()
    await say(page, "여권이 필요해요")
    await expect(page.get_by_text("둘 다 아니에요")).to_be_visible()
    assert await page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    if width == 320:
        assert (await Axe().run(page)).violations_count == 0
    await page.locator(".skip").focus()
    await page.evaluate(REACHED)  # the list has scrolled to its end before anybody moves on
    covered = []
    for _ in range(30):
        await page.keyboard.press("Tab")
        name, shown = await page.evaluate(REACHED)
        if name == "box":
            break
        if name != "scroll" and not shown:  # the list itself is taller than the window
            covered.append(name)
    assert (name, covered) == ("box", [])


async def test_the_whole_page_by_tab_and_out_again(browser: Browser, place: Place) -> None:
    page = await visit(browser, place)
    await say(page, "여권 재발급 수수료")
    await expect(page.locator(".card")).to_be_visible()
    await page.locator("#menu-button").click()
    await page.locator(".skip").focus()
    reached = []
    for _ in range(60):
        await page.keyboard.press("Tab")
        it = await page.evaluate(FOCUSED)
        if it[1] == "BODY":
            break
        reached.append(it)
    where = [one[0] for one in reached]
    assert it[1] == "BODY"  # out of the page: no trap
    assert where[:2] == ["menu-button", "person"]  # what the button opened comes next
    assert where[-2] == "box"
    order = [one[4] for one in reached]
    assert order == sorted(set(order))  # as it is read
    assert [one for one in reached if one[1] != "INPUT" and (one[2] == "none" or one[3] < 2)] == []


async def test_text_spread_as_readers_set_it(browser: Browser, place: Place) -> None:
    """WCAG 1.4.12: these distances, and nothing is cut off or lies over another."""
    page = await visit(browser, place, viewport={"width": 360, "height": 740})
    await say(page, "여권 재발급 수수료")
    await expect(page.locator(".card")).to_be_visible()
    await page.evaluate(SPREAD)
    for opened in (False, True):
        if opened:
            await page.locator("#menu-button").click()
        assert await page.evaluate(CUT) == []


async def test_in_forced_colours(browser: Browser, place: Place) -> None:
    """As Windows' contrast themes do it: backgrounds and shadows are gone."""
    page = await visit(browser, place, forced_colors="active")
    await page.locator("#box").focus()
    _, _, style, width, _ = await page.evaluate(FOCUSED)
    assert (style, width >= 2) == ("solid", True)
    await page.locator("#menu-button").click()
    painted = "(all) => all.map((one) => getComputedStyle(one).backgroundColor)"
    chosen, *others = await page.locator(".sizes span").evaluate_all(painted)
    assert chosen not in others
    (dot,) = await page.locator(".dot").evaluate_all(painted)
    (behind,) = await page.locator(".top").evaluate_all(painted)
    assert dot != behind


async def test_nothing_moves_for_who_asked_for_that(browser: Browser, place: Place) -> None:
    page = await visit(browser, place)  # reduced_motion
    await page.evaluate("document.getElementById('typing').hidden = false")
    await say(page, "여권 재발급 수수료")
    await expect(page.locator(".card")).to_be_visible()
    assert await page.evaluate("document.getAnimations().length") == 0
    assert await page.evaluate("getComputedStyle(document.getElementById('scroll')).scrollBehavior") == "auto"


async def test_a_long_wait_is_told(browser: Browser, place: Place) -> None:
    page = await visit(browser, place)
    await page.clock.install()
    place.bot.pause = 1.5
    try:
        await say(page, "오래 걸리는 질문")
        await expect(page.locator("#typing")).to_be_visible()
        await expect(page.locator("#typing-status")).to_have_text("")
        await page.clock.run_for(1600)
        await expect(page.locator("#typing-status")).to_have_text("답을 찾고 있어요")
        await expect(bubbles(page)).to_have_count(2)
    finally:
        place.bot.pause = 0.0
    await expect(page.locator("#typing-status")).to_have_text("")
