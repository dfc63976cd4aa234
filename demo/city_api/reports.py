"""Reports in the demo city's system: taken once, and dealt with as time goes by."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from demo.city_api.personal import KEY
from demo.city_api.replies import bad_request, problem

ASSIGNED_AFTER = 60.0
DONE_AFTER = 180.0
"""Seconds until the invented department has somebody for it, and until it is dealt with."""
OFFICIAL = frozenset({"road", "danger"})
"""Categories whose department takes a report as a petition by law."""

PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/heic"})

Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class Sent(BaseModel):
    """A report as it is handed over; `openapi.yml` says the same."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    number: Text
    category: Text
    department: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
    text: Text
    place: str = ""
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    photos: Annotated[float, Field(ge=0, multiple_of=1)] = 0
    contact: str | None = None
    reported_at: AwareDatetime

    @model_validator(mode="after")
    def _is_somewhere(self) -> Sent:
        if not self.place and self.latitude is None:
            raise ValueError("place or latitude")
        return self


class Decision(BaseModel):
    """What a clerk decides."""

    model_config = ConfigDict(strict=True, frozen=True)

    state: Literal["received", "assigned", "done", "rejected"]
    reason: str = ""


@dataclass
class Filed:
    """A report as the system has it."""

    number: str
    sent: Sent
    at: float
    state: str | None = None
    """Set by a clerk; None = by the clock."""
    reason: str = ""
    photos: dict[int, bytes] = field(default_factory=dict)

    def served(self, now: float) -> dict[str, Any]:
        """The report as the API gives it."""
        state, reason = self.state, self.reason
        if state is None:
            age = now - self.at
            state = "done" if age >= DONE_AFTER else "assigned" if age >= ASSIGNED_AFTER else "received"
            reason = "현장을 살펴보고 고쳤어요." if state == "done" else ""
        official = self.sent.category in OFFICIAL
        return {"report_number": self.number, "state": state, "reason": reason, "official": official}


class ReportDesk:
    """The handlers; `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.filed: dict[str, Filed] = {}
        """By the number it was given."""
        self._keys: dict[str, str] = {}

    def routes(self) -> list[web.RouteDef]:
        """Where they are."""
        return [
            web.post("/v1/reports", self.file),
            web.get("/v1/reports/{number}", self.one, allow_head=False),
            web.put(r"/v1/reports/{number}/photos/{place:\d{1,2}}", self.photo),
            web.post("/v1/reports/{number}/state", self.decide),
        ]

    async def file(self, request: web.Request) -> web.Response:
        """POST /v1/reports: 201, or 200 where the same key has brought the same report before."""
        key = request.headers.get("Idempotency-Key", "")
        if not KEY.fullmatch(key):
            return problem(
                400, "bad_request", "Idempotency-Key 헤더를 8~80자로 보내 주세요.", "Idempotency-Key"
            )
        try:
            sent = Sent.model_validate_json(await request.read())
        except ValidationError as error:
            return _wrong(error)
        known = self.filed.get(self._keys.get(key, ""))
        if known is not None:
            if known.sent != sent:
                return problem(
                    409, "conflict", "같은 Idempotency-Key로 다른 신고가 왔어요.", "Idempotency-Key"
                )
            return web.json_response(known.served(self._clock()))
        number = f"R-{hashlib.blake2b(key.encode(), digest_size=4).hexdigest().upper()}"
        self._keys[key] = number
        self.filed[number] = Filed(number, sent, self._clock())
        return web.json_response(self.filed[number].served(self._clock()), status=201)

    async def one(self, request: web.Request) -> web.Response:
        """GET /v1/reports/{number}."""
        found = self.filed.get(request.match_info["number"])
        if found is None:
            return problem(404, "not_found", "이 번호로 접수된 신고가 없어요.")
        return web.json_response(found.served(self._clock()))

    async def photo(self, request: web.Request) -> web.Response:
        """PUT /v1/reports/{number}/photos/{place}: 204; the same place again replaces the picture."""
        found = self.filed.get(request.match_info["number"])
        if found is None:
            return problem(404, "not_found", "이 번호로 접수된 신고가 없어요.")
        place = int(request.match_info["place"])
        if place >= found.sent.photos:
            return problem(404, "not_found", "신고에 적힌 사진의 수보다 많아요.")
        if request.content_type not in PICTURES:
            return problem(415, "not_a_picture", "사진만 받아요.")
        found.photos[place] = await request.read()
        return web.Response(status=204)

    async def decide(self, request: web.Request) -> web.Response:
        """POST /v1/reports/{number}/state: what a clerk of the department does."""
        found = self.filed.get(request.match_info["number"])
        if found is None:
            return problem(404, "not_found", "이 번호로 접수된 신고가 없어요.")
        try:
            decision = Decision.model_validate_json(await request.read())
        except ValidationError as error:
            return _wrong(error)
        found.state, found.reason = decision.state, decision.reason
        return web.json_response(found.served(self._clock()))


def _wrong(error: ValidationError) -> web.Response:
    """400 that names the first field at fault."""
    place = error.errors()[0]["loc"]
    name = str(place[0]) if place else "body"
    return bad_request(name, f"{name} 값을 확인해 주세요.")
