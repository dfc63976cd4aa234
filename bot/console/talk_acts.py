"""What an operator does with a conversation: take it, answer, note, hand on, sleep on it, end it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from aiohttp import web

from bot.console.guard import WHO, needs
from bot.console.labels import STATES, Calendar
from bot.console.words import N_, Words, words
from bot.feed import Feed
from bot.handoff.notes import LONGEST_NOTE, Notes
from bot.handoff.rules import DeskFile
from bot.log.queries import Transcripts
from bot.log.records import ConversationView
from bot.messages import Outbound
from bot.staff.accounts import Accounts
from bot.staff.audit import AuditTrail
from bot.staff.roles import may
from bot.staff.sessions import LoggedIn

LONGEST_REPLY = 4000
"""Characters; channels with smaller limits get it in parts."""
SNOOZES = {
    "30m": N_("30분 뒤"),
    "1h": N_("1시간 뒤"),
    "3h": N_("3시간 뒤"),
    "tomorrow": N_("내일 아침 9시"),
}
_LENGTHS = {"30m": timedelta(minutes=30), "1h": timedelta(hours=1), "3h": timedelta(hours=3)}
_MORNING = timedelta(hours=9)
DEPARTMENT, PERSON = "department", "person"
"""To whom a conversation is handed on: `department:passport`, `person:7`."""


class Takeover(Protocol):
    """What the console asks of the gateway. False: the conversation is not (or no more) the operator's."""

    async def claim(self, conversation_id: int, operator_id: int, name: str) -> bool:
        """False when another operator was faster."""

    async def reopen(self, conversation_id: int, operator_id: int, name: str) -> bool:
        """Take up what was closed; False when it is not any more."""

    async def say(self, conversation_id: int, text: str, operator_id: int) -> bool:
        """Send an operator's words."""

    async def release(self, conversation_id: int, operator_id: int) -> bool:
        """Back to the bot."""

    async def close(self, conversation_id: int, operator_id: int, category: str | None = None) -> bool:
        """To the end."""

    async def transfer(
        self,
        conversation_id: int,
        operator_id: int,
        name: str,
        note: str = "",
        *,
        department_id: str | None = None,
        to_operator_id: int | None = None,
    ) -> list[int] | None:
        """On to a department or a person, with a note; whom it calls, None instead of False."""

    async def snooze(self, conversation_id: int, operator_id: int, until: datetime) -> bool:
        """Sleep on it."""

    async def wake(self, conversation_id: int, operator_id: int) -> bool:
        """Go on with it."""

    async def typing(self, conversation_id: int, operator_id: int) -> bool:
        """Show the citizen that the operator writes."""

    async def tell(self, conversation_id: int, messages: Sequence[Outbound], once: str) -> bool:
        """Say something unasked; False when it was said before."""

    async def see_to(self, conversation_id: int) -> None:
        """Deliver what another part has written down to be said."""


