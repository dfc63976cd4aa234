"""A transcript beside the board; what is done with it is in `bot.console.talk_acts`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import aiohttp_jinja2
from aiohttp import web

from bot.console.board import BOARD
from bot.console.guard import BACKGROUND, WHO, needs
from bot.console.talk_parts import values_of
from bot.console.words import N_
from bot.log.queries import Transcripts
from bot.log.records import ConversationView
from bot.staff.audit import AuditTrail

PAGE = 100
_MOST = 2**31 - 1
"""What databases take for a line's number; no conversation has as many lines."""
NOTICES = {
    "approval_approved": N_("답을 시민에게 보냈어요."),
    "claimed": N_("대화를 맡았어요. 이제 시민에게 직접 답해 주세요."),
    "released": N_("대화를 챗봇에게 돌려주었어요."),
    "closed": N_("상담을 마쳤어요. 시민이 다시 쓰면 챗봇이 이어서 응대해요."),
    "reopened": N_("상담을 다시 열었어요. 이제 시민에게 직접 답해 주세요."),
    "passed": N_("대화를 넘겼어요. 시민에게도 알렸어요."),
    "snoozed": N_("대화를 잠시 미뤘어요. 시민이 쓰거나 때가 되면 다시 알려 드려요."),
    "woken": N_("대화를 다시 꺼냈어요."),
    "noted": N_("메모를 남겼어요. 시민에게는 보이지 않아요."),
}


class ConversationPages:
    """What operators look at all day."""

    def __init__(
        self,
        transcripts: Transcripts,
        audit: AuditTrail,
        names: Callable[[], Awaitable[dict[int, str]]],
        clock: Callable[[], datetime],
    ) -> None:
        self._log = transcripts
        self._audit = audit
        self._names = names
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        one = r"/conversations/{id:\d{1,18}}"
        return [web.get(one, self.transcript)]

    @needs("watch")
    async def transcript(self, request: web.Request) -> web.StreamResponse:
        """One conversation beside the list: the newest page, or the one around `at`, or `before` a line."""
        conversation = await self._conversation(request)
        before = _number(request.query.get("before"))
        if (around := _number(request.query.get("at"))) is not None:
            wanted = around + PAGE // 2
            before = wanted if wanted <= conversation.last_seq else None
        lines = await self._log.history(conversation.id, before=before, limit=PAGE)
        context = {
            "conversation": conversation,
            "lines": lines,
            "older": lines[0].seq if lines and lines[0].seq > 1 else None,
            "newest": before is None,
            "names": await self._names(),
            "taken": request.query.get("notice") == "taken",
            "now": self._clock(),
            "who": request[WHO],
            **await values_of(request, conversation, lines),
        }
        if request.query.get("part") == "talk":
            return aiohttp_jinja2.render_template("_talk.html", request, context)
        if BACKGROUND not in request.headers:
            await self._audit.note(request[WHO].operator_id, "view", f"conversation:{conversation.id}")
            if before is None:
                await request.app[BOARD].shown(request[WHO], conversation.id, conversation.last_seq)
        context["notice"] = NOTICES.get(request.query.get("notice", ""))
        beside = await request.app[BOARD].context(request, conversation.id)
        return aiohttp_jinja2.render_template("conversation.html", request, {**beside, **context})

    async def _conversation(self, request: web.Request) -> ConversationView:
        conversation = await self._log.conversation(int(request.match_info["id"]))
        if conversation is None:
            raise web.HTTPNotFound
        return conversation


def _number(text: str | None) -> int | None:
    if not text or not text.isascii() or not text.isdecimal() or len(text) > 17:
        return None
    return min(int(text), _MOST)
