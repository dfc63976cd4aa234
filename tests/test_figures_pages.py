"""The pages of figures and alerts, as a browser without scripts has them."""

from __future__ import annotations

import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from openpyxl import load_workbook
from sqlalchemy import select

from bot.figures.rolling import Rolling
from bot.log.engine import reading
from bot.log.tables import Audit
from bot.messages import Candidate, Outbound, Reply
from bot.settings import ROOT
from tests.console_support import PASSWORD, Client, World, log_in, text, token, world
from tests.test_figures import SEOUL

ANSWER = Reply(
    messages=(Outbound(text="53,000원이에요."),),
    outcome="answered_faq",
    intent="ask_faq",
    candidates=(Candidate(id="passport-fee", score=0.9, question="여권 수수료"),),
)
LOST = Reply(messages=(Outbound(text="아직 몰라요."),), outcome="unanswered", intent="ask_faq")


@pytest.fixture
async def office(tmp_path: Path, free_port: int) -> AsyncIterator[World]:
    """What listens at the free port is a server of the office's own network."""
    near = (f"http://127.0.0.1:{free_port}",)
    async with world(tmp_path, data_dir=ROOT / "data", var_dir=tmp_path / "var", inside_origins=near) as made:
        await made.hire("viewer", "이보리", PASSWORD, ("viewer",))
        await made.hire("approver", "박바다", PASSWORD, ("approver",))
        for n in range(3):
            await made.answer(await made.ask("여권 얼마예요", user=f"p{n}", channel="kakao"), ANSWER)
        await made.answer(await made.ask("=단수예요?", user="w"), LOST)
        content = made.voices.content
        await Rolling(made.engine, content.topics, SEOUL, 30, made.clock).run()
        yield made


async def entered(office: World, login: str) -> Client:
    client: Client = TestClient(TestServer(office.app()))
    await client.start_server()
    assert (await log_in(client, login, PASSWORD)).status == 303
    return client


async def test_the_dashboard_leads_to_the_conversations(office: World) -> None:
    client = await entered(office, "viewer")
    page = await text(client, "/figures")
    assert "75.0%" in page
    assert "여권" in page
    assert "카카오톡" in page
    link = re.search(r'<a href="(/figures/turns\?[^"]*topic=passport[^"]*)"', page)
    assert link is not None
    turns = await text(client, link[1].replace("&amp;", "&"))
    assert turns.count("여권 얼마예요") == 3
    assert "단수" not in turns
    assert '<a href="/conversations/1#line-1">' in turns
    wrong = await text(client, "/figures?since=2026-12-40&until=2026-01-01")
    assert "날짜를 알아볼 수 없어서" in wrong
    await client.close()


async def test_files(office: World) -> None:
    client = await entered(office, "viewer")
    table = (await (await client.get("/figures/export.csv?what=turns")).read()).decode("utf-8-sig")
    assert len(table.splitlines()) == 5
    assert "여권 얼마예요" not in table  # what citizens wrote stays here
    counts = json.loads(await (await client.get("/figures/export.json?what=counts")).read())
    assert sum(row["수"] for row in counts if row["무엇"] == "결과별 질문") == 4
    book = load_workbook(io.BytesIO(await (await client.get("/figures/export.xlsx?what=turns")).read()))
    assert [len(list(book["1"].iter_rows())), book["1"]["B2"].value] == [5, "카카오톡"]
    async with reading(office.engine) as session:
        actions = list(await session.scalars(select(Audit.action)))
    assert actions.count("figures_exported") == 3
    await client.close()


async def test_counting_a_period_again(office: World) -> None:
    client = await entered(office, "viewer")
    await office.answer(await office.ask("여권 얼마예요", user="late"), ANSWER)
    data = {"csrf": await token(client), "since": "2026-11-23", "until": "2026-11-23"}
    answer = await client.post("/figures/count", data=data)
    assert "고른 기간을 다시 셌어요." in await answer.text()
    assert "80.0%" in await text(client, "/figures")
    await client.close()


async def test_alerts_are_set_up_tested_and_silenced(office: World, free_port: int) -> None:
    heard: list[dict[str, str]] = []

    async def hook(request: web.Request) -> web.Response:
        heard.append(await request.json())
        return web.Response(status=200 if len(heard) < 2 else 503)

    application = web.Application()
    application.router.add_post("/", hook)
    client = await entered(office, "approver")
    async with TestServer(application, port=free_port) as server:
        secret = await token(client)

        async def post(path: str, **fields: str) -> str:
            answer = await client.post(path, data={"csrf": secret, **fields})
            return await answer.text()

        bad = await post("/alerts/targets", kind="email", name="", address="당직실")
        assert "주소를 확인해 주세요." in bad
        await post("/alerts/targets", kind="webhook", name="당직실", address=str(server.make_url("/")))
        assert "시험 알림을 보냈어요." in await post("/alerts/targets/1/test")
        assert heard[0]["title"] == "[소통] 시험 알림"
        assert "보내지 못했어요: HTTP 503" in await post("/alerts/targets/1/test")
        assert "알릴 값은 0보다 큰 수로" in await post("/alerts/rules/1", threshold="-1", minutes="60")
        await post("/alerts/rules/1", threshold="55", minutes="30", active="1", name="모름")
        page = await post("/alerts/rules/1/silence", hours="4")
        assert "2026-11-23 16:00:00까지 멈춤" in page
        assert "모른 질문 55% 이상" in page
        assert "2026-11-23 16:00:00까지" not in await post("/alerts/rules/1/silence", hours="0")
    await client.close()


async def test_who_may_look_may_not_change(office: World) -> None:
    client = await entered(office, "viewer")
    page = await text(client, "/alerts")
    assert "시험 알림 보내기" not in page
    answer = await client.post("/alerts/rules/1/delete", data={"csrf": await token(client)})
    assert answer.status == 403
    await client.close()
