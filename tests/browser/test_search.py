"""Finding what a citizen wrote, seeing what was masked in it, and what the bot said on that day."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opens
from tests.browser.looks import looked_at, violations
from tests.browser.steps import ask
from tests.browser.town import Town

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]

PHONE = "010-1234-5678"
TITLE = "여권 발급·재발급 수수료는 얼마인가요?"


async def test_from_a_word_to_the_line_the_value_and_the_day(town: Town, opens: Opens) -> None:
    citizen = await opens(town)
    await citizen.goto(f"{town.public}/chat/")
    await ask(citizen, f"여권 수수료가 얼마예요? {PHONE}로 알려 주세요")
    await expect(citizen.get_by_text(TITLE).first).to_be_visible(timeout=30_000)

    page = await opens(town, "operator")
    await page.goto(f"{town.console}/search")
    await looked_at(page, "search-empty")
    await page.get_by_role("searchbox", name="찾을 낱말").fill("수수료 얼마")
    await page.get_by_role("button", name="찾기", exact=True).click()
    await expect(page.get_by_role("heading", name="찾은 메시지 2개")).to_be_visible()
    await page.get_by_text("이 검색 저장").click()
    await page.get_by_label("이름 꼭 적어요").fill("수수료를 물은 시민")
    await page.get_by_role("button", name="저장", exact=True).click()
    await expect(page.get_by_text("검색을 저장했어요.")).to_be_visible()
    await looked_at(page, "search-found")
    await page.goto(f"{town.console}/search")
    await page.get_by_role("link", name="수수료를 물은 시민").click()
    await page.get_by_role("link", name=re.compile("수수료가 얼마예요")).click()

    line = page.locator(".line.citizen").first
    await expect(line).to_contain_text("[휴대전화]로 알려 주세요")
    await line.get_by_text("자세히").click()
    await expect(line).to_contain_text("passport-fee")
    await page.get_by_role("link", name="가린 정보 보기").click()
    await expect(page.get_by_text("지금 값을 볼 수 있는 메시지가 1개 있어요.")).to_be_visible()
    await looked_at(page, "unmask")
    await page.get_by_label("왜 봐야 하나요 꼭 적어요").fill("시민에게 전화를 드려야 해요")
    await page.get_by_role("button", name="5분 동안 보기").click()
    await expect(line).to_contain_text(f"{PHONE}로 알려 주세요")
    assert await violations(page) == []
    await page.get_by_role("button", name="지금 가리기").click()
    await expect(line).to_contain_text("[휴대전화]로 알려 주세요")

    await line.get_by_text("자세히").click()
    await line.get_by_role("link", name="이날의 안내").click()
    await page.get_by_role("searchbox", name=re.compile("낱말")).fill("수수료")
    await page.get_by_role("button", name="보기", exact=True).click()
    await expect(page.get_by_role("heading", name="실제로 한 말")).to_be_visible()
    await expect(page.get_by_text(TITLE).first).to_be_visible()
    await expect(page.get_by_role("button", name="인쇄")).to_be_visible()
    await looked_at(page, "replay")

    admin = await opens(town, "admin")
    await admin.goto(f"{town.console}/audit?action=unmask")
    await expect(admin.get_by_text("시민에게 전화를 드려야 해요")).to_be_visible()


async def test_values_go_from_the_page_when_their_minutes_are_over(quiet_town: Town, opens: Opens) -> None:
    page = await opens(quiet_town, "operator")
    await page.goto(f"{quiet_town.console}/search")
    shown = '<p data-masked="[휴대전화]">010-1234-5678</p><form data-masks-in="0"></form>'
    await page.evaluate("(html) => document.body.insertAdjacentHTML('beforeend', html)", shown)
    await page.add_script_tag(url="/static/unmask.js", type="module")
    await expect(page.get_by_text("[휴대전화]")).to_be_visible()
    await expect(page.get_by_text(PHONE)).to_have_count(0)
