"""The list of public services: when it was fetched, what became different, and fetching it now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

import aiohttp
import aiohttp_jinja2
import structlog
from aiohttp import web
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.catalogue.client import Gov24, Operation
from bot.catalogue.crawl import Overtaken
from bot.catalogue.envelope import Gov24Error
from bot.catalogue.fields import public_service
from bot.catalogue.service import PublicService
from bot.catalogue.sync import synchronise
from bot.catalogue.tables import ServiceChange, ServiceEntry, ServiceSync
from bot.console.guard import WHO, needs
from bot.console.words import N_, words
from bot.log.engine import reading
from bot.settings import Settings
from bot.staff.audit import AuditTrail

SHOWN = 20
"""Synchronisations listed."""
PAGE = 100
"""Services on a page."""
KINDS = {"new": N_("새로 생김"), "changed": N_("바뀜"), "ended": N_("끝남")}
OPERATIONS = {
    Operation.LIST.value: N_("목록"),
    Operation.DETAIL.value: N_("자세한 내용"),
    Operation.CONDITIONS.value: N_("지원 조건"),
}
_NOTICES = {"begun": N_("받아 오기 시작했어요. 몇 분 걸릴 수 있어요. 새로 고치면 어디까지 왔는지 보여요.")}

log = structlog.get_logger(__name__)


def add_service_list(
    app: web.Application,
    engine: AsyncEngine,
    settings: Settings,
    audit: AuditTrail,
    clock: Callable[[], datetime],
) -> None:
    """Put the pages into the console."""
    pages = ServiceListPages(engine, settings, audit, clock)
    app.add_routes(pages.routes())
    app.cleanup_ctx.append(pages.open)


class ServiceListPages:
    """Looking at synchronisations, and beginning one."""

    def __init__(
        self, engine: AsyncEngine, settings: Settings, audit: AuditTrail, clock: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._audit = audit
        self._clock = clock
        self._api: Gov24 | None = None
        self._working: asyncio.Task[None] | None = None

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        return [
            web.get("/services", self.index),
            web.get(r"/services/{id:\d{1,18}}", self.sync),
            web.post("/services/run", self.run),
        ]

    async def open(self, _: web.Application) -> AsyncIterator[None]:
        """The connection to the API, as long as the console is open; work in progress is cut off then, and
        gone on with by the clock.
        """
        async with aiohttp.ClientSession() as session:
            self._api = Gov24(session, self._settings.gov24, self._settings.gov24_key.get_secret_value())
            yield
            if self._working is not None:
                self._working.cancel()
                await asyncio.gather(self._working, return_exceptions=True)

    @needs("view")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """How many services there are, and the latest synchronisations."""
        newest = select(ServiceSync).order_by(ServiceSync.id.desc()).limit(SHOWN)
        alive = select(func.count()).select_from(ServiceEntry).where(ServiceEntry.ended_at.is_(None))
        async with reading(self._engine) as session:
            rows = (await session.scalars(newest)).all()
            total = await session.scalar(alive)
        context = {
            "rows": [(row, _stretches(row)) for row in rows],
            "total": total,
            "working": self._works,
            "OPERATIONS": OPERATIONS,
            "notice": _NOTICES.get(request.query.get("notice", ""), ""),
        }
        return aiohttp_jinja2.render_template("services.html", request, context)

    @needs("view")
    async def sync(self, request: web.Request) -> web.StreamResponse:
        """One synchronisation: the services that were new, changed or ended."""
        async with reading(self._engine) as session:
            row = await session.get(ServiceSync, int(request.match_info["id"]))
            if row is None:
                raise web.HTTPNotFound
            kind = request.query.get("kind", "")
            chosen = [ServiceChange.sync_id == row.id]
            if kind in KINDS:
                chosen.append(ServiceChange.kind == kind)
            total = await session.scalar(select(func.count()).select_from(ServiceChange).where(*chosen)) or 0
            pages = -(-total // PAGE) or 1
            asked = request.query.get("page", "")
            page = min(pages, max(1, int(asked))) if asked.isascii() and asked.isdecimal() else 1
            found = (
                select(ServiceChange.kind, ServiceEntry)
                .join(ServiceEntry, ServiceEntry.id == ServiceChange.service_id)
                .where(*chosen)
                .order_by(ServiceChange.kind, ServiceChange.service_id)
                .offset((page - 1) * PAGE)
                .limit(PAGE)
            )
            changes = [(what, _known(entry)) for what, entry in (await session.execute(found)).all()]
        context = {
            "row": row,
            "changes": changes,
            "kind": kind if kind in KINDS else "",
            "query": f"kind={kind}" if kind in KINDS else "",
            "page": page,
            "pages": pages,
            "total": total,
            "KINDS": KINDS,
        }
        return aiohttp_jinja2.render_template("service_sync.html", request, context)

    @needs("publish")
    async def run(self, request: web.Request) -> web.StreamResponse:
        """Begin one, or go on with one that stands still. 409 while one is at work."""
        _ = words(request)
        if self._works or await self._elsewhere():
            raise web.HTTPConflict(text=_("지금 받아 오고 있어요. 끝난 뒤에 다시 눌러 주세요."))
        fewer = "fewer" in await request.post()
        await self._audit.note(request[WHO].operator_id, "services_fetched", "", "fewer" if fewer else "")
        self._working = asyncio.create_task(self._synchronise(fewer), name="synchronise-services")
        raise web.HTTPSeeOther("/services?notice=begun")

    @property
    def _works(self) -> bool:
        return self._working is not None and not self._working.done()

    async def _elsewhere(self) -> bool:
        """Whether another process is at work on one."""
        query = select(ServiceSync.again_at).where(ServiceSync.open.is_(True), ServiceSync.trouble == "")
        async with reading(self._engine) as session:
            until = await session.scalar(query)
        return until is not None and until > self._clock()

    async def _synchronise(self, fewer: bool) -> None:
        if self._api is None:
            raise RuntimeError("the console is not open")
        try:
            report = await synchronise(self._engine, self._api, self._clock, allow_fewer=fewer)
        except Gov24Error as error:
            log.error("services_not_synchronised", error=type(error).__name__, why=str(error))
        except Overtaken:
            log.info("services_synchronised_elsewhere")
        else:
            log.info("services_synchronised", **vars(report))


def _stretches(row: ServiceSync) -> list[tuple[str, Any]]:
    """The operations of one that is not finished, with how far each has come."""
    return [] if row.finished_at else list(row.progress.items())


def _known(entry: ServiceEntry) -> PublicService:
    return public_service(entry.id, entry.listed, entry.detail, entry.conditions, entry.fetched_at)
