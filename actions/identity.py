"""Logging in and out by chat; the login itself happens in a browser (`bot.identity.pages`)."""

from __future__ import annotations

import logging
import math

from actions.answer import FromAnswers
from actions.answering import Answering
from actions.card import payload
from actions.departments import call_button, contact_card, default
from actions.reply import Said, Speaking, to_a_minor
from actions.service_state import FORM, START
from actions.turn import Clock, Turn
from bot.content.store import ContentStore
from bot.identity.box import NotKept
from bot.identity.identities import LASTS, Identity
from bot.identity.personal import Personal
from bot.messages import Button
from bot.outcomes import Outcome

log = logging.getLogger(__name__)


class ActionLogIn(FromAnswers):
    """I want to log in."""

    action = "action_log_in"

    def __init__(self, content: ContentStore, clock: Clock, answering: Answering, personal: Personal) -> None:
        super().__init__(content, clock, answering)
        self.personal = personal

    async def respond(self, turn: Turn) -> Said:
        """A link; who is logged in already is told so, and who asks about another login gets the answer."""
        found = await self.answering.find(turn)
        if found.likelier_than(turn):
            return self.answering.respond(turn, found)
        if turn.minor:
            return to_a_minor(self.voice, turn)
        identity = await self.personal.identities.of(turn.citizen)
        if identity is None:
            then = payload(START) if turn.active_form == FORM else ""
            return await self._invite(turn, then)
        text = self.voice.say(
            "already_logged_in", turn.seed, person=identity.name, minutes=self._left(identity)
        )
        return Said(Outcome.CHATTED, text)

    async def _invite(self, turn: Turn, then: str) -> Said:
        """The link, or where to go instead; after logging in a button says `then`."""
        helper = default(self.content.departments())
        contact = {"department": helper.name, "department_phone": helper.phone}
        about = turn.text if turn.typed else ""
        try:
            make = self.personal.links.make
            link = None if turn.public else await make(turn.citizen, then=then, about=about)
        except NotKept as error:
            log.warning("no link to log in could be made: %s", error)
            text = self.voice.say("log_in_trouble", turn.seed, **contact)
            return Said(Outcome.SERVICE_UNAVAILABLE, text, buttons=(call_button(helper),))
        if link is None:
            text = self.voice.say("log_in_unavailable", turn.seed, **contact)
            return Said(Outcome.CHATTED, text, cards=(contact_card(helper, turn.now),))
        button = Button(label=self.voice.say("log_in_button", turn.seed), url=link)
        text = self.voice.say("log_in", turn.seed, minutes=_minutes())
        return Said(Outcome.ASKED_BACK, text, buttons=(button,))

    def _left(self, identity: Identity) -> int:
        return max(1, math.ceil((identity.until - self.clock()).total_seconds() / 60))


class ActionLogOut(Speaking):
    """Log me out."""

    action = "action_log_out"

    def __init__(self, content: ContentStore, clock: Clock, personal: Personal) -> None:
        super().__init__(content, clock)
        self.personal = personal

    async def respond(self, turn: Turn) -> Said:
        """Forgets who the citizen is, and what they typed for a service."""
        try:
            done = await self.personal.identities.logout(turn.citizen)
            await self.personal.forget(turn.citizen)
        except NotKept as error:
            log.warning("nobody could be logged out: %s", error)
            text = self.voice.say("log_out_trouble", turn.seed, minutes=_minutes())
            return Said(Outcome.SERVICE_UNAVAILABLE, text)
        return Said(Outcome.CHATTED, self.voice.say("logged_out" if done else "not_logged_in", turn.seed))


def _minutes() -> int:
    return int(LASTS.total_seconds() // 60)
