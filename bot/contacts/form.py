"""The form by which a citizen leaves a message for people who are not there, over the gateway's own steps.

    (a person is wanted)─▶ text ─▶ contact ──▶ sent = a task for a department
                                └▶ confirm ─┘   (the text held a number)

It is begun where a wish for a person meets closed doors, or a channel on which nobody can answer later. Where
somebody asked for a person it begins at once; where the bot called one it is offered by a button. Who is in
danger is never asked to fill anything in.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from bot.channel import Capabilities
from bot.contacts.kept import Kept
from bot.contacts.requests import NewTask, Requests
from bot.contacts.tables import ContactRequest
from bot.content.duties import likely
from bot.content.hours import next_day, opening
from bot.content.models import Department
from bot.content.store import ContentStore
from bot.danger import Understand
from bot.log.records import StoredInbound, readable
from bot.messages import START as OPENED
from bot.messages import Button, Outbound, Reply
from bot.outcomes import Outcome
from bot.rasa import BotFailed, BotNotReady
from bot.rights.consents import Purpose
from bot.speech import Speech

START, CANCEL, HERE, YES = "contacts:start", "contacts:cancel", "contacts:here", "contacts:yes"
"""Payloads of the form's buttons."""
_BUTTONS = frozenset({START, CANCEL, HERE, YES})
NOT_NOW = frozenset({"crisis", "emergency"})
"""Reasons of a handoff that go to a person at any hour."""
AT_ONCE = frozenset({"asked"})
"""Reasons with which a person was wanted in so many words."""
_LONGEST = 4000
"""Characters of a message that are kept."""
_YES, _NO = "affirm", ("deny", "cancel")
"""Intents that answer the form."""
_UNCLEAR = ("nlu_fallback", "out_of_scope")
_CLEAR = 0.5
"""Probability from which an intent is what was meant."""

log = structlog.get_logger(__name__)


