"""The list of answers: searched, filtered, sorted; and where editing one begins."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp_jinja2
from aiohttp import web

from bot.console.guard import WHO, needs
from bot.console.words import N_
from bot.content.hours import KOREA
from bot.content.store import ContentStore
from bot.studio.answers import SORTS, STATES, StudioAnswers, Wanted, expired, overdue

ID = r"[a-z0-9][a-z0-9_.-]{0,79}"
PAGE = 50
STATE_NAMES = {
    "draft": N_("초안이 있는 것"),
    "mine": N_("내 초안"),
    "new": N_("새로 쓴 것"),
    "overdue": N_("확인할 때가 지난 것"),
    "expired": N_("기간이 끝난 것"),
    "unused": N_("90일 동안 나가지 않은 것"),
    "low": N_("시민이 답답해한 것"),
    "broken": N_("적는 법이 어긋난 것"),
    "nobody": N_("담당 부서가 없는 것"),
}
SORT_NAMES = {
    "": N_("주제 순서"),
    "title": N_("가나다순"),
    "confirmed": N_("확인한 지 오래된 순"),
    "used": N_("많이 나간 순"),
    "discontent": N_("답답해한 시민이 많은 순"),
    "changed": N_("최근에 고친 순"),
}
_NOTICES = {
    "discarded": N_("초안을 버렸어요. 답변은 고치기 전 그대로예요."),
    "restored": N_("초안을 되살렸어요."),
}


class AnswerPages:
    """The list."""

    def __init__(self, answers: StudioAnswers, content: ContentStore, clock: Callable[[], datetime]) -> None:
        self._answers = answers
        self._content = content
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        return [
            web.get("/studio/answers", self.index),
            web.get("/studio/answers/-new", self.new),
        ]

    @needs("view")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """Answers that fit, fifty a page."""
        wanted, page = _wanted(request.query), _page(request.query)
        today = self._clock().astimezone(KOREA).date()
        found = await self._answers.find(wanted, today, request[WHO].operator_id)
        shelves = await self._answers.shelves()
        pages = -(-len(found) // PAGE) or 1
        page = min(page, pages)
        fields = {
            "q": wanted.words,
            "topic": wanted.topic,
            "owner": wanted.owner,
            "state": wanted.state,
            "sort": wanted.sort,
        }
        gone = request.query.get("gone", "")
        context: dict[str, Any] = {
            "rows": found[(page - 1) * PAGE : page * PAGE],
            "total": len(found),
            "all": len(shelves.answers),
            "page": page,
            "pages": pages,
            "wanted": wanted,
            "query": urlencode({name: value for name, value in fields.items() if value}),
            "topics": sorted(shelves.topics.items(), key=lambda each: each[1]),
            "departments": {each.id: each.name for each in self._content.departments().departments},
            "states": STATE_NAMES,
            "sorts": SORT_NAMES,
            "overdue": lambda fields: overdue(fields, today),
            "expired": lambda fields: expired(fields, today),
            "notice_text": _NOTICES.get(request.query.get("notice", ""), ""),
            "undo": f"/studio/answers/{gone}/restore" if re.fullmatch(ID, gone) else "",
            "version": request.query.get("version", ""),
        }
        return aiohttp_jinja2.render_template("answers.html", request, context)

    @needs("edit")
    async def new(self, request: web.Request) -> web.StreamResponse:
        """An empty form with an id of its own; nothing is kept until something is written."""
        topic = request.query.get("topic", "")
        slug = topic if re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,59}", topic) else "answer"
        query = urlencode({"new": "1", "topic": topic})
        raise web.HTTPSeeOther(f"/studio/answers/{slug}-{secrets.token_hex(3)}?{query}")


def _wanted(query: Mapping[str, str]) -> Wanted:
    state, sort = query.get("state", ""), query.get("sort", "")
    return Wanted(
        words=query.get("q", "").strip()[:200],
        topic=query.get("topic", "")[:80],
        owner=query.get("owner", "")[:80],
        state=state if state in STATES else "",
        sort=sort if sort in SORTS else "",
    )


def _page(query: Mapping[str, str]) -> int:
    text = query.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
