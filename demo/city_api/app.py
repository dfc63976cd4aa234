"""The server: routes, the key, the JSON form of every error, and the faults that tests ask for."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from ruamel.yaml import YAML

from demo.city_api.bookings import Bookings
from demo.city_api.people import People
from demo.city_api.personal import Personal
from demo.city_api.replies import bad_request, problem
from demo.city_api.reports import ReportDesk
from demo.city_api.seed import RECEIPT, City

Fault = Literal["error", "malformed", "incomplete", "wrong_types", "html", "huge"]
FAULTS: tuple[Fault, ...] = get_args(Fault)

OPENAPI = Path(__file__).resolve().parent / "openapi.yml"
DONG = re.compile(r"[가-힣0-9]{2,20}")
MAX_ITEM = 40
MAX_QUERY = 200
HUGE = 5 * 1024 * 1024 // 3


@dataclass
class Faults:
    """How the server misbehaves; a test may change it while the server runs."""

    delay: float = 0.0
    """Seconds to wait before each answer."""
    fail: Fault | None = None
    """`error` = 500, `malformed` = JSON cut in half, `incomplete` = JSON without its fields, `wrong_types` =
    fields of another kind, `html` = a web page, `huge` = 5 MB of the right form."""


REPORTS = web.AppKey("reports", ReportDesk)
"""The reports that were handed over."""
LARGEST = 12 * 1024 * 1024
"""Bytes of a request: a picture of 10 MB."""


class CityApi:
    """The handlers over one city's data."""

    def __init__(self, city: City, today: Callable[[], date]) -> None:
        self._city = city
        self._today = today

    async def case(self, request: web.Request) -> web.Response:
        """GET /v1/cases/{receipt_number}."""
        number = request.match_info["receipt_number"]
        if not RECEIPT.fullmatch(number):
            return bad_request("receipt_number", "접수번호는 2026-000123처럼 숫자 4자리-6자리예요.")
        case = self._city.case(number, self._today())
        if case is None:
            return problem(404, "not_found", "이 접수번호로 접수된 민원이 없어요.")
        return web.json_response(case)

    async def schedule(self, request: web.Request) -> web.Response:
        """GET /v1/waste/schedule?dong=."""
        given = request.query.getall("dong", [])
        if not given:
            return web.json_response({"schedules": list(self._city.schedules.values())})
        if len(given) > 1 or not DONG.fullmatch(given[0]):
            return bad_request("dong", "동 이름 하나를 한글로 보내 주세요. 예: 빛가온동")
        schedule = self._city.schedules.get(given[0])
        if schedule is None:
            return problem(404, "not_found", "한빛시에 없는 동이에요.")
        return web.json_response({"schedules": [schedule]})

    async def bulky(self, request: web.Request) -> web.Response:
        """GET /v1/waste/bulky?item=."""
        given = request.query.getall("item", [])
        if not given:
            return web.json_response({"items": list(self._city.items)})
        if len(given) > 1 or not 1 <= len(given[0]) <= MAX_ITEM:
            return bad_request("item", f"품목 이름 하나를 {MAX_ITEM}자 안으로 보내 주세요.")
        items = self._city.bulky(given[0])
        if not items:
            return problem(404, "not_found", "수수료표에 없는 품목이에요.")
        return web.json_response({"items": items})

    async def offices(self, request: web.Request) -> web.Response:
        """GET /v1/offices?q=."""
        given = request.query.getall("q", [])
        if len(given) != 1 or not 1 <= len(given[0]) <= MAX_QUERY:
            return bad_request("q", f"찾는 말 하나를 {MAX_QUERY}자 안으로 보내 주세요.")
        return web.json_response({"offices": self._city.find_offices(given[0])})


def _other_types(value: Any) -> Any:
    """The same object with every value of another type."""
    if isinstance(value, dict):
        return {name: _other_types(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_other_types(each) for each in value] or "없음"
    return [value] if isinstance(value, str) else "많음"


def needs_key(key: str) -> Middleware:
    """Middleware: everything below /v1/ needs the header `X-Api-Key`."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("X-Api-Key", "")
        if request.path.startswith("/v1/") and not hmac.compare_digest(given.encode(), key.encode()):
            return problem(401, "unauthorized", "X-Api-Key 헤더가 없거나 맞지 않아요.")
        return await handler(request)

    return check


def misbehaves(faults: Faults) -> Middleware:
    """Middleware: the faults of `faults`, below /v1/ only."""

    @web.middleware
    async def spoil(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith("/v1/"):
            return await handler(request)
        if faults.delay:
            await asyncio.sleep(faults.delay)
        if faults.fail == "error":
            return problem(500, "unavailable", "잠시 뒤에 다시 시도해 주세요.")
        if faults.fail == "malformed":
            return web.Response(text='{"title": "잘린', content_type="application/json")
        if faults.fail == "incomplete":
            return web.json_response({"title": None})
        if faults.fail == "html":
            return web.Response(text="<html><body>점검 중입니다.</body></html>", content_type="text/html")
        answered = await handler(request)
        if faults.fail in ("wrong_types", "huge") and isinstance(answered, web.Response) and answered.text:
            lied = json.loads(answered.text)
            lied = _other_types(lied) if faults.fail == "wrong_types" else {**lied, "padding": "가" * HUGE}
            return web.json_response(lied, status=answered.status)
        return answered

    return spoil


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The 404 and 405 in the same form as ours."""
    try:
        return await handler(request)
    except web.HTTPMethodNotAllowed as error:
        response = problem(
            405, "method_not_allowed", "이 주소에서는 쓸 수 없는 방법이에요. /openapi.json에서 확인해 주세요."
        )
        response.headers["Allow"] = error.headers["Allow"]
        return response
    except web.HTTPNotFound:
        return problem(404, "not_found", "없는 주소예요. /openapi.json에서 주소를 확인해 주세요.")


def create_app(
    city: City, key: str, today: Callable[[], date], faults: Faults | None = None
) -> web.Application:
    """The API as an aiohttp application. `today` dates the seeded cases; `faults` is for tests."""
    openapi = YAML(typ="safe").load(OPENAPI)
    api = CityApi(city, today)

    async def describe(_: web.Request) -> web.Response:
        return web.json_response(openapi)

    middlewares = [errors_as_json, needs_key(key), misbehaves(faults or Faults())]
    app = web.Application(middlewares=middlewares, client_max_size=LARGEST)
    app.router.add_get("/openapi.json", describe, allow_head=False)
    app.router.add_get("/v1/cases/{receipt_number}", api.case, allow_head=False)
    app.router.add_get("/v1/waste/schedule", api.schedule, allow_head=False)
    app.router.add_get("/v1/waste/bulky", api.bulky, allow_head=False)
    app.router.add_get("/v1/offices", api.offices, allow_head=False)
    app.router.add_routes(Personal(People(today), Bookings(today)).routes())
    app[REPORTS] = ReportDesk(time.monotonic)
    app.router.add_routes(app[REPORTS].routes())
    return app
