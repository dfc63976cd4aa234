"""Reports in the database, on their way to the department, and the news of them."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import delete, update

from bot.identity.personal import open_seal
from bot.log.engine import changing, reading, writing
from bot.log.tables import Conversation
from bot.rights.consents import Consents, Purpose
from bot.voices.delivery import DepartmentApi, ReportCourier
from bot.voices.reports import NotPossible, Wanted
from bot.voices.tables import Idea, Report, VoiceNews
from demo.city_api.app import Faults, create_app
from demo.city_api.seed import load
from tests.voices_support import Town, town


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as made:
        yield made


async def test_a_message_files_once_and_numbers_tell_nothing(here: Town) -> None:
    kim = await here.citizen("kim")
    first, again = await asyncio.gather(here.report(kim), here.report(kim))
    assert first.number == again.number
    other = await here.report(kim, "another")
    numbers = {(await here.report(kim, f"m{count}")).number for count in range(20)}
    serials = sorted(int(number.rpartition("-")[2]) for number in numbers)
    assert serials[-1] - serials[0] > 1000  # 20 of a million in a row: never
    lee = await here.citizen("lee")
    assert await here.desk.reports.mine(lee) == []
    assert {row.number for row in await here.desk.reports.mine(kim, 30)} == numbers | {
        first.number,
        other.number,
    }


async def test_a_change_is_told_once_even_after_a_crash(here: Town) -> None:
    kim = await here.citizen("kim")
    row = await here.report(kim)
    await here.desk.reports.change(row.id, "assigned", "", department="도로과")
    assert await here.teller.run() == 1
    async with writing(here.engine) as session:  # the gateway stopped before it was noted
        await session.execute(update(VoiceNews).values(told_at=None))
    await here.teller.run()
    await here.desk.reports.change(row.id, "done", "전등을 바꿨어요.", department="도로과")
    await here.teller.run()
    assert [who for who, _ in here.told] == [kim, kim]
    assert row.number in here.told[0][1]
    assert "전등을 바꿨어요." in here.told[1][1]
    for state in ("received", "assigned", "rejected"):
        with pytest.raises(NotPossible):
            await here.desk.reports.change(row.id, state, "", department="도로과")


async def test_what_is_due_first_stands_first(here: Town) -> None:
    kim = await here.citizen("kim")
    late = await here.report(kim, "1")
    here.clock.pass_(days=2)
    await here.report(kim, "2", category="road")
    here.clock.pass_(days=6)
    rows, total = await here.desk.reports.listing(Wanted(state="open"), 0, 10)
    assert (rows[0].number, total) == (late.number, 2)
    overdue, _ = await here.desk.reports.listing(Wanted(overdue=True), 0, 10)
    assert [row.number for row in overdue] == [late.number]


async def test_what_was_raised_outlives_who_raised_it(here: Town) -> None:
    kim, lee = await here.citizen("kim"), await here.citizen("lee")
    row = await here.report(kim, contact="sealed")
    unread = await here.idea(kim, "막차를 늦춰 주세요")
    public = await here.idea(kim, "쉼터를 지어 주세요", shown=True)
    await here.desk.ideas.join(public.id, lee)
    await here.log.erase(kim)
    async with changing(here.engine) as connection:
        await connection.execute(delete(Conversation).where(Conversation.id == kim))
    async with reading(here.engine) as session:
        kept = await session.get(Report, row.id)
        assert kept is not None
        assert (kept.conversation_id, kept.message_id, kept.contact) == (None, None, None)
        assert not kept.photos
        assert kept.place == "시청 앞"
        forgotten = await session.get(Idea, unread.id)
        assert forgotten is not None
        assert (forgotten.own_title, forgotten.own_text, forgotten.title, forgotten.text) == ("", "", "", "")
    assert (await here.desk.board.counts([public.id]))[public.id] == 2
    await here.desk.reports.change(row.id, "done", "고쳤어요.", department="도로과")
    await here.desk.ideas.reply(public.id, "그럴게요.", "parking", "교통행정과")
    await here.teller.run()
    assert {who for who, _ in here.told} == set()  # the author is gone, and 이 did not ask to be told


async def test_a_contact_is_for_the_department_while_it_needs_it_and_may_have_it(here: Town) -> None:
    kim = await here.citizen("kim")
    sealed = base64.b64encode(open_seal(here.settings).close("010-1234-5678", "voices:contact")).decode()
    row = await here.report(kim, contact=sealed)
    consents = Consents(here.engine, here.clock)
    assert await here.desk.contacts.of(row) == ""  # nobody agreed
    await consents.give(kim, Purpose.CONTACT, "0123456789abcdef")
    assert await here.desk.contacts.of(row) == "010-1234-5678"
    await consents.withdraw(kim, Purpose.CONTACT)
    assert await here.desk.contacts.of(row) == ""
    done = await here.desk.reports.change(row.id, "done", "고쳤어요.", department="도로과")
    assert done.contact is None


class TestDelivery:
    @pytest.fixture
    async def faults(self) -> Faults:
        return Faults()

    @pytest.fixture
    async def city(self, faults: Faults) -> AsyncIterator[TestServer]:
        server = TestServer(create_app(load(), "key", lambda: date(2026, 11, 23), faults))
        async with server:
            yield server

    @pytest.fixture
    async def session(self) -> AsyncIterator[aiohttp.ClientSession]:
        async with aiohttp.ClientSession() as made:
            yield made

    def courier(self, here: Town, session: aiohttp.ClientSession, base: str) -> ReportCourier:
        api = DepartmentApi(session, base, "key")
        return ReportCourier(here.desk.reports, api, here.desk.contacts, here.content.departments)

    async def test_there_and_back(self, here: Town, city: TestServer, session: aiohttp.ClientSession) -> None:
        kim = await here.citizen("kim")
        row = await here.report(kim, delivery="pending")
        courier = self.courier(here, session, str(city.make_url("/")))
        assert [await courier.deliver(), await courier.deliver()] == [1, 0]
        sent = await here.desk.reports.get(row.id)
        assert sent is not None
        assert (sent.delivery, sent.state) == ("sent", "received")
        assert await courier.follow() == 0
        url = city.make_url(f"/v1/reports/{sent.external}/state")
        for state, reason in (("assigned", ""), ("done", "등을 갈았어요.")):
            await session.post(url, json={"state": state, "reason": reason}, headers={"X-Api-Key": "key"})
            assert await courier.follow() == 1
        await session.post(url, json={"state": "received"}, headers={"X-Api-Key": "key"})
        await courier.follow()
        done = await here.desk.reports.get(row.id)
        assert done is not None
        assert done.state == "done"
        await here.teller.run()
        texts = [text for _, text in here.told]
        assert len(texts) == 3
        assert str(sent.external) in texts[0]
        assert "등을 갈았어요." in texts[2]

    @pytest.mark.parametrize("fault", ["error", "malformed", "incomplete", "html", "wrong_types"])
    async def test_an_api_that_fails_or_lies_loses_nothing(
        self, here: Town, city: TestServer, session: aiohttp.ClientSession, faults: Faults, fault: str
    ) -> None:
        row = await here.report(await here.citizen("kim"), delivery="pending")
        courier = self.courier(here, session, str(city.make_url("/")))
        faults.fail = fault  # type: ignore[assignment]
        assert await courier.deliver() == 0
        assert await courier.deliver() == 0  # not before its time
        faults.fail = None
        here.clock.pass_(minutes=2)
        assert await courier.deliver() == 1
        faults.fail = fault  # type: ignore[assignment]
        assert await courier.follow() == 0
        after = await here.desk.reports.get(row.id)
        assert after is not None
        assert (after.state, after.delivery) == ("received", "sent")

    async def test_nobody_there_and_a_refusal(self, here: Town, session: aiohttp.ClientSession) -> None:
        async def refuse(_: web.Request) -> web.Response:
            return web.json_response({"error": "bad_request"}, status=400)

        kim = await here.citizen("kim")
        row = await here.report(kim, delivery="pending")
        assert await self.courier(here, session, "http://127.0.0.1:1").deliver() == 0
        here.clock.pass_(minutes=2)
        app = web.Application()
        app.router.add_post("/v1/reports", refuse)
        async with TestServer(app) as server:
            assert await self.courier(here, session, str(server.make_url("/"))).deliver() == 0
        after = await here.desk.reports.get(row.id)
        assert after is not None
        assert after.delivery == "refused"
        await here.desk.reports.change(row.id, "assigned", "", department="도로과")

    async def test_a_rejection_needs_a_reason(self, here: Town, session: aiohttp.ClientSession) -> None:
        async def taken(_: web.Request) -> web.Response:
            return web.json_response({"report_number": "R-1", "state": "rejected", "reason": " "})

        row = await here.report(await here.citizen("kim"), delivery="pending")
        app = web.Application()
        app.router.add_post("/v1/reports", taken)
        app.router.add_get("/v1/reports/R-1", taken)
        async with TestServer(app) as server:
            courier = self.courier(here, session, str(server.make_url("/")))
            assert (await courier.deliver(), await courier.follow()) == (1, 0)
        after = await here.desk.reports.get(row.id)
        assert after is not None
        assert after.state == "received"
