"""Two operators and a citizen: who is faster, who hands on to whom, and the bot that goes on from there."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Opens
from tests.browser.looks import sideways, violations
from tests.browser.steps import ask
from tests.browser.town import PEOPLE, Town

pytestmark = [pytest.mark.journey, pytest.mark.timeout(400)]

SAID = "사진은 6개월 안에 찍은 것이면 돼요."
PASSED = "사진관 위치만 더 알려 드리면 돼요."


async def look(page: Page, name: str) -> None:
    """No violation, nothing wider than the window; a picture where somebody wants one."""
    assert await violations(page) == []
    assert await sideways(page) == []
    if folder := os.environ.get("SOTONG_SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def claims(page: Page) -> bool:
    """Press the button; whether it was in time."""
    await page.get_by_role("button", name="대화 맡기").click()
    await page.wait_for_url("**notice=*")
    return "notice=claimed" in page.url


async def test_one_of_two_takes_over_hands_on_and_the_bot_goes_on(town: Town, opens: Opens) -> None:
    citizen, first, second = await opens(town), await opens(town, "operator"), await opens(town, "admin")
    await citizen.goto(f"{town.public}/chat/")
    await ask(citizen, "여권 사진은 어떤 걸 내야 해요?")
    await expect(citizen.locator(".line.bot")).to_have_count(2, timeout=30_000)  # the welcome, and an answer
    (conversation,) = await town.apps.log.recent()
    path = f"{town.console}/conversations/{conversation.id}"
    for page in (first, second):
        await page.goto(path, timeout=60_000)
        await expect(page.get_by_role("button", name="대화 맡기")).to_be_visible()
    won = await asyncio.gather(claims(first), claims(second))
    assert sorted(won) == [False, True]
    people = [(first, "operator"), (second, "admin")]
    (mine, login), (theirs, other) = people if won[0] else people[::-1]
    name, colleague = PEOPLE[login][0], PEOPLE[other][0]
    await expect(theirs.get_by_role("alert").filter(has_text="먼저 맡았어요")).to_contain_text(name)
    await expect(theirs.get_by_label("시민에게 답하기")).to_have_count(0)
    await expect(citizen.get_by_text(f"{name} 상담원").last).to_be_visible()

    await mine.get_by_label("시민에게 답하기").press_sequentially("사진은")
    await expect(citizen.get_by_text("상담원이 입력 중이에요")).to_be_visible()
    await mine.get_by_label("시민에게 답하기").fill(SAID)
    await look(mine, "desk-mine")
    await mine.get_by_role("button", name="보내기", exact=True).click()
    await expect(citizen.get_by_text(SAID)).to_be_visible()
    await citizen.get_by_role("textbox").press_sequentially("네")
    await expect(mine.get_by_text("시민이 입력하고 있어요…")).to_be_visible()
    await citizen.get_by_role("textbox").fill("여권 수수료도 궁금해요")
    await citizen.keyboard.press("Enter")
    await expect(mine.locator(".line.citizen").last).to_contain_text("여권 수수료도 궁금해요")

    await mine.get_by_text("넘기기", exact=True).click()
    await mine.get_by_label("누구에게").select_option(label=colleague)
    await mine.get_by_label("넘기며 남기는 말").fill(PASSED)
    await look(mine, "desk-passing")
    await mine.get_by_role("button", name="넘길게요").click()
    await expect(mine.get_by_text("대화를 넘겼어요.")).to_be_visible()
    await expect(citizen.get_by_text(f"{colleague} 상담원에게 이어 드리고 있어요").last).to_be_visible()

    await theirs.goto(f"{town.console}/mentions")
    await look(theirs, "desk-mentions")
    await theirs.get_by_role("link", name=PASSED).click()
    await expect(theirs.locator(".side-note").get_by_text(PASSED)).to_be_visible()
    await expect(theirs.get_by_text(f"{colleague} 님에게 넘어왔어요.")).to_be_visible()
    assert await claims(theirs)
    await expect(citizen.get_by_text(f"{colleague} 상담원").last).to_be_visible()
    await theirs.get_by_text("메모", exact=True).click()
    await theirs.get_by_label("동료만 보는 메모").fill(f"@{name} 010-1234-5678로 전화했어요")
    await theirs.get_by_role("button", name="메모 남기기").click()
    await expect(theirs.locator(".side-note").get_by_text("[휴대전화]")).to_be_visible()
    await theirs.get_by_text("미루기", exact=True).click()
    await theirs.get_by_role("button", name="재울게요").click()
    await expect(theirs.get_by_text("미뤄 두었어요")).to_be_visible()
    await theirs.set_viewport_size({"width": 320, "height": 640})
    await theirs.emulate_media(color_scheme="dark")
    await look(theirs, "desk-asleep-320-dark")
    await theirs.set_viewport_size({"width": 1280, "height": 720})
    await theirs.emulate_media(color_scheme="light")
    await theirs.get_by_role("button", name="지금 꺼내기").click()

    answers = await citizen.locator(".line.bot").count()
    await theirs.get_by_text("챗봇에게 돌려주기", exact=True).click()
    await theirs.get_by_role("button", name="돌려줄게요").click()
    await expect(theirs.get_by_text("대화를 챗봇에게 돌려주었어요.")).to_be_visible()
    await citizen.get_by_role("textbox").fill("뭐라고 했는지 다시 말해 주세요")
    await citizen.keyboard.press("Enter")
    await expect(citizen.locator(".line.bot")).to_have_count(answers + 1, timeout=30_000)
    await expect(citizen.locator(".line.bot").last).to_contain_text(SAID)

    assert await claims(theirs)
    await theirs.get_by_text("상담 마치기", exact=True).click()
    await theirs.get_by_label("무슨 상담이었나요?").select_option("answered")
    await theirs.get_by_role("button", name="마칠게요").click()
    await expect(theirs.get_by_role("button", name="다시 열기")).to_be_visible()
    await look(theirs, "desk-closed")
    authors = [line.author for line in await town.apps.log.history(conversation.id)]
    owned = authors[authors.index("operator") : len(authors) - authors[::-1].index("operator")]
    assert "bot" not in owned
