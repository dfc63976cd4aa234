"""The live board: who waits for a person, what is mine, what the bot talks about, what is closed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp_jinja2
from aiohttp import web
from markupsafe import Markup

from bot.board.board import Board
from bot.board.rows import GROUPS, MOST, Group, Row, Rows
from bot.board.seen import SeenMarks
from bot.console import labels
from bot.console.board_rows import MOOD_NAMES, RowWriter, facts
from bot.console.guard import WHO, needs
from bot.console.words import N_
from bot.log.records import ConversationView, Entry
from bot.staff.sessions import LoggedIn

BESIDE: Mapping[Group, int] = {"waiting": 300, "operator": 300, "bot": 60, "closed": 20}
"""So many of each stand beside an open conversation; the board itself shows `bot.board.rows.MOST`."""
PAGE = 60
SECTIONS = {
    "waiting": (N_("기다려요"), N_("상담을 기다리는 시민이 없어요.")),
    "mine": (N_("내 상담"), N_("맡은 대화가 없어요.")),
    "others": (N_("동료의 상담"), N_("동료가 맡은 대화가 없어요.")),
    "bot": (N_("챗봇과"), N_("지금은 조용해요. 시민이 말을 걸면 여기에 바로 나타나요.")),
    "closed": (N_("마친 상담"), N_("마친 상담이 없어요.")),
}
"""Section: its name, and what stands in it when it is empty."""
MARKED = ("waiting", "mine")
"""Sections in which everything unseen is marked; elsewhere only what somebody has opened before."""
NOTICES = {"password": N_("비밀번호를 바꿨어요.")}
_MOST = 2**31 - 1
"""What databases take for a line's number."""


@dataclass(frozen=True)
class Shown:
    """A row as one person sees it."""

    row: Row
    html: Markup
    facts: Mapping[str, Any]
    seen: int | None
    """The newest line that this person has seen; None = never opened."""
    unread: bool


class BoardPages:
    """The board alone, and beside a transcript."""

    def __init__(
        self,
        board: Board,
        rows: Rows,
        seen: SeenMarks,
        writer: RowWriter,
        clock: Callable[[], datetime],
    ) -> None:
        self._board = board
        self._rows = rows
        self._seen = seen
        self._writer = writer
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        return [
            web.get("/", self.index),
            web.post(r"/conversations/{id:\d{1,18}}/seen", self.saw),
        ]

    @needs("watch")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """The board; in the background (`part=list`) only its inside."""
        if words := " ".join(request.query.get("q", "").split()):
            raise web.HTTPSeeOther("/search?" + urlencode({"q": words}))
        if request.query.get("part") == "list":
            selected = _number(request.query.get("selected"))
            context = await self.context(request, selected)
            return aiohttp_jinja2.render_template("_list.html", request, context)
        return aiohttp_jinja2.render_template("index.html", request, await self.context(request))

    @needs("watch")
    async def saw(self, request: web.Request) -> web.StreamResponse:
        """The open page has shown a line: no mark any more. Raises 400 where no line is named."""
        form = await request.post()
        seq = _number(str(form.get("seq", "")))
        if seq is None:
            raise web.HTTPBadRequest
        await self._seen.mark(request[WHO].operator_id, int(request.match_info["id"]), seq)
        return web.Response(status=204)

    async def shown(self, who: LoggedIn, conversation_id: int, seq: int) -> None:
        """A page with the newest lines of a conversation goes out to somebody."""
        await self._seen.mark(who.operator_id, conversation_id, seq)

    async def part(
        self, _request: web.Request, conversation: ConversationView, _lines: Sequence[Entry]
    ) -> dict[str, Any]:
        """The flags above a transcript."""
        row = (await self._rows.of([conversation.id])).get(conversation.id)
        return {"board_flags": row.moods if row else (), "BOARD_MOODS": MOOD_NAMES}

    async def context(self, request: web.Request, selected: int | None = None) -> dict[str, Any]:
        """What index.html needs, alone or beside the conversation `selected`."""
        who = request[WHO]
        channel, flagged = request.query.get("channel", "")[:40], "flagged" in request.query
        group, before = request.query.get("group", ""), _cursor(request.query.get("before", ""))
        view = await self._board.view()
        if group in GROUPS and before is not None:
            rows = await self._rows.older(group, before, PAGE)
        else:
            rows, group = list(view.rows.values()), ""
        rows = [row for row in rows if _wanted(row, channel, flagged=flagged)]
        seen = await self._seen.of(who.operator_id, [row.id for row in rows])
        most = MOST if selected is None else BESIDE
        sections = self._sections(rows, who.operator_id, seen, most)
        if group:
            sections = {name: rows for name, rows in sections.items() if rows}
        return {
            "version": view.version,
            "sections": sections,
            "SECTIONS": SECTIONS,
            "most": {name: most[_group(name)] for name in sections},
            "earlier": {} if selected else _more(sections, group, most),
            "paged": bool(group),
            "query": urlencode({"channel": channel} | ({"flagged": "1"} if flagged else {})),
            "channel": channel,
            "flagged": flagged,
            "channels": sorted(
                {(row.channel, labels.CHANNELS.get(row.channel, row.channel)) for row in view.rows.values()}
            ),
            "selected": selected,
            "now": self._clock(),
            "notice": NOTICES.get(request.query.get("notice", "")),
            "who": who,
        }

    def _sections(
        self, rows: list[Row], operator_id: int, seen: Mapping[int, int], most: Mapping[Group, int]
    ) -> dict[str, list[Shown]]:
        found: dict[str, list[Shown]] = {name: [] for name in SECTIONS}
        for row in sorted(rows, key=_order):
            section = section_of(row, operator_id)
            if len(found[section]) >= most[row.group]:
                continue
            at = seen.get(row.id)
            unread = row.heard > at if at is not None else section in MARKED
            found[section].append(Shown(row, self._writer.html(row), facts(row), at, unread))
        return found


def section_of(row: Row, operator_id: int) -> str:
    """In which section a person sees a row."""
    if row.group == "operator":
        return "mine" if row.operator_id == operator_id else "others"
    return row.group


def _group(section: str) -> Group:
    return "operator" if section in ("mine", "others") else section  # type: ignore[return-value]


def _order(row: Row) -> tuple[float, int]:
    """Who waits longest comes first, else what happened last."""
    at = facts(row)["at"]
    return (at, row.id) if row.group == "waiting" else (-at, -row.id)


def _wanted(row: Row, channel: str, *, flagged: bool) -> bool:
    return (not channel or row.channel == channel) and (not flagged or bool(row.moods))


def _more(sections: Mapping[str, list[Shown]], group: str, most: Mapping[Group, int]) -> dict[str, str]:
    """Section → query of the page with its older conversations, where there may be some."""
    older = {}
    for name in ("bot", "closed"):
        shown = sections.get(name, [])
        if len(shown) >= (PAGE if group else most[_group(name)]):
            last = shown[-1].row
            older[name] = urlencode({"group": name, "before": f"{last.last_at.isoformat()},{last.id}"})
    return older


def _cursor(text: str) -> tuple[datetime, int] | None:
    moment, _, number = text.partition(",")
    try:
        at = datetime.fromisoformat(moment)
        return (at, min(int(number), _MOST)) if at.tzinfo else None
    except ValueError:
        return None


def _number(text: str | None) -> int | None:
    if not text or not text.isascii() or not text.isdecimal() or len(text) > 17:
        return None
    return min(int(text), _MOST)


BOARD: web.AppKey[BoardPages] = web.AppKey("board", BoardPages)
