"""The list of conversations, a transcript, and taking a conversation over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Protocol

import aiohttp_jinja2
from aiohttp import web

from bot.console import listing
from bot.console.guard import BACKGROUND, WHO, needs
from bot.console.labels import STATES, Calendar
from bot.console.words import N_, Words, words
from bot.log.queries import Transcripts
from bot.log.records import ConversationView
from bot.staff.audit import AuditTrail

PAGE = 100
LONGEST_REPLY = 4000
"""Characters; channels with smaller limits get it in parts."""
_MOST = 2**31 - 1
"""What databases take for a line's number; no conversation has as many lines."""
NOTICES = {
    "password": N_("비밀번호를 바꿨어요."),
    "claimed": N_("대화를 맡았어요. 이제 시민에게 직접 답해 주세요."),
    "released": N_("대화를 챗봇에게 돌려주었어요."),
    "closed": N_("상담을 마쳤어요. 시민이 다시 쓰면 챗봇이 이어서 응대해요."),
}


class Takeover(Protocol):
    """What the console asks of the gateway."""

    async def claim(self, conversation_id: int, operator_id: int, name: str) -> bool:
        """False when another operator was faster."""

    async def say(self, conversation_id: int, text: str, operator_id: int) -> None:
        """Send an operator's words."""

    async def release(self, conversation_id: int, operator_id: int) -> bool:
        """Back to the bot; False when the operator does not hold it."""

    async def close(self, conversation_id: int, operator_id: int) -> bool:
        """To the end; False when the operator does not hold it."""


class ConversationPages:
    """What operators look at all day."""

    def __init__(
        self,
        transcripts: Transcripts,
        gateway: Takeover,
        audit: AuditTrail,
        names: Callable[[], Awaitable[dict[int, str]]],
        calendar: Calendar,
        clock: Callable[[], datetime],
    ) -> None:
        self._log = transcripts
        self._gateway = gateway
        self._audit = audit
        self._names = names
        self._calendar = calendar
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        one = r"/conversations/{id:\d{1,18}}"
        return [
            web.get("/", self.index),
            web.get(one, self.transcript),
            web.post(one + "/claim", self.claim),
            web.post(one + "/reply", self.reply),
            web.post(one + "/release", self.release),
            web.post(one + "/close", self.close),
        ]

    @needs("watch")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """The list alone; in the background (`part=list`) only its inside."""
        context = await self._list(request)
        if request.query.get("part") == "list":
            return aiohttp_jinja2.render_template("_list.html", request, context)
        if context["wanted"].words:
            await self._audit.note(request[WHO].operator_id, "search")
        return aiohttp_jinja2.render_template("index.html", request, context)

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
            "longest": LONGEST_REPLY,
            "taken": request.query.get("notice") == "taken",
            "now": self._clock(),
            "who": request[WHO],
        }
        if request.query.get("part") == "talk":
            return aiohttp_jinja2.render_template("_talk.html", request, context)
        if BACKGROUND not in request.headers:
            await self._audit.note(request[WHO].operator_id, "view", f"conversation:{conversation.id}")
        return aiohttp_jinja2.render_template(
            "conversation.html", request, {**await self._list(request), **context}
        )

    @needs("talk")
    async def claim(self, request: web.Request) -> web.StreamResponse:
        """Take the conversation; if somebody else was faster the page says who."""
        conversation, who = await self._conversation(request), request[WHO]
        claimed = await self._gateway.claim(conversation.id, who.operator_id, who.name)
        if claimed:
            await self._audit.note(who.operator_id, "claim", f"conversation:{conversation.id}")
        raise self._back(conversation.id, "claimed" if claimed else "taken")

    @needs("talk")
    async def reply(self, request: web.Request) -> web.StreamResponse:
        """Send the operator's words. Raises 409 unless the conversation is theirs."""
        conversation, who, _ = await self._conversation(request), request[WHO], words(request)
        text = str((await request.post()).get("text", "")).replace("\r\n", "\n").strip()
        if conversation.state != "operator" or conversation.operator_id != who.operator_id:
            raise web.HTTPConflict(text=_not_yours(conversation, words(request)))
        if not text:
            raise web.HTTPConflict(text=_("보낼 내용을 적어 주세요."))
        if len(text) > LONGEST_REPLY:
            raise web.HTTPConflict(
                text=_(
                    "%(most)d자까지 한 번에 보낼 수 있어요. 지금은 %(n)d자예요.",
                    most=LONGEST_REPLY,
                    n=len(text),
                )
            )
        await self._gateway.say(conversation.id, text, who.operator_id)
        await self._audit.note(who.operator_id, "reply", f"conversation:{conversation.id}")
        raise self._back(conversation.id, "")

    @needs("talk")
    async def release(self, request: web.Request) -> web.StreamResponse:
        """Give the conversation back to the bot."""
        conversation, who = await self._conversation(request), request[WHO]
        if not await self._gateway.release(conversation.id, who.operator_id):
            raise web.HTTPConflict(text=_not_yours(conversation, words(request)))
        await self._audit.note(who.operator_id, "release", f"conversation:{conversation.id}")
        raise self._back(conversation.id, "released")

    @needs("talk")
    async def close(self, request: web.Request) -> web.StreamResponse:
        """End the conversation until the citizen writes again."""
        conversation, who = await self._conversation(request), request[WHO]
        if not await self._gateway.close(conversation.id, who.operator_id):
            raise web.HTTPConflict(text=_not_yours(conversation, words(request)))
        await self._audit.note(who.operator_id, "close", f"conversation:{conversation.id}")
        raise self._back(conversation.id, "closed")

    async def _list(self, request: web.Request) -> dict[str, Any]:
        wanted = listing.read(request.query, self._calendar)
        return {
            **await listing.load(self._log, wanted, self._clock()),
            "choices": await listing.choices(self._log),
            "notice": NOTICES.get(request.query.get("notice", "")),
            "selected": _number(request.match_info.get("id") or request.query.get("selected")),
            "who": request[WHO],
        }

    async def _conversation(self, request: web.Request) -> ConversationView:
        conversation = await self._log.conversation(int(request.match_info["id"]))
        if conversation is None:
            raise web.HTTPNotFound
        return conversation

    def _back(self, conversation_id: int, notice: str) -> web.HTTPSeeOther:
        query = f"?notice={notice}" if notice else ""
        return web.HTTPSeeOther(f"/conversations/{conversation_id}{query}#reply")


def _number(text: str | None) -> int | None:
    if not text or not text.isascii() or not text.isdigit() or len(text) > 17:
        return None
    return min(int(text), _MOST)


def _not_yours(conversation: ConversationView, say: Words) -> str:
    if conversation.operator:
        return say("이 대화는 지금 %(name)s 상담원이 맡고 있어요.", name=conversation.operator)
    state = say(STATES[conversation.state])
    return say("먼저 대화를 맡아 주세요. 지금 상태는 ‘%(state)s’예요.", state=state)
