"""What citizens get when they ask what is stored about them, and take it away."""

from __future__ import annotations

import asyncio
import io
import json
import re
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st
from rasa_sdk import Tracker
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from actions.reply import Said, Speaking
from actions.rights_build import rights_actions
from actions.turn import Turn
from bot.content.store import ContentStore
from bot.identity.identities import Level
from bot.identity.personal import Personal, open_personal
from bot.log.engine import open_engine
from bot.log.erasure import citizens_columns
from bot.log.log import ConversationLog
from bot.log.migrate import migrate
from bot.messages import Outbound, Reply
from bot.rights.consents import Consents, Purpose
from bot.rights.export import readable
from bot.rights.links import Links
from bot.rights.mine import KINDS, everything
from bot.rights.pages import MinePages
from bot.settings import Settings
from tests.log_support import NOON, inbound
from tests.rights_support import known

SEOUL = ZoneInfo("Asia/Seoul")


@dataclass
class Desk:
    """The actions over a real database and a real Redis, and the page that gives files away."""

    engine: AsyncEngine
    personal: Personal
    actions: dict[str, Speaking]
    client: TestClient[web.Request, web.Application]
    log: ConversationLog

    async def ask(
        self, action: str, user: str = "kim", slots: dict[str, Any] | None = None, **entities: str
    ) -> Said:
        message = {
            "text": "",
            "intent": {"name": action.removeprefix("action_")},
            "entities": [{"entity": name, "value": value} for name, value in entities.items()],
            "metadata": {"now": NOON.isoformat()},
        }
        tracker = Tracker(f"phone:{user}", slots or {}, message, [], False, None, {}, None)
        return await self.actions[action].respond(Turn(tracker, lambda: datetime.now(SEOUL)))

    async def hears(self, text: str, slots: dict[str, Any] | None = None) -> Said:
        """What is answered to words, with what every answer begins with."""
        message = {"text": text, "intent": {"name": "show_my_data"}, "metadata": {"now": NOON.isoformat()}}
        tracker = Tracker("phone:kim", slots or {}, message, [], False, None, {}, None)
        return await self.actions["action_show_my_data"].answer(Turn(tracker, lambda: datetime.now(SEOUL)))

    async def said(self, text: str, user: str = "kim") -> int:
        stored = await self.log.receive(inbound(text, user=user, channel="phone", message=f"{user}:{text}"))
        assert stored is not None
        messages = (Outbound(text=f"답: {text}"),)
        await self.log.finish_turn(stored.id, Reply(messages=messages, outcome="answered_faq"), 5)
        return stored.conversation_id

    async def link(self, user: str = "kim") -> str:
        [button] = (await self.ask("action_export_my_data", user)).buttons
        assert button.url
        assert re.fullmatch(r"http://[^/]+/mine/[A-Za-z0-9_-]{22}", button.url)
        return button.url[button.url.index("/mine/") :]


@pytest.fixture
async def desk(settings: Settings) -> AsyncIterator[Desk]:
    await migrate(settings.database)
    engine, content, personal = (
        open_engine(settings.database),
        ContentStore(settings),
        open_personal(settings),
    )
    log = ConversationLog(engine, clock=lambda: NOON)
    actions = rights_actions(settings, content, lambda: NOON, engine, personal)
    links = Links(personal.box, settings.address)
    pages = MinePages(engine, links, log.find, content.persona, SEOUL, lambda: NOON)
    app = web.Application()
    app.add_subapp("/mine", pages.application())
    async with TestClient(TestServer(app)) as client:
        yield Desk(engine, personal, {action.name(): action for action in actions}, client, log)
    await personal.close()
    await engine.dispose()


async def test_everything_that_is_stored_is_named_with_how_much_and_until_when(desk: Desk) -> None:
    await known(desk.engine, "kim")
    await known(desk.engine, "lee")
    await desk.personal.identities.bind("phone:kim", "s", "sub", Level.LOGIN, "김○○")
    await desk.personal.vault.put("phone:kim", "mobile", "010-1234-5678")
    said = await desk.ask("action_show_my_data", slots={"dong": "빛가온동", "pending_offer": "erase"})
    [card] = said.cards
    facts = {fact.label: fact.value for fact in card.facts}
    assert facts["나눈 대화"] == "1건 · 10월 1일부터 · 30일 보관"
    assert {
        KINDS[column.table.name].title for column in citizens_columns() if column.table.name in KINDS
    } <= set(facts)
    assert facts["이야기하며 기억하는 것"].startswith("1가지")
    assert re.match(r"\d\d:\d\d까지", facts["로그인"])
    assert facts["잠시 맡아 둔 값"].startswith("휴대전화 ·")
    assert "010" not in said.message.plain()
    await desk.personal.forget("phone:kim")


