"""The services of the fake public-services API: in its schema, with conditions an engine can work on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ruamel.yaml import YAML

from bot.content.load import read_departments
from bot.eligibility.codes import GROUP_OF
from bot.settings import ROOT
from demo.gov24.seed import CODES, CONDITIONS, DETAIL, FOLDER, ID, LIST

TODAY = date(2026, 11, 23)
SEOUL = ZoneInfo("Asia/Seoul")
FROM, TO = "JA0110", "JA0111"
FILES = sorted(FOLDER.glob("*.yml"))
REQUIRED = {
    "서비스ID", "지원유형", "서비스명", "서비스목적요약", "지원대상", "선정기준", "지원내용", "신청방법",
    "신청기한", "소관기관코드", "소관기관명", "부서명", "소관기관유형", "사용자구분", "서비스분야",
    "접수기관", "전화문의", "등록일시", "수정일시", "구비서류", "조건",
}  # fmt: skip
AREAS = {
    "생활안정", "농림축산어업", "보육·교육", "보건·의료", "임신·출산", "고용·창업", "문화·환경", "보호·돌봄",
    "행정·안전", "주거·자립",
}  # fmt: skip
USERS = {"개인", "가구", "소상공인", "법인/시설/단체"}
KINDS = {
    "현금", "현물", "기타", "현금(감면)", "이용권", "서비스(의료)", "시설이용", "기타(교육)", "현금(보험)",
    "현금(장학금)", "현금(융자)", "기타(상담)", "서비스(돌봄)", "서비스(일자리)", "의료지원", "상담/법률지원",
    "기술지원", "문화/여가지원", "민원", "봉사/기부",
}  # fmt: skip
OWNERS = {"중앙행정기관", "공공기관", "광역시도", "시군구", "교육청"}
WAYS = {"방문신청", "온라인신청", "전화신청", "우편신청", "팩스신청", "기타"}
HOME = {"한빛시", "해오름도"}
RANGE = re.compile(r"(\d{4})\.(\d\d)\.(\d\d)~(\d{4})\.(\d\d)\.(\d\d)")
PHONE = re.compile(r"099-\d{3}-\d{4}|1\d{2,3}|1[568]\d{2}-\d{4}")
"""Area code 099 is given to nobody; the others are calling centres of the whole country."""


@cache
def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe").load(path)
    return content


@pytest.fixture(scope="module")
def services() -> list[dict[str, Any]]:
    return [service for path in FILES for service in read(path)["services"]]


def wrong(services: list[dict[str, Any]], holds: Callable[[dict[str, Any]], object]) -> list[str]:
    return [f"{each[ID]} {each['서비스명']}" for each in services if not holds(each)]


def parts(services: list[dict[str, Any]], field: str) -> set[str]:
    return {part for each in services for part in each[field].split("||")}


def flags(service: dict[str, Any], group: str) -> set[str]:
    return {code for code in service[CONDITIONS] if code.startswith(group)} - {FROM, TO}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_has_a_topic_and_services(path: Path) -> None:
    content = read(path)
    assert set(content) == {"topic", "services"}
    assert content["topic"].strip()
    assert len(content["services"]) >= 15


def test_there_are_enough_and_each_is_there_once(services: list[dict[str, Any]]) -> None:
    assert len(FILES) >= 12
    assert len(services) >= 320
    for field in (ID, "서비스명", "서비스목적요약"):
        assert [
            value for value, times in Counter(each[field] for each in services).items() if times > 1
        ] == []
    assert wrong(services, lambda each: re.fullmatch(r"\d{12}", each[ID])) == []


def test_fields_are_those_of_the_api(services: list[dict[str, Any]]) -> None:
    known = {*LIST, *DETAIL, CONDITIONS}
    assert wrong(services, lambda each: set(each) >= REQUIRED and set(each) <= known) == []
    assert wrong(services, lambda each: all(each[field] for field in REQUIRED - {CONDITIONS})) == []
    texts = {field for each in services for field in each} - {CONDITIONS}
    assert wrong(services, lambda each: all(isinstance(each.get(field, ""), str) for field in texts)) == []


def test_words_are_those_of_the_api(services: list[dict[str, Any]]) -> None:
    assert {each["서비스분야"] for each in services} == AREAS
    assert parts(services, "사용자구분") == USERS
    assert parts(services, "지원유형") == KINDS
    assert parts(services, "신청방법") == WAYS
    assert {each["소관기관유형"] for each in services} == OWNERS
    assert wrong(services, lambda each: re.fullmatch(r"[0-9B]\d{6}", each["소관기관코드"])) == []


def test_an_agency_has_one_code_and_one_kind(services: list[dict[str, Any]]) -> None:
    of = {each["소관기관명"]: (each["소관기관코드"], each["소관기관유형"]) for each in services}
    agency = {(each["소관기관명"], each["소관기관코드"], each["소관기관유형"]) for each in services}
    assert len(agency) == len(of) == len(set(of.values()))
    assert of["한빛시"] == ("3999999", "시군구")
    assert of["해오름도"] == ("6990000", "광역시도")


def test_city_province_country_and_elsewhere(services: list[dict[str, Any]]) -> None:
    local = [each for each in services if each["소관기관유형"] in {"시군구", "광역시도"}]
    assert sum(each["소관기관명"] in HOME for each in local) >= 130
    assert sum(each["소관기관명"] not in HOME for each in local) >= 40
    assert sum(each["소관기관유형"] in {"중앙행정기관", "공공기관"} for each in services) >= 150


def test_every_code_is_used_and_no_other(services: list[dict[str, Any]]) -> None:
    used = {code for each in services for code in each[CONDITIONS]}
    assert used == set(CODES) == {*GROUP_OF, FROM, TO}
    assert wrong(services, lambda each: all(each[CONDITIONS][code] == "Y" for code in used - {FROM, TO}
                                            if code in each[CONDITIONS])) == []  # fmt: skip


def test_every_trait_and_household_limits_some_service(services: list[dict[str, Any]]) -> None:
    for group, none in (("JA03", "JA0322"), ("JA04", "JA0410")):
        asked = [flags(each, group) for each in services]
        alone = set().union(*(codes for codes in asked if none not in codes))
        assert alone == {code for code in GROUP_OF if code.startswith(group)} - {none}


def test_ages_are_years_in_order(services: list[dict[str, Any]]) -> None:
    def holds(each: dict[str, Any]) -> bool:
        low, high = each[CONDITIONS].get(FROM), each[CONDITIONS].get(TO)
        return low is high is None or (type(low) is type(high) is int and 0 <= low <= high <= 150)

    assert wrong(services, holds) == []


def test_groups_fit_those_who_may_ask(services: list[dict[str, Any]]) -> None:
    """For persons every personal group says something; a kind of business goes with a business."""
    people = [each for each in services if {"개인", "가구"} & set(each["사용자구분"].split("||"))]
    founders = [each for each in people if flags(each, "JA11")]
    said = ("JA01", "JA02", "JA03", "JA04")
    assert wrong(
        [each for each in people if each not in founders],
        lambda each: all(flags(each, group) for group in said) and FROM in each[CONDITIONS],
    ) == []  # fmt: skip
    assert wrong(services, lambda each: bool(flags(each, "JA11")) == bool(flags(each, "JA12"))) == []
    assert wrong(services, lambda each: bool(flags(each, "JA21")) == bool(flags(each, "JA22"))) == []
    assert wrong(services, lambda each: not flags(each, "JA11") or "소상공인" in each["사용자구분"]) == []
    assert wrong(services, lambda each: not flags(each, "JA21") or "법인" in each["사용자구분"]) == []


def test_incomes_have_no_gap_and_are_explained(services: list[dict[str, Any]]) -> None:
    order = ["JA0201", "JA0202", "JA0203", "JA0204", "JA0205"]

    def holds(each: dict[str, Any]) -> bool:
        given = sorted(flags(each, "JA02"))
        return "".join(given) in "".join(order)

    assert wrong(services, holds) == []
    limited = [each for each in services if flags(each, "JA02") and len(flags(each, "JA02")) < len(order)]
    assert len(limited) >= 100
    assert wrong(limited, lambda each: each["선정기준"] != "○ 소득과 재산을 보지 않아요.") == []


def test_deadlines_of_all_kinds(services: list[dict[str, Any]]) -> None:
    ends = []
    for each in services:
        if found := RANGE.fullmatch(each["신청기한"]):
            year, month, day, *last = map(int, found.groups())
            start, end = date(year, month, day), date(*last)
            assert start <= end, each["서비스명"]
            ends.append(end)
    assert sum(TODAY <= end <= TODAY + timedelta(days=60) for end in ends) >= 15
    assert sum(end < TODAY for end in ends) >= 5
    for words in ("상시신청", "출생일로부터 60일 이내", "접수기관 별 상이", "예산 소진 시까지", "매년 3월"):
        assert any(words in each["신청기한"] for each in services), words


def test_changed_after_it_was_entered_and_before_today(services: list[dict[str, Any]]) -> None:
    def moment(value: str) -> datetime:
        return datetime.strptime(value, "%Y%m%d%H%M%S").replace(tzinfo=SEOUL)

    now = datetime(2026, 11, 23, tzinfo=SEOUL)
    assert wrong(services, lambda each: moment(each["등록일시"]) <= moment(each["수정일시"]) <= now) == []


def test_nobody_real_can_be_reached_by_mistake(services: list[dict[str, Any]]) -> None:
    contacts = parts(services, "전화문의")
    assert [each for each in contacts if not PHONE.fullmatch(each.rpartition("/")[2])] == []
    for text in (path.read_text("utf-8") for path in FILES):
        assert not re.search(r"\d{6}\s*-\s*[1-8]\d{6}", text), "주민등록번호처럼 보이는 숫자"
        assert not re.search(r"[\w.+-]+@[\w-]+\.\w+", text), "전자우편 주소"
        assert not re.search(r"\b01[016789]-?\d{3,4}-?\d{4}\b", text), "휴대전화 번호"


def test_departments_of_the_city_are_its_own(services: list[dict[str, Any]]) -> None:
    known = {
        each.name: each.phone for each in read_departments(ROOT / "data" / "departments.yml")[0].departments
    }
    ours = [each for each in services if each["소관기관명"] == "한빛시"]
    assert wrong(ours, lambda each: known[each["부서명"]] in each["전화문의"]) == []
    assert len({each["부서명"] for each in ours}) >= 15
