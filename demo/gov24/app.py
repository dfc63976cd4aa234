"""The fake's server: envelope, pages, filters, the key, and every way in which the real one says no."""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from demo.gov24.seed import Catalogue, Row

Fault = Literal["json-200", "json-500", "xml", "html", "cut", "limit", "busy"]
FAULTS: tuple[Fault, ...] = ("json-200", "json-500", "xml", "html", "cut", "limit", "busy")

MESSAGES = {
    -1: "시스템 내부 오류가 발생하였습니다.",
    -2: "요청 파라미터가 적합하지 않습니다.",
    -3: "등록되지 않은 서비스입니다.",
    -4: "등록되지 않은 인증키 입니다.",
    -10: "트래픽 허용 횟수를 초과하였습니다.",
    -401: "유효하지 않은 인증키 입니다.",
}
FILTERS: dict[str, dict[str, tuple[str, ...]]] = {
    "serviceList": {
        **dict.fromkeys(("서비스명", "소관기관명", "소관기관유형", "사용자구분", "서비스분야"), ("LIKE",)),
        **dict.fromkeys(("등록일시", "수정일시"), ("LT", "LTE", "GT", "GTE")),
    },
    "serviceDetail": {"서비스ID": ("EQ",)},
    "supportConditions": {"서비스ID": ("EQ",)},
}
"""Operation → field → operators, as the Swagger document lists them."""
_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "EQ": lambda value, asked: value == asked,
    "LIKE": lambda value, asked: asked in value,
    "LT": lambda value, asked: value < asked,
    "LTE": lambda value, asked: value <= asked,
    "GT": lambda value, asked: value > asked,
    "GTE": lambda value, asked: value >= asked,
}
_FILTER = re.compile(r"cond\[(.+)::([A-Z]+)\]")
_XML = """<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>SERVICE ERROR</errMsg>
<returnAuthMsg>SERVICETIMEOUT_ERROR</returnAuthMsg><returnReasonCode>05</returnReasonCode>
</cmmMsgHeader></OpenAPI_ServiceResponse>"""


@dataclass
class Faults:
    """How the server misbehaves; a test may change it while the server runs."""

    delay: float = 0.0
    """Seconds to wait before each answer."""
    fail: Fault | None = None
    """`json-200`, `json-500`: an internal error with that status; `xml`: the gateway's, with HTTP 200;
    `html`: a proxy's page with 502; `cut`: half an answer; `limit`: no more calls today; `busy`: HTTP 429."""
    after: int = 0
    """Answers given rightly before it fails."""
    times: int | None = None
    """Answers that fail; None = all from then on."""
    status: int = 401
    """HTTP status of a refused key: the real one has been seen with 200, 400 and 401."""
    most: int = 1000
    """Rows on a page at most."""
    daily: int | None = None
    """Calls a day."""
    calls: int = 0
    """Calls so far."""


def error(code: int, status: int) -> web.Response:
    """The error of odcloud's gateway."""
    return web.json_response({"code": code, "msg": MESSAGES[code]}, status=status)


def create_app(services: Catalogue, key: str, faults: Faults | None = None) -> web.Application:
    """The API as an aiohttp application, below `/api`. `faults` is for tests."""
    faults = faults or Faults()

    async def operation(request: web.Request) -> web.Response:
        rows: tuple[Row, ...] | None = vars(services).get(request.match_info["operation"])
        if rows is None:
            return error(-3, 404)
        page, size = _whole(request, "page", 1), _whole(request, "perPage", 10)
        kept = _kept(request, rows)
        if not page or not size or kept is None or request.query.get("returnType", "JSON") != "JSON":
            return error(-2, 400)
        size = min(size, faults.most)
        shown = kept[(page - 1) * size : page * size]
        return web.json_response(
            {
                "page": page,
                "perPage": size,
                "totalCount": len(rows),
                "currentCount": len(shown),
                "matchCount": len(kept),
                "data": shown,
            }
        )

    app = web.Application(middlewares=[_needs_key(key, faults), _misbehaves(faults)])
    app.router.add_get("/api/gov24/v3/{operation}", operation, allow_head=False)
    return app


def _whole(request: web.Request, name: str, default: int) -> int | None:
    """A number of one or more; None for anything else."""
    text = request.query.get(name, str(default))
    return int(text) if text.isascii() and text.isdecimal() and int(text) > 0 else None


def _kept(request: web.Request, rows: tuple[Row, ...]) -> list[Row] | None:
    """The rows that pass every filter; None when a filter is none of this operation."""
    allowed = FILTERS[request.match_info["operation"]]
    wanted = []
    for name, asked in request.query.items():
        if not name.startswith("cond["):
            continue
        found = _FILTER.fullmatch(name)
        if not found or found[2] not in allowed.get(found[1], ()):
            return None
        wanted.append((found[1], _OPERATORS[found[2]], asked))
    return [row for row in rows if all(test(str(row[field] or ""), asked) for field, test, asked in wanted)]


def _needs_key(key: str, faults: Faults) -> Middleware:
    """Middleware: the key in the query or in the header `Authorization: Infuser …`, decoded."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        header = request.headers.get("Authorization", "").removeprefix("Infuser ")
        given = request.query.get("serviceKey", header)
        if not given:
            return error(-401, faults.status)
        if not hmac.compare_digest(given.encode("utf-8", "replace"), key.encode()):
            return error(-4, faults.status)
        return await handler(request)

    return check


def _misbehaves(faults: Faults) -> Middleware:
    """Middleware: the faults of `faults`."""

    @web.middleware
    async def spoil(request: web.Request, handler: Handler) -> web.StreamResponse:
        number = faults.calls
        faults.calls += 1
        if faults.delay:
            await asyncio.sleep(faults.delay)
        if faults.daily is not None and number >= faults.daily:
            return error(-10, 200)
        until = faults.after + faults.times if faults.times is not None else number + 1
        if faults.fail and faults.after <= number < until:
            return await _spoiled(faults.fail, request, handler)
        return await handler(request)

    return spoil


async def _spoiled(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    match fault:
        case "json-200":
            return error(-1, 200)
        case "json-500":
            return error(-1, 500)
        case "xml":
            return web.Response(text=_XML, content_type="text/xml")
        case "html":
            page = "<html><head><title>502 Bad Gateway</title></head><body>502</body></html>"
            return web.Response(text=page, status=502, content_type="text/html")
        case "limit":
            return error(-10, 400)
        case "busy":
            return web.Response(text="API rate limit exceeded", status=429, headers={"Retry-After": "0"})
        case "cut":
            answer: Any = await handler(request)
            return web.Response(body=answer.body[: len(answer.body) // 2], content_type="application/json")