async def test_a_child_is_told_once_what_is_not_asked_for(desk: Desk) -> None:
    first = await desk.hears("저 12살인데 제 정보 보여 주세요")
    assert "보호자" in first.before[0].text
    assert first.slots["minor"] == "yes"
    assert first.text  # and gets the answer all the same
    assert (await desk.hears("저 12살이에요", {"minor": "yes"})).before == ()
    assert (await desk.hears("저 15살인데 제 정보 보여 주세요")).before == ()


async def test_of_a_stranger_nothing_is_stored(desk: Desk) -> None:
    assert (await desk.ask("action_show_my_data", "nobody")).cards == ()


def test_every_table_of_a_citizen_has_a_name() -> None:
    assert {column.table.name for column in citizens_columns()} - {"buttons", "notes", "seen"} == KINDS.keys()


async def test_the_file_holds_all_of_it_and_of_nobody_else(desk: Desk) -> None:
    await desk.said("=1+1 <script>alert(1)</script>")
    await desk.said("남의 비밀", "lee")
    path = await desk.link()
    for _ in range(3):  # messengers look at links before people do
        page = await desk.client.get(path)
        assert page.status == 200
        assert page.headers["Cache-Control"] == "no-store"
    assert "script" not in await page.text()
    got = await desk.client.post(path)
    assert got.status == 200
    assert got.headers["Content-Disposition"] == 'attachment; filename="sotong-20261123.zip"'
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    with zipfile.ZipFile(io.BytesIO(await got.read())) as packed:
        assert packed.namelist() == ["대화.txt", "내정보.json"]
        text = packed.read("대화.txt").decode("utf-8-sig")
        data = json.loads(packed.read("내정보.json"))
    assert "2026-11-23 12:00 나: =1+1 <script>" in text
    assert "챗봇: 답: =1+1" in text
    assert data["data"]["나눈 대화"][0]["text"].startswith("=1+1")
    assert "남의" not in text + json.dumps(data, ensure_ascii=False)
    for again in (await desk.client.post(path), await desk.client.get(path)):
        assert again.status == 410
        assert "15분" in await again.text()


async def test_a_link_ends_with_an_erasure_and_cannot_be_guessed(desk: Desk) -> None:
    await desk.said("여권")
    path = await desk.link()
    await desk.personal.forget("phone:kim")
    assert (await desk.client.post(path)).status == 410
    assert (await desk.client.get("/mine/" + "A" * 22)).status == 410


async def test_two_at_once_get_one_file(desk: Desk) -> None:
    await desk.said("여권")
    path = await desk.link()
    got = await asyncio.gather(*(desk.client.post(path) for _ in range(5)))
    assert sorted(each.status for each in got) == [200, 410, 410, 410, 410]


async def test_a_consent_is_given_once_and_can_be_taken_back_in_chat(desk: Desk) -> None:
    kim = await desk.said("여권")
    consents = Consents(desk.engine, lambda: NOON)
    assert "동의" in (await desk.ask("action_withdraw_consent")).text
    assert await consents.give(kim, Purpose.PUSH, "v1")
    assert not await consents.give(kim, Purpose.PUSH, "v1")
    assert await consents.give(kim, Purpose.CONTACT, "v1")
    assert await consents.has(kim, Purpose.PUSH)
    asked = await desk.ask("action_withdraw_consent")
    assert len(asked.buttons) == 3
    assert "알림 받기" in (await desk.ask("action_withdraw_consent", purpose="push")).text
    assert not await consents.has(kim, Purpose.PUSH)
    assert await consents.has(kim, Purpose.CONTACT)
    await desk.ask("action_withdraw_consent")  # the only one left needs no question
    assert not await consents.has(kim, Purpose.CONTACT)
    assert await consents.give(kim, Purpose.PUSH, "v2")
    history = [(one.purpose, one.version, one.withdrawn_at is None) for one in await consents.of(kim)]
    assert history == [("push", "v1", False), ("contact", "v1", False), ("push", "v2", True)]
    with pytest.raises(IntegrityError):
        await consents.give(999, Purpose.PUSH, "v1")


@given(
    st.dictionaries(st.text(), st.lists(st.dictionaries(st.text(), st.text() | st.integers() | st.none())))
)
def test_any_data_can_be_read(kinds: dict[str, list[dict[str, Any]]]) -> None:
    rows = {title: [row for row in rows if "author" not in row] for title, rows in kinds.items()}
    text = readable(rows, city="한빛시", made=NOON)
    assert text.startswith("한빛시")
    assert "\n" not in text.replace("\r\n", "")


async def test_everything_is_json(desk: Desk, tmp_path: Path) -> None:
    number = await known(desk.engine)
    found = await everything(desk.engine, number)
    assert json.loads(json.dumps(found)) == found
