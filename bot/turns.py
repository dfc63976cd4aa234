"""Takes turns: one at a time in a conversation, many conversations at once.

What is still to be done stands in the log, so `wake` after any crash picks up where it stopped.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence

import structlog
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import SQLAlchemyError

from bot.answering import Answering
from bot.bodies import Bodies, Body
from bot.channel import Channel
from bot.fallback import Fallback
from bot.feed import Feed
from bot.fleet.ownership import Alone, Ownership
from bot.handoff.takeover import Takeover
from bot.log.log import ConversationLog
from bot.log.records import StoredInbound
from bot.meanwhile import Meanwhile
from bot.messages import REST, Outbound, Reply
from bot.outbox import Outbox
from bot.outcomes import Outcome
from bot.pace import Pace
from bot.public_replies import PublicReplies
from bot.rights.forgetting import Forgetting
from bot.rights.notices import Notices
from bot.rounds import Rounds
from bot.speech import Speech
from bot.steps import After, Before
from bot.telemetry.turns import Taken, TurnWatch

_TRIES = 5
"""Times a turn that fails for no fault of the database is taken before the citizen gets an apology."""

log = structlog.get_logger(__name__)


class Turns(Rounds):
    """Works off what the log holds."""

    def __init__(
        self,
        conversation_log: ConversationLog,
        takeover: Takeover,
        answering: Answering,
        fallback: Fallback,
        public: PublicReplies,
        speech: Speech,
        notices: Notices,
        forgetting: Forgetting,
        outbox: Outbox,
        bodies: Bodies,
        channels: Mapping[str, Channel],
        feed: Feed,
        before: Sequence[Before] = (),
        after: Sequence[After] = (),
        watch: TurnWatch | None = None,
        ownership: Ownership | None = None,
    ) -> None:
        super().__init__(ownership or Alone(), bodies)
        self._log = conversation_log
        self._before = (*before, takeover)
        self._after = tuple(after)
        self._takeover = takeover
        self._meanwhile = Meanwhile(answering, fallback, speech, channels, self._say_now)
        self._fallback = fallback
        self._public = public
        self._speech = speech
        self._notices = notices
        self._forgetting = forgetting
        self._outbox = outbox
        self._channels = channels
        self._feed = feed
        self._watch = watch or TurnWatch(CollectorRegistry())
        self._pace = Pace(time.monotonic, most=20, seconds=20)
        self._asked_to_slow_down: set[int] = set()
        self._failures: Counter[int] = Counter()

    async def recover(self) -> None:
        """Resume whatever was left undone, by whomever (`Outbox.recover` comes first)."""
        for conversation_id in await self._log.pending():
            self.wake(conversation_id)

    async def _work_off(self, conversation_id: int) -> float:
        """All there is to do; the seconds after which to look again, if the next turn is not for us now."""
        taken = False
        while not self._closing and self._ownership.mine(conversation_id):
            stored = await self._log.next_turn(conversation_id)
            if stored is None:
                break
            if wait := self._answered_elsewhere(stored):
                return wait
            with self._watch.turn(stored) as seen:
                await self._take(stored, seen)
            taken = True
        if not taken:
            await self._deliver(conversation_id)
        return 0.0

    def _answered_elsewhere(self, stored: StoredInbound) -> float:
        """Seconds for which the response to a message may be open at the gateway that it came to."""
        channel = self._channels.get(stored.channel)
        within = channel.capabilities.body_within if channel else None
        if within is None or self._ownership.number() is None or self._bodies.of(stored.inbound):
            return 0.0
        return max(0.0, within - (self._speech.clock() - stored.received_at).total_seconds())

    async def _take(self, stored: StoredInbound, seen: Taken) -> None:
        if stored.channel not in self._channels:
            log.warning("channel_not_set_up", channel=stored.channel)
            await self._log.finish_turn(stored.id, Reply(messages=(), outcome=Outcome.IGNORED), latency_ms=0)
            await self._deliver(stored.conversation_id)
            return
        body = self._bodies.of(stored.inbound)
        reply = await self._reply_or_apology(stored)
        reply, told = await self._notices.ahead(stored, reply)
        receipt = self._forgetting.receipt(stored.channel, stored.user_id) if reply.erase else None
        if receipt is not None:
            reply = self._with_number(stored, reply, receipt.number)
        latency_ms = int((self._speech.clock() - stored.received_at).total_seconds() * 1000)
        said = await self._log.finish_turn(
            stored.id,
            reply,
            latency_ms=max(0, latency_ms),
            receipt=receipt,
            left_to_person=stored.state == "operator" and reply.outcome == Outcome.WITH_PERSON,
        )
        seen.said(reply, max(0, latency_ms))
        if told and said:
            await self._notices.shown(stored.conversation_id, told)
        if receipt is not None:
            await self._forgetting.settle(receipt)
        await self._tell_console(stored.conversation_id)
        await self._deliver(stored.conversation_id, body)
        if body is not None:
            body.finish()

    async def _reply_or_apology(self, stored: StoredInbound) -> Reply:
        """A message that always fails must not hold up those after it for ever."""
        try:
            reply = await self._reply(stored)
        except SQLAlchemyError:
            raise
        except Exception:
            self._failures[stored.id] += 1
            if self._failures[stored.id] < _TRIES:
                raise
            log.exception("turn_given_up", conversation_id=stored.conversation_id)
            reply = await self._fallback.reply(stored.inbound, stored.seed)
        self._failures.pop(stored.id, None)
        return reply

    async def _reply(self, stored: StoredInbound) -> Reply:
        payload, tapped = stored.inbound.payload, None
        if payload == REST:
            return await self._rest(stored)
        if payload is not None:
            button = await self._log.button(stored.conversation_id, payload)
            tapped = button.payload if button else None
        reply = await self._instead(stored, tapped)
        if reply is not None and not reply.handoff:
            await self._tell_console(stored.conversation_id, "conversation")
            return reply
        if reply is None:
            if self._pace.wait(stored.key):
                return self._slow_down(stored)
            self._asked_to_slow_down.discard(stored.conversation_id)
            await self._forgetting.before(stored.key)
            reply = await self._meanwhile.answer(stored, tapped)
        can = self._channels[stored.channel].capabilities
        for after in self._after:
            reply = await after.after(stored, reply, can)
        if stored.inbound.public:
            reply = await self._public.of(stored, reply, can)
        if not can.converses and reply.outcome not in (Outcome.ANSWERED_FAQ, Outcome.ANSWERED_SERVICE):
            reply = reply.model_copy(update={"messages": (), "handoff": "referred"})
        if reply.handoff:
            reply = await self._takeover.request(stored, reply, can)
            await self._tell_console(stored.conversation_id, "conversation")
        return reply

    async def _instead(self, stored: StoredInbound, tapped: str | None) -> Reply | None:
        """The reply where it is not for the bot to answer; a wish for a person goes on as the bot's does."""
        for step in self._before:
            instead = await step.instead(stored, tapped)
            if instead is not None:
                return instead
        return None

    def _slow_down(self, stored: StoredInbound) -> Reply:
        if stored.conversation_id in self._asked_to_slow_down or stored.inbound.public:
            return Reply(messages=(), outcome=Outcome.IGNORED)
        self._asked_to_slow_down.add(stored.conversation_id)
        return Reply(messages=(self._speech.say("slow_down", stored.seed),), outcome=Outcome.IGNORED)

    async def _rest(self, stored: StoredInbound) -> Reply:
        """What could not be delivered yet follows anyway; only when there is nothing a word is due."""
        if await self._log.outbox(stored.conversation_id):
            return Reply(messages=(), outcome=Outcome.CHATTED)
        return Reply(messages=(self._speech.say("fetched", stored.seed),), outcome=Outcome.CHATTED)

    def _with_number(self, stored: StoredInbound, reply: Reply, number: str) -> Reply:
        """What is said about an erasure names its receipt."""
        *before, last = reply.messages
        receipt = self._speech.say("erase_receipt", stored.seed, number=number).text
        text = f"{last.text}\n{receipt}" if last.text else receipt
        return reply.model_copy(update={"messages": (*before, last.model_copy(update={"text": text}))})

    async def _say_now(self, conversation_id: int, messages: Sequence[Outbound]) -> None:
        if not self._ownership.mine(conversation_id):
            return
        await self._log.say(conversation_id, messages, author="bot")
        await self._deliver(conversation_id)

    async def _deliver(self, conversation_id: int, body: Body | None = None) -> None:
        if not self._ownership.mine(conversation_id):
            return
        if await self._outbox.deliver(conversation_id, body):
            await self._tell_console(conversation_id)

    async def _tell_console(self, conversation_id: int, kind: str = "message") -> None:
        await self._feed.publish("console", {"kind": kind, "conversation_id": conversation_id})
