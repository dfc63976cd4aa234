"""What is done by the clock: again after a failure, and said to a citizen once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from zoneinfo import ZoneInfo

import pytest
from prometheus_client import CollectorRegistry

from bot.jobs import Jobs
from bot.messages import Outbound
from bot.settings import Settings
from bot.telemetry.jobs import JobWatch
from tests.gateway_support import City, open_city

SEOUL = ZoneInfo("Asia/Seoul")


@pytest.fixture
async def city(settings: Settings, free_port: int) -> AsyncIterator[City]:
    async with open_city(settings, free_port) as opened:
        yield opened


async def test_a_job_that_fails_runs_again() -> None:
    jobs, runs = Jobs(SEOUL), asyncio.Event()
    count = 0

    async def work() -> None:
        nonlocal count
        count += 1
        if count == 1:
            raise ValueError
        runs.set()

    jobs.every("work", 0.02, work)
    jobs.start()
    await asyncio.wait_for(runs.wait(), 5)
    await jobs.stop()


async def test_work_that_a_stop_cuts_off_has_not_failed(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = CollectorRegistry()
    jobs, begun, ended = Jobs(SEOUL, JobWatch(registry)), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    jobs.every("work", 0.02, work)
    jobs.start()
    await asyncio.wait_for(begun.wait(), 5)
    await jobs.stop()
    assert ended.is_set()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert "error" not in capsys.readouterr().out
    runs = {
        result: registry.get_sample_value("sotong_job_runs_total", {"task": "work", "result": result})
        for result in ("done", "failed", "stopped")
    }
    assert runs == {"done": None, "failed": None, "stopped": 1}


async def test_of_several_gateways_the_one_on_duty_works_and_each_for_itself() -> None:
    done: list[str] = []
    enough = asyncio.Event()

    async def work(name: str) -> None:
        done.append(name)
        if done.count("here") > 1 and done.count("there, for itself") > 1:
            enough.set()

    async def on_duty_for(name: str) -> bool:
        assert name == "job:once"
        return True

    async def off_duty(_: str) -> bool:
        return False

    here, there = Jobs(SEOUL, on_duty=on_duty_for), Jobs(SEOUL, on_duty=off_duty)
    here.every("once", 0.02, lambda: work("here"))
    there.every("once", 0.02, lambda: work("there"))
    there.every("own", 0.02, lambda: work("there, for itself"), everywhere=True)
    for jobs in (here, there):
        jobs.start()
    await asyncio.wait_for(enough.wait(), 5)
    for jobs in (here, there):
        await jobs.stop()
    assert "there" not in done


async def test_what_is_told_unasked_is_told_once(city: City) -> None:
    await city.ask("여권")
    mine = await city.id()
    reminder = [Outbound(text="내일은 재활용 수거일이에요."), Outbound(text="잊지 마세요.")]
    assert await city.gateway.tell(mine, reminder, "reminder:1") is True
    assert await city.gateway.tell(mine, reminder, "reminder:1") is False
    assert await city.gateway.tell(mine, reminder[1:], "reminder:2") is True
    await city.turns.idle()
    assert [wire["text"] for wire in city.phone.shown][1:] == [m.text for m in (*reminder, reminder[1])]
