"""Reads published lists of services in older forms, row by row from JSONL, into the API's own field names.

Known forms: 경기도 「공공서비스 현황」 (fields `PUBL_SERVC_…`) and 복지로's central and private services.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from demo.gov24.seed import Row

GYEONGGI = {
    "서비스ID": "PUBL_SERVC_ID",
    "서비스명": "PUBL_SERVC_TITLE",
    "서비스목적": "PUBL_SERVC_PURPS_DTCONT",
    "지원유형": "SPORT_FORM_DTLS",
    "상세조회URL": "PUBL_SERVC_DETAIL_URL",
}
BOKJIRO = {
    "서비스명": "title",
    "서비스목적": "sub_title",
    "지원대상": "support_target",
    "선정기준": "selection_criteria",
    "지원내용": "service_contents",
    "신청방법": "apply_method",
    "구비서류": "need_files",
    "지원유형": "type",
    "문의처": "contact",
    "신청기한": "date",
    "상세조회URL": "url",
}
"""The API's name → theirs."""
_NUMBERED = re.compile(r"wlfareInfoId=(WLF|BOK|S)(\d{8,10})")
_FIRST = {"WLF": "90", "BOK": "91", "S": "92"}
"""What our numbers begin with, so that they are unlike any of the API's."""


def read_old(paths: Sequence[Path]) -> Iterator[Row]:
    """Entries for `demo.gov24.seed.catalogue`, each service once.

    Raises OSError for a file that cannot be read and ValueError, with its line, for a row of another form.
    """
    seen = set()
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip():
                continue
            try:
                entry = _entry(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path} {number}번째 줄: 아는 꼴이 아니에요 ({error})") from error
            if entry["서비스ID"] not in seen:
                seen.add(entry["서비스ID"])
                yield entry


def _entry(row: Mapping[str, Any]) -> Row:
    if "PUBL_SERVC_ID" in row:
        entry = {name: row.get(theirs) for name, theirs in GYEONGGI.items()}
        words = str(row.get("PUBL_SERVC_JURSDCTN_INST_NM") or "").split()
        agency, office = " ".join(words[:2]), " ".join(words[2:])  # 경기도 이천시 | 상하수도사업소 수도과
        kind = "시군구" if agency.endswith(("시", "군", "구")) else "광역시도"
        entry |= {"소관기관명": agency, "부서명": office, "소관기관유형": kind}
        return entry | {"수정일시": str(row.get("LAST_UPD_DE") or "").replace("-", "")}
    entry = {name: row.get(theirs) for name, theirs in BOKJIRO.items()}
    found = _NUMBERED.search(str(row["url"]))
    if not found:
        raise ValueError("url에 번호가 없어요")
    central = found[1] == "WLF"
    agency = str(row["department_sub"] if central else row["company_name"])
    kind = "중앙행정기관" if central else "공공기관"
    office = str(row.get("department") or "").removeprefix(agency).strip()
    entry |= {"소관기관명": agency, "부서명": office, "소관기관유형": kind}
    return entry | {"서비스ID": _FIRST[found[1]] + found[2].zfill(10)}
