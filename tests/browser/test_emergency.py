"""Something has happened in the town: every citizen hears of it; the bot is stopped, and goes on."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, ViewportSize, expect
from pydantic import SecretStr

from bot.settings import Settings
from demo.platforms.kakao import KakaoPlatform
from demo.platforms.line import LinePlatform
from demo.platforms.platform import Platform
from tests.actions_support import free_port
from tests.all_channels import CREDENTIALS
from tests.browser import town as towns
from tests.browser.conftest import Opens
from tests.browser.looks import sideways, violations
from tests.browser.steps import ask
from tests.browser.town import Town

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]

WATER = "새솔동 수도관이 깨져 오늘 물이 나오지 않아요. 급수차는 새솔초등학교에 있어요."
SLOW = 20_000
"""Milliseconds that a busy machine may take for an answer."""
SMALL: ViewportSize = {"width": 320, "height": 640}
SECRETS = ("kakao_secret", "line_channel_secret", "line_access_token")
KAKAO, LINE = free_port(), free_port()


@pytest.fixture(scope="module")
def served(installed: Settings) -> Iterator[Settings]:
    """A town that is on KakaoTalk and LINE too, and asks about every answer."""
    rules = installed.data_dir / "ratings.yml"
    rules.write_text(rules.read_text("utf-8").replace("share: 25", "share: 100"), "utf-8")
    update = {name: SecretStr(CREDENTIALS[name]) for name in SECRETS}
    urls = {"kakao_callback_url": f"http://127.0.0.1:{KAKAO}/", "line_api_url": f"http://127.0.0.1:{LINE}"}
    with towns.answering(installed.model_copy(update=update | urls)) as settings:
        yield settings


@asynccontextmanager
async def messengers(town: Town) -> AsyncIterator[tuple[Platform, Platform]]:
    """Citizens on KakaoTalk and LINE."""
    credentials = {name: str(value) for name, value in CREDENTIALS.items()}
    kakao = KakaoPlatform(town.public, credentials, KAKAO)
    line = LinePlatform(town.public, credentials, LINE)
    await kakao.start()
    await line.start()
    try:
        yield kakao, line
    finally:
        await kakao.stop()
        await line.stop()


async def hears(platform: Platform, text: str) -> str:
    """What a citizen on a messenger gets for what they write."""
    before = len(platform.shown)
    assert await platform.say("U" + "1" * 32, text) == 200
    for _ in range(400):
        said = "\n".join(each.text for each in platform.shown[before:])
        if said:
            await asyncio.sleep(0.3)
            return "\n".join(each.text for each in platform.shown[before:])
        await asyncio.sleep(0.05)
    raise AssertionError(platform.refused)


async def stop(page: Page, town: Town, reason: str) -> None:
    """Stop all answers."""
    await page.goto(f"{town.console}/switches")
    form = page.locator("form[action='/switches/offs']").last
    await form.get_by_label("시민에게 하는 말").fill("답을 고치고 있어요.")
    await form.get_by_label("까닭").fill(reason)
    await form.get_by_role("button", name="봇의 답 멈추기").click()
    await expect(page.get_by_text("봇을 껐어요.")).to_be_visible()


async def test_one_notice_reaches_every_channel_at_once(town: Town, opens: Opens) -> None:
    chief, first, small = await opens(town, "approver"), await opens(town), await opens(town, viewport=SMALL)
    operator = await opens(town, "operator")
    for page in (first, small):
        await page.goto(f"{town.public}/chat/")
    await ask(first, "여권 재발급 수수료가 얼마인가요?")
    await expect(first.locator(".card")).to_have_count(1, timeout=SLOW)

    await chief.goto(f"{town.console}/switches")
    await expect(chief.get_by_text("긴급 안내가 없어요.")).to_be_visible()
    assert await violations(chief) == []
    form = chief.locator("form[action='/switches/notices']").last
    await form.get_by_label("알릴 글").fill(WATER)
    await form.get_by_label("까닭").fill("수도관 파손")
    await form.get_by_label("이 낱말로 물으면").fill("단수, 물이 안")
    await form.get_by_label("새솔동").check()
    await form.get_by_role("button", name="어떻게 보이는지 확인하기").click()
    await expect(chief.get_by_role("heading", name="이렇게 보내요")).to_be_visible()
    await expect(chief.locator(".said")).to_contain_text("대상: 새솔동")
    assert await violations(chief) == []
    await chief.get_by_role("button", name="보내기", exact=True).click()
    await expect(chief.get_by_text("긴급 안내를 시작했어요.")).to_be_visible()
    assert await violations(chief) == []
    await chief.set_viewport_size(SMALL)
    assert await sideways(chief) == []

    await first.wait_for_timeout(1000)
    for page in (first, small):
        await ask(page, "여권은 어떻게 받나요?")
        await expect(page.get_by_text(re.compile("급수차는"))).to_have_count(1, timeout=SLOW)
    async with messengers(town) as platforms:
        for platform in platforms:
            assert "급수차는" in await hears(platform, "여권 재발급 수수료가 얼마인가요?")
            assert "급수차는" not in await hears(platform, "여권 재발급 수수료가 얼마인가요?")
        assert "급수차는" in await hears(platforms[1], "단수 언제 끝나요?")  # once more to who asks
    await ask(first, "여권 재발급 수수료가 얼마인가요?")
    await expect(first.locator(".card")).not_to_have_count(1, timeout=SLOW)
    await expect(first.get_by_text(re.compile("급수차는 새솔초등학교"))).to_have_count(1)

    await operator.goto(f"{town.console}/account")
    await expect(operator.get_by_text("긴급 안내 중")).to_be_visible()
    assert await violations(operator) == []
    await chief.get_by_role("button", name="안내 끝내기").click()
    await expect(chief.get_by_text("긴급 안내를 끝냈어요.")).to_be_visible()
    await expect(operator.get_by_text("긴급 안내 중")).to_have_count(
        0, timeout=12_000
    )  # the page stayed open


async def test_the_bot_is_stopped_says_whom_to_call_and_helps_in_danger(town: Town, opens: Opens) -> None:
    chief, citizen = await opens(town, "approver"), await opens(town)
    await citizen.goto(f"{town.public}/chat/")
    await stop(chief, town, "수수료를 틀리게 말함")
    await expect(chief.get_by_role("region", name="켜 둔 긴급 스위치")).to_contain_text("봇이 꺼져 있어요")
    assert await violations(chief) == []
    await citizen.wait_for_timeout(1000)
    await ask(citizen, "여권 재발급 수수료가 얼마인가요?")
    await expect(citizen.get_by_text(re.compile("답을 고치고 있어요"))).to_be_visible(timeout=SLOW)
    await expect(citizen.locator(".card")).to_have_count(0)
    await ask(citizen, "죽고 싶어요")
    await expect(citizen.get_by_role("link", name=re.compile("109"))).to_be_visible(timeout=SLOW)
    await chief.get_by_role("button", name=re.compile("다시 켜기")).click()
    await expect(chief.get_by_text("봇을 다시 켰어요.")).to_be_visible()
    await citizen.wait_for_timeout(1000)
    await ask(citizen, "여권 재발급 수수료가 얼마인가요?")
    await expect(citizen.locator(".card")).to_have_count(1, timeout=SLOW)


async def test_a_bad_rating_and_a_review_come_to_those_who_mend_answers(town: Town, opens: Opens) -> None:
    citizen, operator = await opens(town), await opens(town, "operator")
    await citizen.goto(f"{town.public}/chat/")
    await ask(citizen, "여권 재발급 수수료가 얼마인가요?")
    await citizen.get_by_role("button", name="아쉬웠어요").click()
    await citizen.get_by_role("button", name="의견 남기기").click()
    await expect(citizen.get_by_text(re.compile("편하게 적어 주세요"))).to_be_visible(timeout=SLOW)
    await citizen.wait_for_timeout(500)
    await ask(citizen, "값이 작년 거예요")
    thanks = citizen.get_by_text(re.compile("담당자가 읽고|꼼꼼히 읽어"))
    await expect(thanks).to_be_visible(timeout=SLOW)

    await operator.goto(f"{town.console}/reviews/ratings")
    await expect(operator.get_by_text("값이 작년 거예요")).to_be_visible()
    assert await violations(operator) == []
    await operator.get_by_role("link", name=re.compile(r"시민 \d+")).first.click()
    await operator.get_by_role("link", name=re.compile("답 평가하기")).first.click()
    await operator.get_by_label("틀렸어요").check()
    await operator.get_by_label("무엇이 문제인가요?").select_option("오래된 내용")
    await operator.get_by_label("담당 부서에 할 일로 맡기기").check()
    assert await violations(operator) == []
    await operator.set_viewport_size(SMALL)
    assert await sideways(operator) == []
    await operator.get_by_role("button", name="저장").click()
    await operator.goto(f"{town.console}/reviews")
    await expect(operator.get_by_role("cell", name="오래된 내용")).to_be_visible()
    assert await violations(operator) == []
    await operator.goto(f"{town.console}/studio/tasks")
    await expect(operator.get_by_role("link", name="여권 재발급 수수료가 얼마인가요?")).to_be_visible()
