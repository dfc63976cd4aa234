"""The one form for all services: what a message gives it, and what it asks next."""

from __future__ import annotations

import re
from dataclasses import replace

from actions.answering import Answering
from actions.form_check import FormCheck, Slots
from actions.service_desk import ServiceDesk
from actions.service_state import CANCELLED, FORM, NOTHING, START, State, heard
from actions.turn import Clock, Turn
from bot.services.choosing import Choice
from bot.services.filling import Filling
from bot.services.hearing import begin, hear
from bot.services.models import Definition
from bot.text.expressions import Expressions
from bot.text.normalise import normalise

BROKEN = "broken"
"""Why a form stops whose code failed."""
_STOPS = re.compile(r"(?<![가-힣])(?:그만(?:둘|두|할|하|$)|관둘|관두)(?!지\s?말)")
"""Ends the form whatever the intent is: 예약 그만둘게요 is close to 예약할게요."""
_OVER = {"requested_slot": None}
"""Ends the form; `action_service` says the rest."""
_MANY = 10


class ValidateServiceForm(FormCheck):
    """Decides whether a message is meant for the form and what it gives; no slots: it is meant for others."""

    form = FORM

    def __init__(self, clock: Clock, desk: ServiceDesk, answering: Answering) -> None:
        super().__init__(clock)
        self._desk = desk
        self._answering = answering

    def broken(self, turn: Turn) -> Slots:
        """`action_service` apologises."""
        return replace(State.of(turn), stop=BROKEN).slots() | _OVER

    async def slots(self, turn: Turn) -> Slots:
        """The state of the service after the message."""
        state = replace(State.of(turn), stop="")
        if turn.active_form != FORM or turn.begins(FORM):
            return await self._begin(turn, state)
        definition = self._desk.get(state.service)
        if definition is None:
            return await self._which(turn, state)
        if turn.typed and _STOPS.search(turn.text):
            return replace(state, stop=CANCELLED).slots() | _OVER
        other = await self._other(turn, definition)
        if other:
            return await self._chosen(turn, other)
        step = await self._desk.step(turn, definition, state.filling)
        filling = hear(definition, state.filling, step, heard(turn))
        return {} if filling is None else await self._ahead(turn, definition, replace(state, filling=filling))

    async def _begin(self, turn: Turn, state: State) -> Slots:
        definition = self._desk.get(state.service)
        if turn.intent == START and not turn.typed and turn.entity("service") is None and definition:
            return await self._ahead(turn, definition, state)  # tried once more
        id_ = turn.entity("service") or self._desk.by_intent(turn.intent)
        if id_:
            found = self._desk.get(id_)
            return await self._chosen(turn, found) if found else dict(NOTHING) | _OVER
        if not turn.typed:
            return State(unclear=tuple(self._desk.live.current())[:_MANY]).slots()
        if (await self._answering.find(turn)).likelier_than(turn):
            return dict(NOTHING) | _OVER
        return await self._pick(turn, await self._desk.choose(turn.text))

    async def _which(self, turn: Turn, state: State) -> Slots:
        """The service, where several were offered; nothing when the words are meant for others."""
        chosen = self._desk.get(turn.entity("service") or _titled(turn.text, self._offered(state)))
        if chosen:
            return await self._chosen(turn, chosen, before=state.filling.heard)
        if turn.intent == START and turn.typed:
            return await self._pick(turn, await self._desk.choose(turn.text))
        return {}

    async def _pick(self, turn: Turn, choice: Choice) -> Slots:
        if not choice.ids:
            return dict(NOTHING) | _OVER
        definition = self._desk.get(choice.id)
        if definition:
            return await self._chosen(turn, definition)
        return State(unclear=choice.ids, filling=Filling(heard=turn.text)).slots()

    async def _chosen(self, turn: Turn, definition: Definition, before: str = "") -> Slots:
        """The service begins with what the message says, or what was said `before` it had to be asked."""
        said = replace(heard(turn), text=before, typed=True, given={}) if before else heard(turn)
        state = State(service=definition.id, filling=begin(definition, said))
        return await self._ahead(turn, definition, state)

    async def _other(self, turn: Turn, present: Definition) -> Definition | None:
        """Another service that is asked for in the middle of this one."""
        named = turn.entity("service")
        if named is None and turn.typed and (turn.confidence or 0) >= 0.5:
            if turn.intent == START:
                named = (await self._desk.choose(turn.text)).id
            elif turn.intent not in present.intents:
                named = self._desk.by_intent(turn.intent)
        return self._desk.get(named) if named and named != present.id else None

    async def _ahead(self, turn: Turn, definition: Definition, state: State) -> Slots:
        state, step = await self._desk.ahead(turn, definition, state)
        if state.stop:
            return state.slots() | _OVER
        return state.slots(whole=step.kind == "done")

    def _offered(self, state: State) -> dict[str, str]:
        known = self._desk.live.current()
        return {id_: known[id_].title for id_ in state.unclear if id_ in known}


def _titled(text: str, offered: dict[str, str]) -> str | None:
    """The service whose title, or a word of it that no other has, is said."""
    words: dict[str, set[str]] = {}
    for id_, title in offered.items():
        for word in (title, *title.split()):
            words.setdefault(word, set()).add(id_)
    own = {word: next(iter(ids)) for word, ids in words.items() if len(ids) == 1}
    found = {own[each.expression] for each in Expressions(own).find(normalise(text))}
    return found.pop() if len(found) == 1 else None
