"""The pages of the releases, as staff use them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.messages import Outbound, Reply
from bot.outcomes import Outcome
from bot.releases.live import open_live
from bot.releases.processes import Serving, tell
from bot.releases.releases import Releases
from bot.settings import ROOT
from tests.console_support import PASSWORD, Client, World, csrf, log_in, text, world
from tests.releases_support import PASSED, Editor, candidate, place

PASSPORT = "data/answers/passport.yml"
BLOCKED = {
    "blocked": True,
    "problems": [
        {"severity": "error", "message": "점검 질문이 틀려요", "path": "data/checks/questions.yml", "line": 3}
    ],
    "golden": {"asked": 12, "right": 11},
}


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[World]:
    project = tmp_path / "project"
    shutil.copytree(ROOT / "data", project / "data")
    shutil.rmtree(project / "data" / "checks")  # a few answers and no golden questions: it is quick
    for path in (project / "data" / "answers").iterdir():
        if path.name != "passport.yml":
            path.unlink()
    for name in ("config.yml", "domain.yml"):
        shutil.copy(ROOT / name, project / name)
    async with world(
        tmp_path, data_dir=project / "data", var_dir=tmp_path / "var", models_dir=tmp_path / "models"
    ) as made:
        await made.hire("lee", "이하늘", PASSWORD, roles=("approver",))
        await made.hire("kim", "김하늘", PASSWORD, roles=("viewer",))
        yield made


@pytest.fixture
async def client(made: World) -> AsyncIterator[Client]:
    async with TestClient(TestServer(made.app())) as client:
        await log_in(client, "lee", PASSWORD)
        yield client


async def published(made: World, folder: Path) -> Releases:
    """Three releases: what there was, a fee that is wrong, and a new answer."""
    releases = Releases(made.engine, made.settings, made.clock)
    original = place(made.settings, PASSPORT).read_text("utf-8")
    wrong = original.replace("58면 52,000원", "58면 520원")
    assert wrong != original
    first = candidate(made.settings, folder / "one", {PASSPORT: wrong})
    await releases.publish(first, Editor(name="박수정"), "수수료를 고쳤어요", PASSED)
    entry = (
        "topic: 시험\nentries:\n- id: new-answer\n  questions: [드론 날려도 되나요?]\n"
        "  answer: 공원에서는 안 돼요.\n  source: {title: 조례}\n"
    )
    more = {"data/answers/zz.yml": entry, "data/initials.tsv": "ㄱㅅ\t감사\n"}
    second = candidate(made.settings, folder / "two", more)
    await releases.publish(second, Editor(name="박수정"), "드론", BLOCKED, "급해요")
    return releases


async def test_before_anything_was_published(client: Client) -> None:
    page = await text(client, "/studio/releases")
    assert "아직 게시한 판이 없어요" in page
    assert "내용 폴더의 파일이 그대로" in page


async def test_history_says_who_when_why_and_what_the_gate_said(
    made: World, client: Client, tmp_path: Path
) -> None:
    await published(made, tmp_path)
    page = await text(client, "/studio/releases")
    for words in (
        "판 3",
        "드론",
        "박수정",
        "문제를 알고도 게시",
        "급해요",
        "통과",
        "처음 상태",
        "언제 어느 판을",
    ):
        assert words in page
    page = await text(client, "/studio/releases/3")
    for words in (
        "드론 날려도 되나요?",
        "새로 생김",
        "공원에서는 안 돼요.",
        "data/initials.tsv",
        "점검 질문이 틀려요",
    ):
        assert words in page
    page = await text(client, "/studio/releases/2")
    assert "<h3>답변</h3>" in page
    for words in ("- 58면 52,000원", "- 58면 520원", "여권 발급·재발급 수수료는 얼마인가요?"):
        assert words in page
    assert "<h3>질문</h3>" not in page
    assert "처음 담은 판이에요" in await text(client, "/studio/releases/1")
    assert (await client.get("/studio/releases/9")).status == 404


async def test_rolling_back_in_one_form(made: World, client: Client, tmp_path: Path) -> None:
    releases = await published(made, tmp_path)
    page = await text(client, "/studio/releases")
    without = await client.post("/studio/releases/1/rollback", data={"csrf": csrf(page), "why": "  "})
    assert without.status == 409
    assert "왜 되돌리는지" in await without.text()
    form = {"csrf": csrf(page), "why": "수수료가 틀려요"}
    done = await client.post("/studio/releases/1/rollback", data=form)
    assert done.status == 200
    shown = await done.text()
    assert "되돌렸어요" in shown
    assert "수수료가 틀려요" in shown
    active = await releases.active()
    assert active
    assert active.number == 1
    assert "58면 52,000원" in place(made.settings, PASSPORT).read_text("utf-8")
    again = await client.post("/studio/releases/1/rollback", data=form)
    assert "이미 쓰고 있는 판이에요" in await again.text()
    assert (await client.post("/studio/releases/9/rollback", data=form)).status == 404
    place(made.settings, PASSPORT).write_text("topic: 여권\nentries: []\n", "utf-8")
    assert "아직 게시하지 않은 파일이 1개" in await text(client, "/studio/releases")


async def test_only_those_who_may_roll_back(made: World, tmp_path: Path) -> None:
    releases = await published(made, tmp_path)
    async with TestClient(TestServer(made.app())) as client:
        await log_in(client, "kim", PASSWORD)
        page = await text(client, "/studio/releases")
        assert "되돌릴게요" not in page
        form = {"csrf": csrf(await text(client, "/password")), "why": "장난"}
        assert (await client.post("/studio/releases/1/rollback", data=form)).status == 403
    active = await releases.active()
    assert active
    assert active.number == 3


async def test_staff_see_what_every_process_serves(made: World, client: Client, tmp_path: Path) -> None:
    await published(made, tmp_path)
    now = made.clock()
    await tell(made.engine, Serving("gateway@web1:8080", 3), now)
    await tell(made.engine, Serving("rasa@web1:5005", 2, "sotong-a.tar.gz"), now)
    page = await text(client, "/studio/releases")
    assert "챗봇의 모든 부분이 이 판을 써요" not in page
    assert "바꾸는 중" in page
    state = await (await client.get("/studio/releases/state")).json()
    assert (state["state"], state["share"]) == ("running", 0.5)
    await tell(made.engine, Serving("rasa@web1:5005", 2, "a", "새 모델을 읽지 못했어요"), now)
    page = await text(client, "/studio/releases")
    assert "새 모델을 읽지 못했어요" in page
    await tell(made.engine, Serving("rasa@web1:5005", 3, "b"), now)
    assert "챗봇의 모든 부분이 이 판을 써요" in await text(client, "/studio/releases")
    made.clock.pass_(seconds=60)
    assert "소식이 없어요" in await text(client, "/studio/releases")


async def test_two_releases_side_by_side(made: World, client: Client, tmp_path: Path) -> None:
    await published(made, tmp_path)
    for user in ("u1", "u2"):
        conversation = await made.ask("드론 날려도 되나요", user=user)
        reply = Reply(messages=(Outbound(text="몰라요"),), outcome=Outcome.UNANSWERED, intent="ask_faq")
        await made.answer(conversation, reply)
    page = await text(client, "/studio/releases/compare?one=1&other=3")
    for words in ("- 58면 520원", "드론 날려도 되나요?", "지난 7일"):
        assert words in page
    form = {"csrf": csrf(page), "one": "1", "other": "3"}
    begun = await client.post("/studio/releases/compare", data=form, allow_redirects=False)
    assert begun.status == 303
    where = begun.headers["Location"]
    busy = await client.post("/studio/releases/compare", data=form)
    assert busy.status == 409
    for _ in range(1200):
        state = await (await client.get(f"{where}/state")).json()
        if state["state"] != "running":
            break
        await asyncio.sleep(0.1)
    assert state["state"] == "done"
    page = await text(client, f"{where}?show=citizens")
    assert "드론 날려도 되나요" in page
    assert "2번 물음" in page
    assert page.index("모른다고 해요") < page.index("바로 답해요")
    assert (await client.get("/studio/releases/compare?one=1&other=1")).status == 409
    assert (await client.get("/studio/releases/compare/77")).status == 404


async def test_the_working_copy_is_not_touched_by_looking(
    made: World, client: Client, tmp_path: Path
) -> None:
    await published(made, tmp_path)
    before = place(made.settings, PASSPORT).read_bytes()
    for path in ("/studio/releases", "/studio/releases/2", "/studio/releases/compare?one=1&other=2"):
        await text(client, path)
    assert place(made.settings, PASSPORT).read_bytes() == before
    assert open_live(made.settings).live.readlink() == Path("3")
