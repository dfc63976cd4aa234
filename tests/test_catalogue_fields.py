"""Rows of the public services' API, as they come, to services, as they are shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.fields import NAMES, fingerprint, public_service, read_conditions
from bot.catalogue.service import Contact
from bot.eligibility.conditions import Conditions
from demo.gov24.seed import DETAIL, LIST, load

LISTED = {
    "서비스ID": "305000000138",
    "서비스명": " 출산축하금\u200b 지원 ",
    "서비스목적요약": "부담을 덜어 드려요.",
    "지원내용": "○ 첫째 100만원\r\n\r\n\r\n○ 둘째 &lt;200만원&gt;<br/>※ 문의<b>하세요</b>",
    "지원유형": "현금||현물||현금|| ",
    "신청방법": "방문신청||온라인신청",
    "소관기관명": "한빛시",
    "서비스분야": "보육ㆍ교육",
    "접수기관": "주민센터",
    "전화문의": "한빛시청/02-000-0000||행정복지센터/02-000-0001||보건소 2층||/1577-1000",
    "상세조회URL": "https://www.gov.kr/portal/rcvfvrSvc/dtlEx/305000000138",
    "조회수": 5,
    "수정일시": "20260305141500",
}
DETAILED = {
    "서비스ID": "305000000138",
    "서비스목적": "출산 가정의 부담을 덜어 드려요.",
    "접수기관명": "주소지 행정복지센터",
    "문의처": "",
    "온라인신청사이트URL": "www.gov.kr||없음||https://www.bokjiro.go.kr/x y||javascript:alert(1)",
    "법령": "모자보건법",
    "자치법규": "한빛시 조례||모자보건법",
    "새로 생긴 칸": {"a": 1},
}


def test_list_and_detail_make_one_service() -> None:
    service = public_service("305000000138", LISTED, DETAILED, {}, None)
    assert (service.name, service.purpose) == ("출산축하금 지원", "출산 가정의 부담을 덜어 드려요.")
    assert service.content == "○ 첫째 100만원\n\n○ 둘째 <200만원>\n※ 문의하세요"
    assert (service.kinds, service.ways) == (("현금", "현물"), ("방문신청", "온라인신청"))
    assert (service.area, service.apply_at) == ("보육·교육", "주소지 행정복지센터")
    assert service.contacts == (
        Contact("한빛시청", "02-000-0000"),
        Contact("행정복지센터", "02-000-0001"),
        Contact("보건소 2층", ""),
        Contact("한빛시", "1577-1000"),
    )
    assert service.online == ("https://www.gov.kr", "https://www.bokjiro.go.kr/xy")
    assert service.laws == ("모자보건법", "한빛시 조례")
    assert service.updated_at == datetime(2026, 3, 5, 14, 15, tzinfo=ZoneInfo("Asia/Seoul"))


def test_the_names_are_the_apis() -> None:
    assert {name for every in NAMES.values() for name in every} <= {*LIST, *DETAIL}
    for field, (fuller, *_) in NAMES.items():
        assert fuller in DETAIL or not any(name in DETAIL for name in NAMES[field]), field


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("20260305", (2026, 3, 5)),
        ("2026-03-05", (2026, 3, 5)),
        ("2026-03-05 14:15", (2026, 3, 5, 14, 15)),
        ("20260230000000", None),
        ("어제", None),
        (None, None),
    ],
)
def test_dates_are_read_leniently(text: str | None, moment: tuple[int, ...] | None) -> None:
    found = public_service("1", {"수정일시": text}, {}, {}, None).updated_at
    assert found == (datetime(*moment, tzinfo=ZoneInfo("Asia/Seoul")) if moment else None)  # type: ignore[misc]


def test_conditions_are_flags_and_ages() -> None:
    row = {"JA0101": "Y", "JA0102": " y", "JA0201": "N", "JA0303": None, "JA0110": "19", "JA0111": 34.0}
    assert read_conditions({**row, "JA": "Y", "비고": "Y"}) == Conditions(
        frozenset({"JA0101", "JA0102"}), 19, 34
    )
    assert read_conditions({"JA0110": -1, "JA0111": 9999}) == Conditions()


def test_only_what_is_shown_counts_as_a_change() -> None:
    mark = fingerprint(LISTED, DETAILED, {})
    assert fingerprint({**LISTED, "조회수": 6, "x": 1}, {**DETAILED, "y": 2}, {"JA0101": None}) == mark
    assert fingerprint({**LISTED, "신청기한": "상시신청"}, DETAILED, {}) != mark
    assert fingerprint(LISTED, DETAILED, {"JA0101": "Y"}) != mark


ANYTHING = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.lists(st.text(max_size=3), max_size=2)
)
ROWS = st.dictionaries(st.sampled_from([*LIST, *DETAIL, "JA0101", "JA0110", "JA0111"]), ANYTHING, max_size=8)


@given(ROWS, ROWS, ROWS)
def test_an_api_that_lies_breaks_nothing(
    listed: dict[str, Any], detail: dict[str, Any], conditions: dict[str, Any]
) -> None:
    service = public_service("1", listed, detail, conditions, None)
    fingerprint(listed, detail, conditions)
    for text in (service.name, service.content, service.deadline, *service.kinds, *service.ways):
        text.encode()
        assert text == text.strip()
        assert "\x00" not in text
    assert all(
        url.lower().startswith("http") and " " not in url for url in (*service.online, service.url) if url
    )
    assert all(
        age is None or 0 <= age <= 200 for age in (service.conditions.age_from, service.conditions.age_to)
    )


def test_the_demos_services_come_through_whole() -> None:
    rows = load()
    assert len(rows.serviceList) >= 300
    for listed, detail, conditions in zip(
        rows.serviceList, rows.serviceDetail, rows.supportConditions, strict=True
    ):
        service = public_service(listed["서비스ID"], listed, detail, conditions, None)
        named = (service.name, service.purpose, service.agency, service.contacts, service.updated_at)
        told = (service.content, service.target, service.deadline, service.ways, service.url)
        assert all((*named, *told)), service.name
