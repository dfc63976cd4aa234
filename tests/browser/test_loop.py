"""From a line that nobody could answer to the same citizen who reads the answer, in two browsers."""

from __future__ import annotations

import asyncio
from datetime import time

import pytest
from playwright.async_api import Page, expect

from bot.settings import Settings
from tests.browser import town as towns
from tests.browser.conftest import Opens
from tests.browser.looks import looked_at, violations
from tests.browser.seeds import release
from tests.browser.steps import ask, judge, publish
from tests.browser.town import Town

pytestmark = [pytest.mark.journey, pytest.mark.timeout(400)]

LINE = "우주선은 어디에 세워 두나요?"
ANSWER = "우주선은 시청 옥상에 세울 수 있어요."


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A city that may write to its citizens at any hour, so that the clock does not matter."""
    hours = {"reminders_from": time.min, "reminders_until": time.max}
    return towns.installation(tmp_path_factory.mktemp("town")).model_copy(update=hours)


async def in_the_inbox(staff: Page, town: Town) -> None:
    """Lines come in every few seconds; they are grouped in a while, or now when somebody wants it."""
    group, line = (
        staff.get_by_role("button", name="지금 묶기"),
        staff.get_by_role("link", name=LINE, exact=True),
    )
    for _ in range(60):
        await staff.goto(f"{town.console}/studio/inbox")
        if await line.count():
            return
        if await group.count():
            await group.click()
        await asyncio.sleep(1)
    raise AssertionError("the line did not come in")


async def test_who_got_no_answer_is_told_when_there_is_one(town: Town, opens: Opens) -> None:
    town.apps.jobs.start()
    await release(town, 1, "이보리")  # the first ever, after which every process reads everything anew
    await asyncio.sleep(5)
    citizen, staff = await opens(town), await opens(town, "editor")
    await citizen.goto(f"{town.public}/chat/")
    await ask(citizen, LINE)
    await citizen.get_by_role("button", name="답 생기면 알림").click(timeout=30_000)
    await expect(citizen.get_by_role("button", name="알리지 않기")).to_be_visible()
    await looked_at(citizen, "loop-agreed")

    await in_the_inbox(staff, town)
    await staff.get_by_role("link", name=LINE, exact=True).click()
    await expect(staff.get_by_text("답을 기다리는 시민 1명")).to_be_visible()
    await looked_at(staff, "loop-group")
    await staff.get_by_role("combobox", name="분야").select_option("parking")
    await staff.get_by_role("button", name="새 답변 쓰기").click()
    await expect(staff.get_by_label("질문 1", exact=True)).to_have_value(LINE)
    await staff.get_by_role("textbox", name="답변 꼭 적어요", exact=True).fill(ANSWER)
    await staff.get_by_role("textbox", name="출처 꼭 적어요", exact=True).fill("한빛시 우주선 주차 안내")
    await looked_at(staff, "loop-answer")
    await staff.get_by_role("button", name="저장", exact=True).click()
    await judge(staff)
    await looked_at(staff, "loop-judged")
    await publish(staff, "우주선 주차를 묻는 시민이 있었어요")

    told = citizen.get_by_role("log").get_by_text("답이 생겼어요")
    await expect(told).to_be_visible(timeout=60_000)
    await expect(told).to_contain_text(LINE)
    await expect(citizen.get_by_text(ANSWER).last).to_be_visible()
    await looked_at(citizen, "loop-told")

    await staff.goto(f"{town.console}/studio/inbox?state=done")
    await expect(staff.get_by_role("link", name=LINE, exact=True)).to_be_visible()
    await expect(staff.get_by_text("답을 기다리는 시민")).to_have_count(0)
    assert await violations(staff) == []
