"""The releases: what was published by whom and why, what each process serves, and going back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp_jinja2
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.console.guard import WHO, needs
from bot.console.release_compare import CHANGED, TONES, ComparePages
from bot.console.words import N_, words
from bot.releases import processes
from bot.releases.activating import Unusable
from bot.releases.changes import called
from bot.releases.processes import Seen
from bot.releases.releases import FIRST, Meanwhile, NoSuchRelease, NothingNew, Releases
from bot.releases.shadows import Shadows
from bot.releases.stored import Release
from bot.settings import Settings
from bot.staff.audit import AuditTrail

NUMBER = r"{number:\d{1,9}}"
SHOWN = 50
"""Releases listed; older ones are still there by their number."""
LONGEST = 500
"""Characters of a reason."""
PROCESSES = {
    "gateway": N_("메신저와 콘솔"),
    "actions": N_("답변 찾기"),
    "rasa": N_("말 알아듣기"),
}
KINDS = {"first": N_("처음 담음"), "publish": N_("게시"), "rollback": N_("되돌림")}
_NOTICES = {
    "back": N_("되돌렸어요. 아래에서 챗봇의 모든 부분이 바뀌었는지 볼 수 있어요."),
    "same": N_("이미 쓰고 있는 판이에요."),
    "published": N_("게시했어요. 아래에서 챗봇의 모든 부분이 바뀌었는지 볼 수 있어요."),
}


def add_releases(
    app: web.Application,
    engine: AsyncEngine,
    settings: Settings,
    audit: AuditTrail,
    clock: Callable[[], datetime],
) -> None:
    """Put the pages into the console."""
    releases = Releases(engine, settings, clock)
    shadows = Shadows(engine, settings, releases, clock)
    app.add_routes(ReleasePages(engine, releases, audit, clock).routes())
    app.add_routes(ComparePages(releases, shadows).routes())
    app.on_shutdown.append(shadows.close)


@dataclass(frozen=True)
class Gate:
    """What the gate said of a release, counted."""

    looked: bool
    blocked: int
    warned: int
    problems: Sequence[Mapping[str, Any]]
    golden: Mapping[str, Any] | None


class ReleasePages:
    """Looking at releases and rolling back; publishing is on its own page."""

    def __init__(
        self, engine: AsyncEngine, releases: Releases, audit: AuditTrail, clock: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._releases = releases
        self._audit = audit
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        return [
            web.get("/studio/releases", self.index),
            web.get("/studio/releases/state", self.state),
            web.get(f"/studio/releases/{NUMBER}", self.release),
            web.post(f"/studio/releases/{NUMBER}/rollback", self.rollback),
        ]

    @needs("view")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """What is live where, and all that was published."""
        active = await self._releases.active()
        number = active.number if active else None
        seen = await processes.seen(self._engine, self._clock())
        context = {
            "active": active,
            "rows": await self._releases.list(SHOWN),
            "history": await self._releases.history(SHOWN),
            "processes": [self._process(each) for each in seen],
            "everywhere": processes.everywhere(seen, number, self._clock()),
            "unpublished": [(path, called(path)) for path in await self._releases.unpublished()],
            "told": _NOTICES.get(request.query.get("notice", ""), ""),
            **self._common(),
        }
        return aiohttp_jinja2.render_template("releases.html", request, context)

    @needs("view")
    async def state(self, request: web.Request) -> web.Response:
        """How far the active release has come, for the page's script."""
        active = await self._releases.active()
        seen = await processes.seen(self._engine, self._clock())
        number = active.number if active else None
        running = [each for each in seen if not each.silent(self._clock())]
        there = [each for each in running if each.serving.number == number and not each.serving.fault]
        faulty = [each for each in running if each.serving.fault]
        _ = words(request)
        text = _("%(total)d개 가운데 %(n)d개가 바뀌었어요.", total=len(running), n=len(there))
        done = len(there) == len(running) or bool(faulty)
        share = len(there) / len(running) if running else 1.0
        return web.json_response(
            {"state": "done" if done else "running", "share": share, "text": text, "next": ""}
        )

    @needs("view")
    async def release(self, request: web.Request) -> web.StreamResponse:
        """One release: who made it and why, what the gate said, and what it changed."""
        row = await self._row(request)
        active = await self._releases.active()
        try:
            found = await self._releases.diff(row.follows, row.number) if row.follows else []
        except NoSuchRelease:
            found = None  # the one before is too old to be kept
        context = {
            "row": row,
            "active": active,
            "gate": _gate(row),
            "changes": found,
            "is_active": active is not None and active.number == row.number,
            **self._common(),
        }
        return aiohttp_jinja2.render_template("release.html", request, context)

    @needs("rollback")
    async def rollback(self, request: web.Request) -> web.StreamResponse:
        """Go back to a release. 409 with what is missing or stands in the way."""
        row, who, _ = await self._row(request), request[WHO], words(request)
        why = " ".join(str((await request.post()).get("why", "")).split())
        if not why:
            raise web.HTTPConflict(text=_("왜 되돌리는지 적어 주세요. 기록에 남아요."))
        if len(why) > LONGEST:
            raise web.HTTPConflict(text=_("까닭은 %(n)d자까지 적을 수 있어요.", n=LONGEST))
        before = await self._releases.active()
        try:
            await self._releases.rollback(row.number, who, why)
        except NothingNew:
            raise web.HTTPSeeOther("/studio/releases?notice=same") from None
        except Meanwhile:
            raise web.HTTPConflict(
                text=_("그 사이 다른 사람이 게시하거나 되돌렸어요. 판 목록을 다시 보고 정해 주세요.")
            ) from None
        except Unusable as error:
            raise web.HTTPConflict(text=_("되돌리지 못했어요: %(why)s", why=error)) from error
        await self._audit.note(
            who.operator_id,
            "release_rolled_back",
            f"release:{row.number}",
            why,
            before={"release": before.number if before else None},
            after={"release": row.number},
        )
        raise web.HTTPSeeOther("/studio/releases?notice=back")

    async def _row(self, request: web.Request) -> Release:
        try:
            return await self._releases.get(int(request.match_info["number"]))
        except NoSuchRelease:
            raise web.HTTPNotFound from None

    def _process(self, seen: Seen) -> dict[str, Any]:
        kind, _, place = seen.serving.name.partition("@")
        return {
            "name": PROCESSES.get(kind, kind),
            "place": place,
            "number": seen.serving.number,
            "fault": seen.serving.fault,
            "silent": seen.silent(self._clock()),
            "since": seen.since,
        }

    def _common(self) -> dict[str, Any]:
        return {
            "now": self._clock(),
            "KINDS": KINDS,
            "CHANGED": CHANGED,
            "TONES": TONES,
            "LONGEST": LONGEST,
            "FIRST": FIRST,
            "gate_of": _gate,
        }


def _gate(row: Release) -> Gate:
    problems = row.verdict.get("problems") or []
    blocked = [each for each in problems if each.get("severity") == "error"]
    return Gate(
        looked="blocked" in row.verdict,
        blocked=len(blocked),
        warned=len(problems) - len(blocked),
        problems=problems,
        golden=row.verdict.get("golden"),
    )
