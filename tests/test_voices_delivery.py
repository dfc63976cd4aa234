"""Reports on their way to the department with their pictures, and what comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channel import Channel, MediaError, NoMedia
from bot.voices.delivery import DepartmentApi, ReportCourier
from demo.city_api.app import REPORTS, Faults, create_app
from demo.city_api.seed import load
from tests.gateway_support import Phone
from tests.voices_support import Town, town

JPEG = b"\xff\xd8\xff and so on"


class Holder(Phone):
    """A messenger that holds pictures."""

    async def fetch(self, ref: str) -> bytes:
        if ref == "away":
            raise MediaError(NoMedia.UNREACHABLE)
        if ref == "gone":
            raise MediaError(NoMedia.GONE)
        return JPEG if ref == "jpeg" else b"<!doctype html>"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as made:
        yield made


@pytest.fixture
async def faults() -> Faults:
    return Faults()


@pytest.fixture
async def city(faults: Faults) -> AsyncIterator[TestServer]:
    server = TestServer(create_app(load(), "key", lambda: date(2026, 11, 23), faults))
    async with server:
        yield server


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


def courier_of(here: Town, session: aiohttp.ClientSession, base: str) -> ReportCourier:
    api = DepartmentApi(session, base, "key")
    channels: dict[str, Channel] = {"phone": Holder()}
    return ReportCourier(here.desk.reports, api, here.desk.contacts, here.content.departments, channels)


async def test_there_and_back(here: Town, city: TestServer, session: aiohttp.ClientSession) -> None:
    kim = await here.citizen("kim")
    row = await here.report(kim, delivery="pending")
    courier = courier_of(here, session, str(city.make_url("/")))
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


async def test_pictures_come_along(here: Town, city: TestServer, session: aiohttp.ClientSession) -> None:
    refs = ("jpeg", "away", "page", "gone")
    photos = [{"channel": "phone", "ref": ref} for ref in refs]
    photos.append({"channel": "closed", "ref": "jpeg"})
    row = await here.report(await here.citizen("kim"), delivery="pending", photos=photos)
    courier = courier_of(here, session, str(city.make_url("/")))
    assert await courier.deliver() == 0  # one is out of reach for now
    for _ in range(4):
        here.clock.pass_(hours=2)
        taken = await courier.deliver()
    assert taken == 1  # in the end without it
    sent = await here.desk.reports.get(row.id)
    assert sent is not None
    there = city.app[REPORTS].filed[str(sent.external)]
    assert there.photos == {0: JPEG}


@pytest.mark.parametrize("fault", ["error", "malformed", "incomplete", "html", "wrong_types"])
async def test_an_api_that_fails_or_lies_loses_nothing(
    here: Town, city: TestServer, session: aiohttp.ClientSession, faults: Faults, fault: str
) -> None:
    row = await here.report(await here.citizen("kim"), delivery="pending")
    courier = courier_of(here, session, str(city.make_url("/")))
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


async def test_nobody_there_and_a_refusal(here: Town, session: aiohttp.ClientSession) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.json_response({"error": "bad_request"}, status=400)

    kim = await here.citizen("kim")
    row = await here.report(kim, delivery="pending")
    assert await courier_of(here, session, "http://127.0.0.1:1").deliver() == 0
    here.clock.pass_(minutes=2)
    app = web.Application()
    app.router.add_post("/v1/reports", refuse)
    async with TestServer(app) as server:
        assert await courier_of(here, session, str(server.make_url("/"))).deliver() == 0
    after = await here.desk.reports.get(row.id)
    assert after is not None
    assert after.delivery == "refused"
    await here.desk.reports.change(row.id, "assigned", "", department="도로과")


async def test_a_rejection_needs_a_reason(here: Town, session: aiohttp.ClientSession) -> None:
    async def taken(_: web.Request) -> web.Response:
        return web.json_response({"report_number": "R-1", "state": "rejected", "reason": " "})

    row = await here.report(await here.citizen("kim"), delivery="pending")
    app = web.Application()
    app.router.add_post("/v1/reports", taken)
    app.router.add_get("/v1/reports/R-1", taken)
    async with TestServer(app) as server:
        courier = courier_of(here, session, str(server.make_url("/")))
        assert (await courier.deliver(), await courier.follow()) == (1, 0)
    after = await here.desk.reports.get(row.id)
    assert after is not None
    assert after.state == "received"
