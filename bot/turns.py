"""Takes turns: one at a time in a conversation, many conversations at once.

What is still to be done stands in the log, so `wake` after any crash picks up where it stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from bot.answering import Answering
from bot.channel import Channel, DeliveryError
from bot.content.hours import opening
from bot.content.models import Department
from bot.desk import HandoffDesk
from bot.feed import Feed
from bot.log.log import ConversationLog
from bot.log.records import StoredInbound
from bot.messages import Button, Outbound, Reply
from bot.outbox import Outbox
from bot.outcomes import Outcome
from bot.rasa import Bot, BotNotReady

RESUME = "gateway:resume"
"""Payload of the button by which a waiting citizen goes back to the bot."""

log = structlog.get_logger(__name__)


class Turns:
    """Works off what the log holds. `department` is the call centre, whose hours operators keep."""

    def __init__(
        self,
        conversation_log: ConversationLog,
        desk: HandoffDesk,
        answering: Answering,
        bot: Bot,
        outbox: Outbox,
        channels: Mapping[str, Channel],
        feed: Feed,
        department: Callable[[], Department],
        clock: Callable[[], datetime],
    ) -> None:
        self._log = conversation_log
        self._desk = desk
        self._answering = answering
        self._bot = bot
        self._outbox = outbox
        self._channels = channels
        self._feed = feed
        self._department = department
        self._clock = clock
        self._running: dict[int, asyncio.Task[None]] = {}
        self._again: set[int] = set()
        self._told_to_wait: set[int] = set()

    async def recover(self) -> None:
        """Resume whatever an earlier run of the program left undone."""
        for conversation_id in await self._log.pending():
            self.wake(conversation_id)

    def wake(self, conversation_id: int) -> None:
        """See to a conversation, now or as soon as its present turn is over."""
        if conversation_id in self._running:
            self._again.add(conversation_id)
            return
        task = asyncio.create_task(self._drain(conversation_id), name=f"turns-{conversation_id}")
        self._running[conversation_id] = task

    async def close(self, within: float = 10.0) -> None:
        """Let running turns end within some seconds; what is cut off is resumed at the next start."""
        tasks = list(self._running.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def idle(self) -> None:
        """Wait until nothing is being worked on."""
        while self._running:
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _drain(self, conversation_id: int) -> None:
        try:
            while True:
                self._again.discard(conversation_id)
                while stored := await self._log.next_turn(conversation_id):
                    await self._take(stored)
                await self._deliver(conversation_id)
                if conversation_id not in self._again:
                    return
        except Exception:
            # The turn stays unfinished in the log and is resumed; other conversations go on.
            log.exception("turn_interrupted", conversation_id=conversation_id)
            asyncio.get_running_loop().call_later(5.0, self.wake, conversation_id)
        finally:
            del self._running[conversation_id]

    async def _take(self, stored: StoredInbound) -> None:
        reply = await self._reply(stored)
        if reply.erase:
            reply = await self._forget(stored, reply)
        latency_ms = int((self._clock() - stored.received_at).total_seconds() * 1000)
        rows = await self._log.finish_turn(stored.id, reply, latency_ms=max(0, latency_ms))
        await self._tell_console(stored.conversation_id)
        if rows:
            await self._deliver(stored.conversation_id)

    async def _reply(self, stored: StoredInbound) -> Reply:
        tapped = None
        if stored.inbound.payload is not None:
            button = await self._log.button(stored.conversation_id, stored.inbound.payload)
            tapped = button.payload if button else None
        state = await self._desk.state(stored.conversation_id)
        if tapped == RESUME:
            return await self._resume(stored, state)
        if state == "operator":
            return Reply(messages=(), outcome=Outcome.WITH_PERSON)
        if state == "waiting":
            return self._waiting(stored)
        self._told_to_wait.discard(stored.conversation_id)
        typing = asyncio.create_task(self._show_typing(stored))
        try:
            reply = await self._answering.answer(
                stored.inbound,
                key=key(stored),
                turn=stored.seq,
                tapped=tapped,
                on_wait=lambda message: self._say_now(stored.conversation_id, message),
            )
        finally:
            typing.cancel()
            await asyncio.gather(typing, return_exceptions=True)
        return await self._hand_off(stored, reply) if reply.handoff else reply

    async def _hand_off(self, stored: StoredInbound, reply: Reply) -> Reply:
        queue = await self._desk.request(stored.conversation_id, reply.handoff or "asked")
        await self._feed.publish(
            "console", {"kind": "conversation", "conversation_id": stored.conversation_id}
        )
        hours = opening(self._department(), self._clock())
        seed = f"{key(stored)}:{stored.seq}"
        if hours.open:
            message = self._answering.say("handoff_started", seed, position=str(queue.position))
        else:
            message = self._answering.say("handoff_closed_hours", seed, opens=hours.next or hours.text)
        resume = Button(label="챗봇과 계속하기", payload=RESUME)
        message = message.model_copy(update={"buttons": (resume,)})
        return reply.model_copy(
            update={"messages": (*reply.messages, message), "outcome": Outcome.HANDED_OFF}
        )

    def _waiting(self, stored: StoredInbound) -> Reply:
        if stored.conversation_id in self._told_to_wait:
            return Reply(messages=(), outcome=Outcome.WITH_PERSON)
        self._told_to_wait.add(stored.conversation_id)
        message = self._answering.say("handoff_waiting", f"{key(stored)}:{stored.seq}")
        resume = Button(label="챗봇과 계속하기", payload=RESUME)
        return Reply(
            messages=(message.model_copy(update={"buttons": (resume,)}),), outcome=Outcome.WITH_PERSON
        )

    async def _resume(self, stored: StoredInbound, state: str) -> Reply:
        if state == "operator":
            return Reply(messages=(), outcome=Outcome.WITH_PERSON)
        await self._desk.withdraw(stored.conversation_id)
        await self._feed.publish(
            "console", {"kind": "conversation", "conversation_id": stored.conversation_id}
        )
        message = self._answering.say("operator_left", f"{key(stored)}:{stored.seq}")
        return Reply(messages=(message,), outcome=Outcome.CHATTED)

    async def _forget(self, stored: StoredInbound, reply: Reply) -> Reply:
        """The bot's memory goes first: the log erases its own in the transaction of this turn."""
        try:
            await self._bot.forget(key(stored))
        except BotNotReady as error:
            log.warning("erase_postponed", reason=str(error), conversation_id=stored.conversation_id)
            message = self._answering.say("bot_down", key(stored))
            return Reply(messages=(message,), outcome=Outcome.BOT_UNAVAILABLE)
        return reply

    async def _say_now(self, conversation_id: int, message: Outbound) -> None:
        await self._log.say(conversation_id, [message], author="bot")
        await self._deliver(conversation_id)

    async def _deliver(self, conversation_id: int) -> None:
        if await self._outbox.deliver(conversation_id):
            await self._tell_console(conversation_id)

    async def _show_typing(self, stored: StoredInbound) -> None:
        channel = self._channels.get(stored.channel)
        if channel is not None and channel.capabilities.typing:
            try:
                await channel.typing(stored.user_id)
            except DeliveryError as error:
                log.warning("typing_not_shown", channel=stored.channel, reason=str(error))

    async def _tell_console(self, conversation_id: int) -> None:
        await self._feed.publish("console", {"kind": "message", "conversation_id": conversation_id})


def key(stored: StoredInbound) -> str:
    """The name by which the bot knows a conversation."""
    return f"{stored.channel}:{stored.user_id}"
