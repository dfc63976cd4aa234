"""Files that staff made and removed, published: part of the release and of `data`, or gone from both."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from bot.console.publish import PUBLISHING
from bot.settings import ROOT
from tests.console_support import PASSWORD, csrf, log_in, world
from tests.gate_support import city
from tests.teaching_support import Desk

MOVING, NEW = "data/life_events/moving.yml", "data/life_events/towing.yml"


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[Desk]:
    root = city(tmp_path / "city")
    for name in ("voices.yml", "notices.yml", "retention.yml"):
        shutil.copy(ROOT / "data" / name, root / "data" / name)
    (root / "data/life_events").mkdir()
    written = (ROOT / MOVING).read_text("utf-8")
    without = "\n".join(
        line for line in written.splitlines() if not re.match(r" +(department|answer):", line)
    )
    (root / MOVING).write_text(
        without.replace("    where:", "    department: civil\n    where:") + "\n", "utf-8"
    )
    where = {"data_dir": root / "data", "var_dir": tmp_path / "var", "models_dir": tmp_path / "models"}
    async with world(tmp_path, **where) as made:
        await made.hire("haneul", "김하늘", PASSWORD, roles=("editor",))
        async with TestClient(TestServer(made.app()), cookie_jar=CookieJar(unsafe=True)) as client:
            await log_in(client, "haneul", PASSWORD)
            yield Desk(made, client)


async def look(at: Desk, *paths: str) -> str:
    """Check the drafts of these files on the page, and wait; where its result is shown."""
    token = csrf(await at.get("/studio/publish"))
    data = [("csrf", token), *(("item", f"file:{path}") for path in paths)]
    answer = await at.client.post("/studio/publish", data=data, allow_redirects=False)
    assert answer.status == 303, await answer.text()
    page = answer.headers["Location"]
    while (await (await at.client.get(f"{page}/state")).json())["state"] == "running":
        await asyncio.sleep(0.25)
    return page


async def test_the_new_file_is_published_and_the_removed_one_is_gone(at: Desk, tmp_path: Path) -> None:
    made = await at.post("/studio/texts/new", folder="data/life_events", name="towing")
    editor = await at.get(made.headers["Location"])
    shown = re.search(r'<textarea id="text"[^>]*>\n(.*?)</textarea>', editor, re.DOTALL)
    assert shown is not None
    text = shown[1]
    assert "department: civil" in text
    await at.post(f"/studio/texts/{NEW}", text=text.replace("새 묶음", "견인된 차"), version="0", seen="")
    assert (await at.post(f"/studio/texts/{MOVING}/remove", version="0")).status == 303
    listed = await at.get("/studio/publish")
    assert "새로" in listed
    assert "지움" in listed
    data = tmp_path / "city"
    assert not (data / NEW).exists()
    assert (data / MOVING).exists()
    page = await look(at, NEW, MOVING)
    sent = await at.post(f"{page}/publish", why="견인을 더하고 이사를 뺐어요")
    assert sent.status == 303, await sent.text()
    assert at.client.app is not None
    publishing = at.client.app[PUBLISHING]
    assert await publishing.drafts.list() == []
    assert await publishing.releases.active() is not None
    for folder in (data, at.made.settings.live):
        assert "name: 견인된 차" in (folder / NEW).read_text("utf-8"), folder
        assert not (folder / MOVING).exists(), folder
    index = await at.get("/studio/texts")
    assert "towing.yml" in index
    assert "moving.yml" not in index


async def test_a_file_changed_by_hand_meanwhile_is_not_removed(at: Desk, tmp_path: Path) -> None:
    await at.post(f"/studio/texts/{MOVING}/remove", version="0")
    file = tmp_path / "city" / MOVING
    file.write_text(file.read_text("utf-8") + "# 그 사이 손으로 고친 줄\n", "utf-8")
    page = await look(at, MOVING)
    shown = await at.get(page)
    assert "초안과 지금 내용이 부딪혀요" in shown
    assert f"/studio/texts/{MOVING}" in shown
    assert (await at.post(f"{page}/publish", why="이사를 뺐어요")).status == 409
    assert "그 사이 손으로 고친 줄" in file.read_text("utf-8")
    settling = await at.get(f"/studio/texts/{MOVING}")
    assert "다른 사람이 서버에서 이 파일을 고쳤어요" in settling
    assert "그 사이 손으로 고친 줄" in settling
