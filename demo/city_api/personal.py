"""Handlers for what concerns one citizen: `X-Citizen` says who it is, orders carry an `Idempotency-Key`."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from aiohttp import web

from demo.city_api.bookings import Bookings
from demo.city_api.people import People, Taken
from demo.city_api.replies import bad_request, problem

CITIZEN = re.compile(r"[\x21-\x7e]{1,120}")
KEY = re.compile(r"[\x21-\x7e]{8,80}")
PLATE = re.compile(r"[0-9]{2,3}[가-힣][0-9]{4}")
LOAN = re.compile(r"L-[0-9]{4}")
BOOKING = re.compile(r"B-[0-9]{5}")
FACILITY = re.compile(r"[a-z]{2,20}")
PHONE = re.compile(r"[0-9-]{9,14}")
START = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Handler = Callable[[web.Request], Awaitable[web.Response]]


class Personal:
    """The handlers over the persons and the bookings."""

    def __init__(self, people: People, bookings: Bookings) -> None:
        self._people = people
        self._bookings = bookings
        self._done: dict[tuple[str, str, str], tuple[int, Any]] = {}
        """(path, citizen, key) of an order → what was answered."""

    def routes(self) -> list[web.RouteDef]:
        """All of them."""
        return [
            web.get("/v1/taxes/due", self.taxes, allow_head=False),
            web.get("/v1/library/loans", self.loans, allow_head=False),
            web.post("/v1/library/loans/{loan_id}/extension", self._once(self.extend)),
            web.get("/v1/vehicles/inspection", self.inspection, allow_head=False),
            web.get("/v1/facilities/{facility}/slots", self.slots, allow_head=False),
            web.get("/v1/bookings", self.bookings, allow_head=False),
            web.post("/v1/bookings", self._once(self.book)),
            web.delete("/v1/bookings/{booking_id}", self._once(self.cancel)),
        ]

    async def taxes(self, request: web.Request) -> web.Response:
        """GET /v1/taxes/due."""
        citizen = _citizen(request)
        return web.json_response(self._people.bills(citizen)) if citizen else _nobody()

    async def loans(self, request: web.Request) -> web.Response:
        """GET /v1/library/loans."""
        citizen = _citizen(request)
        return web.json_response({"loans": self._people.loans(citizen)}) if citizen else _nobody()

    async def extend(self, request: web.Request) -> web.Response:
        """POST /v1/library/loans/{loan_id}/extension."""
        loan_id = request.match_info["loan_id"]
        if not LOAN.fullmatch(loan_id):
            return bad_request("loan_id", "대출 번호는 L-1001처럼 적어요.")
        try:
            loan = self._people.extend(_citizen(request), loan_id)
        except Taken as error:
            return problem(409, "conflict", str(error))
        return web.json_response(loan) if loan else problem(404, "not_found", "빌린 책이 아니에요.")

    async def inspection(self, request: web.Request) -> web.Response:
        """GET /v1/vehicles/inspection?plate=."""
        given = request.query.getall("plate", [])
        if len(given) != 1 or not PLATE.fullmatch(given[0]):
            return bad_request("plate", "차량번호 하나를 12가3456처럼 보내 주세요.")
        vehicle = self._people.vehicle(given[0])
        if vehicle is None:
            return problem(404, "not_found", "한빛시에 등록된 차량이 아니에요.")
        return web.json_response(vehicle)

    async def slots(self, request: web.Request) -> web.Response:
        """GET /v1/facilities/{facility}/slots?date=."""
        given = request.query.getall("date", [])
        day = _day(given[0]) if len(given) == 1 else None
        if day is None:
            return bad_request("date", "날짜 하나를 2026-12-03처럼 보내 주세요.")
        facility = request.match_info["facility"]
        if not FACILITY.fullmatch(facility):
            return bad_request("facility", "시설은 영어 소문자로 된 이름이에요.")
        free = self._bookings.free(facility, day)
        return web.json_response(free) if free else problem(404, "not_found", "없는 시설이에요.")

    async def bookings(self, request: web.Request) -> web.Response:
        """GET /v1/bookings."""
        citizen = _citizen(request)
        return web.json_response({"bookings": self._bookings.of(citizen)}) if citizen else _nobody()

    async def book(self, request: web.Request) -> web.Response:
        """POST /v1/bookings."""
        try:
            body = await request.json()
        except ValueError:
            return bad_request("body", "JSON으로 보내 주세요.")
        checks = {"facility": FACILITY, "date": DAY, "start": START, "phone": PHONE}
        if not isinstance(body, dict) or body.keys() - checks.keys():
            return bad_request("body", "facility, date, start, phone만 보내 주세요.")
        for name, pattern in checks.items():
            value = body.get(name)
            if not isinstance(value, str) or not pattern.fullmatch(value):
                return bad_request(name, f"{name}의 꼴이 맞지 않아요.")
        day = _day(body["date"])
        if day is None:
            return bad_request("date", "달력에 없는 날짜예요.")
        try:
            booked = self._bookings.book(_citizen(request), body["facility"], day, body["start"])
        except Taken as error:
            return problem(409, "conflict", str(error))
        if booked is None:
            return problem(404, "not_found", "없는 시설이에요.")
        return web.json_response(booked, status=201)

    async def cancel(self, request: web.Request) -> web.Response:
        """DELETE /v1/bookings/{booking_id}."""
        booking_id = request.match_info["booking_id"]
        if not BOOKING.fullmatch(booking_id):
            return bad_request("booking_id", "예약 번호는 B-00001처럼 적어요.")
        cancelled = self._bookings.cancel(_citizen(request), booking_id)
        return web.json_response(cancelled) if cancelled else problem(404, "not_found", "없는 예약이에요.")

    def _once(self, handler: Handler) -> Handler:
        """An order that comes again with its key is answered as it was, and nothing more is done."""

        async def handle(request: web.Request) -> web.Response:
            citizen, key = _citizen(request), request.headers.get("Idempotency-Key", "")
            if not citizen:
                return _nobody()
            if not KEY.fullmatch(key):
                return bad_request("Idempotency-Key", "8자에서 80자까지의 열쇠를 보내 주세요.")
            order = (request.path, citizen, key)
            if order in self._done:
                status, body = self._done[order]
                return web.Response(body=body, status=status, content_type="application/json")
            response = await handler(request)
            if response.status < 300:
                self._done[order] = response.status, response.body
            return response

        return handle


def _citizen(request: web.Request) -> str:
    """Who asks; empty when the header is missing or malformed."""
    given = request.headers.get("X-Citizen", "")
    return given if CITIZEN.fullmatch(given) else ""


def _nobody() -> web.Response:
    return bad_request("X-Citizen", "누구의 것인지 X-Citizen 헤더로 알려 주세요.")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        return None
