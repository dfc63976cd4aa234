"""What the bot does not answer: anything, a channel, or a topic. Help in danger is given all the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from bot.channel import Capabilities, Channel
from bot.content.hours import opening
from bot.content.models import Department
from bot.content.store import ContentStore
from bot.content.topics import answers_of, topics_of
from bot.danger import Danger
from bot.log.records import StoredInbound
from bot.messages import Outbound, Reply
from bot.outcomes import Outcome
from bot.public import is_danger
from bot.speech import Speech
from bot.switches.live import Live, Off
from bot.switches.notice import Notices, until_words

HANDOFF = "switched_off"
"""Reason of a wish for a person that comes from here."""
_OURS = re.compile(r"[a-z]+:")
"""How the payloads of the gateway's own buttons begin: their steps answer whether the bot is off or not."""


class Silence:
    """The step that answers in place of the bot where it is off, and takes out of its replies what is."""

    def __init__(
        self,
        live: Live,
        danger: Danger,
        notices: Notices,
        speech: Speech,
        content: ContentStore,
        channels: Mapping[str, Channel],
        zone: ZoneInfo,
    ) -> None:
        self._live = live
        self._danger = danger
        self._notices = notices
        self._speech = speech
        self._content = content
        self._channels = channels
        self._zone = zone

    async def instead(self, stored: StoredInbound, tapped: str | None) -> Reply | None:
        """What a citizen gets where the bot is off as a whole; who has a person keeps them."""
        off = (await self._live.now()).off(stored.channel)
        if off is None or stored.state in ("operator", "waiting") or stored.inbound.standby:
            return None
        if tapped and _OURS.match(tapped):
            return None
        help_ = await self._danger.help(stored)
        if stored.inbound.public:
            said = (Outbound(text=help_.text),) if help_ else ()
            return Reply(messages=said, outcome=Outcome.CHATTED if help_ else Outcome.SWITCHED_OFF)
        can = self._channels[stored.channel].capabilities
        if help_ is not None:
            return Reply(messages=(help_,), outcome=Outcome.CHATTED, intent=_of_help(help_))
        if self._speech.wants_person(stored.inbound.text):
            return Reply(messages=(), outcome=Outcome.HANDED_OFF, handoff="asked")
        said = (self._said(off, "off", stored, self._content.call_centre()),)
        reply = Reply(messages=said, outcome=Outcome.SWITCHED_OFF)
        if off.instead == "person" or not can.converses:
            return reply.model_copy(update={"handoff": HANDOFF})
        return await self._notices.after(stored, reply, can)

    async def after(self, stored: StoredInbound, reply: Reply, can: Capabilities) -> Reply:
        """The reply, unless it is about a topic that is off; help in danger stays in it."""
        now = await self._live.now()
        if not now.offs:
            return reply
        off = now.topic_off(stored.channel, topics_of(reply, self._content.topics()))
        if off is None:
            return reply
        kept = tuple(each for each in reply.messages if is_danger(each))
        if stored.inbound.public:
            return reply.model_copy(update={"messages": kept, "outcome": Outcome.SWITCHED_OFF})
        said = self._said(off, "off_topic", stored, self._department(reply))
        switched = {"messages": (*kept, said), "outcome": Outcome.SWITCHED_OFF, "handoff": reply.handoff}
        if off.instead == "person" or not can.converses:
            switched["handoff"] = HANDOFF
        return reply.model_copy(update=switched)

    def _said(self, off: Off, key: str, stored: StoredInbound, department: Department) -> Outbound:
        return self._speech.say(
            f"{key}_{off.instead}",
            f"{stored.channel}:{stored.user_id}:{stored.seq}",
            says=off.says,
            until=until_words(off.ends_at.astimezone(self._zone)),
            department=department.name,
            department_phone=department.phone,
            opening=opening(department, self._speech.clock()).text,
        )

    def _department(self, reply: Reply) -> Department:
        """Who answers for what was asked."""
        owners = {each.id: each.owner for each in self._content.answers()}
        owner = next((owners.get(id_) for id_ in answers_of(reply)), None)
        file = self._content.departments()
        found = (each for each in file.departments if each.id == owner)
        return next(found, self._content.call_centre())


def _of_help(message: Outbound) -> str:
    """The intent to which such help belongs."""
    return "crisis" if any(button.url == "tel:109" for button in message.buttons) else "emergency"
