"""The page of publishing, from chosen drafts to a release: over real drafts, releases and a real look."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from bot.console.publish import PUBLISHING
from bot.gate.publishing import Publisher, Publishing
from bot.gate.runs import Chosen, Run
from bot.log.engine import reading
from bot.log.tables import Audit
from bot.settings import ROOT
from bot.studio.answer_text import write_answer
from tests.console_support import PASSWORD, Client, World, csrf, log_in, text, world
from tests.gate_support import city

GOOD = {
    "id": "tax-property",
    "questions": ["재산세는 언제 내나요?"],
    "answer": "7월과 9월에 내요.",
    "owner": "tax",
    "source": {"title": "지방세법"},
    "confirmed_on": "2026-09-01",
}
CLASH = GOOD | {"id": "tax-twin", "questions": ["자동차세 언제 내야 하나요?"]}


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[World]:
    root = city(tmp_path / "city")
    for name in ("voices.yml", "notices.yml", "retention.yml"):
        shutil.copy(ROOT / "data" / name, root / "data" / name)
    where = {"data_dir": root / "data", "var_dir": tmp_path / "var", "models_dir": tmp_path / "models"}
    async with world(tmp_path, **where) as opened:
        yield opened


@pytest.fixture
async def client(made: World) -> AsyncIterator[Client]:
    async with TestClient(TestServer(made.app()), cookie_jar=CookieJar(unsafe=True)) as opened:
        yield opened


async def come(made: World, client: Client, *roles: str, login: str = "haneul") -> int:
    number = await made.hire(login, "김하늘", PASSWORD, roles=roles)
    assert (await log_in(client, login, PASSWORD)).status == 303
    return number


def publishing(client: Client) -> Publishing:
    assert client.app is not None
    return client.app[PUBLISHING]


async def write(client: Client, who: int, fields: dict[str, object], version: int = 0) -> None:
    item = f"answer:{fields['id']}"
    await publishing(client).drafts.save(
        item, str(fields["id"]), None, write_answer("tax", fields), version, who, department="tax"
    )


async def look(client: Client, *items: str) -> Run:
    """Check these drafts on the page, and wait."""
    page = await text(client, "/studio/publish")
    data = [("csrf", csrf(page)), *(("item", item) for item in items)]
    answer = await client.post("/studio/publish", data=data, allow_redirects=False)
    assert answer.status == 303, await answer.text()
    path = answer.headers["Location"]
    while (await (await client.get(f"{path}/state")).json())["state"] == "running":
        await asyncio.sleep(0.25)
    run = publishing(client).get(path.rsplit("/", 1)[1])
    assert run is not None
    return run


async def send(client: Client, run: Run, what: str, **fields: str) -> int:
    page = await text(client, f"/studio/publish/{run.id}")
    data = {"csrf": csrf(page), **fields}
    answer = await client.post(f"/studio/publish/{run.id}/{what}", data=data, allow_redirects=False)
    return answer.status


async def actions(made: World) -> list[str]:
    async with reading(made.engine) as session:
        return list(await session.scalars(select(Audit.action).order_by(Audit.id)))


async def test_from_a_draft_to_a_release(made: World, client: Client, tmp_path: Path) -> None:
    who = await come(made, client, "editor")
    await write(client, who, GOOD)
    page = await text(client, "/studio/publish")
    assert re.search(r'value="answer:tax-property"[^>]* checked', page)
    run = await look(client, "answer:tax-property")
    assert (run.state, run.reason) == ("passed", "")
    assert run.judged is not None
    assert run.judged.changed == ("answer:tax-property",)
    assert ">게시하기</button>" in await text(client, f"/studio/publish/{run.id}")
    assert await send(client, run, "publish", why="재산세를 더했어요") == 303
    assert "7월과 9월에 내요." in (tmp_path / "city/data/answers/tax.yml").read_text("utf-8")
    assert await publishing(client).drafts.list() == []
    active = await publishing(client).releases.active()
    assert active is not None
    assert (active.why, active.who) == ("재산세를 더했어요", "김하늘")
    assert "publish" in await actions(made)
    assert "게시함" in await text(client, "/studio/publish")


async def test_a_collision_blocks_and_only_an_approver_overrules(made: World, client: Client) -> None:
    who = await come(made, client, "editor", "administrator")
    await write(client, who, CLASH)
    run = await look(client, "answer:tax-twin")
    assert run.state == "blocked"
    page = await text(client, f"/studio/publish/{run.id}")
    assert "자동차세는 언제 내나요?" in page
    assert "/studio/answers/tax-twin" in page
    assert ">게시하기</button>" not in page
    assert await send(client, run, "publish", why="급해요", overruled="급해요") == 403
    await made.hire("boss", "박승인", PASSWORD, roles=("approver",))
    client.session.cookie_jar.clear()
    assert (await log_in(client, "boss", PASSWORD)).status == 303
    assert await send(client, run, "publish", why="급해요") == 409
    assert await send(client, run, "publish", why="급해요", overruled="내일까지 합칠 거예요") == 303
    active = await publishing(client).releases.active()
    assert active is not None
    assert active.overruled == "내일까지 합칠 거예요"
    assert active.verdict["blocked"] is True
    assert "publish_overruled" in await actions(made)


async def judged(client: Client, who: int, *items: str, **values: Any) -> Run:
    """A look at drafts that is over, without looking."""
    runs = publishing(client).runs
    drafts = [draft for draft in await publishing(client).drafts.list() if draft.item in items]
    chosen = [Chosen(one.item, one.title, one.version, one.department) for one in drafts]
    run = runs.new(who, "김하늘", chosen, None)
    empty = {"blocked": False, "problems": [], "golden": None, "intents": None, "changed": []}
    run = replace(run, **{"state": "passed", "verdict": empty, **values})
    runs.save(run)
    return run


async def test_a_time_is_kept_and_judged_again(made: World, client: Client, tmp_path: Path) -> None:
    who = await come(made, client, "editor")
    await write(client, who, GOOD)
    run = await judged(client, who, "answer:tax-property")
    assert await send(client, run, "plan", at="2020-01-01T09:00", why="지난 일") == 409
    assert await send(client, run, "plan", at="언젠가", why="언젠가") == 409
    later = made.clock.now + timedelta(days=1)
    assert await send(client, run, "plan", at=f"{later:%Y-%m-%dT%H:%M}", why="내일 나가요") == 303
    assert "내일 나가요" in await text(client, "/studio/publish")
    await publishing(client).due()
    assert publishing(client).get(run.id).state == "waiting"  # type: ignore[union-attr]
    made.clock.pass_(days=2)
    await publishing(client).due()
    done = publishing(client).get(run.id)
    assert done is not None
    assert (done.state, done.reason, done.release) == ("published", "", 2)
    assert "재산세" in (tmp_path / "city/data/answers/tax.yml").read_text("utf-8")


async def test_a_draft_that_moved_is_not_published(made: World, client: Client) -> None:
    who = await come(made, client, "editor")
    await write(client, who, GOOD)
    run = await judged(client, who, "answer:tax-property")
    draft = await publishing(client).drafts.find("answer:tax-property")
    assert draft is not None
    await write(client, who, GOOD | {"answer": "8월에 내요."}, draft.version)
    assert await send(client, run, "publish", why="재산세") == 409
    soon = made.clock.now + timedelta(minutes=1)
    publishing(client).runs.change(run.id, state="waiting", at=soon, why="나중에")
    made.clock.pass_(minutes=2)
    await publishing(client).due()
    refused = publishing(client).get(run.id)
    assert refused is not None
    assert refused.state == "refused"
    assert "초안이 바뀌었어요" in await text(client, f"/studio/publish/{run.id}")
    assert "publish_refused" in await actions(made)
    assert await publishing(client).releases.active() is None


async def test_an_editor_of_another_department_may_not_publish(made: World, client: Client) -> None:
    who = await come(made, client, "editor")
    await write(client, who, GOOD)
    run = await judged(client, who, "answer:tax-property")
    await made.hire("other", "이민원", PASSWORD, roles=("editor",), departments=("civil",))
    client.session.cookie_jar.clear()
    assert (await log_in(client, "other", PASSWORD)).status == 303
    assert ">게시하기</button>" not in await text(client, f"/studio/publish/{run.id}")
    assert await send(client, run, "publish", why="재산세") == 403


async def test_a_look_that_died_with_us_says_so(made: World, client: Client) -> None:
    who = await come(made, client, "editor")
    run = await judged(client, who, state="running", verdict=None)
    assert "점검이 중간에 멈췄어요" in await text(client, f"/studio/publish/{run.id}")


async def test_nothing_chosen_is_told(made: World, client: Client) -> None:
    await come(made, client, "editor")
    page = await text(client, "/studio/publish")
    answer = await client.post("/studio/publish", data={"csrf": csrf(await text(client, "/password"))})
    assert "게시할 초안이 없어요" in page
    assert answer.status == 409


async def test_every_part_of_a_verdict_is_shown(made: World, client: Client) -> None:
    who = await come(made, client, "editor")
    verdict = json.loads((Path(__file__).parent / "gate_verdict.json").read_text("utf-8"))
    run = await judged(client, who, state="blocked", verdict=verdict)
    page = await text(client, f"/studio/publish/{run.id}")
    for words in (
        "나빠짐",
        "지운 질문",
        "바로 답함",
        "92.1%",
        "새로 틀림",
        "전부터 있던 것",
        "&lt;script&gt;",
    ):
        assert words in page
    picture = await client.get(f"/studio/publish/{run.id}/confusion.svg")
    assert picture.content_type == "image/svg+xml"
    assert (await picture.text()).startswith("<svg")
    other = await judged(client, who)
    assert (await client.get(f"/studio/publish/{other.id}/confusion.svg")).status == 404


async def test_a_stopped_look_stops(made: World, client: Client) -> None:
    who = await come(made, client, "editor")
    await write(client, who, GOOD)
    run = await publishing(client).begin(Publisher(who, "김하늘"), ["answer:tax-property"])
    assert await send(client, run, "stop") == 303
    stopped = publishing(client).get(run.id)
    assert stopped is not None
    assert stopped.state == "stopped"
