"""What an operator sees of erasures and of what is due: numbers, and never a citizen."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from bot.log.engine import reading
from bot.log.erasure import Receipt
from bot.log.tables import Audit
from bot.messages import Outbound, Reply
from tests.console_support import PASSWORD, log_in, text, world


async def test_a_receipt_is_found_and_what_is_due_is_shown(tmp_path: Path) -> None:
    async with (
        world(tmp_path) as made,
        TestClient(TestServer(made.app()), cookie_jar=CookieJar(unsafe=True)) as client,
    ):
        refused = await client.get("/rights", allow_redirects=False)
        assert refused.status in (303, 401)
        await made.hire("haneul", "김하늘", PASSWORD)
        await log_in(client, "haneul", PASSWORD)
        assert "아직 지운 대화가 없어요" in await text(client, "/rights")

        number = await made.ask("비밀 이야기", user="kim-4711")
        lee = await made.ask("남의 이야기", user="lee")
        for one in (number, lee):
            await made.answer(one, Reply(messages=(Outbound(text="네"),), outcome="answered_faq"))
        await made.log.erase(number, receipt=Receipt("D-20261123-7K2M9Q", "c" * 64, "webchat:kim-4711"))
        page = await text(client, "/rights?number=d-20261123-7k2m9q")
        assert "2건을 지웠어요" in page
        assert "챗봇의 기억을 지우는 중" in page
        assert "찾지 못했어요" in await text(client, "/rights?number=<script>")
        assert "<script>" not in await text(client, "/rights?number=<script>")
        for secret in ("kim-4711", "비밀 이야기", "c" * 64):
            assert secret not in page
        async with reading(made.engine) as session:
            targets = [row.target for row in await session.scalars(select(Audit)) if row.action == "view"]
        assert targets == ["receipt:D-20261123-7K2M9Q"]

        made.clock.now += timedelta(days=29, hours=12)
        due = {one.kind: one for one in await made.retention.preview()}["messages"]
        assert (due.rows, due.now, due.soon[1]) == (2, 0, 2)
