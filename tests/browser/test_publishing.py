"""From an answer's edit to the citizen, and back: with the real gate, releases and action server."""

from __future__ import annotations

import asyncio
import time

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Opens
from tests.browser.looks import sideways, violations
from tests.browser.seeds import release
from tests.browser.steps import JUDGED, ask, judge, publish, rewrite
from tests.browser.town import Town

pytestmark = [pytest.mark.journey, pytest.mark.timeout(400)]

QUESTION = "여권 발급·재발급 수수료는 얼마인가요?"
NEW = "58면은 61,000원이에요.\n\n여권을 받을 때 신분증을 보여 주세요."


NAME = """(() => {
  const one = document.activeElement;
  return one.labels?.[0]?.innerText || one.ariaLabel || one.innerText || "";
})()"""
"""What somebody hears at the place where the keyboard is."""


async def answered(page: Page, words: str) -> None:
    """Ask once more; the newest answer says this. How long the page takes is not what is measured."""
    cards = page.locator(".card")
    before = await cards.count()
    await ask(page, QUESTION)
    await expect(cards).to_have_count(before + 1, timeout=30_000)
    await expect(cards.last).to_contain_text(words)


async def test_an_edit_is_judged_published_seen_and_rolled_back(town: Town, opens: Opens) -> None:
    await release(town, 1, "이보리")  # the first ever, after which every process reads everything anew
    await asyncio.sleep(5)
    staff, citizen = await opens(town, "editor"), await opens(town)
    await citizen.goto(f"{town.public}/chat/")
    await answered(citizen, "52,000원")

    await rewrite(staff, town, "passport-fee", NEW)
    await expect(staff.get_by_role("region", name="미리 보기")).to_contain_text("61,000원")
    await judge(staff)
    assert await violations(staff) == []
    assert await sideways(staff) == []
    await publish(staff, "여권 수수료를 올렸어요")
    await asyncio.sleep(1)  # everywhere within a second
    await answered(citizen, "61,000원")

    approver = await opens(town, "approver")
    await approver.goto(f"{town.console}/studio/releases")
    row = approver.get_by_role("row").filter(has_text="주차 답변의 말을 고쳤어요")
    await row.get_by_text("되돌리기").click()
    await row.get_by_label("왜 되돌리나요?").fill("금액이 틀렸어요")
    began = time.monotonic()
    await row.get_by_role("button", name="되돌릴게요").click()
    await expect(approver.get_by_text("금액이 틀렸어요").first).to_be_attached()
    await asyncio.sleep(1)
    assert time.monotonic() - began < 10
    await answered(citizen, "52,000원")


async def test_a_collision_blocks_and_an_approver_overrules(town: Town, opens: Opens) -> None:
    staff = await opens(town, "editor")
    await staff.goto(f"{town.console}/studio/answers/passport-online")
    await staff.get_by_label("질문 1", exact=True).fill(QUESTION)
    await staff.get_by_role("button", name="저장", exact=True).click()
    await judge(staff)
    await expect(staff.get_by_role("heading", name="고쳐야 게시할 수 있어요")).to_be_visible()
    await expect(staff.get_by_role("button", name="게시하기", exact=True)).to_have_count(0)
    await expect(staff.get_by_role("button", name="막혔지만 게시하기")).to_have_count(0)
    assert await violations(staff) == []

    approver = await opens(town, "approver")
    await approver.goto(staff.url)
    await approver.get_by_label("무엇을 바꾸나요 꼭 적어요").fill("질문을 옮겼어요")
    await approver.get_by_role("button", name="막혔지만 게시하기").click()
    await expect(approver.get_by_label("그래도 게시하는 까닭")).to_be_focused()  # the browser asks for it
    await approver.get_by_label("그래도 게시하는 까닭").fill("내일 다른 답변을 지워요")
    await approver.get_by_role("button", name="막혔지만 게시하기").click()
    await expect(
        approver.get_by_text("막혔지만 승인자가 게시했어요: 내일 다른 답변을 지워요")
    ).to_be_visible()


async def test_a_viewer_cannot_publish(town: Town, opens: Opens) -> None:
    viewer = await opens(town, "viewer")
    await viewer.goto(f"{town.console}/studio/answers/passport-period")
    await expect(viewer.get_by_label("질문 1", exact=True)).to_be_disabled()
    await expect(viewer.get_by_role("button", name="저장", exact=True)).to_have_count(0)
    await expect(viewer.get_by_role("link", name="사람")).to_have_count(0)
    await viewer.goto(f"{town.console}/people")
    await expect(viewer.get_by_role("heading", level=1)).to_have_text("이 화면을 볼 수 있는 역할이 아니에요")


async def test_by_keyboard_alone(town: Town, opens: Opens) -> None:
    page = await opens(town, "editor")
    await page.goto(f"{town.console}/studio/answers")

    async def tab_to(name: str) -> None:
        for _ in range(90):
            await page.keyboard.press("Tab")
            if (await page.evaluate(NAME)).strip().startswith(name):
                return
        raise AssertionError(f"{name} cannot be reached with Tab")

    async def follow() -> None:
        async with page.expect_navigation():
            await page.keyboard.press("Enter")

    await tab_to("본문으로 바로 가기")
    await page.keyboard.press("Enter")
    await page.get_by_role("searchbox").first.focus()
    await page.keyboard.type("여권은 신청하고 며칠")
    await follow()
    await tab_to("여권은 신청하고 며칠")
    await follow()
    await tab_to("답변 꼭 적어요")
    await page.keyboard.press("Control+End")
    await page.keyboard.type(" 더 빨리 받을 수도 있어요.")
    await tab_to("저장")
    await follow()
    await tab_to("게시하러 가기")
    await follow()
    await tab_to("점검하기")
    await follow()
    await expect(page.get_by_role("heading", name="무엇이 바뀌나요")).to_be_visible(timeout=JUDGED)
    await tab_to("무엇을 바꾸나요 꼭 적어요")
    await page.keyboard.type("며칠 걸리는지 고쳤어요")
    await tab_to("게시하기")
    await follow()
    await expect(page.get_by_text("게시했어요. 1초 안에 시민에게 나가요.")).to_be_visible()
