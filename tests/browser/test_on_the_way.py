"""Pages that exist only while something is done, and those that refuse: sound, wide and narrow."""

from __future__ import annotations

import re

import pyotp
import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opens
from tests.browser.looks import looked_at
from tests.browser.seeds import release
from tests.browser.steps import JUDGED
from tests.browser.town import PASSWORD, Town

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]


async def test_two_releases_are_asked(quiet_town: Town, opens: Opens) -> None:
    await release(quiet_town, 1, "이보리")
    page = await opens(quiet_town, "viewer")
    await page.goto(f"{quiet_town.console}/studio/releases/compare?one=1&other=2")
    await page.get_by_role("button", name="두 판에 물어보기").click()
    await expect(page.get_by_role("progressbar")).to_be_visible()
    await looked_at(page, "shadow-running")
    await expect(page.get_by_text("시민의 질문 0가지 가운데 답이 다른 것")).to_be_visible(timeout=JUDGED)
    await looked_at(page, "shadow-done")


async def test_a_second_factor_is_set_up(quiet_town: Town, opens: Opens) -> None:
    page = await opens(quiet_town, "operator")
    await page.goto(f"{quiet_town.console}/account/factor")
    secret = await page.locator("code.key").inner_text()
    await looked_at(page, "factor")
    await page.get_by_label("앱에 보이는 숫자 여섯 개").fill("000000")
    await page.get_by_label("지금 비밀번호").fill("틀린 비밀번호")
    await page.get_by_role("button", name="켜기").click()
    await expect(page.get_by_role("alert")).to_contain_text("비밀번호가 맞지 않아요")
    await looked_at(page, "factor-wrong")
    await page.get_by_label("앱에 보이는 숫자 여섯 개").fill(pyotp.TOTP(secret.replace(" ", "")).now())
    await page.get_by_label("지금 비밀번호").fill(PASSWORD)
    await page.get_by_role("button", name="켜기").click()
    await expect(page).to_have_title(re.compile("코드"))
    await looked_at(page, "factor-codes")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/people", 403),
        ("/conversations/999999", 404),
        ("/studio/releases/compare?one=1&other=1", 409),
        ("/nowhere", 404),
    ],
)
async def test_a_refusal(quiet_town: Town, opens: Opens, path: str, status: int) -> None:
    page = await opens(quiet_town, "viewer")
    answer = await page.goto(quiet_town.console + path)
    assert answer is not None
    assert answer.status == status
    await expect(page.get_by_role("heading", level=1)).to_have_count(1)
    await looked_at(page, f"refused-{status}")


async def test_a_form_that_somebody_else_opened(quiet_town: Town, opens: Opens) -> None:
    page = await opens(quiet_town, "editor")
    await page.goto(f"{quiet_town.console}/studio/answers/passport-fee")
    await quiet_town.enter(page.context, "admin")
    await page.get_by_role("button", name="저장", exact=True).click()
    await expect(page.get_by_role("heading", name="아직 보내지 않았어요")).to_be_visible()
    await looked_at(page, "unsent")


async def test_a_file_that_is_no_table(quiet_town: Town, opens: Opens) -> None:
    page = await opens(quiet_town, "editor")
    await page.goto(f"{quiet_town.console}/studio/import")
    photo = {"name": "공원.xlsx", "mimeType": "application/zip", "buffer": b"GIF89a no table"}
    await page.get_by_label("파일", exact=True).set_input_files([photo])  # type: ignore[list-item]
    await page.get_by_role("button", name="파일 보내기").click()
    await expect(page.locator("[role=alert], .error").first).to_be_visible(timeout=60_000)
    await looked_at(page, "import-refused")


async def test_a_file_is_made_removed_and_kept(quiet_town: Town, opens: Opens) -> None:
    page = await opens(quiet_town, "editor")
    await page.goto(f"{quiet_town.console}/studio/texts")
    await page.get_by_role("link", name="새 파일").click()
    await page.get_by_label("조회·신청 서비스").check()
    await page.get_by_label("파일 이름").fill("Towing car")
    await page.get_by_role("button", name="글쓰기로 가기").click()
    await expect(page.get_by_label("파일 이름")).to_have_attribute("aria-invalid", "true")
    await looked_at(page, "text-new-wrong")
    await page.get_by_label("파일 이름").fill("towing")
    await page.get_by_role("button", name="글쓰기로 가기").click()
    await expect(page.get_by_label("글", exact=True)).to_have_value(re.compile("id: towing"))
    await looked_at(page, "text-new-editor")
    await page.get_by_role("button", name="초안으로 저장").click()
    await expect(page.get_by_text("초안으로 저장했어요")).to_be_visible()

    await page.goto(f"{quiet_town.console}/studio/texts/data/services/facility_booking.yml")
    await page.get_by_text("이 파일 지우기").click()
    await looked_at(page, "text-remove")
    await page.get_by_role("button", name="지울게요").click()
    await expect(page.get_by_role("heading", level=1, name="아직 지울 수 없어요")).to_be_visible()
    await looked_at(page, "text-needed")

    await page.goto(f"{quiet_town.console}/studio/texts/data/services/vehicle_inspection.yml")
    await page.get_by_text("이 파일 지우기").focus()
    for key in ("Enter", "Tab", "Enter"):  # without a mouse
        await page.keyboard.press(key)
    await expect(page.get_by_role("heading", name="지울 예정이에요")).to_be_visible()
    await looked_at(page, "text-going")
    await page.goto(f"{quiet_town.console}/studio/texts")
    await looked_at(page, "texts-going")
    await page.goto(f"{quiet_town.console}/studio/publish")
    await looked_at(page, "publish-going")
    await page.goto(f"{quiet_town.console}/studio/texts")
    await page.get_by_role("button", name="되살리기 data/services/vehicle_inspection.yml").press("Enter")
    await expect(page.get_by_text("지우지 않기로 했어요")).to_be_visible()
