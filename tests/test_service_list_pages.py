"""The console's pages of the public services: fetched at a click, with what became different."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from bot.log.engine import reading
from bot.log.tables import Audit
from demo.gov24.app import create_app
from demo.gov24.seed import Row
from tests.catalogue_support import rows, served
from tests.console_support import PASSWORD, csrf, log_in, text, world


def first(page: str) -> str:
    """The top row of the list of synchronisations, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.split("<tbody>")[1].split("</tr>")[0]).split())


async def test_fetched_at_a_click_and_what_is_different_is_listed(tmp_path: Path) -> None:
    now: list[Row] = rows(30)
    services = served(now)
    async with TestServer(create_app(services, "demo-key")) as api, world(tmp_path) as made:
        made.settings = made.settings.model_copy(update={"gov24_url": str(api.make_url("/api"))})
        async with TestClient(TestServer(made.app()), cookie_jar=CookieJar(unsafe=True)) as client:
            await made.hire("haneul", "김하늘", PASSWORD, roles=("administrator",))
            await log_in(client, "haneul", PASSWORD)
            assert "아직 받아 온 적이 없어요" in await text(client, "/services")
            sent = {"csrf": csrf(await text(client, "/services"))}
            answer = await client.post("/services/run", data=sent, allow_redirects=False)
            assert answer.status == 303
            assert (await client.post("/services/run", data=sent)).status == 409  # one at a time
            async with asyncio.timeout(10):
                while "다 받음" not in (page := await text(client, "/services")):
                    await asyncio.sleep(0.02)
            assert "공공서비스 30개" in page
            assert "다 받음 30 0 0 30" in first(page)
            changes = await text(client, "/services/1?kind=new")
            assert "서비스 30" in changes
            assert "달라진 서비스가 없어요" in await text(client, "/services/1?kind=ended")
            assert (await client.get("/services/9")).status == 404
        async with reading(made.engine) as session:
            assert "services_fetched" in set(await session.scalars(select(Audit.action)))
