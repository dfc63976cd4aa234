"""Tasks of departments: the list, one task, and what is done with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import aiohttp_jinja2
from aiohttp import web

from bot.console.guard import WHO, demand, needs
from bot.console.inbox import search
from bot.console.inbox_acts import due_day
from bot.console.inbox_words import KINDS, TASK_EVENTS, TASK_NOTICES
from bot.console.words import words
from bot.loop.build import Loop
from bot.loop.making import CannotMake
from bot.loop.settling import Made
from bot.loop.tables import Task
from bot.loop.tasks import Listed
from bot.staff.audit import AuditTrail
from bot.staff.roles import ALL
from bot.staff.sessions import LoggedIn

PAGE = 50
_LONGEST = 2000
_LONGEST_TITLE = 200
_ONE = r"/studio/tasks/{id:\d{1,18}}"


class TaskPages:
    """What departments work off."""

    def __init__(
        self,
        loop: Loop,
        audit: AuditTrail,
        names: Callable[[], Awaitable[dict[int, str]]],
        zone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._loop = loop
        self._audit = audit
        self._names = names
        self._zone = zone
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        return [
            web.get("/studio/tasks", self.index),
            web.post("/studio/tasks", self.give),
            web.get(_ONE, self.task),
            web.post(_ONE + "/{what:comment|assign|change|done|reopen}", self.act),
            web.post(_ONE + "/draft", self.draft),
        ]

    async def open_count(self, who: LoggedIn) -> int:
        """What waits for a person's departments, or for all."""
        own = None if ALL in who.departments or not who.departments else sorted(who.departments)
        return await self._loop.tasks.open_count(own)

    @needs("view")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """The tasks that are open, the one due first on top, or those that are done."""
        query = request.query
        mine = query.get("who") == "me"
        wanted = Listed(
            state="done" if query.get("state") == "done" else "open",
            department=query.get("department", "")[:80],
            overdue=query.get("overdue") == "1",
            mine=request[WHO].operator_id if mine else None,
        )
        text = query.get("page", "")
        page = max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
        rows, total = await self._loop.tasks.page(wanted, self._today(), (page - 1) * PAGE, PAGE)
        fields = {
            "state": "done" if wanted.state == "done" else "",
            "department": wanted.department,
            "overdue": "1" if wanted.overdue else "",
            "who": "me" if mine else "",
        }
        context = {
            "rows": rows,
            "total": total,
            "wanted": wanted,
            "mine": mine,
            "page": page,
            "pages": -(-total // PAGE) or 1,
            "query": urlencode({name: value for name, value in fields.items() if value}),
            "used": await self._loop.tasks.departments(),
            **await self._common(request),
        }
        return aiohttp_jinja2.render_template("tasks.html", request, context)

    @needs("view")
    async def task(self, request: web.Request) -> web.StreamResponse:
        """One task."""
        return await self._page(request, await self._row(request))

    @needs("assign")
    async def give(self, request: web.Request) -> web.StreamResponse:
        """A task that comes from no line."""
        form, who, _ = await request.post(), request[WHO], words(request)
        title = _text(form, "title", _LONGEST_TITLE)
        if not title:
            raise web.HTTPConflict(text=_("무엇을 할지 적어 주세요."))
        try:
            due = due_day(request, form)
        except CannotMake as error:
            raise web.HTTPConflict(text=str(error)) from error
        department = self._department(form)
        id_ = await self._loop.tasks.give(
            department, title, _text(form, "note", _LONGEST), due, who.operator_id
        )
        await self._audit.note(who.operator_id, "task_given", f"task:{id_}", department)
        raise web.HTTPSeeOther(f"/studio/tasks/{id_}?notice=given")

    @needs("view")
    async def act(self, request: web.Request) -> web.StreamResponse:
        """Comment, assign, change, finish or open again."""
        row, what, who = await self._row(request), request.match_info["what"], request[WHO]
        demand(who, "assign")
        form, _ = await request.post(), words(request)
        notice = {"assign": "assigned", "change": "changed", "reopen": "reopened"}.get(what, what)
        tasks = self._loop.tasks
        match what:
            case "comment":
                text = _text(form, "text", _LONGEST)
                if not text:
                    raise web.HTTPConflict(text=_("의견을 적어 주세요."))
                await tasks.comment(row.id, text, who.operator_id)
            case "assign":
                names, given = await self._names(), str(form.get("assignee", ""))
                to = int(given) if given.isdecimal() and len(given) < 10 and int(given) in names else None
                await tasks.assign(row.id, to, names[to] if to else "", who.operator_id)
            case "change":
                try:
                    due = due_day(request, form)
                except CannotMake as error:
                    raise web.HTTPConflict(text=str(error)) from error
                note = _text(form, "note", _LONGEST)
                await tasks.change(row.id, self._department(form), due, note, who.operator_id)
            case "done":
                if await tasks.finish(row.id, _text(form, "text", _LONGEST), who.operator_id):
                    await self._loop.settling.task_done(row.id)
            case "reopen":
                if await tasks.reopen(row.id, who.operator_id):
                    await self._loop.settling.task_open(row.id)
        await self._audit.note(who.operator_id, f"task_{what}", f"task:{row.id}")
        raise web.HTTPSeeOther(f"/studio/tasks/{row.id}?notice={notice}")

    @needs("edit")
    async def draft(self, request: web.Request) -> web.StreamResponse:
        """Begin the answer that the task asks for, or make its question one of an answer's."""
        row, who, form = await self._row(request), request[WHO], await request.post()
        what, _, id_ = str(form.get("do", "")).partition(":")
        shelves = await asyncio.to_thread(self._loop.shelf.now)
        making, target = self._loop.making, shelves.answers.get(id_)
        try:
            if what == "variant" and target is not None:
                owner = str(target.fields.get("owner") or "") or None
                demand(who, "edit", owner)
                item, new = await making.variant(id_, [row.title], who.operator_id, owner)
                made = Made("variant", item, tuple(new))
            elif what == "answer":
                demand(who, "edit", row.department)
                topic = next(iter(shelves.topics), "general")
                item = await making.answer(row.title, topic, row.department, row.id, who.operator_id)
                made = Made("answer", item, (row.title,))
            else:
                raise web.HTTPBadRequest
        except CannotMake as error:
            return await self._page(request, row, str(error), 422)
        await self._loop.settling.hand_on(row.id, made, who.operator_id)
        await self._audit.note(who.operator_id, f"task_{what}", f"task:{row.id}", made.target)
        if what == "answer":
            raise web.HTTPSeeOther(f"/studio/answers/{made.target.removeprefix('answer:')}")
        raise web.HTTPSeeOther(f"/studio/tasks/{row.id}?notice=variant")

    async def _page(
        self, request: web.Request, row: Task, error: str = "", status: int = 200
    ) -> web.StreamResponse:
        shelves = await asyncio.to_thread(self._loop.shelf.now)
        find = " ".join(request.query.get("find", "").split())[:_LONGEST_TITLE]
        context = {
            "row": row,
            "events": await self._loop.tasks.events(row.id),
            "settlements": await self._loop.settling.of_task(row.id),
            "find": find,
            "hits": search(shelves, find),
            "error": error,
            **await self._common(request),
        }
        return aiohttp_jinja2.render_template("task.html", request, context, status=status)

    async def _row(self, request: web.Request) -> Task:
        row = await self._loop.tasks.get(int(request.match_info["id"]))
        if row is None:
            raise web.HTTPNotFound
        return row

    def _department(self, form: Mapping[str, Any]) -> str:
        file = self._loop.content.departments()
        given = str(form.get("department", ""))
        return given if given in {each.id for each in file.departments} else file.default

    def _today(self) -> date:
        return self._clock().astimezone(self._zone).date()

    async def _common(self, request: web.Request) -> dict[str, Any]:
        departments = self._loop.content.departments().departments
        names = {each.id: each.name for each in departments}
        return {
            "now": self._clock(),
            "today": self._today(),
            "departments": departments,
            "department_name": lambda id_: names.get(id_, id_),
            "names": await self._names(),
            "notice_text": TASK_NOTICES.get(request.query.get("notice", ""), ""),
            "KINDS": KINDS,
            "TASK_EVENTS": TASK_EVENTS,
        }


def _text(form: Mapping[str, Any], name: str, most: int) -> str:
    return str(form.get(name, "")).replace("\r\n", "\n").strip()[:most]
