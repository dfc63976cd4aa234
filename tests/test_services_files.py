"""A service is a file: a stranger's is used without any code, and a fault in one is named with its line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

from bot.content.load import read_departments
from bot.services.check import check_services
from bot.services.load import LiveServices, load_services
from bot.settings import ROOT
from tests.services_support import Citizen, Office, api, text

GUIDE = ROOT / "docs" / "adding-a-service.md"
SHIPPED = ROOT / "data" / "services"


def guides_service() -> str:
    """The file that the guide has its reader write."""
    return GUIDE.read_text("utf-8").split("```yaml\n")[1].split("```")[0]


@pytest.fixture
def parking(office: Office) -> Iterator[None]:
    """The guide's service, put into a running office and taken out again."""
    path = office.data / "services" / "parking_permit.yml"
    path.write_text(guides_service(), "utf-8")
    yield
    path.unlink()


async def test_the_guides_service_works_as_soon_as_its_file_is_there(office: Office, parking: None) -> None:
    asked: list[tuple[str, str]] = []

    async def permits(request: web.Request) -> web.Response:
        asked.append((request.match_info["zone"], request.query["day"]))
        if request.match_info["zone"] == "west":
            return web.json_response({"permits": []})
        permit = {"place": "솔빛 공영주차장", "monthly_fee": 40000, "until": "2027-06-30", "left": 3}
        return web.json_response({"permits": [permit]})

    async with api(office, web.get("/v1/parking/{zone}/permits", permits)):
        citizen = Citizen(office)
        await citizen.say("거주자 주차 자리 남았는지 조회해 주세요", "use_service")
        assert "날짜" in text(await citizen.tap("동쪽"))
        assert "2월 30일" in text(await citizen.say("2월 30일이요"))
        found = await citizen.say("12월 1일")
        for part in ("1곳", "솔빛 공영주차장", "40,000원", "2027년 6월 30일(수)"):
            assert part in text(found)
        await citizen.say("서쪽 거주자 주차 자리 12월 1일에 있나요", "use_service")
    assert asked == [("east", "2026-12-01"), ("west", "2026-12-01")]
    assert citizen.last
    assert citizen.last.detail == {"service": "parking_permit", "found": False}


def test_shipped_services_are_sound() -> None:
    departments = frozenset(
        each.id for each in read_departments(ROOT / "data/departments.yml")[0].departments
    )
    assert check_services(SHIPPED, departments, {"smile"}) == []
    assert {"case_status", "local_tax", "library_loans", "vehicle_inspection", "facility_booking"} <= set(
        load_services(SHIPPED).files
    )


FAULTS = [
    ("examples:", "examplez:", "unknown-key"),
    ("path: /v1/parking/{zone}/permits", "path: /v1/parking/{zome}/permits", "parameter"),
    ("query: {day: day}", "query: {dya: day}", "parameter"),
    ("type: date", "type: dat", "schema"),
    ("{place}", "{plaze}", "placeholder"),
    ("{permits}", "{permitz}", "placeholder"),
    ("empty_when: permits", "empty_when: permit", "list"),
    ("each: permits", "each: permitz", "list"),
    ("department: parking", "department: parkin", "owner"),
    ("method: GET", "method: POST", "confirm"),
    ("identity: none", "identity: login", "subject"),
    ("latest: 90", "latest: -1", "limits"),
    ("choices:", "choises:", "unknown-key"),
    ("url: ", "service: no_such\n    url: ", "button"),
    ("id: parking_permit", "id: Parking Permit", "schema"),
]


@pytest.mark.parametrize(("right", "wrong", "rule"), FAULTS)
def test_a_fault_is_named_with_its_line(tmp_path: Path, right: str, wrong: str, rule: str) -> None:
    whole = guides_service()
    assert right in whole
    (tmp_path / "parking.yml").write_text(whole.replace(right, wrong, 1), "utf-8")
    problems = check_services(tmp_path, frozenset({"parking"}), {"smile"})
    found = [problem for problem in problems if problem.rule == rule]
    assert found, problems
    line = whole[: whole.index(right)].count("\n") + 1
    assert min(abs(problem.line - line) for problem in found) <= 3
    assert all(problem.message and problem.remedy for problem in problems)


def test_the_guides_service_has_no_fault(tmp_path: Path) -> None:
    (tmp_path / "parking.yml").write_text(guides_service(), "utf-8")
    assert check_services(tmp_path, frozenset({"parking"}), {"smile"}) == []


def test_two_services_may_not_share_what_tells_them_apart(tmp_path: Path) -> None:
    for name in ("one", "two"):
        service = guides_service().replace("id: parking_permit", f"id: {name}")
        (tmp_path / f"{name}.yml").write_text(service, "utf-8")
    assert {problem.rule for problem in check_services(tmp_path, None, {"smile"})} == {"twice"}
    (tmp_path / "two.yml").write_text(guides_service().replace("id: parking_permit", "id: one"), "utf-8")
    assert "duplicate-id" in {problem.rule for problem in check_services(tmp_path, None, {"smile"})}


def test_a_file_that_breaks_keeps_its_last_good_version(tmp_path: Path) -> None:
    path, live = tmp_path / "parking.yml", LiveServices(tmp_path)
    assert live.current() == {}
    path.write_text(guides_service(), "utf-8")
    good = live.current()
    assert set(good) == {"parking_permit"}
    assert live.current() is good
    path.write_text("id: [", "utf-8")
    assert set(live.current()) == {"parking_permit"}
    path.unlink()
    assert live.current() == {}
