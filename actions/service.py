"""The one action of all services: the call, and what is said about its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from actions.answer import FromAnswers
from actions.answering import Answering
from actions.card import payload
from actions.city_api import BadAnswer, NotFound, NotPermitted, ServiceError, ServiceSlow, ServiceUnavailable
from actions.departments import call_button, contact_card
from actions.reply import Said
from actions.service_calls import Conflict, Invalid, Refused, Uncertain
from actions.service_client import Record
from actions.service_desk import ServiceDesk, ValueGone, order_key
from actions.service_state import CANCELLED, FORM, NOTHING, START, State, heard, start
from actions.service_words import buttons, cards, words
from actions.trouble import trouble, with_age
from actions.turn import Clock, Turn
from bot.content.store import ContentStore
from bot.messages import Button
from bot.outcomes import Outcome
from bot.services.answer import Facts
from bot.services.filling import Filling, Problem, drop
from bot.services.hearing import begin
from bot.services.models import Definition

RETRY = Button(label="다시 시도하기", payload=payload(START))
TROUBLES: Mapping[str, type[ServiceError]] = {
    kind.__name__: kind for kind in (ServiceUnavailable, ServiceSlow, BadAnswer, NotPermitted)
}


class ActionService(FromAnswers):
    """Calls the service whose parameters the form has collected."""

    action = "action_service"

    def __init__(self, content: ContentStore, clock: Clock, answering: Answering, desk: ServiceDesk) -> None:
        super().__init__(content, clock, answering)
        self.desk = desk

    async def respond(self, turn: Turn) -> Said:
        """The answer of the service; words that mean none are answered like any question."""
        state = State.of(turn)
        definition = self.desk.get(state.service)
        if definition is None:
            return await self._question(turn)
        if state.stop:
            return self._stopped(turn, definition, state)
        return await self.called(turn, definition, state)

    async def _question(self, turn: Turn) -> Said:
        """The words mean a question after all; a service that fits as well is offered below the answer."""
        said = self.answering.respond(turn, await self.answering.find(turn))
        choice = await self.desk.choose(turn.text) if turn.typed else None
        service = self.desk.get(choice.id) if choice else None
        offered = (Button(label=service.title, payload=start(service.id)),) if service else ()
        return replace(said, buttons=(*said.buttons, *offered), slots={**NOTHING, **said.slots})

    async def called(self, turn: Turn, definition: Definition, state: State) -> Said:
        """What the call gives, in words; nothing that the citizen gave is lost when it fails."""
        key = state.key or order_key(turn)
        await self.desk.expect(turn)
        try:
            record = await self.desk.call(turn, definition, dict(state.filling.values), key)
        except ValueGone as gone:
            filling = drop(definition, state.filling, gone.parameter)
            filling = replace(filling, problem=Problem(gone.parameter, gone.problem))
            return await self._anew(turn, definition, filling, Said(Outcome.ASKED_BACK))
        except NotFound:
            return await self._refused(turn, definition, state, "not_found")
        except Conflict:
            return await self._refused(turn, definition, state, "conflict")
        except Refused:
            return await self._refused(turn, definition, state, "not_permitted")
        except Invalid as error:
            return await self._invalid(turn, definition, state, error)
        except Uncertain:
            return self._uncertain(turn, definition, replace(state, key=key))
        except ServiceError as error:
            return self._trouble(turn, definition, state, error)
        return await self._answered(turn, definition, state, record)

    async def _answered(
        self, turn: Turn, definition: Definition, state: State, record: Record[Facts]
    ) -> Said:
        facts, voice, today = record.data, self.voice, turn.now.date()
        parameters = await self.desk.shown(turn, definition, state.filling, today)
        said = words(definition, facts, parameters, today, self.desk.department)
        empty = bool(definition.empty_when and not facts.get(definition.empty_when))
        wordings = definition.replies.empty if empty else definition.replies.found
        department = next(
            (
                facts[name]
                for name, kind in definition.answer.items()
                if kind in ("department", "department?")
            ),
            definition.department,
        )
        values = state.filling.values
        return Said(
            Outcome.ANSWERED_SERVICE,
            with_age(voice.choose(wordings, turn.seed, **said), record, voice, turn.seed, self.clock()),
            cards=() if empty else cards(definition, facts, said, today, self.desk.department, voice),
            buttons=(
                *buttons(definition, facts, values, said, today, self.desk, voice),
                call_button(self.desk.department(department)),
            ),
            slots=NOTHING,
            detail={"service": definition.id, "found": not empty},
        )

    async def _refused(self, turn: Turn, definition: Definition, state: State, what: str) -> Said:
        """The API says no: in the service's words if it has any, and asked again where that helps."""
        wordings: tuple[str, ...] = getattr(definition.replies, what)
        who = self.desk.department(definition.department)
        shown = await self.desk.shown(turn, definition, state.filling, turn.now.date())
        contact = {"department": who.name, "department_phone": who.phone}
        text = (
            self.voice.choose(wordings, turn.seed, **shown, **contact)
            if wordings
            else self.voice.say(f"service_{what}", turn.seed, service=definition.title, **contact)
        )
        detail = {"service": definition.id, "found": False}
        anew = definition.asked_again.get(what)  # type: ignore[call-overload] # 403 is never asked again
        if anew:
            said = Said(Outcome.ANSWERED_SERVICE, text, detail=detail)
            return await self._anew(turn, definition, drop(definition, state.filling, anew), said)
        return Said(Outcome.ANSWERED_SERVICE, text, buttons=(call_button(who),), detail=detail, slots=NOTHING)

    async def _invalid(self, turn: Turn, definition: Definition, state: State, error: Invalid) -> Said:
        """The API names what it cannot take: that is asked for again."""
        endpoint = definition.endpoint
        named = {**endpoint.query, **endpoint.body}
        blamed = next((ours for ours, theirs in named.items() if theirs == error.parameter), error.parameter)
        anew = blamed if blamed in definition.parameters else definition.asked_again.get("invalid")
        shown = await self.desk.shown(turn, definition, state.filling, turn.now.date())
        wordings = definition.replies.invalid
        text = (
            self.voice.choose(wordings, turn.seed, **shown, reason=error.reason)
            if wordings
            else self.voice.say("service_invalid", turn.seed, reason=error.reason)
        )
        detail = {"service": definition.id, "error": "Invalid"}
        if anew:
            said = Said(Outcome.ASKED_BACK, text, detail=detail)
            return await self._anew(turn, definition, drop(definition, state.filling, anew), said)
        who = self.desk.department(definition.department)
        return Said(
            Outcome.SERVICE_UNAVAILABLE, text, (contact_card(who, turn.now),), detail=detail, slots=NOTHING
        )

    async def _anew(self, turn: Turn, definition: Definition, filling: Filling, said: Said) -> Said:
        """`said`, and the form goes on with what is missing now."""
        state, _ = await self.desk.ahead(turn, definition, State(definition.id, filling))
        if state.stop:
            stopped = self._stopped(turn, definition, state)
            return replace(stopped, text=f"{said.text}\n\n{stopped.text}".strip())
        return replace(said, slots=state.slots(), follow=FORM)

    def _uncertain(self, turn: Turn, definition: Definition, state: State) -> Said:
        """Nobody knows whether it was done; trying again with the same key cannot do it twice."""
        who = self.desk.department(definition.department)
        contact = {"department": who.name, "department_phone": who.phone}
        return Said(
            Outcome.SERVICE_UNAVAILABLE,
            self.voice.say("service_uncertain", turn.seed, service=definition.title, **contact),
            (contact_card(who, turn.now),),
            (RETRY, call_button(who)),
            slots=state.slots(),
            detail={"service": definition.id, "error": "Uncertain"},
        )

    def _stopped(self, turn: Turn, definition: Definition, state: State) -> Said:
        kind, _, name = state.stop.partition(":")
        parameter = definition.parameters.get(name)
        if kind == CANCELLED:
            return Said(Outcome.CHATTED, self.voice.say("service_cancelled", turn.seed), slots=NOTHING)
        if kind == "empty" and parameter and parameter.choices_from:
            who = self.desk.department(definition.department)
            text = self.voice.choose(parameter.choices_from.empty, turn.seed)
            return Said(
                Outcome.ANSWERED_SERVICE,
                text,
                buttons=(call_button(who),),
                detail={"service": definition.id, "found": False},
                slots=NOTHING,
            )
        return self._trouble(turn, definition, state, TROUBLES.get(kind, ServiceUnavailable)(definition.id))

    def _trouble(self, turn: Turn, definition: Definition, state: State, error: ServiceError) -> Said:
        """What went wrong, whom to call, and a button that tries again with all that was given."""
        said = trouble(error, self.voice, self.desk.department(definition.department), turn)
        slots: Mapping[str, Any] = replace(state, stop="").slots()
        return replace(said, buttons=(RETRY,), slots=slots)


class ServicePart(ActionService):
    """One of several requests in a message: answered if nothing is missing, else with a button to begin."""

    async def respond(self, turn: Turn) -> Said:
        """The service that this part of the message means."""
        id_ = self.desk.by_intent(turn.intent) or (await self.desk.choose(turn.text)).id
        definition = self.desk.get(id_)
        if definition is None:
            return self.answering.respond(turn, await self.answering.find(turn))
        filling: Filling = begin(definition, heard(turn))
        step = await self.desk.step(turn, definition, filling)
        if step.kind == "done":
            return await self.called(turn, definition, State(definition.id, filling))
        text = self.voice.say("service_begin", turn.seed, service=definition.title)
        button = Button(label=definition.title, payload=start(definition.id, filling.values))
        return Said(Outcome.ASKED_BACK, text, buttons=(button,))
