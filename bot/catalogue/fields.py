"""From rows of the public services' API to a `PublicService`: names of fields, lists, dates, readable text.

Names and forms of the fields: 행정안전부 「대한민국 공공서비스(혜택) 정보」 (gov24/v3). Any of them may be
missing, null or empty, and there may be others.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.catalogue.envelope import Row, number
from bot.catalogue.service import Contact, PublicService
from bot.eligibility.conditions import Conditions

ID = "서비스ID"
NAMES: Mapping[str, tuple[str, ...]] = {
    "name": ("서비스명",),
    "agency": ("소관기관명",),
    "purpose": ("서비스목적", "서비스목적요약"),
    "kinds": ("지원유형",),
    "target": ("지원대상",),
    "criteria": ("선정기준",),
    "content": ("지원내용",),
    "ways": ("신청방법",),
    "deadline": ("신청기한",),
    "url": ("상세조회URL",),
    "agency_code": ("소관기관코드",),
    "agency_kind": ("소관기관유형",),
    "department": ("부서명",),
    "users": ("사용자구분",),
    "area": ("서비스분야",),
    "apply_at": ("접수기관명", "접수기관"),
    "contacts": ("문의처", "전화문의"),
    "documents": ("구비서류",),
    "online": ("온라인신청사이트URL",),
    "laws": ("법령", "자치법규", "행정규칙"),
    "updated_at": ("수정일시",),
}
"""Field of `PublicService` → names in the API, the fuller first: `serviceDetail` and `serviceList` differ."""
_MANY = "||"
_FROM, _TO = "JA0110", "JA0111"
_CODE = re.compile(r"JA\d{4}")
_OLDEST = 200
_SEOUL = ZoneInfo("Asia/Seoul")
_MOMENT = re.compile(r"(\d{4})\D?(\d{2})\D?(\d{2})(?:\D?(\d{2}):?(\d{2}):?(\d{2})?)?")
_BREAK = re.compile(r"(?i)<br\s*/?>|</(?:p|div|li|tr|h[1-6])\s*>")
_TAG = re.compile(
    r"(?i)</?(?:a|b|i|u|p|em|strong|span|font|div|ul|ol|li|table|tbody|tr|td|th|img|h[1-6])(?:\s[^<>]*)?/?>"
)
_PHONE = re.compile(r"\d[\d\-~,. )]{2,}")
_EVEN = str.maketrans({"ㆍ": "·", "•": "·", "‧": "·", "・": "·", "\u00a0": " ", "\u200b": ""})
"""Middle dots of other data sets, and spaces that cannot be seen."""


def service_id(row: Row) -> str | None:
    """The service's number as the API writes it; None when the row has none."""
    value = row.get(ID)
    found = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return found if 0 < len(found) <= 40 else None


def public_service(
    id_: str, listed: Row, detail: Row, conditions: Row, fetched_at: datetime | None
) -> PublicService:
    """The service that the rows of the three operations describe; the detail is believed before the list."""
    own = {field: _pick(field, detail, listed) for field in NAMES}
    laws = [law for name in NAMES["laws"] for law in _list(detail.get(name))]
    text = {field: _clean(own[field]) for field in ("name", "purpose", "target", "criteria", "content")}
    line = {
        field: " ".join(_clean(own[field]).split())
        for field in ("agency", "agency_code", "agency_kind", "department", "area", "deadline")
    }
    return PublicService(
        id=id_,
        **(text | line),
        kinds=_list(own["kinds"]),
        ways=_list(own["ways"]),
        url=_address(own["url"]),
        users=_list(own["users"]),
        apply_at=", ".join(_list(own["apply_at"])),
        contacts=_contacts(own["contacts"], line["agency"]),
        documents=_clean(own["documents"]).replace(_MANY, "\n"),
        online=tuple(filter(None, map(_address, _list(own["online"])))),
        laws=tuple(dict.fromkeys(laws)),
        conditions=read_conditions(conditions),
        updated_at=_moment(own["updated_at"]),
        fetched_at=fetched_at,
    )


def read_conditions(row: Row) -> Conditions:
    """The codes that are marked `Y`, and the ages."""
    flags = {code for code, value in row.items() if _yes(value) and _CODE.fullmatch(code)}
    return Conditions(frozenset(flags - {_FROM, _TO}), _age(row.get(_FROM)), _age(row.get(_TO)))


def fingerprint(listed: Row, detail: Row, conditions: Row) -> str:
    """Changes when something that we show or judge by does: not with the number of readers."""
    names = sorted({name for every in NAMES.values() for name in every})
    said = [[row.get(name) or "" for name in names] for row in (listed, detail)]
    who = read_conditions(conditions)
    whole = json.dumps([said, sorted(who.flags), who.age_from, who.age_to], ensure_ascii=False, default=str)
    return hashlib.blake2b(whole.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _pick(field: str, detail: Row, listed: Row) -> Any:
    """The first that says anything, by the order of `NAMES`."""
    return next((row[name] for name in NAMES[field] for row in (detail, listed) if row.get(name)), None)


def _clean(value: Any) -> str:
    """Text for people: lines as they were meant, no tags, no empty lines in a row."""
    text = str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "")
    text = html.unescape(_TAG.sub("", _BREAK.sub("\n", text))).translate(_EVEN)
    lines = [" ".join(line.split()) for line in re.split(r"\r\n|\r|\n|\v|\f|\u2028", text)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _list(value: Any) -> tuple[str, ...]:
    parts = [" ".join(_clean(part).split()) for part in str(value or "").split(_MANY)]
    return tuple(dict.fromkeys(part for part in parts if part))


def _address(value: Any) -> str:
    """A web address, or nothing: it becomes a button."""
    text = "".join(str(value or "").split())
    if text.lower().startswith("www."):
        text = f"https://{text}"
    return text if re.match(r"(?i)https?://[^/\s.]+\.[^/\s]+", text) else ""


def _contacts(value: Any, agency: str) -> tuple[Contact, ...]:
    """`기관/전화`, several of them; without a name it is the agency's."""
    found = []
    for part in _list(value):
        name, _, phone = part.rpartition("/")
        if not _PHONE.search(phone):
            name, phone = part, ""
        found.append(Contact(name.strip() or agency, phone.strip()))
    return tuple(dict.fromkeys(found))


def _moment(value: Any) -> datetime | None:
    found = _MOMENT.match(str(value or "").strip())
    if not found:
        return None
    try:
        return datetime(*(int(part or 0) for part in found.groups()), tzinfo=_SEOUL)  # type: ignore[misc, arg-type]
    except ValueError:
        return None


def _yes(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.strip().upper() == "Y")


def _age(value: Any) -> int | None:
    found = number(value)
    return found if found is not None and 0 <= found <= _OLDEST else None
