"""The inbox: what citizens could not get answered, grouped, and what can be made of it by one click."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp_jinja2
from aiohttp import web

from bot.console.guard import needs
from bot.console.inbox_words import KINDS, NOTICES, PERIODS, REASONS, SORTS, STATES, WHYS
from bot.content.check_texts import fold
from bot.loop.build import Loop
from bot.loop.inbox import GroupView, Wanted
from bot.loop.lines import lines_of, nearest
from bot.staff.roles import ALL
from bot.staff.sessions import LoggedIn
from bot.studio.shelf import Shelved, Shelves, found_in

PAGE, LINES = 30, 30
FOUND = 8
"""Answers that a search for one shows."""
_LONGEST = 200


class InboxPages:
    """Looking at the inbox; `InboxActs` changes it."""

    def __init__(
        self, loop: Loop, intents: Callable[[], Sequence[str]], clock: Callable[[], datetime]
    ) -> None:
        """`intents` are those that lines can be examples of."""
        self._loop = loop
        self.intents = intents
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        return [
            web.get("/studio/inbox", self.index),
            web.get(r"/studio/inbox/{id:\d{1,18}}", self.group),
        ]

    async def open_groups(self, who: LoggedIn) -> int:
        """What waits for a person: the groups of their departments, or all."""
        own = None if ALL in who.departments or not who.departments else sorted(who.departments)
        return await self._loop.inbox.open_groups(own)

    @needs("view")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """The groups."""
        now, query = self._clock(), request.query
        period = query.get("period", "") if query.get("period", "") in PERIODS else ""
        days = PERIODS[period][1]
        state: Any = query.get("state", "open") if query.get("state", "open") in STATES else "open"
        wanted = Wanted(
            state=state,
            why=query.get("why", "") if query.get("why", "") in WHYS else "",
            channel=query.get("channel", "")[:40],
            department=query.get("department", "")[:80],
            since=now - timedelta(days=days) if days else None,
            words=" ".join(query.get("q", "").split())[:_LONGEST],
            newest=query.get("sort", "") == "new",
        )
        page = _page(query)
        found = await self._loop.inbox.page(wanted, now, (page - 1) * PAGE, PAGE)
        fields = {
            "state": "" if state == "open" else state,
            "why": wanted.why,
            "channel": wanted.channel,
            "department": wanted.department,
            "period": period,
            "sort": "new" if wanted.newest else "",
            "q": wanted.words,
        }
        kept = {name: value for name, value in fields.items() if value}
        context = {
            "found": found,
            "wanted": wanted,
            "fields": fields,
            "filtered": any(value for name, value in kept.items() if name not in ("state", "sort")),
            "page": page,
            "pages": -(-found.total // PAGE) or 1,
            "query": urlencode(kept),
            "tabs_of": [
                (_path({**kept, "state": "" if code == "open" else code}), label, code)
                for code, label in STATES.items()
            ],
            **self.common(request),
        }
        return aiohttp_jinja2.render_template("inbox.html", request, context)

    @needs("view")
    async def group(self, request: web.Request) -> web.StreamResponse:
        """One group: its lines, and what can be made of them."""
        return await self.page(request)

    async def page(self, request: web.Request, error: str = "", status: int = 200) -> web.StreamResponse:
        """The group's page; `error` is of a form that was refused."""
        group, page = await self.found(request), _page(request.query)
        lines, total = await lines_of(self._loop.engine, group.id, (page - 1) * LINES, LINES)
        shelves = await asyncio.to_thread(self._loop.shelf.now)
        wanted = " ".join(request.query.get("find", "").split())[:_LONGEST]
        near = [shelves.answers[id_] for id_ in nearest(lines) if id_ in shelves.answers]
        context = {
            "group": group,
            "lines": lines,
            "total": total,
            "open": sum(line.settlement is None for line in lines),
            "page": page,
            "pages": -(-total // LINES) or 1,
            "near": near,
            "find": wanted,
            "hits": search(shelves, wanted),
            "intents": self.intents(),
            "intent": next((line.intent for line in lines if line.intent), ""),
            "topics": list(shelves.topics.items()),
            "topic": near[0].file if near else "",
            "settlements": await self._loop.inbox.settlements(group.id),
            "due": (self._clock() + timedelta(days=7)).date(),
            "error": error,
            **self.common(request),
        }
        return aiohttp_jinja2.render_template("inbox_group.html", request, context, status=status)

    async def found(self, request: web.Request) -> GroupView:
        """The group that the address names. Raises `web.HTTPNotFound`."""
        group = await self._loop.inbox.group(int(request.match_info["id"]), self._clock())
        if group is None:
            raise web.HTTPNotFound
        return group

    async def likely_topic(self, group_id: int) -> str:
        """Name of the file that a new answer to a group most likely belongs to; empty when none is near."""
        lines, _ = await lines_of(self._loop.engine, group_id, 0, LINES)
        answers = self._loop.shelf.now().answers
        return next((answers[id_].file for id_ in nearest(lines) if id_ in answers), "")

    def common(self, request: web.Request) -> dict[str, Any]:
        """What every page of the inbox needs."""
        departments = self._loop.content.departments().departments
        names = {each.id: each.name for each in departments}
        undo = request.query.get("undo", "")
        return {
            "now": self._clock(),
            "departments": departments,
            "department_name": lambda id_: names.get(id_, id_),
            "notice_text": NOTICES.get(request.query.get("notice", ""), ""),
            "undo": undo if undo.isascii() and undo.isdecimal() and len(undo) < 19 else "",
            "WHYS": WHYS,
            "KINDS": KINDS,
            "REASONS": REASONS,
            "PERIODS": PERIODS,
            "SORTS": SORTS,
        }


def search(shelves: Shelves, words: str) -> list[Shelved]:
    """Answers in which the words are, those whose title has them first."""
    if not words:
        return []
    found = [answer for answer in shelves.answers.values() if found_in(answer.hay, words)]
    return sorted(found, key=lambda answer: not found_in(fold(answer.title), words))[:FOUND]


def _page(query: Mapping[str, str]) -> int:
    text = query.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 6 else 1


def _path(fields: Mapping[str, str]) -> str:
    kept = urlencode({name: value for name, value in fields.items() if value})
    return "/studio/inbox" + (f"?{kept}" if kept else "")
