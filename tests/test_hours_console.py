"""The pages of contacts, replies that wait and canned replies, by HTTP: who may do what, and once."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from bot.approval.approvals import Approvals, Rule
from bot.canned.replies import Canned, Changed, Shared, filled, mark, read
from bot.contacts.kept import PLACE
from bot.contacts.requests import NewTask, Requests
from bot.identity.personal import open_seal
from bot.log.engine import reading
from bot.log.tables import Audit
from bot.settings import Settings
from tests.console_support import PASSWORD, Client, World, log_in, text, token, world
from tests.gateway_support import Phone
from tests.hours_support import FEE

NUMBER = "010-2345-6789"


@pytest.fixture
async def made(tmp_path: Path, settings: Settings) -> AsyncIterator[World]:
    async with world(tmp_path, data_dir=settings.data_dir, var_dir=settings.var_dir) as opened:
        opened.channels["webchat"] = Phone(name="webchat")
        yield opened


@pytest.fixture
async def client(made: World) -> AsyncIterator[Client]:
    async with TestClient(TestServer(made.app()), cookie_jar=CookieJar(unsafe=True)) as opened:
        yield opened


async def enter(made: World, client: Client, *roles: str) -> int:
    number = await made.hire("nuri", "최누리", PASSWORD, roles)
    assert (await log_in(client, "nuri", PASSWORD)).status == 303
    return number


async def post(client: Client, path: str, **form: str) -> tuple[int, str]:
    response = await client.post(path, data={"csrf": await token(client), **form}, allow_redirects=False)
    return response.status, response.headers.get("Location") or await response.text()


async def audited(made: World, *actions: str) -> list[tuple[str, str, str]]:
    async with reading(made.engine) as session:
        rows = await session.scalars(select(Audit).where(Audit.action.in_(actions)).order_by(Audit.id))
        return [(row.action, row.target, row.detail) for row in rows]


async def left(made: World) -> int:
    """A citizen's request."""
    citizen, requests = await made.ask("상담원"), Requests(made.engine, made.clock)
    await requests.begin(citizen, 1, "asked")
    form = await requests.form(citizen)
    assert form is not None
    await requests.step(form, 1, text="전화 주세요", hint="010-****-6789")
    form.hint = "010-****-6789"
    sealed = base64.b64encode(open_seal(made.settings).close(NUMBER, PLACE)).decode()
    task = NewTask("tax", "연락 요청", f"/contacts/{form.id}", date(2026, 11, 24))
    await requests.send(form, 1, task, sealed)
    return form.id


async def held(made: World, who: int) -> int:
    citizen = await made.ask("여권 얼마예요")
    approvals, rule = Approvals(made.engine, made.clock), Rule("passport", 10, "person")
    await approvals.set_rule(rule, who)
    await approvals.hold(citizen, 1, rule, FEE)
    (one,) = await approvals.waiting()
    return one.id


async def test_a_contact_is_shown_for_a_reason_and_goes_when_it_is_done(made: World, client: Client) -> None:
    await enter(made, client, "operator")
    id_ = await left(made)
    assert "010-****-6789" in await text(client, f"/contacts/{id_}")
    assert "/contacts/" in await text(client, "/studio/tasks/1")
    status, page = await post(client, f"/contacts/{id_}/show", reason="네")
    assert (status, NUMBER in page) == (422, False)
    status, page = await post(client, f"/contacts/{id_}/show", reason=f"{NUMBER}로 걸어요")
    assert (status, NUMBER in page) == (200, True)
    shown = ("contact_shown", f"contact:{id_}", "[휴대전화]로 걸어요")
    assert await audited(made, "contact_shown") == [shown]
    assert (await post(client, f"/contacts/{id_}/done", text="통화했어요"))[0] == 303
    assert "전화 주세요" not in await text(client, "/contacts")
    assert "전화 주세요" in await text(client, "/contacts?state=done")
    status, page = await post(client, f"/contacts/{id_}/show", reason="다시 보고 싶어요")
    assert NUMBER not in page
    assert (await client.get("/contacts/99")).status == 404


async def test_who_reads_the_conversation_is_told_of_a_contact_until_it_is_called(
    made: World, client: Client
) -> None:
    await enter(made, client, "operator")
    talk = f"/conversations/{await made.ask('여권이요')}"
    assert "연락처로 답하기" not in await text(client, talk)
    id_ = await left(made)
    form = await Requests(made.engine, made.clock).get(id_)
    assert form is not None
    assert talk == f"/conversations/{form.request.conversation_id}"
    link = f'href="/contacts/{id_}"'
    assert link in await text(client, talk)
    assert (await post(client, f"/contacts/{id_}/done", text="통화했어요"))[0] == 303
    assert link not in await text(client, talk)


async def test_a_viewer_sees_no_contact_and_decides_nothing(made: World, client: Client) -> None:
    who = await enter(made, client, "viewer")
    id_, waits = await left(made), await held(made, who)
    assert (await post(client, f"/contacts/{id_}/show", reason="그냥 궁금해요"))[0] == 403
    assert (await post(client, f"/contacts/{id_}/done"))[0] == 403
    assert (await post(client, f"/approvals/{waits}/approved"))[0] == 403
    assert (await post(client, "/approvals/topics", topic="tax", minutes="5", fallback="answer"))[0] == 403
    assert (await client.get("/canned")).status == 403
    assert "이대로 보내기" not in await text(client, "/approvals")


