"""The audit log: searched, paged and exported."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp_jinja2
from aiohttp import web

from bot.console.action_names import ACTION_NAMES, FIELD_NAMES, PLACES, TARGET_NAMES
from bot.console.guard import HEADERS, WHO, needs
from bot.console.labels import Calendar
from bot.console.role_names import ROLE_NAMES
from bot.console.words import Words, words
from bot.staff.build import Staff
from bot.staff.roles import ALL
from bot.staff.trail import Entry, Search

PAGE = 50
_MOST = 2**53
_FIELDS = ("who", "action", "since", "until", "q")
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet reckon (CWE-1236)."""
_FLUSH = 64 * 1024


class AuditPages:
    """One page and its export; nothing can be changed on it."""

    def __init__(
        self, staff: Staff, departments: Callable[[], Mapping[str, str]], calendar: Calendar
    ) -> None:
        self._departments = departments
        self._staff = staff
        self._trail = staff.trail
        self._calendar = calendar

    def routes(self) -> list[web.RouteDef]:
        """Where the page is."""
        return [web.get("/audit", self.page), web.get("/audit.csv", self.export)]

    @needs("audit")
    async def page(self, request: web.Request) -> web.StreamResponse:
        """The latest rows, or those that are looked for."""
        query, search = self._search(request.query)
        before = _number(request.query.get("before", ""))
        rows = await self._trail.find(search, before=before, limit=PAGE + 1)
        names = await self._staff.accounts.names()
        context = {
            "rows": rows[:PAGE],
            "check": await self._trail.checked(),
            "older": urlencode({**query, "before": rows[PAGE - 1].id}) if len(rows) > PAGE else "",
            "newest": urlencode(query) if before is not None else None,
            "export": urlencode(query),
            "wanted": query,
            "names": names,
            "ACTIONS": ACTION_NAMES,
            "FIELDS": FIELD_NAMES,
            "TARGETS": TARGET_NAMES,
            "place": place,
            "said": self._words_of(words(request)),
        }
        return aiohttp_jinja2.render_template("audit.html", request, context)

    @needs("audit")
    async def export(self, request: web.Request) -> web.StreamResponse:
        """The same rows as CSV (RFC 4180), for a spreadsheet."""
        query, search = self._search(request.query)
        note = "&".join(f"{name}={value}" for name, value in query.items())
        await self._staff.audit.note(request[WHO].operator_id, "audit_exported", detail=note)
        response = web.StreamResponse(
            headers={
                **HEADERS,
                "Content-Type": "text/csv; charset=utf-8",
                "Content-Disposition": 'attachment; filename="audit.csv"',
                "Cache-Control": "no-store",
            }
        )
        await response.prepare(request)
        names, _ = await self._staff.accounts.names(), words(request)
        text = io.StringIO()
        write = csv.writer(text)
        text.write("\ufeff")  # without it Excel does not read UTF-8
        write.writerow([_("때"), _("누가"), _("무엇을"), _("대상"), _("덧붙임"), _("주소"), _("바뀐 것")])
        async for row in self._trail.every(search):
            write.writerow(map(_harmless, self._cells(row, names, _)))
            if text.tell() > _FLUSH:
                await response.write(text.getvalue().encode())
                text.seek(0)
                text.truncate()
        await response.write(text.getvalue().encode())
        await response.write_eof()
        return response

    def _cells(self, row: Entry, names: Mapping[int, str], _: Words) -> list[str]:
        said = self._words_of(_)
        changed = "\n".join(
            f"{_(FIELD_NAMES.get(each.field, each.field))}:"
            f" {said(each.field, each.before)} → {said(each.field, each.after)}"
            for each in row.changes
        )
        who = names.get(row.operator_id, "") if row.operator_id is not None else ""
        action = _(ACTION_NAMES.get(row.action, row.action))
        return [self._calendar.full(row.at), who, action, row.target, row.detail, row.address, changed]

    def _words_of(self, _: Words) -> Callable[[str, Any], str]:
        """How a field's value is written: roles and departments by their names."""
        departments = {**self._departments(), ALL: _("모든 부서")}
        named = {"roles": {role: _(name) for role, name in ROLE_NAMES.items()}, "departments": departments}

        def written(field: str, value: Any) -> str:
            names = named.get(field, {})
            return said([names.get(each, each) for each in value] if names and value else value)

        return written

    def _search(self, query: Mapping[str, str]) -> tuple[dict[str, str], Search]:
        """What an address asks for; what makes no sense in it is left out."""
        fields = {name: " ".join(query.get(name, "").split())[:200] for name in _FIELDS}
        since, until = (self._calendar.start_of(fields[name]) for name in ("since", "until"))
        search = Search(
            operator_id=_number(fields["who"]),
            action=fields["action"][:40],
            since=since,
            until=until + timedelta(days=1) if until else None,
            words=fields["q"],
        )
        kept = {"who": search.operator_id, "since": since, "until": until}
        return {name: text for name, text in fields.items() if text and kept.get(name, text)}, search


def place(target: str) -> str:
    """Address of what a row is about; empty when it has none."""
    kind, _, name = target.partition(":")
    return PLACES[kind] + quote(name, safe="") if kind in PLACES and name else ""


def said(value: Any) -> str:
    """A value of a field, as people read it."""
    if value is None or value == "" or value == []:
        return "–"
    if isinstance(value, bool):
        return "O" if value else "X"
    if isinstance(value, list):
        return ", ".join(map(said, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}: {said(each)}" for name, each in value.items())
    return str(value)


def _number(text: str) -> int | None:
    return min(int(text), _MOST) if text.isascii() and text.isdecimal() and len(text) < 18 else None


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet shows and does not reckon."""
    return f"'{cell}" if cell.startswith(_FORMULAS) else cell
