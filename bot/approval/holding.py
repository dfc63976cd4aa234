"""Holds replies back until a person has looked at them, and gives what was decided.

Help in danger is never held. Where everybody reads along, the citizen is invited to the private chat instead;
an agency's question goes to a person with no draft of ours.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.approval.approvals import Approvals, Decision, Held, Rule, State
from bot.channel import Capabilities
from bot.contacts.form import START
from bot.content.hours import opening
from bot.content.store import ContentStore
from bot.content.topics import topics_of
from bot.feed import Feed
from bot.log.records import StoredInbound
from bot.messages import REST, Button, Outbound, Reply
from bot.outcomes import Outcome
from bot.public import is_danger
from bot.speech import Speech

REASON = "approval"
"""Of the handoff when nobody said yes."""
_QUESTION = 60
"""Characters of the citizen's words that come back with the answer."""


class Holding:
    """A step after the bot, and what is done with the replies that it holds.

    `call` puts a conversation into the queue for a person, `see_to` has what was written down delivered.
    """

    def __init__(
        self,
        approvals: Approvals,
        speech: Speech,
        content: ContentStore,
        feed: Feed,
        can: Callable[[str], Capabilities],
        call: Callable[[int, str], Awaitable[object]],
        see_to: Callable[[int], Awaitable[None]],
        zone: ZoneInfo,
    ) -> None:
        self.approvals = approvals
        self._speech = speech
        self._content = content
        self._feed = feed
        self._can = can
        self._call = call
        self._see_to = see_to
        self._zone = zone
        self._rules: Mapping[str, Rule] | None = None

    async def look(self) -> None:
        """See which topics wait, also those chosen in other gateways."""
        self._rules = await self.approvals.rules()

    async def run(self) -> None:
        """What the clock does: rules, replies whose time is up, people still to be called."""
        await self.look()
        for held in await self.approvals.late():
            await self._late(held)
        for approval_id, conversation_id in await self.approvals.to_call():
            await self._call(conversation_id, REASON)
            await self.approvals.called(approval_id)
            await self._news(conversation_id, "conversation")

    async def after(self, stored: StoredInbound, reply: Reply, can: Capabilities) -> Reply:
        """The reply, or that somebody looks at it first."""
        if self._rules is None:
            await self.look()
        rules = self._rules or {}
        if not rules or reply.outcome != Outcome.ANSWERED_FAQ:
            return reply
        about = topics_of(reply, self._content.topics())
        rule = next((rules[topic] for topic in about if topic in rules), None)
        if rule is None:
            return reply
        help_ = tuple(message for message in reply.messages if is_danger(message))
        if stored.inbound.public:
            return reply.model_copy(update={"messages": help_, "outcome": Outcome.ASKED_BACK})
        if not can.converses:
            return reply.model_copy(update={"messages": help_, "outcome": Outcome.HELD})
        rest = tuple(message for message in reply.messages if not is_danger(message))
        kept = reply.model_copy(update={"messages": rest})
        due = await self.approvals.hold(stored.conversation_id, stored.id, rule, kept)
        await self._news(stored.conversation_id, "approval")
        seed = f"{stored.channel}:{stored.user_id}:{stored.seq}"
        said = self._speech.say("approval_waiting", seed, until=self._until(due))
        if not can.can_push:
            said = said.model_copy(update={"buttons": (self._speech.button("fetch", REST),)})
        return reply.model_copy(update={"messages": (*help_, said), "outcome": Outcome.HELD})

    async def approve(self, held: Held, operator_id: int) -> bool:
        """Give the reply as it is; False when it was decided before."""
        decision = Decision("approved", self._answer(held, "approval_approved"), held.reply.outcome)
        return await self._decide(held, decision, operator_id)

    async def rewrite(self, held: Held, text: str, operator_id: int) -> bool:
        """Give a person's words in its place, with its links."""
        links = [
            button
            for message in held.reply.messages
            for button in (*message.buttons, *(each for card in message.cards for each in card.buttons))
            if button.url
        ]
        before = self._before(held, "approval_edited")
        message = Outbound(text=f"{before}\n\n{text}", buttons=tuple(dict.fromkeys(links)))
        decision = Decision("edited", (message,), held.reply.outcome)
        return await self._decide(held, decision, operator_id)

    async def refuse(self, held: Held, operator_id: int) -> bool:
        """Do not give it: a person answers."""
        return await self._decide(held, self._person(held, "refused"), operator_id)

    async def _late(self, held: Held) -> None:
        if held.fallback == "answer":
            decision = Decision("late", self._answer(held, "approval_late"), held.reply.outcome)
        else:
            decision = self._person(held, "late")
        await self._decide(held, decision, None)

    async def _decide(self, held: Held, decision: Decision, operator_id: int | None) -> bool:
        done = await self.approvals.decide(held.id, decision, operator_id)
        if done:
            await self._see_to(held.conversation_id)
            if decision.calls:
                await self._call(held.conversation_id, REASON)
                await self.approvals.called(held.id)
        await self._news(held.conversation_id, "approval")
        return done

    def _person(self, held: Held, state: State) -> Decision:
        """A person is called where one is there and can write; else the citizen hears whom to ask."""
        where, seed = self._content.call_centre(), _seed(held)
        hours = opening(where, self._speech.clock())
        if self._can(held.channel).can_push and hours.open:
            said = self._speech.say("approval_person", seed)
            return Decision(state, (said,), Outcome.HANDED_OFF, calls=True)
        said = self._speech.say("approval_phone", seed, hours=hours.text)
        leave: tuple[Button, ...] = (self._speech.button("contacts_start_button", START),)
        said = said.model_copy(update={"buttons": leave})
        return Decision(state, (said,), Outcome.HANDED_OFF)

    def _answer(self, held: Held, sentence: str) -> tuple[Outbound, ...]:
        """The reply's messages below a sentence about it."""
        first, *others = held.reply.messages
        text = "\n\n".join(part for part in (self._before(held, sentence), first.text) if part)
        return (first.model_copy(update={"text": text}), *others)

    def _before(self, held: Held, sentence: str) -> str:
        flat = " ".join(held.question.split())
        question = flat if len(flat) <= _QUESTION else f"{flat[: _QUESTION - 1]}…"
        return self._speech.say(sentence, _seed(held), question=question).text

    def _until(self, due: datetime) -> str:
        due, now = due.astimezone(self._zone), self._speech.clock().astimezone(self._zone)
        return f"{due:%H:%M}" if due.date() == now.date() else f"내일 {due:%H:%M}"

    async def _news(self, conversation_id: int, kind: str) -> None:
        await self._feed.publish("console", {"kind": kind, "conversation_id": conversation_id})


def _seed(held: Held) -> str:
    return f"approval:{held.id}"
