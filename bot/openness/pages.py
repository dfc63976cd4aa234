"""`/open` on the citizens' port: the scorecard as people read it, and everything there is as files.

Rendered here, without scripts and cookies; nothing on the pages depends on who asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.agencies.directory import AgencyFile
from bot.content.store import ContentStore
from bot.openness import atom, dcat
from bot.openness.about import OpenFile
from bot.openness.accuracy import Measuring
from bot.openness.api import find
from bot.openness.card import Publisher, Scorecard, week_name
from bot.openness.changes import Changes
from bot.openness.making import Making
from bot.openness.responses import ANYWHERE, PAGE, Refused, data, known
from bot.openness.sheet import sheet
from bot.openness.stored import Published
from bot.openness.wording import FILTERS, OUTCOMES, calls

WEB = Path(__file__).parent / "web"
_FILES = (
    ("지난주 성적표", "/open/scorecard.json"),
    ("모든 주의 성적표", "/open/scorecards.json"),
    ("모든 주의 성적표 (CSV)", "/open/scorecards.csv"),
    ("성적표의 모양 (JSON Schema)", "/open/scorecard.schema.json"),
    ("새 답변과 바뀐 답변 (Atom)", "/open/feed.atom"),
    ("정확도를 재는 질문과 맞는 답", "/open/questions.json"),
    ("자료 목록 (DCAT, JSON-LD)", "/open/catalog.jsonld"),
)


_ROBOTS = """User-agent: *
Allow: /open
Allow: /voices
Disallow: /open/api/
Disallow: /
"""


class OpenPages:
    """The routes, below `/open`."""

    def __init__(
        self,
        making: Making,
        changes: Changes,
        measuring: Measuring,
        content: ContentStore,
        agency: Callable[[], AgencyFile],
        about: Callable[[], OpenFile],
        document: Mapping[str, Any],
        base: str,
        zone: ZoneInfo,
        clock: Callable[[], datetime],
        limits: tuple[str, str],
    ) -> None:
        """`base` is the address of `/open`, `limits` the reads and questions a second of one address."""
        self._making = making
        self._changes = changes
        self._measuring = measuring
        self._content = content
        self._agency = agency
        self._about = about
        self._calls = list(calls(document))
        self._base = base
        self._zone = zone
        self._clock = clock
        self._limits = limits
        self._schema = (WEB / "scorecard.schema.json").read_bytes()
        self._templates = Environment(
            loader=FileSystemLoader(WEB),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= FILTERS

    def routes(self) -> list[web.RouteDef]:
        """To be added below `/open`."""
        return [
            web.get("", self.newest),
            web.get("/", _without_slash),
            web.get(r"/weeks/{week:\d{4}-W\d\d}", self.week),
            web.get("/scorecard.json", self.card),
            web.get(r"/scorecards/{week:\d{4}-W\d\d}.json", self.card),
            web.get("/scorecards.json", self.cards),
            web.get("/scorecards.csv", self.sheet),
            web.get("/scorecard.csv", self.sheet),
            web.get("/scorecard.schema.json", self.schema),
            web.get("/questions.json", self.questions),
            web.get("/catalog.jsonld", self.catalogue),
            web.get("/feed.atom", self.feed),
            web.get("/answers/{id}", self.answer),
            web.get("/api", self.api),
            web.get("/open.css", self.style),
            web.get("/{rest:.*}", self.gone),
        ]

    async def newest(self, request: web.Request) -> web.Response:
        """The page of the last week."""
        cards = await self._making.published()
        return self._scorecard(request, cards, cards[0] if cards else None)

    async def week(self, request: web.Request) -> web.Response:
        """The page of an earlier week."""
        cards = await self._making.published()
        found = _of(cards, request.match_info["week"])
        return self._scorecard(request, cards, found) if found else await self.gone(request)

    async def card(self, request: web.Request) -> web.Response:
        """A week's scorecard, the last one's unless the address says which."""
        cards = await self._making.published()
        name = request.match_info.get("week")
        found = _of(cards, name) if name else next(iter(cards), None)
        if found is None:
            raise Refused(404, "not_found", "이 주의 성적표는 없어요.")
        return data(request, self._card(found).model_dump(mode="json"))

    async def cards(self, request: web.Request) -> web.Response:
        """All weeks, the newest first."""
        cards = [self._card(each).model_dump(mode="json") for each in await self._making.published()]
        return data(request, {"scorecards": cards})

    async def sheet(self, request: web.Request) -> web.Response:
        """All weeks for a spreadsheet."""
        body = sheet([self._card(each) for each in await self._making.published()])
        name = {"Content-Disposition": 'attachment; filename="scorecards.csv"'}
        return known(request, body, "text/csv", {**ANYWHERE, **name})

    async def schema(self, request: web.Request) -> web.Response:
        """The form of a scorecard."""
        return known(request, self._schema, "application/schema+json", ANYWHERE)

    async def questions(self, request: web.Request) -> web.Response:
        """The questions that accuracy is measured with, and what must come of them."""
        rows = [
            {"question": each.case.ask, "answers": list(each.case.answers), "outcome": each.case.outcome}
            for each in await asyncio.to_thread(self._measuring.questions)
        ]
        return data(request, {"total": len(rows), "questions": rows})

    async def catalogue(self, request: web.Request) -> web.Response:
        """What there is, for catalogues of open data."""
        cards = await self._making.published()
        body = dcat.catalogue(self._base, self._publisher(), self._about(), cards)
        return data(request, body, "application/ld+json")

    async def feed(self, request: web.Request) -> web.Response:
        """New and changed answers."""
        today = datetime.combine(self._clock().astimezone(self._zone).date(), time(), self._zone)
        body = atom.feed(self._base, self._publisher(), await self._changes.latest(), today)
        return known(request, body, "application/atom+xml", ANYWHERE)

    async def answer(self, request: web.Request) -> web.Response:
        """An answer for people."""
        today = self._clock().astimezone(self._zone).date()
        found = find(self._content, request.match_info["id"], today)
        if found is None:
            return await self.gone(request)
        one, topic = found
        departments = {each.id: each for each in self._content.departments().departments}
        owner = departments.get(one.owner or "")
        return self.page(request, "answer.html", {"one": one, "topic": topic, "owner": owner})

    async def api(self, request: web.Request) -> web.Response:
        """What there is for programs, for people."""
        reads, asks = self._limits
        context = {"calls": self._calls, "files": _FILES, "base": self._base, "reads": reads, "asks": asks}
        return self.page(request, "api.html", context)

    async def style(self, _: web.Request) -> web.FileResponse:
        """The pages' style sheet."""
        return web.FileResponse(WEB / "open.css", headers={"Cache-Control": "public, max-age=3600"})

    async def gone(self, request: web.Request) -> web.Response:
        """Where nothing is: as JSON for programs."""
        if request.path.startswith("/open/api/") or request.path.endswith(".json"):
            raise Refused(404, "not_found", "이 주소에는 아무것도 없어요.")
        return self.page(request, "gone.html", {}, 404)

    def _scorecard(
        self, request: web.Request, cards: Sequence[Published], found: Published | None
    ) -> web.Response:
        context = {
            "card": self._card(found) if found else None,
            "weeks": [week_name(each.week) for each in cards],
            "outcomes": OUTCOMES,
        }
        return self.page(request, "scorecard.html", context)

    def _card(self, one: Published) -> Scorecard:
        return Scorecard(
            publisher=self._publisher(),
            week=week_name(one.week),
            first_day=one.week,
            last_day=date.fromordinal(one.week.toordinal() + 6),
            made_at=one.made_at,
            figures=one.figures,
            accuracy=one.accuracy,
        )

    def _publisher(self) -> Publisher:
        agency = self._agency()
        return Publisher(id=agency.id, name=agency.name)

    def page(
        self, request: web.Request, name: str, context: Mapping[str, Any], status: int = 200
    ) -> web.Response:
        """A template with what every page needs."""
        everywhere = {"publisher": self._publisher(), "about": self._about(), "path": request.path}
        body = self._templates.get_template(name).render({**everywhere, **context})
        return known(request, body.encode(), "text/html", PAGE, status)


async def robots(_: web.Request) -> web.Response:
    """What search engines may read: what is for everybody."""
    return web.Response(text=_ROBOTS, headers={"Cache-Control": "public, max-age=3600"})


async def _without_slash(_: web.Request) -> web.Response:
    raise web.HTTPMovedPermanently("/open")


def _of(cards: Sequence[Published], name: str) -> Published | None:
    return next((each for each in cards if week_name(each.week) == name), None)
