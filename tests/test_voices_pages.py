"""The public page of ideas by HTTP (`browser/test_openness.py` looks at it), and the operators' pages."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, async_playwright
from sqlalchemy import select

from bot.log.engine import reading
from bot.log.tables import Audit
from bot.public_style import public_style
from tests.console_support import PASSWORD, console_over, csrf, log_in, text
from tests.voices_support import Town, town

Client = TestClient[Any, Any]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
in_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="No Chromium here; the pages are not tried in a browser."),
]


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as made:
        yield made


@pytest.fixture
async def public(here: Town) -> AsyncIterator[Client]:
    app = web.Application()
    app.add_routes([*here.desk.pages.routes(), public_style()])
    async with TestClient(TestServer(app)) as opened:
        yield opened


@pytest.fixture
async def console(here: Town) -> AsyncIterator[Client]:
    """Logged in."""
    async with (
        console_over(here.engine, here.clock) as made,  # type: ignore[arg-type] # a clock is a clock
        TestClient(TestServer(made.app()), cookie_jar=CookieJar(unsafe=True)) as opened,
    ):
        await made.hire("haneul", "김하늘", PASSWORD)
        assert (await log_in(opened, "haneul", PASSWORD)).status == 303
        yield opened


async def many(here: Town, count: int) -> None:
    kim = await here.citizen("kim")
    for number in range(count):
        await here.idea(kim, f"제안 {number}번", shown=True)


class TestPublic:
    async def test_nothing_of_a_citizen_is_on_the_page(self, here: Town, public: Client) -> None:
        kim = await here.citizen("kim-secret")
        made = await here.idea(kim, "010-1234-5678 김철수의 제안", "<script>alert(1)</script>")
        await here.idea(kim, "아직 읽지 않은 제안")
        assert "아직 올라온 제안이 없어요" in await text(public, "/voices")
        await here.desk.ideas.publish(
            made.id, "막차를 늦춰요", "<script>alert(1)</script>", "traffic", "parking"
        )
        for path in ("/voices", f"/voices/{made.number}", "/voices.json"):
            page = await text(public, path)
            assert "막차를 늦춰요" in page
            for secret in ("김철수", "1234", "kim-secret", "conversation", "읽지 않은"):
                assert secret not in page
            assert "<script" not in page or path.endswith("json")

    async def test_filters_sorting_and_pages(self, here: Town, public: Client) -> None:
        await many(here, 23)
        data = await (await public.get("/voices.json?page=2&sort=newest")).json()
        assert (data["total"], data["pages"], len(data["ideas"])) == (23, 2, 3)
        assert "첫 쪽으로 가기" in await text(public, "/voices?page=9999")
        assert "고른 조건에 맞는 제안이 없어요" in await text(public, "/voices?topic=culture")
        for odd in ("page=-1", "page=٣", "topic=%00", "state=waiting", "sort=x", "page=99999999999"):
            assert "모든 제안 23건" in await text(public, f"/voices?{odd}")
        assert (await public.get("/voices/P-26-000000")).status == 404
        assert (await public.get("/voices/P-26-x")).status == 404

    async def test_the_reply_is_shown_and_a_merged_idea_leads_on(self, here: Town, public: Client) -> None:
        kim = await here.citizen("kim")
        first, second = [await here.idea(kim, title, shown=True) for title in ("막차를 늦춰요", "밤 버스")]
        await here.desk.ideas.reply(first.id, "내년부터 늦춰요.", "parking", "교통행정과")
        page = await text(public, f"/voices/{first.number}")
        assert "내년부터 늦춰요." in page
        assert "교통행정과" in page
        await here.desk.ideas.merge(second.id, first.id)
        moved = await public.get(f"/voices/{second.number}", allow_redirects=False)
        assert (moved.status, moved.headers["Location"]) == (301, f"/voices/{first.number}")

    async def test_headers_let_it_be_kept_and_framed(self, here: Town, public: Client) -> None:
        await many(here, 1)
        first = await public.get("/voices?embed=1")
        assert "frame-ancestors *" in first.headers["Content-Security-Policy"]
        assert "script-src" not in first.headers["Content-Security-Policy"]
        assert first.headers["Cache-Control"] == "public, max-age=60"
        assert "<header" not in await first.text()
        again = await public.get("/voices?embed=1", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status, await again.read()) == (304, b"")
        assert (await public.get("/voices.json")).headers["Access-Control-Allow-Origin"] == "*"


class TestConsole:
    async def send(self, console: Client, path: str, **form: str) -> int:
        token = csrf(await text(console, "/password"))
        answer = await console.post(path, data={"csrf": token, **form}, allow_redirects=False)
        return answer.status

    async def test_a_report_is_dealt_with_and_its_author_told(self, here: Town, console: Client) -> None:
        kim = await here.citizen("kim")
        assert "처리할 신고가 없어요" in await text(console, "/reports")
        row = await here.report(kim, text="<b>가로등</b>이 꺼졌어요", latitude=37.4, longitude=127.1)
        here.clock.pass_(days=8)
        await log_in(console, "haneul", PASSWORD)
        assert "기한 지남" in await text(console, "/reports?overdue=1")
        page = await text(console, f"/reports/{row.id}")
        assert "&lt;b&gt;가로등" in page
        assert "https://map.kakao.com/link/map/" in page
        assert await self.send(console, f"/reports/{row.id}/state", state="rejected") == 409
        assert await self.send(console, f"/reports/{row.id}/state", state="assigned") == 303
        assert "다른 부서로 넘기기" in await text(console, f"/reports/{row.id}")
        assert await self.send(console, f"/reports/{row.id}/department", department="nobody") == 409
        assert await self.send(console, f"/reports/{row.id}/department", department="parking") == 303
        moved = await here.desk.reports.get(row.id)
        assert moved is not None
        assert moved.department == "parking"
        assert await self.send(console, f"/reports/{row.id}/state", state="done", reason="고쳤어요.") == 303
        assert await self.send(console, f"/reports/{row.id}/state", state="assigned") == 409
        await here.teller.run()
        assert [who for who, _ in here.told] == [kim, kim, kim]
        assert (await console.get(f"/reports/{row.id}/photos/0")).status == 409  # no such channel here
        assert (await console.get(f"/reports/{row.id}/photos/7")).status == 404
        assert (await console.get("/reports/99")).status == 404
        async with reading(here.engine) as session:
            done = set(await session.scalars(select(Audit.action).where(Audit.target == f"report:{row.id}")))
        assert done == {"view", "attachment", "report_assigned", "report_moved", "report_done"}

    async def test_forms_of_others_change_nothing(self, here: Town, console: Client) -> None:
        row = await here.report(await here.citizen("kim"))
        answer = await console.post(f"/reports/{row.id}/state", data={"state": "done", "reason": "x"})
        assert answer.status == 403
        await console.post("/logout", data={"csrf": csrf(await text(console, "/password"))})
        for path in ("/reports", "/ideas", f"/reports/{row.id}"):
            assert (await console.get(path, allow_redirects=False)).status == 303

    async def test_an_idea_is_read_corrected_published_and_answered(
        self, here: Town, console: Client
    ) -> None:
        kim, lee = await here.citizen("kim"), await here.citizen("lee")
        made = await here.idea(kim, "막차를 늦춰요", "제 번호는 010-1234-5678이에요")
        other = await here.idea(lee, "밤 버스를 늘려요", shown=True)
        page = await text(console, f"/ideas/{made.id}")
        shown = re.search(r"<textarea id=\"text\"[^>]*>([^<]*)", page)
        assert shown is not None
        assert "[휴대전화]" in shown[1]
        words = {
            "title": "막차를 늦춰요",
            "text": "야근하면 못 타요",
            "topic": "traffic",
            "department": "parking",
        }
        assert await self.send(console, f"/ideas/{made.id}/publish", **{**words, "text": " "}) == 409
        assert await self.send(console, f"/ideas/{made.id}/publish", **{**words, "text": "가" * 2001}) == 409
        assert await self.send(console, f"/ideas/{made.id}/publish", **words) == 303
        assert await self.send(console, f"/ideas/{other.id}/merge", into=str(made.id)) == 303
        assert await self.send(console, f"/ideas/{made.id}/merge", into="x") == 409
        assert await self.send(console, f"/ideas/{made.id}/reply", reply="네.", department="parking") == 303
        await here.teller.run()
        assert [who for who, said in here.told if "네." in said] == [kim, lee]
        assert "막차를 늦춰요" in await text(console, "/ideas?state=answered")
        assert await self.send(console, f"/ideas/{made.id}/hide", reason="") == 409


async def accessible(page: Page) -> None:
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.fixture
async def pages() -> AsyncIterator[list[Page]]:
    """A narrow page in the dark and a wide one in the light."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        narrow = await opened.new_page(viewport={"width": 320, "height": 640}, color_scheme="dark")
        wide = await opened.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
        yield [narrow, wide]
        await opened.close()


class TestLooks:
    pytestmark = in_browser

    async def test_the_operators_pages(self, here: Town, console: Client, pages: list[Page]) -> None:
        kim = await here.citizen("kim")
        row = await here.report(kim, latitude=37.4, longitude=127.1, text="가로등이 " * 60)
        made = await here.idea(kim, "막차를 늦춰요")
        await here.idea(kim, "밤 버스를 늘려요", shown=True)
        cookie = next(iter(console.session.cookie_jar))
        url = str(console.make_url("/"))
        for page in pages:
            await page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url}])
            for path in ("reports", f"reports/{row.id}", "ideas", f"ideas/{made.id}", "ideas?state=hidden"):
                await page.goto(url + path)
                await accessible(page)
                assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
