"""The page on which everybody reads what citizens proposed, how many want it, and what the city says.

Rendered here, without scripts and cookies. It holds what operators published and nothing else: no citizen, no
conversation, no day more exact than needed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.content.store import ContentStore
from bot.settings import Settings
from bot.voices.board import Board, Counted, Wanted
from bot.voices.categories import Voices
from bot.voices.ideas import PUBLIC

WEB = Path(__file__).parent / "web"
PAGE = 20
_LAST_PAGE = 10_000
_FRESH = 60
"""Seconds for which a browser or proxy may show a page without asking again."""
STATES = {"published": "답변을 기다려요", "answered": "답변이 나왔어요"}
SORTS = {"voices": "많이 원하는 순서", "newest": "새로 올라온 순서"}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors *",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": f"public, max-age={_FRESH}",
}
"""Any site may show the page in a frame: there is nothing on it that could be done in somebody's name."""


@dataclass(frozen=True)
class Asked:
    """The list that an address asks for; what makes no sense in it is left out."""

    topic: str
    state: str
    sort: str
    page: int
    embed: bool

    @property
    def wanted(self) -> Wanted:
        """As the board needs it."""
        states = (self.state,) if self.state else PUBLIC
        return Wanted(states=states, topic=self.topic, newest=self.sort == "newest")

    def query(self, page: int) -> str:
        """The query string of another page of the list."""
        fields = {"topic": self.topic, "state": self.state, "embed": "1" if self.embed else ""}
        fields |= {"sort": "newest" if self.sort == "newest" else "", "page": str(page) if page > 1 else ""}
        return urlencode({name: value for name, value in fields.items() if value})


class VoicePages:
    """`/voices`, `/voices/<number>` and `/voices.json` on the citizens' port."""

    def __init__(
        self, board: Board, voices: Callable[[], Voices], content: ContentStore, settings: Settings
    ) -> None:
        self._board = board
        self._voices = voices
        self._content = content
        self._zone = ZoneInfo(settings.timezone)
        self._templates = Environment(
            loader=FileSystemLoader(WEB),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["day"] = self._day

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        return [
            web.get("/voices", self.index),
            web.get("/voices.json", self.data),
            web.get("/voices.css", self.style),
            web.get(r"/voices/{number:P-\d\d-\d{6}}", self.idea),
        ]

    async def index(self, request: web.Request) -> web.Response:
        """The list."""
        asked = read(request.query, self._voices())
        rows, total = await self._board.page(asked.wanted, (asked.page - 1) * PAGE, PAGE)
        context = {"asked": asked, "rows": rows, "total": total, "pages": -(-total // PAGE) or 1}
        return self._page(request, "list.html", context | {"embed": asked.embed})

    async def idea(self, request: web.Request) -> web.Response:
        """One idea; one that was merged leads to the other. 404 for what is not public."""
        number = request.match_info["number"]
        rows, _ = await self._board.page(Wanted(number=number), 0, 1)
        if rows:
            embed = "embed" in request.query
            return self._page(request, "idea.html", {"row": rows[0], "embed": embed})
        other = await self._board.leading(number)
        if other is None:
            return self._page(request, "gone.html", {"embed": False}, status=404)
        raise web.HTTPMovedPermanently(f"/voices/{other}")

    async def data(self, request: web.Request) -> web.Response:
        """The same list for programs."""
        asked = read(request.query, self._voices())
        rows, total = await self._board.page(asked.wanted, (asked.page - 1) * PAGE, PAGE)
        ideas = [self._as_data(row) for row in rows]
        body = {"total": total, "page": asked.page, "pages": -(-total // PAGE) or 1, "ideas": ideas}
        response = web.Response(
            text=json.dumps(body, ensure_ascii=False),
            content_type="application/json",
            headers=_HEADERS | {"Access-Control-Allow-Origin": "*"},
        )
        return _unless_known(request, response)

    async def style(self, _: web.Request) -> web.FileResponse:
        """The pages' style sheet."""
        return web.FileResponse(WEB / "voices.css", headers={"Cache-Control": "public, max-age=3600"})

    def _page(
        self, request: web.Request, name: str, context: Mapping[str, Any], status: int = 200
    ) -> web.Response:
        voices = self._voices()
        known = {
            "city": self._content.persona().persona.city,
            "topics": voices.topics,
            "topic_name": lambda id_: voices.topic(id_).name,
            "department_name": self._department,
            "states": STATES,
            "sorts": SORTS,
        }
        body = self._templates.get_template(name).render({**known, **context})
        response = web.Response(text=body, content_type="text/html", status=status, headers=_HEADERS)
        return _unless_known(request, response) if status == 200 else response

    def _as_data(self, row: Counted) -> dict[str, object]:
        idea = row.idea
        reply = {
            "text": idea.reply,
            "department": self._department(idea.department),
            "date": self._date(idea.replied_at),
        }
        return {
            "number": idea.number,
            "title": idea.title,
            "text": idea.text,
            "topic": self._voices().topic(idea.topic).name,
            "state": idea.state,
            "voices": row.voices,
            "published": self._date(idea.published_at),
            "reply": reply if idea.reply else None,
        }

    def _department(self, id_: str) -> str:
        file = self._content.departments()
        known = {each.id: each.name for each in file.departments}
        return known.get(id_, known[file.default])

    def _date(self, at: datetime | None) -> str | None:
        return at.astimezone(self._zone).date().isoformat() if at else None

    def _day(self, at: datetime) -> str:
        """`2026년 11월 23일`."""
        day = at.astimezone(self._zone)
        return f"{day.year}년 {day.month}월 {day.day}일"


def read(query: Mapping[str, str], voices: Voices) -> Asked:
    """The list that a query asks for."""
    topic, state, page = query.get("topic", ""), query.get("state", ""), query.get("page", "")
    number = int(page) if page.isascii() and page.isdecimal() and len(page) < 6 else 1
    return Asked(
        topic=topic if topic in {each.id for each in voices.topics} else "",
        state=state if state in STATES else "",
        sort="newest" if query.get("sort") == "newest" else "voices",
        page=min(max(number, 1), _LAST_PAGE),
        embed="embed" in query,
    )


def _unless_known(request: web.Request, response: web.Response) -> web.Response:
    """The response, or 304 where the browser has it already."""
    body = response.body if isinstance(response.body, bytes) else b""
    mark = hashlib.blake2b(body, digest_size=12).hexdigest()
    response.etag = mark
    if any(each.value == mark for each in request.if_none_match or ()):
        return web.Response(status=304, headers=_HEADERS | {"ETag": f'"{mark}"'})
    return response
