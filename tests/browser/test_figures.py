"""From a picture to the conversations behind it, as a file, and an alert that reaches staff."""

from __future__ import annotations

import csv
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import expect
from sqlalchemy import insert

from bot.content.store import ContentStore
from bot.figures.build import build_rolling
from bot.figures.tables import Unusual
from bot.log.engine import changing
from bot.messages import utc_now
from tests.browser.conftest import Opens
from tests.browser.looks import sideways, violations
from tests.browser.seeds import sow
from tests.browser.town import Town

pytestmark = [pytest.mark.journey, pytest.mark.timeout(200)]

NARROW = {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"}


async def counted(town: Town) -> None:
    """Something has been asked, and counted; and one word stands out."""
    await sow(town)
    await build_rolling(town.settings, town.engine, ContentStore(town.settings), utc_now).run()
    now = utc_now()
    row = {"began_at": now - timedelta(minutes=30), "seen_at": now, "n": 9, "usual": 1.0}
    async with changing(town.engine) as connection:
        await connection.execute(insert(Unusual).values(kind="word", subject="놀이터", **row))


async def test_drill_down_export_and_alert(quiet_town: Town, opens: Opens, tmp_path: Path) -> None:
    town = quiet_town
    await counted(town)
    page = await opens(town, "viewer")
    await page.goto(f"{town.console}/figures")
    await expect(page.get_by_role("heading", name="평소와 다른 것")).to_be_visible()
    await expect(page.get_by_text("‘놀이터’").first).to_be_visible()
    await expect(page.get_by_text("평소의 9배")).to_be_visible()
    await page.get_by_text("표로 보기: 언제 얼마나 물었나요").click()
    await expect(page.get_by_role("table", name="언제 얼마나 물었나요")).to_be_visible()
    assert await violations(page) == []
    assert await sideways(page) == []

    await page.get_by_role("link", name=re.compile("대화 보기.*놀이터")).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("통계의 대화")
    rows = page.get_by_role("rowheader")
    await expect(rows).to_have_count(2)
    await page.get_by_label("시민의 글에 든 말").fill("강아지")
    await page.get_by_role("button", name="보기", exact=True).click()
    await expect(rows).to_have_count(1)
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="CSV").click()
    file = tmp_path / "turns.csv"
    await (await coming.value).save_as(file)
    assert len(list(csv.reader(file.read_text("utf-8-sig").splitlines()))) == 2
    await rows.get_by_role("link").click()
    await expect(page.get_by_text("강아지 놀이터 몇 시까지 해요").first).to_be_visible()

    narrow = await opens(town, "viewer", **NARROW)
    await narrow.goto(f"{town.console}/figures")
    async with narrow.expect_download() as coming:
        await narrow.get_by_role("link", name=re.compile("JSON.*날마다 모은 수")).click()
    file = tmp_path / "counts.json"
    await (await coming.value).save_as(file)
    assert any(row["무엇"] == "결과별 질문" for row in json.loads(file.read_text()))
    assert await violations(narrow) == []


async def test_somebody_is_told(quiet_town: Town, opens: Opens) -> None:
    town = quiet_town
    heard: list[dict[str, str]] = []

    async def hook(request: web.Request) -> web.Response:
        heard.append(await request.json())
        return web.Response()

    application = web.Application()
    application.router.add_post("/", hook)
    page = await opens(town, "approver")
    async with TestServer(application) as server:
        await page.goto(f"{town.console}/alerts")
        await page.get_by_label("어떻게", exact=True).select_option("webhook")
        await page.locator("#target-name").fill("당직실")
        await page.locator("#target-address").fill(str(server.make_url("/")))
        await page.get_by_role("button", name="더하기").first.click()
        await page.get_by_role("button", name=re.compile("시험 알림 보내기.*당직실")).click()
        await expect(page.get_by_text("시험 알림을 보냈어요.")).to_be_visible()
        assert [each["title"] for each in heard] == ["[소통] 시험 알림"]
        await page.get_by_label("얼마 동안 멈추나요: 모르는 질문이 많을 때").select_option("4")
        await page.get_by_role("button", name=re.compile("동안 멈추기.*모르는 질문이 많을 때")).click()
        await expect(page.get_by_text("까지 멈춤")).to_be_visible()
        assert await violations(page) == []
        assert await sideways(page) == []
