"""Citizens who abuse are warned, then not answered for a while, and may ask that a person looks at it.

A word of crisis or emergency is answered all the same, and is never counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.channel import Capabilities
from bot.danger import HELP, Danger
from bot.log.records import StoredInbound
from bot.looked import Looked
from bot.messages import Outbound, Reply
from bot.mutes.rules import MuteFile
from bot.mutes.store import Muted, Mutes
from bot.outcomes import Outcome
from bot.public import is_danger
from bot.speech import Speech
from bot.switches.notice import until_words

ABUSE = "abuse"
"""Name of the mood and of the intent."""
_APPEAL = re.compile(r"mute:appeal:(\d{1,18})")
_AGAIN = timedelta(minutes=1)
"""Who is muted and goes on writing is told so no more often."""
_REMEMBERED = 10_000


class MuteSteps:
    """Before the bot: who is muted. After it: what was said to abuse."""

    def __init__(
        self,
        mutes: Mutes,
        rules: Callable[[], MuteFile],
        moods: Callable[[str], Collection[str]],
        danger: Danger,
        speech: Speech,
        zone: ZoneInfo,
    ) -> None:
        """`moods` names what certain words stand for (`bot.board.moods`)."""
        self._mutes = mutes
        self._rules = rules
        self._moods = moods
        self._danger = danger
        self._speech = speech
        self._zone = zone
        self._standing = Looked(mutes.standing)
        self._told: dict[int, datetime] = {}

    async def instead(self, stored: StoredInbound, tapped: str | None) -> Reply | None:
        """What is said to who is muted: help in danger, else when there are answers again."""
        hit = _APPEAL.fullmatch(tapped or "")
        if hit:
            return await self._appeal(stored, int(hit[1]))
        muted = (await self._standing.now()).get(stored.conversation_id)
        if muted is None or muted.until <= self._speech.clock() or stored.state in ("operator", "waiting"):
            return None
        help_ = await self._danger.help(stored)
        if help_ is not None:
            said = Outbound(text=help_.text) if stored.inbound.public else help_
            return Reply(messages=(said,), outcome=Outcome.CHATTED)
        now, told = self._speech.clock(), self._told.get(stored.conversation_id)
        if stored.inbound.public or (told is not None and now - told < _AGAIN):
            return Reply(messages=(), outcome=Outcome.IGNORED)
        self._note(stored.conversation_id, now)
        return Reply(messages=(self.said("muted_still", muted),), outcome=Outcome.IGNORED)

    async def after(self, stored: StoredInbound, reply: Reply, can: Capabilities) -> Reply:
        """The reply; below it the warning, or in place of it the end of answers, where the rule says so."""
        rules = self._rules()
        moods = self._moods(stored.inbound.text)
        abusive = ABUSE in moods or reply.intent == ABUSE
        if not (abusive and rules.by_rule) or stored.inbound.public or not can.converses:
            return reply
        if HELP.keys() & set(moods) or reply.intent in HELP or any(map(is_danger, reply.messages)):
            return reply
        window = timedelta(minutes=rules.window_minutes)
        past = await self._mutes.past(
            stored.conversation_id, stored.id, window, timedelta(days=rules.within_days)
        )
        count = await self._count(stored, window)
        if past.now is not None:
            warned, muted = past.now.until is None, past.now.until
        else:
            warned, muted = past.warned is None and count >= rules.warn_at, None
            if past.warned is not None and count >= rules.mute_at:
                muted = self._speech.clock() + rules.duration(past.mutes)
        if muted is not None:
            id_ = past.now.id if past.now else await self._begin(stored, muted, count)
            said = self.said("muted", Muted(id_, muted))
            self._note(stored.conversation_id, self._speech.clock())
            return reply.model_copy(update={"messages": (said,), "handoff": None})
        if not warned:
            return reply
        if past.now is None:
            await self._mutes.warn(stored.conversation_id, stored.id, f"{ABUSE}:{count}")
        minutes = int(rules.duration(past.mutes).total_seconds() // 60)
        warning = self._speech.say("mute_warning", stored.seed, minutes=str(minutes))
        return reply.model_copy(update={"messages": (*reply.messages, warning)})

    def said(self, sentence: str, muted: Muted) -> Outbound:
        """A sentence that names the end, with the button that asks for a person's look."""
        until = until_words(muted.until.astimezone(self._zone))
        message = self._speech.say(sentence, f"mute:{muted.id}", until=until)
        appeal = self._speech.button("mute_appeal", f"mute:appeal:{muted.id}")
        return message.model_copy(update={"buttons": (appeal,)})

    def look_again(self) -> None:
        """Somebody was just muted, or no longer is."""
        self._standing.again()

    async def _begin(self, stored: StoredInbound, until: datetime, count: int) -> int:
        id_ = await self._mutes.mute(
            stored.conversation_id, until, f"{ABUSE}:{count}", who=None, turn_id=stored.id
        )
        self.look_again()
        return id_

    async def _appeal(self, stored: StoredInbound, mute_id: int) -> Reply:
        if await self._mutes.appeal(mute_id, stored.conversation_id):
            return Reply(messages=(self._speech.say("mute_appealed", stored.seed),), outcome=Outcome.CHATTED)
        return Reply(
            messages=(self._speech.with_menu("expired_button", stored.seed),), outcome=Outcome.ASKED_BACK
        )

    async def _count(self, stored: StoredInbound, window: timedelta) -> int:
        """How many of the latest lines are abuse; this one is, and has no intent in the log yet."""
        lines = await self._mutes.lines(stored.conversation_id, self._speech.clock() - window)
        found = sum(intent == ABUSE or ABUSE in self._moods(text) for text, intent in lines)
        return found + (ABUSE not in self._moods(stored.inbound.text))

    def _note(self, conversation_id: int, now: datetime) -> None:
        if len(self._told) > _REMEMBERED:
            self._told.clear()
        self._told[conversation_id] = now
