"""Synchronising the catalogue with the fake of the API, over HTTP and SQL: cuts, guards and reports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.catalogue import stored
from bot.catalogue.client import Gov24
from bot.catalogue.crawl import KEPT, Overtaken, begin
from bot.catalogue.envelope import DailyLimit, Passing, Refused
from bot.catalogue.publish import Report
from bot.catalogue.sync import Step, due, synchronise
from bot.catalogue.tables import ServiceChange, ServiceSync
from bot.log.engine import looking
from demo.gov24.app import Faults
from demo.gov24.seed import ID, Catalogue, Row
from tests.catalogue_support import NIGHT, api, empty_database, rows, served


class Nights:
    """An API whose services a test changes, and a database that is synchronised with it hour after hour."""

    def __init__(self, engine: AsyncEngine, client: Gov24, services: Catalogue, faults: Faults) -> None:
        self.engine, self.faults = engine, faults
        self.client, self._services = client, services
        self.hour = 0
        self.steps: list[Step] = []

    @property
    def now(self) -> datetime:
        return NIGHT + timedelta(hours=self.hour)

    def serve(self, entries: list[Row]) -> None:
        vars(self._services).update(vars(served(entries)))

    def put(self, listed: tuple[Row, ...], detail: tuple[Row, ...] = ()) -> None:
        self._services.serviceList = listed
        self._services.serviceDetail = detail or self._services.serviceDetail

    async def sync(self, entries: list[Row] | None = None, *, allow_fewer: bool = False) -> Report:
        """The next one, four rows at a time."""
        if entries is not None:
            self.serve(entries)
        self.hour += 1
        self.faults.calls = 0
        self.steps = []
        return await synchronise(
            self.engine,
            self.client,
            lambda: self.now,
            size=4,
            show=self.steps.append,
            allow_fewer=allow_fewer,
        )

    async def names(self) -> list[str]:
        return [service.name for service in await stored.services(self.engine)]

    async def last(self) -> Any:
        async with looking(self.engine) as connection:
            return (await connection.execute(select(ServiceSync).order_by(ServiceSync.id.desc()))).first()


@pytest.fixture
async def nights(tmp_path: Path) -> AsyncIterator[Nights]:
    services, faults = served([]), Faults()
    async with empty_database(tmp_path) as engine, api(services, faults, pause=0.001) as client:
        yield Nights(engine, client, services, faults)


def told(report: Report) -> tuple[int, int, int, int]:
    return report.new, report.changed, report.ended, report.total


async def test_new_changed_and_ended_services_are_told_apart(nights: Nights) -> None:
    assert told(await nights.sync(rows(20))) == (20, 0, 0, 20)
    assert told(await nights.sync()) == (0, 0, 0, 20)
    entries = rows(21)
    entries[4]["신청기한"] = "상시신청"
    entries[5]["조건"] = {"JA0101": "Y"}
    entries[6]["조회수"] = 99
    assert told(await nights.sync(entries[1:])) == (1, 2, 1, 20)
    assert await nights.names() == [f"서비스 {number}" for number in range(2, 22)]
    assert (await stored.service(nights.engine, f"{5:012d}")).deadline == "상시신청"  # type: ignore[union-attr]
    assert await stored.service(nights.engine, f"{1:012d}") is None
    assert [service.id for service in await stored.arrived(nights.engine, 2)] == [f"{21:012d}"]
    async with looking(nights.engine) as connection:
        kinds = select(ServiceChange.service_id, ServiceChange.kind).where(ServiceChange.sync_id == 3)
        found = {int(row.service_id): row.kind for row in await connection.execute(kinds)}
    assert found == {1: "ended", 5: "changed", 6: "changed", 21: "new"}
    assert told(await nights.sync(rows(21))) == (1, 2, 0, 21)  # the ended one is back


@pytest.mark.parametrize("after", range(15))
async def test_after_a_cut_the_rest_is_fetched_and_nothing_twice(nights: Nights, after: int) -> None:
    nights.serve(rows(18))  # five pages of each of the three operations
    nights.faults.fail, nights.faults.after = "html", after
    with pytest.raises(Passing):
        await nights.sync()
    assert (await nights.last()).trouble
    assert await nights.names() == []
    nights.faults.fail = None
    assert told(await nights.sync()) == (18, 0, 0, 18)
    assert nights.faults.calls == 15 - after
    assert nights.steps[0].resumed
    assert (await nights.last()).id == 1


async def test_a_crawl_goes_on_only_with_the_same_api_and_not_for_ever(nights: Nights) -> None:
    nights.serve(rows(18))
    nights.faults.fail, nights.faults.after = "html", 3
    with pytest.raises(Passing):
        await nights.sync()
    nights.faults.fail = None
    nights.hour += int(KEPT.total_seconds() // 3600) + 1
    assert told(await nights.sync()) == (18, 0, 0, 18)
    assert nights.faults.calls == 15
    other = await begin(nights.engine, "http://elsewhere", 4, nights.now)
    assert not other.resumed
    await nights.sync()
    assert nights.faults.calls == 15


async def test_many_that_vanish_at_once_are_kept_until_somebody_says_so(nights: Nights) -> None:
    await nights.sync(rows(20))
    report = await nights.sync(rows(17))
    assert told(report) == (0, 0, 0, 20)
    assert "20개에서 17개" in report.trouble
    assert (await nights.last()).trouble == report.trouble
    assert told(await nights.sync([])) == (0, 0, 0, 20)
    assert told(await nights.sync(rows(18))) == (0, 0, 2, 18)
    assert told(await nights.sync(rows(3), allow_fewer=True)) == (0, 0, 15, 3)


async def test_an_incomplete_list_ends_nothing_and_loses_nothing(nights: Nights) -> None:
    entries = rows(12, 신청기한="상시신청", 구비서류="신분증")
    await nights.sync(entries)
    whole = served(entries)
    nights.serve(entries)
    lists, details = list(whole.serviceList), list(whole.serviceDetail)
    lists[3] = lists[2]  # a row moved to the next page while pages were fetched
    details[7] = details[6]
    nights.put(tuple(lists), tuple(details))
    report = await nights.sync()
    assert told(report) == (0, 0, 0, 12)
    assert "1개" in report.trouble
    kept = await stored.service(nights.engine, f"{8:012d}")
    assert kept
    assert kept.documents == "신분증"


async def test_rows_without_a_number_are_passed_over(nights: Nights) -> None:
    entries = served(rows(6)).serviceList
    nights.put(({"서비스명": "번호 없는 것"}, *entries, {ID: None}, {ID: "x" * 99}))
    report = await nights.sync()
    assert (told(report), report.trouble) == ((6, 0, 0, 6), "")


async def test_the_api_may_give_smaller_pages_than_asked_for(nights: Nights) -> None:
    nights.faults.most = 3
    assert told(await nights.sync(rows(10))) == (10, 0, 0, 10)
    assert nights.faults.calls == 12


async def test_whoever_comes_later_takes_it_over(nights: Nights) -> None:
    nights.serve(rows(12))
    nights.faults.delay = 0.03
    first = asyncio.create_task(nights.sync())
    while not nights.faults.calls:
        await asyncio.sleep(0.005)
    assert told(await nights.sync()) == (12, 0, 0, 12)
    with pytest.raises(Overtaken):
        await first


async def test_when_it_is_gone_on_with_unasked(nights: Nights) -> None:
    async def wanted(hours: float) -> bool:
        return await due(nights.engine, nights.now + timedelta(hours=hours))

    assert await wanted(0)  # there was none yet
    nights.serve(rows(6))
    nights.faults.daily = 2
    with pytest.raises(DailyLimit):
        await nights.sync()  # at 04:30 in Korea
    assert [await wanted(hours) for hours in (1, 19, 20)] == [False, False, True]
    nights.faults.daily, nights.faults.fail = None, "html"
    with pytest.raises(Passing):
        await nights.sync()
    assert [await wanted(hours) for hours in (0.1, 0.2)] == [False, True]
    nights.faults.fail = None
    await nights.sync()
    assert not await wanted(100)
    await begin(nights.engine, "http://killed", 4, nights.now)
    assert [await wanted(hours) for hours in (0, 0.1)] == [False, True]


async def test_a_refused_key_waits_for_somebody_to_change_it(tmp_path: Path) -> None:
    async with empty_database(tmp_path) as engine, api(served(rows(3)), key="wrong") as client:
        with pytest.raises(Refused):
            await synchronise(engine, client, lambda: NIGHT)
        assert not await due(engine, NIGHT + timedelta(days=2))


async def test_ten_thousand_services(nights: Nights) -> None:
    entries = rows(10_000, 소관기관유형="시군구")
    for entry in entries[::2]:
        entry["소관기관명"] = "다온구"
    nights.serve(entries)
    report = await synchronise(nights.engine, nights.client, lambda: NIGHT)
    assert told(report) == (10_000, 0, 0, 10_000)
    assert nights.faults.calls == 60
    ours = await stored.services(nights.engine, stored.Ours(("한빛시",)))
    assert len(ours) == 5_000
