"""The pages of the inbox and of tasks, by HTTP over a real log and real drafts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from bot.encoder.encoder import Encoder
from bot.log.engine import reading
from bot.log.tables import Audit
from bot.loop.build import Loop, build_loop
from bot.loop.grouping import Grouping
from bot.loop.inbox import Wanted
from bot.messages import Candidate, Outbound, Reply
from bot.settings import Settings
from bot.studio.answer_text import read_answer
from bot.studio.drafts import Drafts
from tests.console_support import PASSWORD, Client, World, log_in, text, token, world

SHIP, CAT = "우주선 주차는 어디에 하나요", "길고양이 중성화 신청하고 싶어요"
NEAR = (Candidate(id="parking-resident", score=0.3), Candidate(id="passport-fee", score=0.1))


@pytest.fixture
async def made(tmp_path: Path, settings: Settings) -> AsyncIterator[World]:
    async with world(tmp_path, data_dir=settings.data_dir, var_dir=settings.var_dir) as opened:
        yield opened


@pytest.fixture
async def client(made: World) -> AsyncIterator[Client]:
    async with TestClient(TestServer(made.app()), cookie_jar=CookieJar(unsafe=True)) as opened:
        yield opened


@pytest.fixture
async def editor(made: World, client: Client) -> int:
    """김하늘, who may edit everything, logged in."""
    number = await made.hire("haneul", "김하늘", PASSWORD, ("editor", "operator"))
    assert (await log_in(client, "haneul", PASSWORD)).status == 303
    return number


@pytest.fixture
async def loop(made: World, encoder: Encoder) -> Loop:
    """With two groups."""
    for user, said in (("kim", SHIP), ("park", SHIP), ("lee", CAT)):
        id_ = await made.ask(said, user=user)
        unknown = (Outbound(text="죄송해요. 아직 몰라요."),)
        await made.answer(id_, Reply(messages=unknown, outcome="unanswered", candidates=NEAR))
    opened = build_loop(made.settings, made.engine, made.voices.content, made.clock)
    await opened.inflow.run()
    await Grouping(made.engine, encoder, made.clock).run()
    return opened


async def post(client: Client, path: str, **form: str) -> tuple[int, str]:
    """The status, and where it leads or what it says."""
    response = await client.post(path, data={"csrf": await token(client), **form}, allow_redirects=False)
    return response.status, response.headers.get("Location") or await response.text()


async def ship(made: World, loop: Loop) -> int:
    page = await loop.inbox.page(Wanted(), made.clock(), 0, 10)
    return next(each.id for each in page.groups if each.title == SHIP)


async def audited(made: World) -> list[tuple[str, str, str]]:
    async with reading(made.engine) as session:
        rows = await session.scalars(select(Audit).order_by(Audit.id))
        return [(row.action, row.target, row.detail) for row in rows]


async def test_the_list_and_a_group(made: World, client: Client, editor: int, loop: Loop) -> None:
    page = await text(client, "/studio/inbox")
    for part in (SHIP, CAT, "2번", "답을 못 했어요", "묶음 2개", "새 답변 쓰기"):
        assert part in page
    assert CAT not in await text(client, "/studio/inbox?q=우주선")
    assert "그런 말이 없어요" in await text(client, "/studio/inbox?why=clarified")
    assert "마친 것이 없어요" in await text(client, "/studio/inbox?state=done&page=nonsense")
    group = await text(client, f"/studio/inbox/{await ship(made, loop)}")
    for part in (
        "시민이 쓴 글 2건",
        "죄송해요. 아직 몰라요.",
        "거주자우선주차",
        "/conversations/1?at=1#line-1",
    ):
        assert part in group
    assert "여권" in await text(client, f"/studio/inbox/{await ship(made, loop)}?find=여권+수수료")
    assert (await client.get("/studio/inbox/999")).status == 404


async def test_one_click_and_back(made: World, client: Client, editor: int, loop: Loop) -> None:
    id_ = await ship(made, loop)
    drafts = Drafts(made.engine, made.clock)
    status, where = await post(client, f"/studio/inbox/{id_}/settle", do="variant:parking-resident")
    assert (status, where.partition("&")[0]) == (303, f"/studio/inbox/{id_}?notice=variant")
    draft = await drafts.find("answer:parking-resident")
    assert draft is not None
    assert SHIP in read_answer(draft.text or "").fields["questions"]
    page = await text(client, where)
    assert "되돌리기" in page
    assert "게시를 기다려요" in page
    assert SHIP not in await text(client, "/studio/inbox")
    assert SHIP in await text(client, "/studio/inbox?state=under_way")
    settlement = where.rpartition("=")[2]
    assert (await post(client, "/studio/inbox/undo", settlement=settlement))[0] == 303
    assert SHIP in await text(client, "/studio/inbox")
    assert await drafts.find("answer:parking-resident") is None
    assert (await post(client, "/studio/inbox/undo", settlement=settlement))[0] == 409
    actions = [row for row in await audited(made) if row[0].startswith("inbox")]
    assert actions == [
        ("inbox_variant", f"inbox:{id_}", "answer:parking-resident"),
        ("inbox_undo", f"inbox:{id_}", "variant"),
    ]


async def test_a_new_answer_opens_the_editor(made: World, client: Client, editor: int, loop: Loop) -> None:
    id_ = await ship(made, loop)
    status, where = await post(client, f"/studio/inbox/{id_}/settle", do="answer", topic="parking")
    assert (status, where) == (303, f"/studio/answers/question-{id_}")
    draft = await Drafts(made.engine, made.clock).find(f"answer:question-{id_}")
    assert draft is not None
    written = read_answer(draft.text or "")
    assert (written.topic, written.fields["questions"]) == ("parking", [SHIP])
    status, where = await post(client, f"/studio/inbox/{id_}/settle", do="answer")
    assert where == f"/studio/inbox/{id_}?notice=gone"  # somebody else's second click


async def test_one_line_of_a_group(made: World, client: Client, editor: int, loop: Loop) -> None:
    id_ = await ship(made, loop)
    await post(client, f"/studio/inbox/{id_}/settle", do="example", intent="ask_faq", line="1")
    page = await text(client, f"/studio/inbox/{id_}")
    assert "알아듣는 말의 예문으로" in page
    assert "1번" in await text(client, "/studio/inbox")
    await post(client, f"/studio/inbox/{id_}/settle", do="golden:passport-fee")
    assert SHIP not in await text(client, "/studio/inbox")


async def test_what_is_missing_is_told(made: World, client: Client, editor: int, loop: Loop) -> None:
    id_ = await ship(made, loop)
    for form, said in (
        ({"do": "variant:gone"}, "어느 답변인지"),
        ({"do": "example", "intent": "gone"}, "어떤 뜻의 예문인지"),
        ({"do": "task", "due": "soon"}, "날짜를 골라"),
    ):
        status, page = await post(client, f"/studio/inbox/{id_}/settle", **form)
        assert status == 422
        assert said in page
    assert (await post(client, f"/studio/inbox/{id_}/settle", do="burn"))[0] == 400
    assert SHIP in await text(client, "/studio/inbox")


async def test_dismissed_from_the_list(made: World, client: Client, editor: int, loop: Loop) -> None:
    id_ = await ship(made, loop)
    form = {"do": "dismissed", "back": "list", "reason": "chat", "keep": "1"}
    _, where = await post(client, f"/studio/inbox/{id_}/settle", **form)
    assert where.startswith("/studio/inbox?notice=dismissed&undo=")
    assert "되돌리기" in await text(client, where)
    group = await text(client, f"/studio/inbox/{id_}")
    assert "인사나 장난이에요" in group
    assert "올리지 않아요" in group


async def test_a_task_from_a_group_to_its_end(made: World, client: Client, editor: int, loop: Loop) -> None:
    id_ = await ship(made, loop)
    form = {"do": "task", "department": "parking", "due": "2026-11-20", "note": "급해요"}
    await post(client, f"/studio/inbox/{id_}/settle", **form)
    page = await text(client, "/studio/tasks")
    for part in (SHIP, "3일 지났어요", "할 일 <span"):
        assert part in page
    await post(client, "/studio/tasks/1/comment", text="내일 쓸게요")
    await post(client, "/studio/tasks/1/assign", assignee=str(editor))
    await post(client, "/studio/tasks/1/change", department="pets", due="2026-12-01", note="천천히")
    page = await text(client, "/studio/tasks/1")
    for part in ("내일 쓸게요", "맡은 사람: 김하늘", "천천히", "12월 1일까지"):
        assert part in page
    assert "그런 할 일이 없어요" in await text(client, "/studio/tasks?overdue=1")
    assert SHIP in await text(client, "/studio/tasks?who=me&department=pets")

    _, where = await post(client, "/studio/tasks/1/draft", do="answer")
    assert where == "/studio/answers/question-1"
    await Drafts(made.engine, made.clock).drop(["answer:question-1"])  # published
    assert await loop.settling.follow() == 1
    assert "답이 게시되어 끝났어요" in await text(client, "/studio/tasks/1")
    assert "할 일이 없어요" in await text(client, "/studio/tasks")
    assert SHIP in await text(client, "/studio/inbox?state=done")


async def test_a_task_of_its_own_done_by_hand(made: World, client: Client, editor: int) -> None:
    assert (await post(client, "/studio/tasks", title=" ", due="2026-12-01"))[0] == 409
    given = {"title": "누리집 주소 고치기", "due": "2026-12-01", "department": "pets"}
    assert (await post(client, "/studio/tasks", **given))[1] == "/studio/tasks/1?notice=given"
    await post(client, "/studio/tasks/1/done", text="고쳤어요")
    assert "누리집" in await text(client, "/studio/tasks?state=done")
    await post(client, "/studio/tasks/1/reopen")
    assert "누리집" in await text(client, "/studio/tasks")
    assert (await client.get("/studio/tasks/9")).status == 404


async def test_who_may_what(made: World, client: Client, loop: Loop) -> None:
    await made.hire("view", "이보기", PASSWORD, ("viewer",))
    await log_in(client, "view", PASSWORD)
    id_ = await ship(made, loop)
    page = await text(client, f"/studio/inbox/{id_}")
    assert "시민이 쓴 글 2건" in page
    assert "무엇으로 만들까요" not in page
    for do in ("variant:passport-fee", "example", "answer", "golden:passport-fee", "task", "dismissed"):
        form = {"do": do, "intent": "ask_faq", "due": "2026-12-01"}
        assert (await post(client, f"/studio/inbox/{id_}/settle", **form))[0] == 403
    assert (await post(client, "/studio/tasks", title="x", due="2026-12-01"))[0] == 403


async def test_an_editor_edits_their_own_departments(made: World, client: Client, loop: Loop) -> None:
    await made.hire("pets", "박동물", PASSWORD, ("editor",), ("pets",))
    await log_in(client, "pets", PASSWORD)
    id_ = await ship(made, loop)
    assert (await post(client, f"/studio/inbox/{id_}/settle", do="variant:passport-fee"))[0] == 403
    status, where = await post(client, f"/studio/inbox/{id_}/settle", do="answer", department="pets")
    assert (status, where) == (303, f"/studio/answers/question-{id_}")