class ContactForm:
    """A step before the bot, and what takes the place of the queue.

    `urgent` tells danger in a message, `understand` what a text may mean (`BotFailed`, `BotNotReady`: nobody
    knows).
    """

    def __init__(
        self,
        requests: Requests,
        kept: Kept,
        speech: Speech,
        content: ContentStore,
        can: Callable[[str], Capabilities],
        withdraw: Callable[[int], Awaitable[object]],
        urgent: Callable[[StoredInbound], Awaitable[object]],
        understand: Understand,
    ) -> None:
        self._requests = requests
        self._kept = kept
        self._speech = speech
        self._content = content
        self._can = can
        self._withdraw = withdraw
        self._urgent = urgent
        self._understand = understand
        self._filling_in: set[int] | None = None

    async def look(self) -> None:
        """See which conversations have a form, also those of other gateways."""
        self._filling_in = await self._requests.filling_in()

    async def instead_of_queue(self, stored: StoredInbound, reply: Reply, can: Capabilities) -> Reply | None:
        """The reply to a wish for a person where nobody can answer it now; None where the queue is right."""
        if not can.converses or stored.inbound.public or reply.handoff in NOT_NOW:
            return None
        hours = opening(self._content.call_centre(), self._speech.clock())
        seed = stored.seed
        if not can.can_push:
            why = self._speech.say("handoff_by_phone", seed, hours=hours.text).text
        elif not hours.open:
            why = self._speech.say("contacts_closed", seed, opens=hours.next or hours.text).text
        else:
            return None
        if reply.handoff in AT_ONCE:
            asked = await self._begin(stored, reply.handoff or "")
        else:
            asked = self._speech.say("contacts_offer", seed)
            asked = asked.model_copy(update={"buttons": (self._button(START),)})
        message = asked.model_copy(update={"text": f"{why}\n\n{asked.text}"})
        given = {"messages": (*reply.messages, message), "outcome": Outcome.HANDED_OFF}
        return reply.model_copy(update=given)

    async def instead(self, stored: StoredInbound, tapped: str | None) -> Reply | None:
        """What the form says to a message that belongs to it; None for all others."""
        if self._filling_in is None:
            await self.look()
        known = stored.conversation_id in (self._filling_in or ())
        if not known and tapped not in _BUTTONS:
            return None
        if stored.state == "operator" or stored.inbound.standby or stored.inbound.public:
            return None
        form = await self._requests.form(stored.conversation_id)
        if form is not None and form.turn_id == stored.id:  # taken again after a crash
            return self._said(stored, form)
        if tapped == START:
            return _reply(await self._begin(stored, "asked"), Outcome.ASKED_BACK)
        if form is None or form.state == "sent":
            return self._too_late(stored, tapped)
        if tapped == CANCEL:
            await self._stop(stored)
            return _reply(self._speech.say("contacts_cancelled", stored.seed), Outcome.CHATTED)
        if (tapped is None and stored.inbound.payload) or (tapped and tapped not in _BUTTONS):
            await self._stop(stored)  # a button of something else
            return None
        if tapped is None and (stored.inbound.text == OPENED or await self._urgent(stored)):
            await self._stop(stored)
            return None
        return await self._go_on(stored, form, tapped)

    async def _begin(self, stored: StoredInbound, reason: str) -> Outbound:
        await self._requests.begin(stored.conversation_id, stored.id, reason)
        if self._filling_in is not None:
            self._filling_in.add(stored.conversation_id)
        return self._ask_text(stored)

    async def _go_on(self, stored: StoredInbound, form: ContactRequest, tapped: str | None) -> Reply | None:
        if form.state == "text" and tapped is None:
            return await self._take_text(stored, form)
        if form.state == "confirm" and tapped == YES:
            return await self._send(stored, form, form.contact)
        if form.state in ("contact", "confirm") and tapped == HERE:
            return await self._send(stored, form, None)
        if form.state in ("contact", "confirm") and tapped is None:
            sealed, shown = await self._kept.contact(stored)
            if sealed:
                form.hint = shown
                return await self._send(stored, form, sealed)
            return await self._other_words(stored, form)
        return self._said(stored, form)

    async def _other_words(self, stored: StoredInbound, form: ContactRequest) -> Reply | None:
        """To what is no contact: a yes, a no, something unclear, or another matter, which is the bot's.

        The form stays open beside another matter, and so do its buttons.
        """
        meant = await self._meant(stored.inbound.text)
        if meant in _NO:
            await self._stop(stored)
            return _reply(self._speech.say("contacts_cancelled", stored.seed), Outcome.CHATTED)
        if meant == _YES and form.state == "confirm":
            return await self._send(stored, form, form.contact)
        if meant not in (None, _YES):
            return None
        form.tries += 1
        await self._requests.step(form, stored.id, tries=form.tries)
        return self._said(stored, form)

    async def _meant(self, text: str) -> str | None:
        """The intent of a text, None for one that is unclear."""
        try:
            intents = await self._understand(text)
        except (BotFailed, BotNotReady) as error:
            log.warning("contact_words_not_understood", error=str(error))
            return None
        best = max(intents, key=lambda name: intents[name], default=None)
        return best if best and best not in _UNCLEAR and intents[best] >= _CLEAR else None

    async def _take_text(self, stored: StoredInbound, form: ContactRequest) -> Reply:
        form.text = readable(stored.inbound)[:_LONGEST]
        form.contact, form.hint = await self._kept.contact(stored)
        form.state = "confirm" if form.contact else "contact"
        values = {"text": form.text, "contact": form.contact, "hint": form.hint, "state": form.state}
        await self._requests.step(form, stored.id, **values)
        if form.state == "contact":
            await self._kept.expect(stored, "phone")
        return self._said(stored, form)

    async def _send(self, stored: StoredInbound, form: ContactRequest, sealed: str | None) -> Reply:
        if sealed:
            text = self._kept.wordings.consent(Purpose.CALLBACK)
            await self._kept.consents.agree(stored.conversation_id, Purpose.CALLBACK, text)
        where = likely(self._content.departments(), form.text)
        task = NewTask(
            where.id,
            f"연락 요청 {form.number}",
            f"시민이 남긴 말과 연락처는 연락 요청에 있어요: /contacts/{form.id}",
            next_day(where, self._speech.clock()),
        )
        await self._requests.send(form, stored.id, task, sealed)
        await self._kept.expect(stored, None)
        if stored.state == "waiting":
            await self._withdraw(stored.conversation_id)
        form.state, form.department, form.contact = "sent", where.id, sealed
        return self._said(stored, form)

    async def _stop(self, stored: StoredInbound) -> None:
        await self._requests.drop(stored.conversation_id)
        if self._filling_in is not None:
            self._filling_in.discard(stored.conversation_id)
        await self._kept.expect(stored, None)

    def _too_late(self, stored: StoredInbound, tapped: str | None) -> Reply | None:
        if tapped == CANCEL:
            return _reply(self._speech.say("contacts_cancelled", stored.seed), Outcome.CHATTED)
        if tapped not in _BUTTONS:
            return None
        message = self._speech.say("contacts_gone", stored.seed)
        return _reply(message.model_copy(update={"buttons": (self._button(START),)}), Outcome.CHATTED)

    def _said(self, stored: StoredInbound, form: ContactRequest) -> Reply:
        """What is said in a form's present state."""
        seed = stored.seed
        if form.state == "sent":
            return _reply(self._sent(form, seed), Outcome.HANDED_OFF)
        if form.state == "text":
            return _reply(self._ask_text(stored), Outcome.ASKED_BACK)
        here = (self._button(HERE),) if self._can(stored.channel).can_push else ()
        if form.state == "confirm":
            message = self._speech.say("contacts_confirm", seed, contact=form.hint)
            buttons = (self._button(YES), *here, self._button(CANCEL))
        elif form.tries:
            message = self._speech.say("contacts_unreadable", seed)
            buttons = (*here, self._button(CANCEL))
        else:
            parts = [self._speech.say("contacts_how", seed).text]
            parts.append(self._kept.wordings.consent(Purpose.CALLBACK).text)
            parts += [self._speech.say("contacts_how_here", seed).text] if here else []
            message, buttons = Outbound(text="\n".join(parts)), (*here, self._button(CANCEL))
        return _reply(message.model_copy(update={"buttons": buttons}), Outcome.ASKED_BACK)

    def _sent(self, form: ContactRequest, seed: str) -> Outbound:
        where = self._department(form.department)
        hours = opening(where, self._speech.clock())
        named = {"department": where.name, "department_phone": where.phone, "number": form.number}
        named["opens"] = hours.next or "지금"
        if not form.contact:
            return self._speech.say("contacts_sent_here", seed, **named)
        return self._speech.say("contacts_sent", seed, contact=form.hint, **named)

    def _ask_text(self, stored: StoredInbound) -> Outbound:
        message = self._speech.say("contacts_ask_text", stored.seed)
        return message.model_copy(update={"buttons": (self._button(CANCEL),)})

    def _button(self, payload: str) -> Button:
        return self._speech.button(f"contacts_{payload.partition(':')[2]}_button", payload)

    def _department(self, id_: str) -> Department:
        known = {each.id: each for each in self._content.departments().departments}
        return known.get(id_) or self._content.call_centre()


def _reply(message: Outbound, outcome: Outcome) -> Reply:
    return Reply(messages=(message,), outcome=outcome)
