"""What is said while a person has, or is about to have, the conversation."""

from __future__ import annotations

from collections.abc import Callable

from bot.channel import Capabilities
from bot.content.hours import opening
from bot.content.models import Department
from bot.desk import HandoffDesk
from bot.log.records import StoredInbound
from bot.messages import Outbound, Reply
from bot.outcomes import Outcome
from bot.speech import Speech

RESUME = "gateway:resume"
"""Payload of the button by which a waiting citizen goes back to the bot."""


class Takeover:
    """Puts citizens into the queue, and answers them while they are there.

    `department` is the call centre, whose hours operators keep.
    """

    def __init__(self, desk: HandoffDesk, speech: Speech, department: Callable[[], Department]) -> None:
        self._desk = desk
        self._speech = speech
        self._department = department
        self._told_to_wait: set[int] = set()

    async def instead(self, stored: StoredInbound, tapped: str | None) -> Reply | None:
        """The reply when it is not for the bot to answer; None when it is."""
        state = stored.state
        if tapped == RESUME:
            return await self._resume(stored, state)
        if state == "operator" or stored.inbound.standby:
            return Reply(messages=(), outcome=Outcome.WITH_PERSON)
        if state == "waiting":
            return self._waiting(stored)
        self._told_to_wait.discard(stored.conversation_id)
        return None

    async def request(self, stored: StoredInbound, reply: Reply, can: Capabilities) -> Reply:
        """The bot's reply with what is said about the person it calls.

        Where we cannot write unasked, nobody could answer: the citizen gets the phone and its hours instead.
        Who cannot answer back is told nothing but the person's answer.
        """
        hours = opening(self._department(), self._speech.clock())
        if not can.converses:
            await self._desk.request(stored.conversation_id, reply.handoff or "asked")
            return reply.model_copy(update={"outcome": Outcome.HANDED_OFF})
        if not can.can_push:
            message = self._speech.say("handoff_by_phone", _seed(stored), hours=hours.text)
            return _with(reply, message)
        queue = await self._desk.request(stored.conversation_id, reply.handoff or "asked")
        if hours.open:
            message = self._speech.say("handoff_started", _seed(stored), position=str(queue.position))
        else:
            message = self._speech.say("handoff_closed_hours", _seed(stored), opens=hours.next or hours.text)
        return _with(reply, self._with_way_back(message))

    def _waiting(self, stored: StoredInbound) -> Reply:
        if stored.conversation_id in self._told_to_wait:
            return Reply(messages=(), outcome=Outcome.WITH_PERSON)
        self._told_to_wait.add(stored.conversation_id)
        message = self._speech.say("handoff_waiting", _seed(stored))
        return Reply(messages=(self._with_way_back(message),), outcome=Outcome.WITH_PERSON)

    async def _resume(self, stored: StoredInbound, state: str) -> Reply:
        if state == "operator":
            return Reply(messages=(), outcome=Outcome.WITH_PERSON)
        await self._desk.withdraw(stored.conversation_id)
        message = self._speech.say("operator_left", _seed(stored))
        return Reply(messages=(message,), outcome=Outcome.CHATTED)

    def _with_way_back(self, message: Outbound) -> Outbound:
        return message.model_copy(update={"buttons": (self._speech.button("back_to_bot", RESUME),)})


def _with(reply: Reply, message: Outbound) -> Reply:
    return reply.model_copy(update={"messages": (*reply.messages, message), "outcome": Outcome.HANDED_OFF})


def _seed(stored: StoredInbound) -> str:
    return f"{stored.channel}:{stored.user_id}:{stored.seq}"
