"""Nobody is there, or somebody looks at the answer first: what a citizen meets, and what operators do."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.async_api import ViewportSize, expect

from bot.content.hours import KOREA
from bot.messages import utc_now
from tests.browser.conftest import Opens
from tests.browser.looks import sideways, violations
from tests.browser.steps import ask
from tests.browser.town import Town

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]

expect.set_options(timeout=20_000)
SMALL: ViewportSize = {"width": 320, "height": 640}


def open_on_all_days(town: Town, hours: str | None) -> None:
    """The town's departments are open around the clock these days, or shut."""
    today = utc_now().astimezone(KOREA).date()
    line = f"{{on: {today - timedelta(days=1)}, until: {today + timedelta(days=2)}, name: 시험{hours or ''}}}"
    (town.settings.data_dir / "calendar.yml").write_text(f"days: [{line}]\n", encoding="utf-8")


async def test_out_of_hours_a_citizen_leaves_a_number_and_is_called_back(town: Town, opens: Opens) -> None:
    open_on_all_days(town, None)
    citizen, operator = await opens(town), await opens(town, "operator")
    await citizen.goto(f"{town.public}/chat/")
    await ask(citizen, "상담원 연결해 주세요")
    await expect(citizen.get_by_role("button", name="남기지 않기")).to_be_visible()
    await ask(citizen, "여권 수수료를 두 번 냈어요. 전화 주세요.")
    await expect(citizen.get_by_role("button", name="이 대화로 답 받기")).to_be_visible()
    await ask(citizen, "010-2345-6789")
    receipt = citizen.get_by_text(re.compile(r"접수번호: C-\d\d-\d{6}"))
    await expect(receipt).to_be_visible()
    number = re.search(r"C-\d\d-\d{6}", await receipt.inner_text())
    assert number

    await operator.goto(f"{town.console}/contacts")
    await operator.get_by_role("link", name=number[0]).click()
    await expect(operator.get_by_text("010-****-6789")).to_be_visible()
    await expect(operator.get_by_text("010-2345-6789")).to_have_count(0)
    await operator.get_by_role("button", name="연락처 보기").click()
    await operator.get_by_label("연락처를 보는 까닭").fill("두 번 낸 수수료를 돌려주려고 전화해요")
    await operator.get_by_role("button", name="연락처 보기").click()
    await expect(operator.get_by_text("010-2345-6789")).to_be_visible()
    assert await violations(operator) == []
    await operator.set_viewport_size(SMALL)
    assert await sideways(operator) == []
    await operator.get_by_label("어떻게 답했나요").fill("한 번은 돌려드리기로 했어요.")
    await operator.get_by_role("button", name="연락했어요").click()
    await expect(operator.get_by_text("연락처는 지웠어요.")).to_be_visible()
    await expect(operator.get_by_role("button", name="연락처 보기")).to_have_count(0)


async def test_an_answer_waits_for_one_of_two_operators(town: Town, opens: Opens) -> None:
    chief, first, second = [await opens(town, login) for login in ("approver", "operator", "admin")]
    await chief.goto(f"{town.console}/approvals/topics")
    await chief.get_by_role("combobox", name=re.compile("^분야")).select_option(label="여권")
    await chief.get_by_role("button", name="더하기").click()
    await expect(chief.get_by_text("이제 사람이 확인한 뒤에 나가요.")).to_be_visible()
    assert await violations(chief) == []

    citizen = await opens(town)
    for page in (first, second):
        await page.goto(f"{town.console}/approvals")
        await expect(page.get_by_text("확인할 답이 없어요.")).to_be_visible()
    await citizen.goto(f"{town.public}/chat/")
    await citizen.wait_for_timeout(1100)  # the rule reaches the gateway within a second
    await ask(citizen, "여권 재발급 수수료가 얼마인가요?")
    await expect(citizen.get_by_text(re.compile("담당자가"))).to_be_visible()
    await expect(citizen.locator(".card")).to_have_count(0)
    for page in (first, second):
        await expect(page.get_by_text("여권 재발급 수수료가 얼마인가요?").first).to_be_visible()
    assert await violations(first) == []
    await first.set_viewport_size(SMALL)
    assert await sideways(first) == []
    await first.get_by_role("button", name="이대로 보내기").click()
    await expect(first.get_by_text("답을 시민에게 보냈어요.")).to_be_visible()
    await expect(citizen.locator(".card")).to_be_visible()
    await expect(second.get_by_text("확인할 답이 없어요.")).to_be_visible()

    await chief.get_by_role("button", name="여권 바로 보내기").click()
    await expect(chief.get_by_text("이제 바로 나가요.")).to_be_visible()


async def test_one_click_puts_a_suggestion_or_a_canned_reply_into_the_box(town: Town, opens: Opens) -> None:
    citizen, operator = await opens(town), await opens(town, "operator")
    await citizen.goto(f"{town.public}/chat/")
    await ask(citizen, "여권 재발급 수수료가 얼마인가요?")
    await expect(citizen.locator(".card")).to_be_visible()
    await operator.goto(town.console)
    await operator.locator(".row a").first.click()
    await operator.get_by_role("button", name="대화 맡기").click()
    await operator.get_by_text("추천 답변 · 자주 쓰는 답").click()
    await operator.locator(".help-pick").first.click()
    box = operator.get_by_label("시민에게 답하기")
    await expect(box).to_have_value(re.compile("여권"))
    assert await violations(operator) == []
    await box.fill("")
    await operator.locator(".help-pick", has_text="첫인사").click()
    await expect(box).to_have_value(re.compile("최누리이에요"))
    await box.press("Enter")
    await expect(citizen.get_by_text(re.compile("최누리이에요"))).to_be_visible()

    await operator.goto(f"{town.console}/canned")
    await operator.get_by_label("이름 꼭 적어요").fill("점심 인사")
    await operator.get_by_label("글 꼭 적어요").fill("점심 맛있게 드세요. {없는자리}")
    await operator.get_by_role("button", name="나만 쓰기").click()
    await expect(operator.get_by_role("alert")).to_contain_text("없는자리")
    await operator.get_by_label("글 꼭 적어요").fill("점심 맛있게 드세요. {담당자} 드림")
    await operator.get_by_role("button", name="나만 쓰기").click()
    await expect(operator.get_by_text("점심 인사")).to_be_visible()
    assert await violations(operator) == []
