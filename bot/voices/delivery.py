"""Reports on their way to the departments' system, and what it says became of them.

The system is asked over HTTP: `POST /v1/reports` with the header `Idempotency-Key` (our number), answered by
its own number; `PUT /v1/reports/{number}/photos/{place}` brings a picture, as it is on its platform; `GET
/v1/reports/{number}` gives the state. See `demo/city_api/openapi.yml`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote

import aiohttp
import structlog
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from bot.channel import Channel, MediaError, NoMedia
from bot.content.models import DepartmentFile
from bot.kinds import kind_of
from bot.voices.contact import Contacts
from bot.voices.reports import NotPossible, Reports
from bot.voices.tables import Report

_WITHIN = aiohttp.ClientTimeout(total=5, sock_connect=2)
_MOST = 64 * 1024
"""Bytes of an answer that are read."""
_REFUSALS = frozenset({400, 404, 405, 409, 413, 415, 422})
"""What says that asking again would not help."""
_PHOTO_WITHIN = aiohttp.ClientTimeout(total=30, sock_connect=2)
_PHOTO_TRIES = 4
"""Attempts to get a picture from its platform, before the report goes without it."""
_REASON = 500
"""Characters of what a department says that are passed on."""

log = structlog.get_logger(__name__)

_Number = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z-]{0,39}$")]


class Answer(BaseModel):
    """What the system says about a report."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    report_number: _Number
    """Its own."""
    state: Literal["received", "assigned", "done", "rejected"]
    reason: str = ""
    official: bool = False
    """It is a petition by law now (민원 처리에 관한 법률)."""


class NoAnswer(Exception):
    """The system gave no usable answer; `refused`: asking again would not help."""

    def __init__(self, why: str, *, refused: bool = False) -> None:
        super().__init__(why)
        self.refused = refused


class DepartmentApi:
    """The departments' system."""

    def __init__(self, session: aiohttp.ClientSession, base: str, key: str) -> None:
        self._session = session
        self._base = base.rstrip("/")
        self._headers = {"X-Api-Key": key, "Accept": "application/json"}

    async def hand_over(self, report: Report, contact: str) -> Answer:
        """Give it a report; the same one twice is taken once. Raises `NoAnswer`."""
        body: dict[str, Any] = {
            "number": report.number,
            "category": report.category,
            "department": report.department,
            "text": report.text,
            "place": report.place,
            "latitude": report.latitude,
            "longitude": report.longitude,
            "photos": len(report.photos or ()),
            "contact": contact or None,
            "reported_at": report.created_at.isoformat(),
        }
        headers = {**self._headers, "Idempotency-Key": report.number}
        return await self._ask("POST", "/v1/reports", headers, body)

    async def photo(self, number: str, place: int, content: bytes, kind: str) -> None:
        """Give it a picture of a report; the same one twice changes nothing. Raises `NoAnswer`."""
        path = f"/v1/reports/{quote(number, safe='')}/photos/{place}"
        headers = {**self._headers, "Content-Type": kind}
        await self._call("PUT", path, headers=headers, data=content, timeout=_PHOTO_WITHIN)

    async def state(self, number: str) -> Answer:
        """How a report of ours stands there. Raises `NoAnswer`."""
        answer = await self._ask("GET", f"/v1/reports/{quote(number, safe='')}", self._headers, None)
        if answer.report_number != number:
            raise NoAnswer("the answer is about another report")
        return answer

    async def _ask(
        self, method: str, path: str, headers: dict[str, str], body: dict[str, Any] | None
    ) -> Answer:
        content = await self._call(method, path, headers=headers, json=body, timeout=_WITHIN)
        try:
            return Answer.model_validate_json(content)
        except ValidationError as error:
            raise NoAnswer("not the form expected") from error

    async def _call(self, method: str, path: str, **more: Any) -> bytes:
        try:
            async with self._session.request(
                method, self._base + path, allow_redirects=False, **more
            ) as response:
                content = await response.content.read(_MOST)
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NoAnswer(type(error).__name__) from error
        if status not in (200, 201, 204):
            raise NoAnswer(f"status {status}", refused=status in _REFUSALS)
        return content


class ReportCourier:
    """Brings reports to the departments and news of them back; every run may be cut off and run again."""

    def __init__(
        self,
        reports: Reports,
        api: DepartmentApi,
        contacts: Contacts,
        departments: Callable[[], DepartmentFile],
        channels: Mapping[str, Channel],
    ) -> None:
        self._reports = reports
        self._api = api
        self._contacts = contacts
        self._departments = departments
        self._channels = channels

    async def deliver(self) -> int:
        """Hand over what is due; returns how many were taken."""
        taken = 0
        for report in await self._reports.due_for_delivery():
            try:
                answer = await self._api.hand_over(report, await self._contacts.of(report))
                await self._bring_photos(report, answer.report_number)
            except NoAnswer as error:
                log.warning("report_not_delivered", report=report.id, reason=str(error))
                await self._reports.not_delivered(report.id, refused=error.refused)
                continue
            await self._reports.delivered(
                report.id,
                answer.report_number,
                official=answer.official,
                department=self._name(report.department),
            )
            taken += 1
        return taken

    async def _bring_photos(self, report: Report, number: str) -> None:
        """The pictures, one by one, before the report counts as delivered; what cannot be had, or is not
        taken, is left out. Raises `NoAnswer` when it is worth trying again.
        """
        for place, photo in enumerate(report.photos or ()):
            try:
                content = await self._fetch(photo["channel"], photo["ref"])
            except MediaError as error:
                again = error.reason is NoMedia.UNREACHABLE and report.attempts < _PHOTO_TRIES
                log.warning("report_photo_not_fetched", report=report.id, reason=error.reason.value)
                if again:
                    raise NoAnswer("a picture is out of reach for now") from error
                continue
            kind = kind_of(content)
            if kind is None or not kind.startswith("image/"):
                log.warning("report_photo_is_none", report=report.id)
                continue
            try:
                await self._api.photo(number, place, content, kind)
            except NoAnswer as error:
                log.warning("report_photo_not_taken", report=report.id, reason=str(error))
                if not error.refused:
                    raise

    async def _fetch(self, channel: str, ref: str) -> bytes:
        if channel not in self._channels:
            raise MediaError(NoMedia.UNAVAILABLE)
        return await self._channels[channel].fetch(ref)

    async def follow(self) -> int:
        """Ask what became of those that departments have; returns how many moved on."""
        moved = 0
        for report in await self._reports.under_way():
            try:
                answer = await self._api.state(report.external or "")
            except NoAnswer as error:
                log.warning("report_not_followed", report=report.id, reason=str(error))
                continue
            if answer.state == report.state:
                continue
            reason = " ".join(answer.reason.split())[:_REASON]
            if answer.state == "rejected" and not reason:
                log.warning("report_rejected_without_reason", report=report.id)
                continue
            try:
                name = self._name(report.department)
                await self._reports.change(report.id, answer.state, reason, department=name)
                moved += 1
            except NotPossible:
                log.warning("report_went_backwards", report=report.id, state=answer.state)
        return moved

    def _name(self, id_: str) -> str:
        """What citizens call a department."""
        file = self._departments()
        known = {each.id: each.name for each in file.departments}
        return known.get(id_, known[file.default])
