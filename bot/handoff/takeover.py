"""What is said while a person has, or is about to have, the conversation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from math import ceil

from bot.channel import Capabilities
from bot.content.hours import opening
from bot.content.models import Department
from bot.handoff.desk import HandoffDesk
from bot.handoff.queue import Queue
from bot.handoff.rules import DeskFile
from bot.log.records import StoredInbound
from bot.messages import Button, Outbound, Reply
from bot.outcomes import Outcome
from bot.speech import Speech

RESUME = "gateway:resume"
"""Payload of the button by which a waiting citizen goes back to the bot."""
PLACE = "handoff:place"
"""Of the button by which they ask when it is their turn."""
Elsewhere = Callable[[StoredInbound, Reply, Capabilities], Awaitable[Reply | None]]
"""What is said in place of the queue when nobody can answer now; None where the queue is right."""
_HOUR = 60
"""Minutes from which on a wait is told in hours."""


class Takeover:
    """Puts citizens into the queue, and answers them while they are there.

    `department` is the call centre, whose hours operators keep. `elsewhere` may know something better than to
    wait (None where it does not).
    """

    def __init__(
        self,
        desk: HandoffDesk,
        speech: Speech,
        department: Callable[[], Department],
        rules: Callable[[], DeskFile],
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self._desk = desk
        self._speech = speech
        self._department = department
        self._rules = rules
        self._elsewhere = elsewhere
        self._told_to_wait: set[int] = set()

    async def instead(self, stored: StoredInbound, tapped: str | None) -> Reply | None:
        """The reply when it is not for the bot to answer; None when it is."""
        state = stored.state
        if tapped == RESUME:
            return await self._resume(stored, state)
        if state == "operator" or stored.inbound.standby:
            return Reply(messages=(), outcome=Outcome.WITH_PERSON)
        if state == "waiting":
            return await self._waiting(stored, tapped)
        self._told_to_wait.discard(stored.conversation_id)
        if tapped == PLACE:  # they wait no more: the button is an old one
            message = self._speech.with_menu("expired_button", stored.seed)
            return Reply(messages=(message,), outcome=Outcome.ASKED_BACK)
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
        if self._elsewhere and (instead := await self._elsewhere(stored, reply, can)):
            return instead
        if not can.can_push:
            message = self._speech.say("handoff_by_phone", stored.seed, hours=hours.text)
            return _with(reply, message)
        queue = await self._desk.request(stored.conversation_id, reply.handoff or "asked")
        if hours.open:
            started = self._speech.say("handoff_started", stored.seed, position=str(queue.position))
            message = self._and_wait(started, queue, stored)
        else:
            message = self._speech.say("handoff_closed_hours", stored.seed, opens=hours.next or hours.text)
        return _with(reply, self.with_ways_on(message))

    def with_ways_on(self, message: Outbound) -> Outbound:
        """A message to somebody who waits, with what they can do meanwhile: see their turn, or not wait."""
        return message.model_copy(update={"buttons": ways_on(self._speech)})

    async def _waiting(self, stored: StoredInbound, tapped: str | None) -> Reply:
        asks = self._rules().asks_for_turn(stored.inbound.text)
        if tapped == PLACE or asks or self._speech.wants_person(stored.inbound.text):
            queue = await self._desk.queue(stored.conversation_id)
            if queue.position:
                place = self._speech.say("handoff_place", stored.seed, position=str(queue.position))
                return self._told(self._and_wait(place, queue, stored))
        if stored.conversation_id in self._told_to_wait:
            return Reply(messages=(), outcome=Outcome.WITH_PERSON)
        self._told_to_wait.add(stored.conversation_id)
        return self._told(self._speech.say("handoff_waiting", stored.seed))

    def _told(self, message: Outbound) -> Reply:
        return Reply(messages=(self.with_ways_on(message),), outcome=Outcome.WITH_PERSON)

    def _and_wait(self, message: Outbound, queue: Queue, stored: StoredInbound) -> Outbound:
        """The message with how long it will probably be, where that is known."""
        if queue.expected_wait is None:
            return message
        minutes = ceil(queue.expected_wait.total_seconds() / 60)
        if minutes <= 1:
            wait = self._speech.say("handoff_wait_short", stored.seed)
        elif minutes < _HOUR:
            wait = self._speech.say("handoff_wait_minutes", stored.seed, minutes=str(minutes))
        else:
            wait = self._speech.say("handoff_wait_hours", stored.seed, hours=str(ceil(minutes / _HOUR)))
        return message.model_copy(update={"text": f"{message.text} {wait.text}"})

    async def _resume(self, stored: StoredInbound, state: str) -> Reply:
        if state == "operator":
            return Reply(messages=(), outcome=Outcome.WITH_PERSON)
        await self._desk.withdraw(stored.conversation_id)
        message = self._speech.say("operator_left", stored.seed)
        return Reply(messages=(message,), outcome=Outcome.CHATTED)


def ways_on(speech: Speech) -> tuple[Button, ...]:
    """The buttons under what is said to somebody who waits."""
    return (speech.button("place_button", PLACE), speech.button("back_to_bot", RESUME))


def _with(reply: Reply, message: Outbound) -> Reply:
    return reply.model_copy(update={"messages": (*reply.messages, message), "outcome": Outcome.HANDED_OFF})
