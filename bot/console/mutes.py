"""Citizens who are not answered for a while: by hand, and their wish that a person looks at it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import aiohttp_jinja2
from aiohttp import web

from bot.console.guard import WHO, needs
from bot.console.words import N_, words
from bot.log.records import ConversationView, Entry
from bot.messages import Outbound
from bot.mutes.steps import ABUSE
from bot.mutes.store import Mutes
from bot.mutes.tables import Mute
from bot.speech import Speech
from bot.staff.audit import AuditTrail
from bot.staff.sessions import LoggedIn
from bot.switches.notice import until_words

MINUTES = {10: N_("10분"), 60: N_("1시간"), 1440: N_("하루"), 10080: N_("일주일")}
LONGEST = 200
_NOTICES = {
    "lifted": N_("다시 답하기로 했어요. 시민에게 알려요."),
    "upheld": N_("그대로 쉬기로 했어요. 시민에게 알려요."),
    "late": N_("그 사이 끝났어요."),
}
_RULE = N_("욕설이 %(n)s번 이어졌어요")


class Teller(Protocol):
    """What is asked of the gateway."""

    async def tell(self, conversation_id: int, messages: Sequence[Outbound], once: str) -> bool:
        """Say something unasked, once."""


class MutePages:
    """`/mutes`, and the form beside a conversation."""

    def __init__(
        self,
        mutes: Mutes,
        teller: Teller,
        speech: Speech,
        names: Callable[[], Awaitable[dict[int, str]]],
        audit: AuditTrail,
        zone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._mutes = mutes
        self._teller = teller
        self._speech = speech
        self._names = names
        self._audit = audit
        self._zone = zone
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        return [
            web.get("/mutes", self.page),
            web.post(r"/conversations/{id:\d{1,18}}/mute", self.mute),
            web.post(r"/mutes/{id:\d{1,18}}/{what:lift|uphold}", self.settle),
        ]

    async def appeals(self, _: LoggedIn) -> int:
        """How many wait for a person's look."""
        return await self._mutes.appeals()

    async def part(
        self, request: web.Request, conversation: ConversationView, lines: Sequence[Entry]
    ) -> dict[str, Any]:
        """What stands for a conversation."""
        return {"mute_now": await self._mutes.of(conversation.id), "MUTE_MINUTES": MINUTES}

    @needs("watch")
    async def page(self, request: web.Request) -> web.StreamResponse:
        """Who is muted, appeals on top, and who was."""
        on, over = await self._mutes.page()
        _ = words(request)

        def reason(row: Mute) -> str:
            rule, _sep, count = row.reason.partition(":")
            return _(_RULE, n=count) if row.operator_id is None and rule == ABUSE else row.reason

        context = {
            "now": self._clock(),
            "on": on,
            "over": over,
            "reason": reason,
            "names": await self._names(),
            "told": _NOTICES.get(request.query.get("notice", ""), ""),
        }
        return aiohttp_jinja2.render_template("mutes.html", request, context)

    @needs("review")
    async def mute(self, request: web.Request) -> web.StreamResponse:
        """No answers for a conversation; its citizen is told."""
        id_, form, who, _ = int(request.match_info["id"]), await request.post(), request[WHO], words(request)
        minutes, reason = (
            str(form.get("minutes", "")),
            " ".join(str(form.get("reason", "")).split())[:LONGEST],
        )
        if not reason or minutes not in map(str, MINUTES):
            raise web.HTTPConflict(text=_("얼마 동안 왜 쉬는지 적어 주세요."))
        until = self._clock() + timedelta(minutes=int(minutes))
        mute_id = await self._mutes.mute(id_, until, reason, who.operator_id)
        said = self._speech.say("muted", f"mute:{mute_id}", until=self._until(until))
        appeal = self._speech.button("mute_appeal", f"mute:appeal:{mute_id}")
        said = said.model_copy(update={"buttons": (appeal,)})
        await self._teller.tell(id_, [said], f"mute:{mute_id}")
        target, ends = f"conversation:{id_}", {"until": self._until(until)}
        await self._audit.note(who.operator_id, "citizen_muted", target, after=ends)
        raise web.HTTPSeeOther(f"/conversations/{id_}?notice=muted#reply")

    @needs("review")
    async def settle(self, request: web.Request) -> web.StreamResponse:
        """Answer again, or leave it as it is after an appeal; the citizen is told either."""
        id_, lift, who = int(request.match_info["id"]), request.match_info["what"] == "lift", request[WHO]
        act = self._mutes.lift if lift else self._mutes.uphold
        row = await act(id_, who.operator_id)
        if row is None or row.until is None:
            raise web.HTTPSeeOther("/mutes?notice=late")
        sentence = "mute_lifted" if lift else "mute_upheld"
        values = {} if lift else {"until": self._until(row.until)}
        said = self._speech.say(sentence, f"mute:{id_}", **values)
        await self._teller.tell(row.conversation_id, [said], f"mute:{id_}:{sentence}")
        action = "mute_lifted" if lift else "mute_upheld"
        await self._audit.note(who.operator_id, action, f"conversation:{row.conversation_id}")
        raise web.HTTPSeeOther(f"/mutes?notice={'lifted' if lift else 'upheld'}")

    def _until(self, until: datetime) -> str:
        return until_words(until.astimezone(self._zone))
