"""What a gateway tells those who look after it: on a port of its own, and true."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from bot.log.engine import open_engine
from bot.log.migrate import migrate
from bot.settings import Settings
from bot.telemetry.checks import database_takes
from bot.telemetry.database import DatabaseWatch
from bot.telemetry.inner import served as served_inside
from demo.platforms.line import LinePlatform
from tests.all_channels import CREDENTIALS
from tests.doors_support import Served, served
from tests.telemetry_support import listening, numbers, status


@pytest.fixture
async def at(settings: Settings) -> AsyncIterator[Served]:
    async with served(settings) as running:
        yield running


async def write(at: Served, text: str, number: str = "1") -> int:
    """A citizen writes by LINE; the status of our answer."""
    webhook = LinePlatform("", CREDENTIALS).message("U" + "5" * 32, text, number)
    async with (
        aiohttp.ClientSession() as session,
        session.post(at.url(webhook.path), data=webhook.body, headers=webhook.headers) as answer,
    ):
        taken = answer.status
    await at.apps.turns.idle()
    return taken


async def test_a_turn_is_counted_from_the_request_to_the_platform(at: Served) -> None:
    async with listening(at.apps.inner) as url:
        assert await write(at, "여권 얼마예요") == 200
        assert await write(at, "여권 얼마예요") == 200  # the same again is no turn
        told = await numbers(url)
        async with aiohttp.ClientSession() as session, session.get(at.url("/metrics")) as answer:
            assert answer.status == 404  # citizens' port tells no numbers
    assert told("sotong_turns_total", channel="line", outcome="answered_faq") == 1
    assert told("sotong_turn_seconds_count", channel="line") == 1
    assert 0 < told("sotong_turn_seconds_sum", channel="line") < 10
    assert told("sotong_deliveries_total", channel="line", end="taken") == 1
    assert told("sotong_reply_seconds_count", channel="line") == 1
    assert told("sotong_requests_total", surface="webhooks", status="200") == 2
    assert told("sotong_calls_total", result="200") >= 2
    assert told("sotong_open_turns") == told("sotong_turns_running") == 0
    assert told("sotong_ready", part="bot") == told("sotong_ready", part="database") == 1
    assert told("sotong_release") == 0
    assert told("sotong_database_bytes", file="database") > 0


async def test_what_waits_is_told_with_its_age(at: Served) -> None:
    async with listening(at.apps.inner) as url:
        at.rasa.delay = 0.4
        webhook = LinePlatform("", CREDENTIALS).message("U" + "5" * 32, "여권", "1")
        async with aiohttp.ClientSession() as session:
            await session.post(at.url(webhook.path), data=webhook.body, headers=webhook.headers)
        while not at.rasa.asked:
            await asyncio.sleep(0.01)
        told = await numbers(url)
        await at.apps.turns.idle()
        after = await numbers(url)
    assert told("sotong_open_turns") == told("sotong_turns_running") == 1
    assert 0 < told("sotong_open_turn_age_seconds") < 10
    assert after("sotong_open_turns") == after("sotong_open_turn_age_seconds") == 0


async def test_ready_means_that_a_question_would_be_answered(at: Served) -> None:
    async with listening(at.apps.inner) as url:
        assert await status(f"{url}/readyz") == (200, {"bot": True, "redis": True, "database": True})
        at.rasa.has_model = False
        assert await status(f"{url}/readyz") == (503, {"bot": False, "redis": True, "database": True})
        assert await status(at.url("/readyz")) == (503, {"bot": False, "redis": True, "database": True})
        assert (await numbers(url))("sotong_ready", part="bot") == 0
        assert await status(f"{url}/healthz") == (200, {"status": "ok"})


async def test_a_database_without_its_tables_is_not_ready(at: Served) -> None:
    async with listening(at.apps.inner) as url:
        async with at.apps.log._engine.begin() as connection:
            await connection.exec_driver_sql("ALTER TABLE messages RENAME TO lost")
        code, state = await status(f"{url}/readyz")
        told = await numbers(url)
    assert (code, state["database"]) == (503, False)
    assert told("sotong_ready", part="database") == 0
    assert told("sotong_open_turns") != told("sotong_open_turns")  # not a number, rather than an old one


async def test_a_port_that_is_taken_stops_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        async with served_inside(web.Application(), "127.0.0.1", other.getsockname()[1]) as port:
            assert port == 0


async def test_a_postgresql_that_only_reads_takes_no_message(postgres: str) -> None:
    engine = open_engine(postgres)
    registry = CollectorRegistry()
    registry.register(DatabaseWatch(engine, Path()))
    takes = database_takes(engine)
    await migrate(postgres)
    assert await takes() is True
    database = engine.url.database
    async with engine.begin() as connection:
        await connection.exec_driver_sql(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    await engine.dispose()
    try:
        assert await takes() is False  # as a standby that nobody has promoted
        assert registry.get_sample_value("sotong_database_connections", {"state": "idle"}) == 1
        assert (registry.get_sample_value("sotong_database_connections_most") or 0) >= 5
    finally:
        async with engine.connect() as connection:
            await connection.exec_driver_sql("SET default_transaction_read_only = off")
            await connection.commit()
            await connection.exec_driver_sql(f"ALTER DATABASE {database} RESET default_transaction_read_only")
            await connection.commit()
        await engine.dispose()
