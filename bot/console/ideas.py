"""What citizens proposed: read, corrected, published, merged and answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp_jinja2
from aiohttp import web

from bot.console.guard import WHO, needs
from bot.console.words import N_, Words, words
from bot.masking import mask
from bot.staff.audit import AuditTrail
from bot.voices.alike import most_alike
from bot.voices.board import Wanted
from bot.voices.build import VoiceDesk
from bot.voices.ideas import PUBLIC
from bot.voices.reports import NotPossible
from bot.voices.tables import Idea

PAGE = 50
LONGEST_TITLE, LONGEST_TEXT, LONGEST_REPLY = 80, 2000, 3000
STATES = {
    "waiting": N_("읽어야 해요"),
    "published": N_("공개됨"),
    "answered": N_("답변함"),
    "hidden": N_("공개하지 않음"),
    "merged": N_("합침"),
}
_MOVED = N_("그 사이 제안의 상태가 바뀌었어요. 화면을 새로 고쳐 주세요.")
_NOTICES = {
    "publish": N_("모두가 볼 수 있게 올렸어요. 제안한 시민에게 알려요."),
    "hide": N_("공개하지 않기로 했어요. 제안한 시민에게 까닭을 알려요."),
    "merge": N_("합쳤어요. 함께한 시민들에게 알려요."),
    "reply": N_("공식 답변을 올렸어요. 알림을 바란 시민들에게 전해요."),
}


class IdeaPages:
    """What operators do with ideas."""

    def __init__(self, desk: VoiceDesk, audit: AuditTrail, clock: Callable[[], datetime]) -> None:
        self._desk = desk
        self._audit = audit
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        one = r"/ideas/{id:\d{1,18}}"
        return [
            web.get("/ideas", self.index),
            web.get(one, self.idea),
            web.post(one + "/{what:publish|hide|merge|reply}", self.act),
        ]

    @needs("watch")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """The ideas of one state, those to be read unless another is asked for."""
        state = request.query.get("state", "waiting")
        state = state if state in STATES else ""
        text = request.query.get("page", "")
        page = max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
        states = (state,) if state else tuple(STATES)
        rows, total = await self._desk.board.page(Wanted(states, newest=True), (page - 1) * PAGE, PAGE)
        context = {
            "rows": rows,
            "total": total,
            "page": page,
            "pages": -(-total // PAGE) or 1,
            "state": state,
            "query": urlencode({"state": state}),
            **self._common(request),
        }
        return aiohttp_jinja2.render_template("ideas.html", request, context)

    @needs("watch")
    async def idea(self, request: web.Request) -> web.StreamResponse:
        """One idea: what the citizen wrote, what everybody reads, and what may be done."""
        row = await self._row(request)
        await self._audit.note(request[WHO].operator_id, "view", f"idea:{row.id}")
        public = [each for each in await self._desk.ideas.public() if each.id != row.id]
        counts = await self._desk.board.counts([row.id])
        context = {
            "row": row,
            "voices": counts.get(row.id, 0),
            "title": row.title or mask(row.own_title)[0],
            "text": row.text or mask(row.own_text)[0],
            "alike": most_alike(f"{row.own_title} {row.own_text} {row.title} {row.text}", public),
            "notice": _NOTICES.get(request.query.get("notice", "")),
            "public": row.state in PUBLIC,
            "limits": {"title": LONGEST_TITLE, "text": LONGEST_TEXT, "reply": LONGEST_REPLY},
            "topics": self._desk.voices().topics,
            "departments": self._desk.content.departments().departments,
            "into": await self._desk.ideas.get(row.merged_into) if row.merged_into else None,
            **self._common(request),
        }
        return aiohttp_jinja2.render_template("idea.html", request, context)

    @needs("talk")
    async def act(self, request: web.Request) -> web.StreamResponse:
        """Publish, hide, merge or answer. 409 with what is missing or what has changed."""
        row, what, _ = await self._row(request), request.match_info["what"], words(request)
        form = {name: str(value) for name, value in (await request.post()).items()}
        try:
            match what:
                case "publish":
                    title = _text(form, "title", _("제목"), LONGEST_TITLE, _)
                    text = _text(form, "text", _("내용"), LONGEST_TEXT, _)
                    topic = self._desk.voices().topic(form.get("topic", "")).id
                    await self._desk.ideas.publish(row.id, title, text, topic, self._department(form))
                case "hide":
                    await self._desk.ideas.hide(row.id, _text(form, "reason", _("까닭"), LONGEST_TEXT, _))
                case "merge":
                    into = form.get("into", "")
                    if not into.isdecimal() or len(into) > 18:
                        raise web.HTTPConflict(text=_("합칠 제안을 골라 주세요."))
                    await self._desk.ideas.merge(row.id, int(into))
                case "reply":
                    reply, department = (
                        _text(form, "reply", _("답변"), LONGEST_REPLY, _),
                        self._department(form),
                    )
                    name = self._names()[department]
                    await self._desk.ideas.reply(row.id, reply, department, name)
        except NotPossible as error:
            raise web.HTTPConflict(text=_(_MOVED)) from error
        await self._audit.note(request[WHO].operator_id, f"idea_{what}", f"idea:{row.id}")
        raise web.HTTPSeeOther(f"/ideas/{row.id}?notice={what}")

    async def _row(self, request: web.Request) -> Idea:
        row = await self._desk.ideas.get(int(request.match_info["id"]))
        if row is None:
            raise web.HTTPNotFound
        return row

    def _names(self) -> dict[str, str]:
        return {each.id: each.name for each in self._desk.content.departments().departments}

    def _department(self, form: Mapping[str, str]) -> str:
        given = form.get("department", "")
        return given if given in self._names() else self._desk.content.departments().default

    def _common(self, request: web.Request) -> dict[str, Any]:
        voices = self._desk.voices()
        return {
            "who": request[WHO],
            "now": self._clock(),
            "section": "/ideas",
            "topic_name": lambda id_: voices.topic(id_).name,
            "department_name": lambda id_: self._names().get(id_, id_),
            "IDEA_STATES": STATES,
        }


def _text(form: Mapping[str, str], name: str, label: str, most: int, say: Words) -> str:
    """A field's text. Raises 409 when it is empty or too long."""
    text = form.get(name, "").replace("\r\n", "\n").strip()
    if not text:
        raise web.HTTPConflict(text=say("%(label)s 칸이 비어 있어요.", label=label))
    if len(text) > most:
        told = N_("%(label)s 칸에는 %(most)d자까지 적을 수 있어요. 지금은 %(n)d자예요.")
        raise web.HTTPConflict(text=say(told, label=label, most=most, n=len(text)))
    return text
