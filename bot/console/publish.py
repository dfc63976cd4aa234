"""Publishing: choose drafts, have them judged, see why something is blocked, publish now or at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp_jinja2
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.console.guard import WHO, demand, needs
from bot.console.sections import BADGES
from bot.console.words import N_, told, words
from bot.gate.confusion import confusion_picture
from bot.gate.publishing import NotNow, Publisher, Publishing
from bot.gate.runs import Run
from bot.releases.releases import Releases
from bot.settings import Settings
from bot.staff.audit import AuditTrail
from bot.staff.roles import may
from bot.staff.sessions import LoggedIn
from bot.studio.drafts import Drafts

PUBLISHING: web.AppKey[Publishing] = web.AppKey("publishing", Publishing)
LONGEST = 500
"""Characters of a reason."""
SHOWN = 300
"""Findings on one page; the rest is counted."""
RECENT = 10

STATES = {
    "running": (N_("점검하는 중"), ""),
    "passed": (N_("통과"), "good"),
    "blocked": (N_("막힘"), "bad"),
    "conflict": (N_("부딪힘"), "bad"),
    "failed": (N_("점검하지 못함"), "bad"),
    "waiting": (N_("예약됨"), "person"),
    "published": (N_("게시함"), "good"),
    "refused": (N_("예약한 시각에 게시하지 않음"), "bad"),
    "stopped": (N_("그만둠"), ""),
}
CHANGES = {
    "worse": (N_("나빠짐"), "bad"),
    "other": (N_("달라짐"), "warn"),
    "better": (N_("좋아짐"), "good"),
    "added": (N_("새 질문"), ""),
    "removed": (N_("지운 질문"), "warn"),
}
ENDS = {"answer": N_("바로 답함"), "clarify": N_("골라 보게 함"), "reject": N_("모른다고 함")}
_RUN = r"/studio/publish/{id:\d{15}-\d{1,18}}"


def add_publishing(
    app: web.Application,
    engine: AsyncEngine,
    settings: Settings,
    audit: AuditTrail,
    clock: Callable[[], datetime],
) -> None:
    """The pages, the badge, and `app[PUBLISHING]` for what goes by the clock."""
    releases = Releases(engine, settings, clock)
    publishing = Publishing(settings, Drafts(engine, clock), releases, audit, clock)
    pages = PublishPages(publishing, ZoneInfo(settings.timezone))
    app[PUBLISHING] = publishing
    app.add_routes(pages.routes())
    app[BADGES]["drafts"] = pages.drafts

    async def close(_: web.Application) -> None:
        await publishing.close()

    app.on_shutdown.append(close)


class PublishPages:
    """What staff do with drafts that are ready."""

    def __init__(self, publishing: Publishing, zone: ZoneInfo) -> None:
        self._publishing = publishing
        self._zone = zone

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        return [
            web.get("/studio/publish", self.index),
            web.post("/studio/publish", self.begin),
            web.get(_RUN, self.run),
            web.get(_RUN + "/state", self.state),
            web.get(_RUN + "/confusion.svg", self.confusion),
            web.post(_RUN + "/publish", self.publish),
            web.post(_RUN + "/plan", self.plan),
            web.post(_RUN + "/stop", self.stop),
        ]

    async def drafts(self, who: LoggedIn) -> int:
        """How many drafts wait to be published."""
        return len(await self._publishing.drafts.list())

    @needs("view")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """The drafts, the reader's own chosen, and the latest looks."""
        who = request[WHO]
        drafts = await self._publishing.drafts.list()
        asked = set(request.query.getall("item", []))
        runs = [self._publishing.get(run.id) or run for run in self._recent()]
        context = {
            "drafts": drafts,
            "chosen": asked or {draft.item for draft in drafts if draft.operator_id == who.operator_id},
            "runs": [run for run in runs if run.state != "waiting"][:RECENT],
            "planned": [run for run in runs if run.state == "waiting"],
            "active": await self._publishing.releases.active(),
            "unpublished": await self._publishing.releases.unpublished(),
            "links": {draft.item: link(draft.item) for draft in drafts},
            "STATES": STATES,
        }
        return aiohttp_jinja2.render_template("publish.html", request, context)

    @needs("view")
    async def begin(self, request: web.Request) -> web.StreamResponse:
        """Have a choice of drafts judged. 409 when nothing was chosen and nothing else changed."""
        form = await request.post()
        items = [str(item) for item in form.getall("item", [])]
        if not items and not await self._publishing.releases.unpublished():
            raise web.HTTPConflict(text=told(request, "점검할 초안을 하나 이상 골라 주세요."))
        run = await self._publishing.begin(_publisher(request[WHO]), items)
        raise web.HTTPSeeOther(f"/studio/publish/{run.id}")

    @needs("view")
    async def run(self, request: web.Request) -> web.StreamResponse:
        """One look: how far it is, or what came of it and what can be done now."""
        run, who = self._run(request), request[WHO]
        verdict = run.judged
        found = verdict.problems if verdict else ()
        problems = [one for one in found if not one.details.get("existing")]
        context = {
            "run": run,
            "verdict": verdict,
            "errors": [one for one in problems if one.severity == "error"][:SHOWN],
            "warnings": [one for one in problems if one.severity == "warning"][:SHOWN],
            "older": [one for one in found if one.details.get("existing")][:SHOWN],
            "more": max(0, len(found) - SHOWN),
            "link": link,
            "allowed": self._allowed(who, run),
            "said": request.query.get("notice", ""),
            "tomorrow": f"{datetime.now(self._zone).date() + timedelta(days=1)}T09:00",
            "longest": LONGEST,
            "STATES": STATES,
            "CHANGES": CHANGES,
            "ENDS": ENDS,
        }
        return aiohttp_jinja2.render_template("publish_run.html", request, context)

    @needs("view")
    async def state(self, request: web.Request) -> web.StreamResponse:
        """How far a look is, for progress.js."""
        run = self._run(request)
        state = "running" if run.state == "running" else "done"
        return web.json_response({"state": state, "share": run.share, "text": run.step, "next": ""})

    @needs("view")
    async def confusion(self, request: web.Request) -> web.StreamResponse:
        """The large picture of intents taken for each other."""
        run = self._run(request)
        if run.verdict is None or not run.verdict["intents"]:
            raise web.HTTPNotFound
        picture = await asyncio.to_thread(confusion_picture, run.verdict["intents"])
        return web.Response(text=picture, content_type="image/svg+xml")

    @needs("publish")
    async def publish(self, request: web.Request) -> web.StreamResponse:
        """Publish what passed; with a reason an approver publishes what is blocked. 409 says why not."""
        run, form, who = self._run(request), await request.post(), request[WHO]
        why, reason = self._words(request, form, "why"), self._words(request, form, "overruled")
        self._demand(who, run)
        _ = words(request)
        if run.state == "blocked":
            demand(who, "overrule")
            if not reason:
                raise web.HTTPConflict(text=_("막힌 것을 게시하는 까닭을 적어 주세요."))
        if not why:
            raise web.HTTPConflict(text=_("무엇을 바꾸는 게시인지 한 줄로 적어 주세요."))
        try:
            overruled = reason if run.state == "blocked" else ""
            await self._publishing.publish(run.id, _publisher(who), why, overruled)
        except NotNow as error:
            raise web.HTTPConflict(text=str(error)) from error
        raise web.HTTPSeeOther(f"/studio/publish/{run.id}?notice=published")

    @needs("publish")
    async def plan(self, request: web.Request) -> web.StreamResponse:
        """Publish at a time. 409 says why not."""
        run, form, who = self._run(request), await request.post(), request[WHO]
        self._demand(who, run)
        _ = words(request)
        try:
            at = datetime.fromisoformat(str(form.get("at", ""))).replace(tzinfo=self._zone)
        except ValueError as error:
            raise web.HTTPConflict(text=_("게시할 날짜와 시각을 골라 주세요.")) from error
        why = self._words(request, form, "why") or _("예약한 게시")
        try:
            await self._publishing.plan(run.id, _publisher(who), why, at)
        except NotNow as error:
            raise web.HTTPConflict(text=str(error)) from error
        raise web.HTTPSeeOther(f"/studio/publish/{run.id}?notice=planned")

    @needs("view")
    async def stop(self, request: web.Request) -> web.StreamResponse:
        """Give up a look or a planned publication: its own author, or who may publish it."""
        run, who = self._run(request), request[WHO]
        if run.operator_id != who.operator_id:
            self._demand(who, run)
        await self._publishing.stop(run.id)
        await self._publishing.audit.note(who.operator_id, "publish_stopped", f"run:{run.id}")
        raise web.HTTPSeeOther("/studio/publish")

    def _recent(self) -> list[Run]:
        return self._publishing.runs.all()[: 3 * RECENT]

    def _run(self, request: web.Request) -> Run:
        run = self._publishing.get(request.match_info["id"])
        if run is None:
            raise web.HTTPNotFound
        return run

    def _allowed(self, who: LoggedIn, run: Run) -> Mapping[str, bool]:
        own = all(may(who, "publish", draft.department) for draft in run.drafts)
        return {"publish": own and may(who, "publish"), "overrule": own and may(who, "overrule")}

    def _demand(self, who: LoggedIn, run: Run) -> None:
        demand(who, "publish")
        for draft in run.drafts:
            demand(who, "publish", draft.department)

    def _words(self, request: web.Request, form: Any, name: str) -> str:
        text = str(form.get(name, "")).replace("\r\n", "\n").strip()
        if len(text) > LONGEST:
            _ = words(request)
            raise web.HTTPConflict(text=_("%(n)d자까지 적을 수 있어요.", n=LONGEST))
        return text


def link(item: str) -> str:
    """Where an item is edited; empty for what has no page."""
    kind, _, name = item.partition(":")
    if kind == "answer":
        return f"/studio/answers/{name}"
    if name.startswith("data/nlu/") and name.endswith(".yml"):
        return f"/studio/intents/{name.removeprefix('data/nlu/').removesuffix('.yml')}"
    return f"/studio/texts/{name}" if kind == "file" and name else ""


def _publisher(who: LoggedIn) -> Publisher:
    return Publisher(who.operator_id, who.name)
