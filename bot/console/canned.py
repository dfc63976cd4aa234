"""Canned replies and suggestions: the help beside a conversation, and the page on which replies are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp_jinja2
from aiohttp import web

from bot.canned.replies import PLACES, Canned, Changed, Own, Shared, filled, mark, read
from bot.canned.suggestions import Suggestions
from bot.canned.values import Values
from bot.console.guard import WHO, needs
from bot.console.words import N_, told
from bot.log.queries import Transcripts
from bot.log.records import Entry
from bot.staff.audit import AuditTrail

_LOOKED_BACK = 40
_LONGEST_QUERY = 300
NOTICES = {
    "saved": N_("저장했어요."),
    "deleted": N_("지웠어요."),
}


class CannedPages:
    """What helps an operator to answer."""

    def __init__(
        self,
        shared: Shared,
        own: Own,
        values: Values,
        suggestions: Suggestions,
        transcripts: Transcripts,
        audit: AuditTrail,
    ) -> None:
        self._shared = shared
        self._own = own
        self._values = values
        self._suggestions = suggestions
        self._log = transcripts
        self._audit = audit

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        return [
            web.get(r"/conversations/{id:\d{1,18}}/help", self.help),
            web.get("/canned", self.index),
            web.post("/canned/{whose:shared|own}", self.save),
            web.post("/canned/{whose:shared|own}/delete", self.delete),
        ]

    @needs("talk")
    async def help(self, request: web.Request) -> web.StreamResponse:
        """Suggestions for what the citizen said last, or for `q`, and canned replies filled in."""
        who, id_ = request[WHO], int(request.match_info["id"])
        conversation = await self._log.conversation(id_)
        if conversation is None:
            raise web.HTTPNotFound
        asked = " ".join(request.query.get("q", "").split())[:_LONGEST_QUERY]
        said = asked or _last(await self._log.history(id_, limit=_LOOKED_BACK))
        values = await self._values.of(who.name, sorted(who.departments), id_)
        own = await self._own.all(who.operator_id)
        context = {
            "conversation": conversation,
            "mine": conversation.state == "operator" and conversation.operator_id == who.operator_id,
            "asked": asked,
            "said": said,
            "suggestions": await self._suggestions.of(said),
            "own": [(each.title, filled(each.text, values)) for each in own],
            "shared": [(each.title, filled(each.text, values)) for each in self._shared.all()],
        }
        if request.query.get("part") == "list":
            return aiohttp_jinja2.render_template("_help.html", request, {"who": who, **context})
        return aiohttp_jinja2.render_template("help.html", request, context)

    @needs("talk")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """All of them, to be changed."""
        return await self._page(request)

    @needs("talk")
    async def save(self, request: web.Request) -> web.StreamResponse:
        """A new one, or other words."""
        form, who, whose = await request.post(), request[WHO], request.match_info["whose"]
        title, text = (str(form.get(name, "")).replace("\r\n", "\n") for name in ("title", "text"))
        try:
            reply = read(title, text)
        except ValueError as error:
            return await self._page(request, str(error), {"whose": whose, "title": title, "text": text}, 422)
        await self._put(request, form, reply)
        await self._audit.note(who.operator_id, "canned_saved", f"canned:{whose}", reply.title)
        raise web.HTTPSeeOther("/canned?notice=saved")

    @needs("talk")
    async def delete(self, request: web.Request) -> web.StreamResponse:
        """It goes."""
        form, who, whose = await request.post(), request[WHO], request.match_info["whose"]
        await self._put(request, form, None)
        await self._audit.note(
            who.operator_id, "canned_deleted", f"canned:{whose}", str(form.get("title", ""))[:60]
        )
        raise web.HTTPSeeOther("/canned?notice=deleted")

    async def _put(self, request: web.Request, form: Mapping[str, Any], reply: Canned | None) -> None:
        place = str(form.get("place", ""))
        at = int(place) if place.isascii() and place.isdecimal() and len(place) < 10 else None
        if reply is None and at is None:
            raise web.HTTPBadRequest
        if request.match_info["whose"] == "own":
            done = await self._own.put(request[WHO].operator_id, at, reply)
        else:
            try:
                await self._shared.put(at, reply, str(form.get("seen", "")))
                done = True
            except Changed:
                done = False
        if not done:
            raise web.HTTPConflict(
                text=told(
                    request, "그 사이 다른 사람이 자주 쓰는 답을 바꿨어요. 목록을 다시 보고 고쳐 주세요."
                )
            )

    async def _page(
        self, request: web.Request, error: str = "", typed: Mapping[str, str] | None = None, status: int = 200
    ) -> web.StreamResponse:
        shared = self._shared.all()
        context = {
            "shared": shared,
            "seen": mark(shared),
            "own": await self._own.all(request[WHO].operator_id),
            "places": " ".join(f"{{{name}}}" for name in PLACES),
            "error": error,
            "typed": typed or {"whose": "own", "title": "", "text": ""},
            "notice_text": NOTICES.get(request.query.get("notice", ""), ""),
        }
        return aiohttp_jinja2.render_template("canned.html", request, context, status=status)


def _last(lines: Sequence[Entry]) -> str:
    """What the citizen said last."""
    return next((each.text for each in reversed(lines) if each.author == "citizen" and each.text), "")
