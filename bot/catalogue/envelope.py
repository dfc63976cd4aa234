"""What the public services' API sends back: a page of rows, or one of its many ways to say no.

Forms of the bodies and meanings of the codes: 행정안전부 「대한민국 공공서비스(혜택) 정보」 (gov24/v3) and
the guides of data.go.kr's gateway. The HTTP status of the same fault differs, so the body is believed first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

Row = Mapping[str, Any]

_SHOWN = 80
"""Characters of a message of theirs that are quoted."""


class Gov24Error(Exception):
    """No page. The text says why and never holds the key."""


class Passing(Gov24Error):
    """Their fault or the network's: the same request may succeed soon."""

    def __init__(self, text: str, wait: float = 0.0) -> None:
        """`wait`: seconds after which they want to be asked again."""
        super().__init__(text)
        self.wait = wait


class DailyLimit(Gov24Error):
    """No more calls today; the count begins anew at midnight in Korea."""


class Refused(Gov24Error):
    """Our key, our address or our parameters are wrong: asking again changes nothing."""


class Unreadable(Gov24Error):
    """An answer in no form that we know."""


@dataclass(frozen=True)
class Page:
    """Some rows of an operation."""

    rows: tuple[Row, ...]
    matched: int
    """Rows of all pages together (`matchCount`)."""
    size: int | None = None
    """Rows on a full page, if the API says so: it may give fewer than were asked for."""


_CODES: Mapping[int, type[Gov24Error]] = {
    -1: Passing,  # 시스템 내부 오류
    -2: Refused,  # 파라미터 부적합
    -3: Refused,  # 등록되지 않은 서비스
    -4: Refused,  # 등록되지 않은 인증키
    -9: Refused,  # 종료된 서비스
    -10: DailyLimit,  # 트래픽 허용 횟수 초과
    -401: Refused,  # 유효하지 않은 인증키
    -999: Passing,  # 알 수 없는 오류
}
_TOKENS: Mapping[str, type[Gov24Error]] = {
    "APPLICATION_ERROR": Passing,
    "DB_ERROR": Passing,
    "HTTP_ERROR": Passing,
    "SERVICETIMEOUT_ERROR": Passing,
    "UNKNOWN_ERROR": Passing,
    "LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR": DailyLimit,
    "LIMITED_NUMBER_OF_SERVICE_REQUESTS_PER_SECOND_EXCEEDS_ERROR": Passing,
}
"""Of the gateway's XML; every other token is a fault of ours."""
_NUMBERS: Mapping[str, type[Gov24Error]] = {
    "01": Passing,
    "02": Passing,
    "04": Passing,
    "05": Passing,
    "22": DailyLimit,
    "23": Passing,
    "99": Passing,
}
"""Their numbers, for when the token is missing."""
_NO_DATA = ("NODATA_ERROR", "03")


def read(status: int, body: bytes, wait: float = 0.0) -> Page:
    """The page in a response. Raises one of the errors above.

    `wait`: what the header `Retry-After` says, in seconds.
    """
    text = body.decode("utf-8-sig", "replace").strip()
    if text.startswith(("{", "[")):
        return _json(status, text, wait)
    if text.startswith("<"):
        return _markup(status, text, wait)
    raise _by_status(status, text, wait)


def _json(status: int, text: str, wait: float) -> Page:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Passing(f"답이 중간에 끊겼거나 JSON이 아니에요(HTTP {status}).", wait) from None
    if not isinstance(found, dict):
        raise Unreadable(f"답이 목록 꼴이 아니에요(HTTP {status}).")
    gateway = found.get("OpenAPI_ServiceResponse")
    if isinstance(gateway, dict):
        header = gateway.get("cmmMsgHeader")
        return _gateway(
            {key: str(value) for key, value in header.items()} if isinstance(header, dict) else {}
        )
    code = number(found.get("code"))
    if code:
        kind = _CODES.get(code, Refused if status in (400, 401, 403) else Passing)
        raise kind(f"{_brief(found.get('msg'))} (code {code})")
    if "data" not in found:
        raise _by_status(status, text, wait)
    return _page(found)


def _page(found: Mapping[str, Any]) -> Page:
    rows, matched = found["data"], number(found.get("matchCount"))
    if matched is None:
        matched = number(found.get("totalCount"))
    if rows is None:
        rows = []
    if not isinstance(rows, list) or matched is None or matched < 0:
        raise Unreadable("답에 data나 matchCount가 제대로 들어 있지 않아요.")
    size = number(found.get("perPage"))
    return Page(
        tuple(row for row in rows if isinstance(row, dict)), matched, size if size and size > 0 else None
    )


def _markup(status: int, text: str, wait: float) -> Page:
    if "OpenAPI_ServiceResponse" not in text:
        if status == 200 or status >= 500:  # a proxy's page, or one of a maintenance window
            raise Passing(f"답 대신 웹 페이지가 왔어요(HTTP {status}).", wait)
        raise _by_status(status, "", wait)
    if "<!" in text:  # a document type could name entities; theirs has none
        raise Unreadable("알 수 없는 XML이 왔어요.")
    try:
        tree = ElementTree.fromstring(text)  # noqa: S314 - without a document type there is nothing to expand
    except ElementTree.ParseError:
        raise Passing(f"오류를 알리는 XML이 중간에 끊겼어요(HTTP {status}).", wait) from None
    return _gateway({each.tag: (each.text or "").strip() for each in tree.iter()})


def _gateway(header: Mapping[str, str]) -> Page:
    """The error of data.go.kr's gateway: the token may stand in either of two fields."""
    said = (header.get("returnAuthMsg", ""), header.get("errMsg", ""))
    code = header.get("returnReasonCode", "")
    if any(each == _NO_DATA[0] for each in said) or (
        code == _NO_DATA[1] and not any("_ERROR" in s for s in said)
    ):
        return Page((), 0)
    token = next((each for each in said if each.endswith("_ERROR")), "")
    kind = _TOKENS.get(token) or (None if token else _NUMBERS.get(code.zfill(2))) or Refused
    raise kind(f"{_brief(token or ' '.join(filter(None, said)))} (code {code or '없음'})")


def _by_status(status: int, text: str, wait: float) -> Gov24Error:
    if status == 429:
        return Passing("너무 자주 물어서 잠시 거절당했어요(HTTP 429).", wait)
    if status >= 500 or (status == 200 and not text):
        return Passing(f"정부24 API가 답하지 못해요(HTTP {status}).", wait)
    if status in (401, 403):
        return Refused(f"인증키를 받아 주지 않아요(HTTP {status}).")
    if status == 404:
        return Refused("주소가 틀렸거나 없어진 서비스예요(HTTP 404).")
    return Unreadable(f"알 수 없는 답이 왔어요(HTTP {status}).")


def number(value: Any) -> int | None:
    """A whole number that may come as a text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and len(value) < 20 and value.strip().removeprefix("-").isdecimal():
        return int(value)
    return None


def _brief(message: Any) -> str:
    return " ".join(str(message or "까닭을 말해 주지 않아요").split())[:_SHOWN]
