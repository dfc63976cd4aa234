"""Replies of the bot that wait for a person: deciding on them, and choosing whose answers wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args

import aiohttp_jinja2
from aiohttp import web

from bot.approval.approvals import Fallback, Held, Rule
from bot.approval.holding import Holding
from bot.console.guard import WHO, needs
from bot.console.words import N_, told, words
from bot.content.store import ContentStore
from bot.log.records import ConversationView, Entry
from bot.speech import Speech
from bot.staff.audit import AuditTrail
from bot.staff.sessions import LoggedIn

MOST_MINUTES = 240
LONGEST = 3000
"""Characters of an operator's own words."""
_RECENT = 20
STATES = {
    "waiting": N_("기다려요"),
    "approved": N_("보냈어요"),
    "edited": N_("고쳐서 보냈어요"),
    "refused": N_("보내지 않았어요"),
    "late": N_("시간이 지났어요"),
    "dropped": N_("상담원이 맡았어요"),
}
FALLBACKS = {
    "person": N_("답을 주지 않고 상담원 부르기"),
    "answer": N_("확인하지 못했다고 알리고 답 주기"),
}
NOTICES = {
    "approved": N_("답을 시민에게 보냈어요."),
    "edited": N_("고친 답을 시민에게 보냈어요."),
    "refused": N_("답을 보내지 않고 상담원을 불렀어요."),
    "rule": N_("이 분야의 답은 이제 사람이 확인한 뒤에 나가요."),
    "ended": N_("이 분야의 답은 이제 바로 나가요. 이미 기다리는 답은 그대로 기다려요."),
}


class ApprovalPages:
    """The queue, and its rules."""

    def __init__(self, holding: Holding, speech: Speech, content: ContentStore, audit: AuditTrail) -> None:
        self._holding = holding
        self._approvals = holding.approvals
        self._speech = speech
        self._content = content
        self._audit = audit

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        return [
            web.get("/approvals", self.index),
            web.post(r"/approvals/{id:\d{1,18}}/{what:approved|edited|refused}", self.decide),
            web.get("/approvals/topics", self.topics),
            web.post("/approvals/topics", self.choose),
            web.post("/approvals/topics/end", self.end),
        ]

    async def count(self, _: LoggedIn) -> int:
        """How many wait."""
        return await self._approvals.count()

    async def part(
        self, request: web.Request, conversation: ConversationView, lines: Sequence[Entry]
    ) -> dict[str, Any]:
        """What the page of a conversation shows (`bot.console.talk_parts`)."""
        del request
        held = any(entry.outcome == "held" for entry in lines)
        waiting = await self._approvals.waiting_in(conversation.id) if held else []
        return {"approval_waiting": waiting}

    @needs("watch")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """What waits, the most urgent on top; in the background (`part=list`) only that."""
        waiting = await self._approvals.waiting()
        context = {"waiting": waiting, "now": self._now(), **self._common(request)}
        if request.query.get("part") == "list":
            return aiohttp_jinja2.render_template(
                "_approvals.html", request, {"who": request[WHO], **context}
            )
        context["decided"] = await self._approvals.decided(_RECENT)
        context["rules"] = await self._approvals.rules()
        return aiohttp_jinja2.render_template("approvals.html", request, context)

    @needs("talk")
    async def decide(self, request: web.Request) -> web.StreamResponse:
        """Yes, other words, or no; who comes second is told what was decided."""
        who, what, form = request[WHO], request.match_info["what"], await request.post()
        held = await self._approvals.get(int(request.match_info["id"]))
        if held is None:
            raise web.HTTPNotFound
        if what == "edited":
            text = str(form.get("text", "")).replace("\r\n", "\n").strip()
            if not text or len(text) > LONGEST:
                raise web.HTTPConflict(
                    text=told(request, "보낼 글을 %(most)d자까지 적어 주세요.", most=LONGEST)
                )
            done = await self._holding.rewrite(held, text, who.operator_id)
        elif what == "approved":
            done = await self._holding.approve(held, who.operator_id)
        else:
            done = await self._holding.refuse(held, who.operator_id)
        if not done:
            raise web.HTTPConflict(text=self._decided(request, await self._approvals.get(held.id) or held))
        await self._audit.note(who.operator_id, f"approval_{what}", f"conversation:{held.conversation_id}")
        if form.get("back") == "conversation":
            raise web.HTTPSeeOther(f"/conversations/{held.conversation_id}?notice=approval_{what}#reply")
        raise web.HTTPSeeOther(f"/approvals?notice={what}")

    @needs("watch")
    async def topics(self, request: web.Request) -> web.StreamResponse:
        """Whose answers wait, and the form for one more."""
        context = {"rules": await self._approvals.rules(), "most": MOST_MINUTES, **self._common(request)}
        return aiohttp_jinja2.render_template("approval_topics.html", request, context)

    @needs("switch")
    async def choose(self, request: web.Request) -> web.StreamResponse:
        """Answers about a topic wait from now on."""
        form, who, _ = await request.post(), request[WHO], words(request)
        topic, minutes, fallback = (str(form.get(name, "")) for name in ("topic", "minutes", "fallback"))
        if topic not in self._content.topic_names():
            raise web.HTTPConflict(text=_("분야를 골라 주세요."))
        if not (minutes.isascii() and minutes.isdecimal() and 1 <= int(minutes[:4]) <= MOST_MINUTES):
            raise web.HTTPConflict(
                text=_("기다리는 시간은 1분에서 %(most)d분까지 정할 수 있어요.", most=MOST_MINUTES)
            )
        if fallback not in get_args(Fallback):
            raise web.HTTPBadRequest
        before = (await self._approvals.rules()).get(topic)
        rule = Rule(topic, int(minutes), "answer" if fallback == "answer" else "person")
        await self._approvals.set_rule(rule, who.operator_id)
        await self._audit.note(
            who.operator_id,
            "approval_rule",
            f"topic:{topic}",
            before=_noted(before),
            after=_noted(rule),
        )
        raise web.HTTPSeeOther("/approvals/topics?notice=rule")

    @needs("switch")
    async def end(self, request: web.Request) -> web.StreamResponse:
        """They no longer do."""
        topic = str((await request.post()).get("topic", ""))[:80]
        before = (await self._approvals.rules()).get(topic)
        if await self._approvals.end_rule(topic):
            await self._audit.note(
                request[WHO].operator_id, "approval_rule_ended", f"topic:{topic}", before=_noted(before)
            )
        raise web.HTTPSeeOther("/approvals/topics?notice=ended")

    def _now(self) -> datetime:
        return self._speech.clock()

    def _decided(self, request: web.Request, held: Held) -> str:
        _ = words(request)
        if held.state == "dropped":
            return _("그 사이 상담원이 이 대화를 맡아서 답을 보내지 않았어요.")
        if held.operator:
            return _(
                "%(name)s 님이 먼저 정했어요: %(state)s", name=held.operator, state=_(STATES[held.state])
            )
        return _("시간이 지나서 이미 처리했어요.")

    def _common(self, request: web.Request) -> dict[str, Any]:
        names = self._content.topic_names()
        return {
            "topic_names": names,
            "topic_name": lambda topic: names.get(topic, topic),
            "notice_text": NOTICES.get(request.query.get("notice", ""), ""),
            "APPROVAL_STATES": STATES,
            "FALLBACKS": FALLBACKS,
            "longest": LONGEST,
        }


def _noted(rule: Rule | None) -> dict[str, Any] | None:
    return {"minutes": rule.minutes, "fallback": rule.fallback} if rule else None
