"""The queue of reported problems: what is due, the details, and what becomes of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp_jinja2
from aiohttp import web

from bot.channel import Channel
from bot.console.attachments import look
from bot.console.guard import WHO, needs
from bot.console.words import N_, words
from bot.staff.audit import AuditTrail
from bot.voices.build import VoiceDesk
from bot.voices.reports import FORWARD, HERE, OPEN, NotPossible, Wanted
from bot.voices.tables import Report

PAGE = 50
LONGEST = 1000
STATES = {
    "received": N_("접수"),
    "assigned": N_("처리 중"),
    "done": N_("처리 완료"),
    "rejected": N_("처리 불가"),
}
DELIVERIES = {
    "queue": N_("이 콘솔에서 처리"),
    "pending": N_("부서 시스템에 보내는 중"),
    "sent": N_("부서 시스템에서 처리"),
    "refused": N_("부서 시스템이 받지 않음"),
}
_MOVED = N_("그 사이 신고의 상태가 바뀌었어요. 화면을 새로 고쳐 주세요.")
_NOTICES = {
    "changed": N_("상태를 바꿨어요. 시민에게는 같은 메신저로 알려요."),
    "moved": N_("담당 부서를 바꿨어요. 시민에게는 같은 메신저로 알려요."),
}


class ReportPages:
    """What operators do with reports."""

    def __init__(
        self,
        desk: VoiceDesk,
        audit: AuditTrail,
        channels: Mapping[str, Channel],
        clock: Callable[[], datetime],
    ) -> None:
        self._desk = desk
        self._audit = audit
        self._channels = channels
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        one = r"/reports/{id:\d{1,18}}"
        return [
            web.get("/reports", self.index),
            web.get(one, self.report),
            web.get(one + r"/photos/{place:\d{1,2}}", self.photo),
            web.post(one + "/state", self.change),
            web.post(one + "/department", self.move),
        ]

    @needs("watch")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """The queue: open ones first, those due soonest on top."""
        wanted, page = _wanted(request.query), _page(request.query)
        rows, total = await self._desk.reports.listing(wanted, (page - 1) * PAGE, PAGE)
        fields = {"state": wanted.state, "category": wanted.category, "overdue": "1" * wanted.overdue}
        context = {
            "rows": rows,
            "total": total,
            "page": page,
            "pages": -(-total // PAGE) or 1,
            "wanted": wanted,
            "query": urlencode({name: value for name, value in fields.items() if value}),
            **self._common(request),
        }
        return aiohttp_jinja2.render_template("reports.html", request, context)

    @needs("watch")
    async def report(self, request: web.Request) -> web.StreamResponse:
        """One report with all that is known of it."""
        row = await self._row(request)
        await self._audit.note(request[WHO].operator_id, "view", f"report:{row.id}")
        context = {
            "row": row,
            "history": await self._desk.reports.history(row.id),
            "contact": await self._desk.contacts.of(row),
            "map": _map(row),
            "next": [state for state in FORWARD[row.state] if row.delivery != "sent"],
            "elsewhere": [
                each
                for each in self._desk.content.departments().departments
                if each.id != row.department and row.state in OPEN and row.delivery in HERE
            ],
            "longest": LONGEST,
            "notice": _NOTICES.get(request.query.get("notice", "")),
            **self._common(request),
        }
        return aiohttp_jinja2.render_template("report.html", request, context)

    @needs("talk")
    async def photo(self, request: web.Request) -> web.Response:
        """A picture, fetched from its platform each time and kept nowhere."""
        row, place = await self._row(request), int(request.match_info["place"])
        photos = row.photos or []
        if place >= len(photos):
            raise web.HTTPNotFound
        await self._audit.note(request[WHO].operator_id, "attachment", f"report:{row.id}", str(place))
        photo = photos[place]
        return await look(
            self._channels, photo["channel"], photo["ref"], f"{row.number}-{place}", words(request)
        )

    @needs("talk")
    async def change(self, request: web.Request) -> web.StreamResponse:
        """Move the report on; its author is told. 409 with what is missing or what has changed."""
        row, form, _ = await self._row(request), await request.post(), words(request)
        state = str(form.get("state", ""))
        reason = str(form.get("reason", "")).replace("\r\n", "\n").strip()
        if state not in FORWARD[row.state] or row.delivery == "sent":
            raise web.HTTPConflict(text=_(_MOVED))
        if state != "assigned" and not reason:
            raise web.HTTPConflict(
                text=_("무엇을 했는지, 또는 왜 할 수 없는지 적어 주세요. 시민에게 그대로 전해요.")
            )
        if len(reason) > LONGEST:
            raise web.HTTPConflict(
                text=_("%(most)d자까지 적을 수 있어요. 지금은 %(n)d자예요.", most=LONGEST, n=len(reason))
            )
        who = request[WHO].operator_id
        try:
            name = self._department(row.department)
            await self._desk.reports.change(row.id, state, reason, department=name, operator_id=who)
        except NotPossible as error:
            raise web.HTTPConflict(text=_(_MOVED)) from error
        await self._audit.note(who, "report_" + state, f"report:{row.id}")
        raise web.HTTPSeeOther(f"/reports/{row.id}?notice=changed")

    @needs("talk")
    async def move(self, request: web.Request) -> web.StreamResponse:
        """Give the report to another department; its author is told. 409 with what has changed."""
        row, form, _ = await self._row(request), await request.post(), words(request)
        department = str(form.get("department", ""))
        reason = " ".join(str(form.get("reason", "")).split())
        if department not in {each.id for each in self._desk.content.departments().departments}:
            raise web.HTTPConflict(text=_("넘겨받을 부서를 골라 주세요."))
        if len(reason) > LONGEST:
            raise web.HTTPConflict(
                text=_("%(most)d자까지 적을 수 있어요. 지금은 %(n)d자예요.", most=LONGEST, n=len(reason))
            )
        who = request[WHO].operator_id
        names = (self._department(row.department), self._department(department))
        try:
            await self._desk.reports.move(row.id, department, names, reason, who)
        except NotPossible as error:
            raise web.HTTPConflict(text=_(_MOVED)) from error
        await self._audit.note(who, "report_moved", f"report:{row.id}", " → ".join(names))
        raise web.HTTPSeeOther(f"/reports/{row.id}?notice=moved")

    async def _row(self, request: web.Request) -> Report:
        row = await self._desk.reports.get(int(request.match_info["id"]))
        if row is None:
            raise web.HTTPNotFound
        return row

    def _department(self, id_: str) -> str:
        file = self._desk.content.departments()
        known = {each.id: each.name for each in file.departments}
        return known.get(id_, known[file.default])

    def _common(self, request: web.Request) -> dict[str, Any]:
        voices = self._desk.voices()
        return {
            "who": request[WHO],
            "now": self._clock(),
            "section": "/reports",
            "categories": voices.categories,
            "category_name": lambda id_: voices.category(id_).name,
            "department_name": self._department,
            "OPEN": OPEN,
            "REPORT_STATES": STATES,
            "REPORT_DELIVERIES": DELIVERIES,
        }


def _wanted(query: Mapping[str, str]) -> Wanted:
    state = query.get("state", "open")
    return Wanted(
        state=state if state in ("open", *STATES) else "",
        category=query.get("category", "")[:80],
        overdue="overdue" in query,
    )


def _page(query: Mapping[str, str]) -> int:
    text = query.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 6 else 1


def _map(row: Report) -> str:
    """Address of a map that shows the place; empty when only words say where it is."""
    if row.latitude is None or row.longitude is None:
        return ""
    return f"https://map.kakao.com/link/map/{quote(row.number)},{row.latitude},{row.longitude}"