class TalkActs:
    """The forms of a conversation's page."""

    def __init__(
        self,
        transcripts: Transcripts,
        gateway: Takeover,
        notes: Notes,
        accounts: Accounts,
        audit: AuditTrail,
        feed: Feed,
        rules: Callable[[], DeskFile],
        departments: Callable[[], Mapping[str, str]],
        calendar: Calendar,
        clock: Callable[[], datetime],
    ) -> None:
        self._log = transcripts
        self._gateway = gateway
        self._notes = notes
        self._accounts = accounts
        self._audit = audit
        self._feed = feed
        self._rules = rules
        self._departments = departments
        self._calendar = calendar
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where they go."""
        acts = {
            "claim": self.claim,
            "reopen": self.reopen,
            "reply": self.reply,
            "release": self.release,
            "close": self.close,
            "transfer": self.transfer,
            "snooze": self.snooze,
            "wake": self.wake,
            "notes": self.note,
            "typing": self.typing,
        }
        return [web.post(rf"/conversations/{{id:\d{{1,18}}}}/{name}", act) for name, act in acts.items()]

    @needs("talk")
    async def claim(self, request: web.Request) -> web.StreamResponse:
        """Take the conversation; if somebody else was faster the page says who."""
        conversation, who = await self._conversation(request), request[WHO]
        claimed = await self._gateway.claim(conversation.id, who.operator_id, who.name)
        if not claimed:
            raise _back(conversation.id, "taken")
        raise await self._done(who, "claim", conversation.id, "claimed")

    @needs("talk")
    async def reopen(self, request: web.Request) -> web.StreamResponse:
        """Take up what was closed; if it is not any more the page says what it is."""
        conversation, who = await self._conversation(request), request[WHO]
        if not await self._gateway.reopen(conversation.id, who.operator_id, who.name):
            raise _back(conversation.id, "taken")
        raise await self._done(who, "reopen", conversation.id, "reopened")

    @needs("talk")
    async def reply(self, request: web.Request) -> web.StreamResponse:
        """Send the operator's words. Raises 409 unless the conversation is theirs."""
        conversation, who, _ = await self._conversation(request), request[WHO], words(request)
        text = await _text(request, "text")
        if not text:
            raise web.HTTPConflict(text=_("보낼 내용을 적어 주세요."))
        self._not_too_long(text, LONGEST_REPLY, _)
        if not await self._gateway.say(conversation.id, text, who.operator_id):
            raise await self._not_yours(request)
        raise await self._done(who, "reply", conversation.id, "")

    @needs("talk")
    async def release(self, request: web.Request) -> web.StreamResponse:
        """Give the conversation back to the bot."""
        conversation, who = await self._conversation(request), request[WHO]
        if not await self._gateway.release(conversation.id, who.operator_id):
            raise await self._not_yours(request)
        raise await self._done(who, "release", conversation.id, "released")

    @needs("talk")
    async def close(self, request: web.Request) -> web.StreamResponse:
        """End the conversation, as one of the categories, until the citizen writes again."""
        conversation, who, _ = await self._conversation(request), request[WHO], words(request)
        category = await _text(request, "category")
        if conversation.operator_id != who.operator_id:
            raise await self._not_yours(request)
        if category not in {each.id for each in self._rules().categories}:
            raise web.HTTPConflict(text=_("무슨 상담이었는지 골라 주세요."))
        if not await self._gateway.close(conversation.id, who.operator_id, category):
            raise await self._not_yours(request)
        raise await self._done(who, "close", conversation.id, "closed", category)

    @needs("talk")
    async def transfer(self, request: web.Request) -> web.StreamResponse:
        """Hand the conversation on, with a note for those who take it."""
        conversation, who, _ = await self._conversation(request), request[WHO], words(request)
        kind, _colon, id_ = (await _text(request, "to")).partition(":")
        note = await _text(request, "text")
        self._not_too_long(note, LONGEST_NOTE, _)
        if kind == DEPARTMENT and id_ in self._departments():
            name = self._departments()[id_]
            called = await self._gateway.transfer(
                conversation.id, who.operator_id, name, note, department_id=id_
            )
        elif kind == PERSON and (person := await self._colleague(id_, who)) is not None:
            to_id, name = person
            called = await self._gateway.transfer(
                conversation.id, who.operator_id, name, note, to_operator_id=to_id
            )
        else:
            raise web.HTTPConflict(text=_("넘길 부서나 동료를 골라 주세요."))
        if called is None:
            raise await self._not_yours(request)
        await self._call(conversation.id, called)
        raise await self._done(who, "transfer", conversation.id, "passed", f"{kind}:{id_}")

    @needs("talk")
    async def snooze(self, request: web.Request) -> web.StreamResponse:
        """Sleep on the conversation."""
        conversation, who, _ = await self._conversation(request), request[WHO], words(request)
        wanted = await _text(request, "for")
        if wanted not in SNOOZES:
            raise web.HTTPConflict(text=_("언제 다시 볼지 골라 주세요."))
        if not await self._gateway.snooze(conversation.id, who.operator_id, self._until(wanted)):
            raise await self._not_yours(request)
        raise await self._done(who, "snooze", conversation.id, "snoozed", wanted)

    @needs("talk")
    async def wake(self, request: web.Request) -> web.StreamResponse:
        """Go on with it."""
        conversation, who = await self._conversation(request), request[WHO]
        if not await self._gateway.wake(conversation.id, who.operator_id):
            raise await self._not_yours(request)
        raise await self._done(who, "wake", conversation.id, "woken")

    @needs("talk")
    async def note(self, request: web.Request) -> web.StreamResponse:
        """Leave a note for colleagues, whoever has the conversation."""
        conversation, who, _ = await self._conversation(request), request[WHO], words(request)
        text, call = await _text(request, "text"), await _text(request, "call")
        if not text:
            raise web.HTTPConflict(text=_("메모를 적어 주세요."))
        self._not_too_long(text, LONGEST_NOTE, _)
        calls = [int(call)] if call.isascii() and call.isdecimal() and len(call) < 18 else []
        called = await self._notes.add(conversation.id, who.operator_id, text, calls=calls)
        await self._call(conversation.id, called)
        await self._feed.publish("console", {"kind": "conversation", "conversation_id": conversation.id})
        raise await self._done(who, "note", conversation.id, "noted")

    @needs("talk")
    async def typing(self, request: web.Request) -> web.StreamResponse:
        """Show the citizen that an answer is being written."""
        shown = await self._gateway.typing(int(request.match_info["id"]), request[WHO].operator_id)
        return web.json_response({"shown": shown})

    async def _call(self, conversation_id: int, called: list[int]) -> None:
        for operator_id in called:
            event = {"kind": "mention", "conversation_id": conversation_id, "operator_id": operator_id}
            await self._feed.publish("console", event)

    async def _colleague(self, id_: str, who: LoggedIn) -> tuple[int, str] | None:
        """Id and name of somebody else who may talk to citizens."""
        for each in await self._accounts.all():
            if str(each.id) == id_ and each.active and each.id != who.operator_id and may(each, "talk"):
                return each.id, each.name
        return None

    def _until(self, wanted: str) -> datetime:
        now = self._clock()
        return now + _LENGTHS[wanted] if wanted in _LENGTHS else self._calendar.tomorrow(now) + _MORNING

    async def _done(
        self, who: LoggedIn, action: str, conversation_id: int, notice: str, detail: str = ""
    ) -> web.HTTPSeeOther:
        await self._audit.note(who.operator_id, action, f"conversation:{conversation_id}", detail)
        return _back(conversation_id, notice)

    async def _not_yours(self, request: web.Request) -> web.HTTPConflict:
        """Who has it instead, as it is now."""
        conversation, _ = await self._conversation(request), words(request)
        if conversation.operator and conversation.operator_id != request[WHO].operator_id:
            name = conversation.operator
            return web.HTTPConflict(text=_("이 대화는 지금 %(name)s 상담원이 맡고 있어요.", name=name))
        if conversation.operator:
            return web.HTTPConflict(text=_("그 사이 대화의 상태가 바뀌었어요. 화면을 새로 고쳐 주세요."))
        state = _(STATES[conversation.state])
        return web.HTTPConflict(text=_("먼저 대화를 맡아 주세요. 지금 상태는 ‘%(state)s’예요.", state=state))

    async def _conversation(self, request: web.Request) -> ConversationView:
        conversation = await self._log.conversation(int(request.match_info["id"]))
        if conversation is None:
            raise web.HTTPNotFound
        return conversation

    @staticmethod
    def _not_too_long(text: str, most: int, say: Words) -> None:
        if len(text) > most:
            raise web.HTTPConflict(
                text=say("%(most)d자까지 한 번에 보낼 수 있어요. 지금은 %(n)d자예요.", most=most, n=len(text))
            )


async def _text(request: web.Request, name: str) -> str:
    return str((await request.post()).get(name, "")).replace("\r\n", "\n").strip()


def _back(conversation_id: int, notice: str) -> web.HTTPSeeOther:
    """To the transcript. Who has just taken it stands in the box to write in: a browser that is sent to
    something that cannot be written in takes the focus away from where somebody already types.
    """
    query = f"?notice={notice}" if notice else ""
    place = "text" if notice == "claimed" else "reply"
    return web.HTTPSeeOther(f"/conversations/{conversation_id}{query}#{place}")
