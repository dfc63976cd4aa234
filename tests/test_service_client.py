"""The client of the city's API over real HTTP: every way in which the API can fail, and the cache."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from redis.asyncio import Redis

from actions.answer_cache import AnswerCache, cache, cache_key
from actions.city_api import BadAnswer, CityApi, NotFound, NotPermitted, ServiceSlow, ServiceUnavailable
from actions.records import Answered, BulkyItems, Offices, Schedules, Text
from actions.service_client import ServiceClient
from actions.services import Service, Services, load_services
from bot.settings import ROOT
from demo.city_api.app import Faults, create_app
from demo.city_api.seed import load

KEY = "demo-key"
SHIPPED = load_services(ROOT / "data" / "services" / "city.yml")
CASES = Service(path="/v1/cases/{receipt_number}", fresh_seconds=60)
SERVICES = Services(services={**SHIPPED.services, "case_status": CASES})
ASKED = {"receipt_number": "2026-000123"}


class Case(Answered):
    """An answer with a parameter in its address."""

    service = "case_status"

    state: Text
    department: Text
    due_on: date


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
async def api(faults: Faults) -> AsyncIterator[TestServer]:
    async with TestServer(create_app(load(), KEY, lambda: date(2026, 11, 23), faults)) as server:
        yield server


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    connection = Redis.from_url(redis_url)
    await connection.flushdb()
    yield connection
    await connection.aclose()


@asynccontextmanager
async def asking(
    url: object, redis: Redis, clock: Hands, key: str = KEY, timeout: float = 2.0
) -> AsyncIterator[ServiceClient]:
    """A client of the API at an address."""
    api = CityApi(str(url), SERVICES.key_header, key, timeout)
    await api.start()
    yield ServiceClient(api, AnswerCache(redis, clock), clock, SERVICES)
    await api.close()


@pytest.fixture
async def client(api: TestServer, redis: Redis, clock: Hands) -> AsyncIterator[ServiceClient]:
    async with asking(api.make_url(""), redis, clock, timeout=0.3) as client:
        yield client


async def test_every_service_in_the_file_answers_in_its_form(client: ServiceClient) -> None:
    case = (await client.query(Case, ASKED)).data
    assert (case.state, case.department, case.due_on) == ("처리 중", "roads", date(2026, 11, 26))
    schedules = (await client.query(Schedules, {})).data.schedules
    assert len(schedules) == 8
    assert (await client.query(Schedules, {"dong": "한내동"})).data.schedules[0].dong == "한내동"
    assert (await client.query(BulkyItems, {"item": "쇼파"})).data.items[0].fees[0].won == 3000
    assert (await client.query(Offices, {"words": "보건소"})).data.offices[0].phone == "099-120-2120"
    assert set(SHIPPED.services) == {kind.service for kind in (Schedules, BulkyItems, Offices)}


async def test_a_fresh_answer_is_not_asked_for_again(
    client: ServiceClient, clock: Hands, faults: Faults
) -> None:
    first = await client.query(Case, ASKED)
    clock.now += timedelta(seconds=59)
    faults.fail = "error"  # would be noticed if the API were asked
    again = await client.query(Case, ASKED)
    assert (first.from_cache, again.from_cache) == (False, True)
    assert (again.data, again.fetched_at) == (first.data, first.fetched_at)


@pytest.mark.parametrize("fault", [Faults(fail="error"), Faults(fail="malformed"), Faults(delay=1)])
async def test_an_old_answer_serves_for_a_day_while_the_api_fails(
    client: ServiceClient, clock: Hands, faults: Faults, fault: Faults
) -> None:
    first = await client.query(Case, ASKED)
    faults.fail, faults.delay = fault.fail, fault.delay
    clock.now += timedelta(hours=23)
    old = await client.query(Case, ASKED)
    assert old.from_cache
    assert clock.now - old.fetched_at == timedelta(hours=23)
    assert old.data == first.data
    clock.now += timedelta(hours=2)
    with pytest.raises((ServiceUnavailable, BadAnswer, ServiceSlow)):
        await client.query(Case, ASKED)


async def test_no_old_answer_once_the_key_is_withdrawn(
    client: ServiceClient, api: TestServer, redis: Redis, clock: Hands
) -> None:
    await client.query(Case, ASKED)
    clock.now += timedelta(hours=1)
    async with asking(api.make_url(""), redis, clock, "withdrawn") as stranger:
        with pytest.raises(NotPermitted):
            await stranger.query(Case, ASKED)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Faults(fail="error"), ServiceUnavailable),
        (Faults(fail="malformed"), BadAnswer),
        (Faults(fail="incomplete"), BadAnswer),
        (Faults(fail="wrong_types"), BadAnswer),
        (Faults(fail="html"), BadAnswer),
        (Faults(fail="huge"), BadAnswer),
        (Faults(delay=1), ServiceSlow),
    ],
)
async def test_each_failure_has_its_own_error(
    client: ServiceClient, faults: Faults, fault: Faults, error: type[Exception]
) -> None:
    faults.fail, faults.delay = fault.fail, fault.delay
    with pytest.raises(error) as raised:
        await client.query(Case, ASKED)
    assert "2026-000123" not in str(raised.value)
    faults.fail, faults.delay = None, 0
    assert (await client.query(Case, ASKED)).data.state == "처리 중"  # a failure is not remembered


async def test_unknown_case_is_not_found(client: ServiceClient) -> None:
    with pytest.raises(NotFound):
        await client.query(Case, {"receipt_number": "2026-999999"})


async def test_nobody_listening(redis: Redis, clock: Hands, free_port: int) -> None:
    async with asking(f"http://127.0.0.1:{free_port}", redis, clock) as client:
        with pytest.raises(ServiceUnavailable):
            await client.query(Case, ASKED)


async def test_a_slow_api_is_given_up_in_time(client: ServiceClient, faults: Faults) -> None:
    faults.delay = 5
    begun = time.monotonic()
    with pytest.raises(ServiceSlow):
        await client.query(Case, ASKED)
    assert 0.6 <= time.monotonic() - begun < 1.2  # twice the limit of this test


async def test_one_retry_and_no_more(redis: Redis, clock: Hands) -> None:
    calls: list[int] = []

    async def flaky(request: web.Request) -> web.Response:
        calls.append(1)
        if len(calls) == 1:
            return web.json_response({}, status=503)
        return web.json_response({"offices": []}, status=200 if len(calls) == 2 else 503)

    app = web.Application()
    app.router.add_get("/v1/offices", flaky)
    async with TestServer(app) as server, asking(server.make_url(""), redis, clock) as client:
        assert (await client.query(Offices, {"words": "달나라"})).data.offices == ()
        assert len(calls) == 2
        with pytest.raises(ServiceUnavailable):
            await client.query(Offices, {"words": "별나라"})
        assert len(calls) == 4


async def test_parameters_cannot_leave_their_place(redis: Redis, clock: Hands) -> None:
    asked: list[str] = []

    async def record(request: web.Request) -> web.Response:
        asked.append(request.raw_path)
        return web.json_response({}, status=404)

    app = web.Application()
    app.router.add_get("/{rest:.*}", record)
    async with TestServer(app) as server, asking(server.make_url(""), redis, clock) as client:
        with pytest.raises(NotFound):
            await client.query(Case, {"receipt_number": "../../admin?x=1#"})
        with pytest.raises(NotFound):
            await client.query(Offices, {"words": "a&q=b c/한"})
    assert asked[0] == "/v1/cases/..%2F..%2Fadmin%3Fx%3D1%23"
    assert asked[1] == "/v1/offices?q=a%26q%3Db+c/%ED%95%9C"


async def test_works_without_redis_and_says_so_once(
    api: TestServer, clock: Hands, free_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    gone = cache(f"redis://127.0.0.1:{free_port}/0")
    async with asking(api.make_url(""), gone, clock) as client:
        with caplog.at_level(logging.INFO):
            for _ in range(3):
                record = await client.query(Case, ASKED)
                assert not record.from_cache
    assert sum("no cache" in message for message in caplog.messages) == 1


async def test_a_stored_answer_of_another_form_is_not_used(
    client: ServiceClient, api: TestServer, redis: Redis
) -> None:
    name = cache_key(str(api.make_url("")).rstrip("/"), "case_status", ASKED)
    await redis.set(name, '{"data": {"old": "form"}, "fetched_at": "2026-11-23T10:00:00Z"}')
    assert not (await client.query(Case, ASKED)).from_cache


async def test_redis_does_not_show_what_was_asked(client: ServiceClient, redis: Redis) -> None:
    await client.query(Case, ASKED)
    [name] = await redis.keys("sotong:*")
    assert b"2026-000123" not in name
    assert 86000 < await redis.ttl(name) <= 86400
