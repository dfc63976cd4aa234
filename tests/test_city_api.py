"""The demo city's API: over HTTP, against its own OpenAPI file, and in agreement with the bot's content."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from bot.content.load import read_departments
from bot.settings import ROOT
from demo.city_api.app import create_app
from demo.city_api.seed import load

KEY = "a key of this test"
TODAY = date(2026, 11, 23)
DONG = ("빛가온동", "새솔동", "한내동", "두물동", "은하동", "별마루동", "솔빛읍", "가람면")


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async with TestServer(create_app(load(), KEY, lambda: TODAY)) as server:
        yield str(server.make_url("")).rstrip("/")


@pytest.fixture
async def client(address: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(address, headers={"X-Api-Key": KEY}) as session:
        yield session


async def test_case_is_served_with_dates_near_today(client: aiohttp.ClientSession) -> None:
    async with client.get("/v1/cases/2026-000123") as response:
        assert response.status == 200
        assert await response.json() == {
            "receipt_number": "2026-000123",
            "title": "도로 파손 보수 요청",
            "department": "roads",
            "state": "처리 중",
            "received_on": "2026-11-19",
            "due_on": "2026-11-26",
            "next_step": "현장 확인을 마쳤고, 보수 작업 날짜를 정하고 있어요.",
        }


@pytest.mark.parametrize(
    ("path", "params", "status", "parameter"),
    [
        ("/v1/cases/2026-999999", {}, 404, None),
        ("/v1/cases/12", {}, 400, "receipt_number"),
        ("/v1/cases/٢٠٢٦-000123", {}, 400, "receipt_number"),
        ("/v1/waste/schedule", {"dong": "없는동"}, 404, None),
        ("/v1/waste/schedule", {"dong": "x"}, 400, "dong"),
        ("/v1/waste/bulky", {"item": "우주선"}, 404, None),
        ("/v1/waste/bulky", {"item": ""}, 400, "item"),
        ("/v1/offices", {}, 400, "q"),
        ("/v1/nowhere", {}, 404, None),
    ],
)
async def test_errors_are_json_and_name_the_parameter(
    client: aiohttp.ClientSession, path: str, params: dict[str, str], status: int, parameter: str | None
) -> None:
    async with client.get(path, params=params) as response:
        body = await response.json()
        assert (response.status, body["parameter"]) == (status, parameter)
        assert body["message"]


@pytest.mark.parametrize("headers", [{}, {"X-Api-Key": "wrong"}, {"X-Api-Key": "한글 키"}])
async def test_without_the_key_nothing_is_told(address: str, headers: dict[str, str]) -> None:
    async with aiohttp.ClientSession(address, headers=headers) as session:
        async with session.get("/v1/cases/2026-000123") as response:
            assert response.status == 401
            assert (await response.json())["error"] == "unauthorized"
        async with session.get("/openapi.json") as response:
            assert (await response.json())["openapi"].startswith("3.1")


@pytest.mark.parametrize("dong", DONG)
async def test_every_neighbourhood_has_days(client: aiohttp.ClientSession, dong: str) -> None:
    async with client.get("/v1/waste/schedule", params={"dong": dong}) as response:
        [schedule] = (await response.json())["schedules"]
        assert schedule["dong"] == dong
        assert schedule["general"]
        assert schedule["food"]
        assert schedule["recycling"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("쇼파", "소파"),
        ("tv", "텔레비전"),
        ("ＴＶ", "텔레비전"),
        ("여행 가방", "여행 가방"),
        ("안마의자 버리는 값", "안마의자"),
        ("침대 매트리스", "침대 매트리스"),
    ],
)
async def test_items_are_found_by_what_people_call_them(
    client: aiohttp.ClientSession, asked: str, found: str
) -> None:
    async with client.get("/v1/waste/bulky", params={"item": asked}) as response:
        assert [item["item"] for item in (await response.json())["items"]] == [found]


async def test_an_office_is_found_by_its_longest_name(client: aiohttp.ClientSession) -> None:
    async def names(words: str) -> list[str]:
        async with client.get("/v1/offices", params={"q": words}) as response:
            return [office["name"] for office in (await response.json())["offices"]]

    assert await names("한내동 주민센터 전화번호") == ["한내동 행정복지센터"]
    assert await names("여권과 어디예요") == ["민원여권과"]
    assert len(await names("주민센터")) == 8
    assert len(await names("무인민원발급기 어디 있어요")) == 3
    assert await names("보건소 몇시까지") == ["한빛시보건소"]
    assert await names("달나라") == []


def test_seed_is_rich_enough() -> None:
    city = load()
    assert len(city.cases) >= 12
    assert {case["state"] for case in city.cases.values()} == {"접수", "처리 중", "보완 요청", "완료", "반려"}
    assert len(city.items) >= 60
    assert set(city.schedules) == set(DONG)
    for case in city.cases:
        served = city.case(case, TODAY)
        assert served
        assert date.fromisoformat(served["received_on"]).weekday() < 5
        assert served["received_on"] <= served["due_on"]
    called = [name for item in city.items for name in (item["item"], *item["aliases"])]
    assert sorted(called) == sorted(set(called))


def test_departments_agree_with_the_bots_content() -> None:
    city = load()
    departments, _ = read_departments(ROOT / "data" / "departments.yml")
    offices = {office["id"]: office for office in city.offices}
    for department in departments.departments:
        office = offices[department.id]
        assert (office["name"], office["phone"]) == (department.name, department.phone)
        hours = department.hours.model_dump(mode="json", exclude={"days"})
        assert {key: office["hours"][key] for key in hours} == hours, department.id
    named = {*(office["department"] for office in city.offices)}
    named |= {case["department"] for case in city.cases.values()}
    assert named <= {department.id for department in departments.departments}


async def test_conforms_to_its_openapi_file(address: str, tmp_path: Path) -> None:
    run = await _schemathesis(address, tmp_path)
    assert run.returncode == 0, run.stdout[-4000:]


async def _schemathesis(address: str, folder: Path) -> subprocess.CompletedProcess[str]:
    import asyncio

    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{address}/openapi.json",
        "--header",
        f"X-Api-Key: {KEY}",
        "--max-examples",
        "15",
        "--generation-deterministic",
        "--no-color",
    ]
    return await asyncio.to_thread(
        subprocess.run, command, cwd=folder, capture_output=True, text=True, timeout=100, check=False
    )
