"""What the fake serves, read from the YAML files beside this module: `topic:` and `services:`, a list.

An entry has the fields of the API under their own names, those of `serviceDetail` among them, and `조건:`, a
map of the codes of `supportConditions`. A field that is not there is empty; one that list and detail call
differently need be given once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FOLDER = Path(__file__).resolve().parent / "data"
ADDRESS = "https://www.gov.kr/portal/rcvfvrSvc/main"
"""Where citizens look for services: those of the demo have no page of their own."""
ID = "서비스ID"
CONDITIONS = "조건"
LIST = (
    "서비스ID", "지원유형", "서비스명", "서비스목적요약", "지원대상", "선정기준", "지원내용", "신청방법",
    "신청기한", "상세조회URL", "소관기관코드", "소관기관명", "부서명", "조회수", "소관기관유형", "사용자구분",
    "서비스분야", "접수기관", "전화문의", "등록일시", "수정일시",
)  # fmt: skip
DETAIL = (
    "서비스ID", "지원유형", "서비스명", "서비스목적", "신청기한", "지원대상", "선정기준", "지원내용",
    "신청방법", "구비서류", "접수기관명", "문의처", "온라인신청사이트URL", "수정일시", "소관기관명",
    "행정규칙", "자치법규", "법령", "공무원확인구비서류", "본인확인필요구비서류",
)  # fmt: skip
CODES = (
    "JA0101", "JA0102", "JA0110", "JA0111", "JA0201", "JA0202", "JA0203", "JA0204", "JA0205", "JA0301",
    "JA0302", "JA0303", "JA0313", "JA0314", "JA0315", "JA0316", "JA0317", "JA0318", "JA0319", "JA0320",
    "JA0322", "JA0326", "JA0327", "JA0328", "JA0329", "JA0330", "JA0401", "JA0402", "JA0403", "JA0404",
    "JA0410", "JA0411", "JA0412", "JA0413", "JA0414", "JA1101", "JA1102", "JA1103", "JA1201", "JA1202",
    "JA1299", "JA2101", "JA2102", "JA2103", "JA2201", "JA2202", "JA2203", "JA2299",
)  # fmt: skip
"""Of `supportConditions`, as its Swagger document lists them."""
_SAME = (("서비스목적", "서비스목적요약"), ("접수기관명", "접수기관"), ("문의처", "전화문의"))

Row = dict[str, Any]


@dataclass
class Catalogue:
    """The rows of the three operations, in one order; a test may change them while they are served."""

    serviceList: tuple[Row, ...]  # noqa: N815 - as the API calls it
    serviceDetail: tuple[Row, ...]  # noqa: N815
    supportConditions: tuple[Row, ...]  # noqa: N815


def load(folder: Path = FOLDER) -> Catalogue:
    """What the seed files say. OSError, a YAML error or ValueError when they are missing or broken."""
    return catalogue(entries(sorted(folder.glob("*.yml"))))


def entries(paths: Iterable[Path]) -> Iterator[Mapping[str, Any]]:
    """The entries of these files, as they are written."""
    yaml = YAML(typ="safe")
    for path in paths:
        yield from yaml.load(path)["services"]


def catalogue(given: Iterable[Mapping[str, Any]]) -> Catalogue:
    """The rows of these entries. ValueError for one without a number or name, or with one that is taken."""
    rows = [_whole(entry) for entry in given]
    twice = sorted(number for number, times in Counter(row[ID] for row in rows).items() if times > 1)
    if twice:
        raise ValueError(f"서비스ID가 겹쳐요: {', '.join(twice)}")
    return Catalogue(
        tuple({name: row.get(name) for name in LIST} for row in rows),
        tuple({name: row.get(name) for name in DETAIL} for row in rows),
        tuple(
            {ID: row[ID], "서비스명": row["서비스명"], **{code: row[CONDITIONS].get(code) for code in CODES}}
            for row in rows
        ),
    )


def _whole(entry: Mapping[str, Any]) -> Row:
    row = dict(entry)
    if not row.get(ID) or not row.get("서비스명"):
        raise ValueError(f"서비스ID나 서비스명이 없어요: {str(entry)[:80]}")
    unknown = row.keys() - {*LIST, *DETAIL, CONDITIONS}
    codes = dict(row.get(CONDITIONS) or {})
    if unknown or (unknown := codes.keys() - set(CODES)):
        raise ValueError(f"{row['서비스명']}: 모르는 칸이에요: {', '.join(sorted(unknown))}")
    row[ID] = str(row[ID]).zfill(12)
    row[CONDITIONS] = codes
    for one, other in _SAME:
        row[one] = row.get(one) or row.get(other)
        row[other] = row.get(other) or row[one]
    row["상세조회URL"] = row.get("상세조회URL") or ADDRESS
    row["조회수"] = int(row.get("조회수") or 0)
    for name in ("등록일시", "수정일시", "소관기관코드"):
        row[name] = str(row[name]) if row.get(name) is not None else None
    return row