async def test_whose_answers_wait_is_chosen_and_audited(made: World, client: Client) -> None:
    await enter(made, client, "administrator")
    choose = "/approvals/topics"
    assert (await post(client, choose, topic="tax", minutes="5", fallback="answer"))[0] == 303
    assert "지방세" in await text(client, choose)
    for wrong in ({"topic": "없음"}, {"minutes": "0"}, {"minutes": "241"}, {"minutes": "²"}):
        form = {"topic": "tax", "minutes": "5", "fallback": "answer", **wrong}
        assert (await post(client, choose, **form))[0] == 409
    assert (await post(client, choose, topic="tax", minutes="5", fallback="x"))[0] == 400
    assert (await post(client, f"{choose}/end", topic="tax"))[0] == 303
    assert [each[:2] for each in await audited(made, "approval_rule", "approval_rule_ended")] == [
        ("approval_rule", "topic:tax"),
        ("approval_rule_ended", "topic:tax"),
    ]


async def test_one_of_two_decides_and_the_other_is_told_who(made: World, client: Client) -> None:
    id_ = await held(made, await enter(made, client, "operator"))
    page = await text(client, "/approvals")
    assert "여권 얼마예요" in page
    assert "5만 원" in page
    assert (await post(client, f"/approvals/{id_}/edited", text=" "))[0] == 409
    answers = await asyncio.gather(*(post(client, f"/approvals/{id_}/approved") for _ in range(2)))
    assert sorted(status for status, _ in answers) == [303, 409]
    assert any("최누리 님이 먼저" in body for _, body in answers)
    assert len(await audited(made, "approval_approved")) == 1
    assert "확인할 답이 없어요" in await text(client, "/approvals?part=list")


async def test_canned_replies_of_all_and_of_one(made: World, client: Client) -> None:
    await enter(made, client, "operator")
    shared = Shared(made.settings.data_dir / "canned.yml")
    first, *others = shared.all()
    new = {"title": "점심", "text": "한 시에 답할게요. {담당자}"}
    assert (await post(client, "/canned/own", **new))[0] == 303
    assert (await post(client, "/canned/shared", **new, seen=mark(shared.all())))[0] == 303
    assert shared.all() == (first, *others, Canned(**new))
    assert (made.settings.data_dir / "canned.yml").read_text("utf-8").startswith("# 상담원이")
    assert (await post(client, "/canned/shared/delete", place="0", seen="옛것"))[0] == 409
    assert (await post(client, "/canned/shared/delete", place="0", seen=mark(shared.all())))[0] == 303
    assert shared.all() == (*others, Canned(**new))
    status, page = await post(client, "/canned/own", title="가", text="{시민이름}")
    assert status == 422
    assert "모르는 자리" in page
    assert (await post(client, "/canned/own", place="7", **new))[0] == 409
    citizen = await made.ask("안녕하세요")
    assert "한 시에 답할게요. 최누리" in await text(client, f"/conversations/{citizen}/help?part=list")


async def test_suggestions_come_from_the_action_server_or_are_missed(made: World, client: Client) -> None:
    async def suggest(request: web.Request) -> web.Response:
        asked = await request.json()
        assert asked == {"text": "여권 얼마예요", "limit": 3}
        return web.json_response(
            [{"id": "a", "question": "수수료", "text": "5만 원", "owner": "여권과", "score": 0.8}]
        )

    await enter(made, client, "operator")
    citizen = await made.ask("여권 얼마예요")
    help_ = f"/conversations/{citizen}/help"
    assert "지금은 답변을 찾을 수 없어요" in await text(client, help_)
    app = web.Application()
    app.add_routes([web.post("/suggest", suggest)])
    async with TestServer(app) as server:
        made.settings = made.settings.model_copy(update={"actions_url": str(server.make_url(""))})
        async with TestClient(TestServer(made.app()), cookie_jar=client.session.cookie_jar) as again:
            await log_in(again, "nuri", PASSWORD)
            page = await text(again, help_)
    assert 'data-insert="5만 원"' in page
    assert "80%" in page


async def test_two_who_change_the_file_at_once_lose_nothing(settings: Settings) -> None:
    shared = Shared(settings.data_dir / "canned.yml")
    seen, before = mark(shared.all()), len(shared.all())
    new = [shared.put(None, Canned(title=str(n), text="글"), seen) for n in range(3)]
    done = await asyncio.gather(*new, return_exceptions=True)
    assert [type(each) for each in done].count(Changed) == 2
    assert len(shared.all()) == before + 1


def test_places() -> None:
    reply = read("제목", "{담당자}: {접수번호}")
    assert filled(reply.text, {"담당자": "최누리", "접수번호": ""}) == "최누리: {접수번호}"
    for title, words in (("", "글"), ("제목", ""), ("제목", "{이름}"), ("가" * 61, "글")):
        with pytest.raises(ValueError, match=r"적어 주세요|모르는 자리"):
            read(title, words)
