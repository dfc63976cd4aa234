"""Two releases side by side: what differs in them, and what they say to the same questions."""

from __future__ import annotations

from typing import Any

import aiohttp_jinja2
from aiohttp import web

from bot.console.guard import needs
from bot.console.words import N_, words
from bot.releases.releases import NoSuchRelease, Releases
from bot.releases.shadow import Report
from bot.releases.shadows import DAYS, Busy, Run, Shadows

_ONE_RUN = r"/studio/releases/compare/{id:\d{1,9}}"
PAGE = 50
CHANGED = {"added": N_("새로 생김"), "removed": N_("없앰"), "changed": N_("고침")}
TONES = {"added": "good", "removed": "bad", "changed": "person"}
ENDS = {
    "answer": N_("바로 답해요"),
    "clarify": N_("몇 가지 가운데 고르게 해요"),
    "reject": N_("모른다고 해요"),
}


class ComparePages:
    """Comparing; nothing is changed here."""

    def __init__(self, releases: Releases, shadows: Shadows) -> None:
        self._releases = releases
        self._shadows = shadows

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        return [
            web.get("/studio/releases/compare", self.compare),
            web.post("/studio/releases/compare", self.begin),
            web.get(_ONE_RUN, self.run),
            web.get(_ONE_RUN + "/state", self.state),
        ]

    @needs("view")
    async def compare(self, request: web.Request) -> web.StreamResponse:
        """What differs between two releases, and a button that puts questions to both."""
        one, other = await self._chosen(request, request.query.get("one"), request.query.get("other"))
        context = {
            "one": one,
            "other": other,
            "rows": await self._releases.list(),
            "changes": await self._releases.diff(one, other),
            "CHANGED": CHANGED,
            "TONES": TONES,
            "days": DAYS,
        }
        return aiohttp_jinja2.render_template("release_compare.html", request, context)

    @needs("view")
    async def begin(self, request: web.Request) -> web.StreamResponse:
        """Start a shadow run. 409 while another is at work."""
        form, _ = await request.post(), words(request)
        one, other = await self._chosen(request, form.get("one"), form.get("other"))
        try:
            run = self._shadows.begin(one, other)
        except Busy:
            raise web.HTTPConflict(
                text=_("지금 다른 판을 견주고 있어요. 끝난 뒤에 다시 눌러 주세요.")
            ) from None
        raise web.HTTPSeeOther(f"/studio/releases/compare/{run.id}")

    @needs("view")
    async def run(self, request: web.Request) -> web.StreamResponse:
        """How far a shadow run is, and what it found."""
        run = self._run(request)
        report = run.report or Report(0, 0, (), (0, 0))
        kind = request.query.get("show", "")
        found = [each for each in report.differences if _wanted(kind, each.times)]
        page = max(1, int(given) if (given := request.query.get("page", "1")).isdecimal() else 1)
        golden = sum(1 for each in report.differences if not each.times)
        context: dict[str, Any] = {
            "run": run,
            "report": report,
            "rows": found[(page - 1) * PAGE : page * PAGE],
            "total": len(found),
            "golden": golden,
            "citizens": len(report.differences) - golden,
            "show": kind,
            "page": page,
            "pages": -(-len(found) // PAGE) or 1,
            "ENDS": ENDS,
            "days": DAYS,
        }
        return aiohttp_jinja2.render_template("release_shadow.html", request, context)

    @needs("view")
    async def state(self, request: web.Request) -> web.Response:
        """How far a shadow run is, for the page's script."""
        run = self._run(request)
        state = "running" if run.running else "failed" if run.failed else "done"
        return web.json_response({"state": state, "share": run.share, "text": run.text, "next": ""})

    def _run(self, request: web.Request) -> Run:
        run = self._shadows.get(int(request.match_info["id"]))
        if run is None:
            raise web.HTTPNotFound
        return run

    async def _chosen(self, request: web.Request, one: object, other: object) -> tuple[int, int]:
        _ = words(request)
        numbers = [int(str(each)) for each in (one, other) if str(each).isdecimal() and len(str(each)) < 10]
        if len(numbers) < 2 or numbers[0] == numbers[1]:
            raise web.HTTPConflict(text=_("서로 다른 판 두 개를 골라 주세요."))
        try:
            for number in numbers:
                await self._releases.get(number)
        except NoSuchRelease:
            raise web.HTTPNotFound from None
        return numbers[0], numbers[1]


def _wanted(kind: str, times: int) -> bool:
    return kind == "" or (kind == "golden") == (times == 0)
