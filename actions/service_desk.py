"""What the actions of a service share: which it is, who asks, what there is to choose from, the call."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from datetime import date

from actions.city_api import ServiceError
from actions.departments import department
from actions.live_answers import LiveAnswers
from actions.service_calls import Order, ServiceCalls
from actions.service_client import Record
from actions.service_state import State
from actions.turn import Turn
from bot.content.models import Department
from bot.content.store import ContentStore
from bot.identity.box import NotKept
from bot.identity.hint import hint
from bot.identity.identities import Identity, Level
from bot.identity.personal import Personal
from bot.identity.vault import kind_of
from bot.services.answer import Facts, given, shown_facts, shown_parameter
from bot.services.choosing import Choice, Chooser
from bot.services.filling import Filling, Problem, Step, drop, next_step, offer
from bot.services.load import LiveServices
from bot.services.models import Definition
from bot.services.reading import read

log = logging.getLogger(__name__)

LEVELS = {"login": Level.LOGIN, "step_up": Level.STRONG}
MOST_CHOICES = 10
NONE_LEFT = "none_left"
"""Problem of a parameter whose choices the API says are none."""


class ValueGone(Exception):
    """A personal value that the citizen gave is no longer kept, or cannot be one after all."""

    def __init__(self, parameter: str, problem: str) -> None:
        super().__init__(parameter)
        self.parameter = parameter
        self.problem = problem
        """As in `bot.services.reading`."""


@dataclass(frozen=True)
class ServiceDesk:
    """The services and everything they need."""

    content: ContentStore
    live: LiveServices
    chooser: Chooser
    answers: LiveAnswers
    calls: ServiceCalls
    personal: Personal

    def get(self, id_: str | None) -> Definition | None:
        """The service of an id, as its file is now."""
        return self.live.current().get(id_ or "")

    def by_intent(self, intent: str | None) -> str | None:
        """The service that an intent means by itself."""
        return next((id_ for id_, each in self.live.current().items() if intent in each.intents), None)

    async def choose(self, text: str) -> Choice:
        """The services that words may mean."""
        services = self.live.current()
        return await self.answers.alone(lambda: self.chooser.choose(text, services))

    def department(self, id_: str | None) -> Department:
        """Who helps."""
        return department(self.content.departments(), id_)

    async def identity(self, turn: Turn, definition: Definition) -> Identity | None:
        """Who asks, if that is known as surely as the service needs."""
        identity = await self.personal.identities.of(turn.citizen)
        enough = identity and definition.personal and identity.level >= LEVELS[definition.identity]
        return identity if enough else None

    async def step(self, turn: Turn, definition: Definition, filling: Filling) -> Step:
        """What is needed next."""
        known = definition.personal and await self.identity(turn, definition) is not None
        return next_step(definition, filling, known)

    async def ahead(self, turn: Turn, definition: Definition, state: State) -> tuple[State, Step]:
        """The state with the choices of the next parameter, and what is needed next.

        Choices that leave no choice, or cannot be had, end in `stop`.
        """
        today = turn.now.date()
        while True:
            step = await self.step(turn, definition, state.filling)
            parameter = definition.parameters.get(step.name)
            source = parameter.choices_from if parameter else None
            if source is None or step.name in state.filling.offered:
                return state, step
            try:
                options = await self._options(turn, definition, state.filling, step.name)
            except ServiceError as error:
                return replace(state, stop=type(error).__name__), step
            if not options and source.otherwise:
                filling = drop(definition, state.filling, source.otherwise)
                filling = replace(filling, problem=Problem(step.name, NONE_LEFT))
                return replace(state, filling=filling), Step("ask", source.otherwise)
            if not options:
                return replace(state, stop=f"empty:{step.name}"), step
            state = replace(state, filling=offer(definition, state.filling, step.name, options, today))

    async def _options(
        self, turn: Turn, definition: Definition, filling: Filling, name: str
    ) -> dict[str, str]:
        source = definition.parameters[name].choices_from
        other = self.get(source.service) if source else None
        if source is None or other is None:
            raise LookupError(f"{definition.id}: no service for the choices of {name}")
        values = {key: text for key, text in filling.values.items() if key in other.parameters}
        record = await self.call(turn, other, values)
        today = turn.now.date()
        options: dict[str, str] = {}
        rows = [row for row in record.data[source.list] if source.only is None or row[source.only]]
        for row in rows[:MOST_CHOICES]:
            words = shown_facts(other.row_fields(source.list), row, today, self.department)
            options[given(row, source.value)] = self.content.persona().fill(source.label, **words)
        return options

    async def call(
        self, turn: Turn, definition: Definition, values: dict[str, str], key: str = ""
    ) -> Record[Facts]:
        """The answer. Personal values are opened here and nowhere else. Raises ServiceError or ValueGone."""
        identity = await self.identity(turn, definition)
        opened = {name: await self._open(turn, definition, name, text) for name, text in values.items()}
        subject = identity.sub if identity else ""
        return await self.calls.call(Order(definition, opened, subject, key or order_key(turn)))

    async def expect(self, turn: Turn, kind: str = "") -> None:
        """What comes next is known as this kind of personal value without a label; empty: nothing is.

        Without Redis values are known by their form only.
        """
        try:
            await self.personal.vault.ask(turn.citizen, kind or None)
        except NotKept:
            log.warning("the vault is away: personal values are known by their form only")

    async def _open(self, turn: Turn, definition: Definition, name: str, text: str) -> str:
        """A value as the API gets it: what was typed is kept as it was, 010 1234 5678."""
        if kind_of(text) is None:
            return text
        value = await self.personal.vault.open(turn.citizen, text)
        if value is None:
            raise ValueGone(name, "not_kept")
        found = read(definition.parameters[name], value, turn.now.date())
        if found is None or not found.value:
            raise ValueGone(name, found.problem if found else "unreadable")
        return found.value

    async def shown(
        self, turn: Turn, definition: Definition, filling: Filling, today: date
    ) -> dict[str, str]:
        """The parameters as the citizen would say them; personal ones as a hint of themselves."""
        words: dict[str, str] = {}
        for name, parameter in definition.parameters.items():
            text = filling.values.get(name, "")
            if kind := kind_of(text):
                value = await self.personal.vault.open(turn.citizen, text)
                words[name] = hint(kind, value) if value else "****"
            elif text:
                words[name] = shown_parameter(parameter, text, filling.options(name, parameter), today)
        return words


def order_key(turn: Turn) -> str:
    """The same for the same message of the same citizen, and nothing that tells who it is."""
    return hashlib.sha256(f"{turn.citizen}\0{turn.message_id}".encode()).hexdigest()[:32]
