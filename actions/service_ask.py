"""What the form of a service asks: which service, who it is, a parameter, or a yes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from actions.card import payload
from actions.departments import call_button, contact_card
from actions.reply import Said, Speaking, to_a_minor
from actions.service_desk import LEVELS, MOST_CHOICES, NONE_LEFT, ServiceDesk
from actions.service_state import FORM, START, State, give, start
from actions.turn import Clock, Turn
from bot.content.store import ContentStore
from bot.identity.box import NotKept
from bot.identity.identities import LASTS, Level
from bot.messages import Button
from bot.outcomes import Outcome
from bot.services.answer import said_day
from bot.services.filling import Filling, Problem
from bot.services.hearing import CHANGE, PERSONAL
from bot.services.models import Definition, Parameter
from bot.services.reading import preferred

STOP = Button(label="그만하기", payload=payload("cancel"))
LOGGED_IN = Button(label="로그인했어요", payload=payload(START))
YES = Button(label="네, 맞아요", payload=payload("affirm"))
NO = Button(label="바꿀게요", payload=payload("deny"))
_MINUTES = int(LASTS.total_seconds() // 60)
_AGAIN = frozenset({"unreadable", "bad_receipt_number", "bad_phone", "bad_plate", "bad_number", "bad_choice"})
"""Problems for which a service's file may have words of its own (`again`)."""


class ActionAskService(Speaking):
    """Which of the services that may be meant."""

    action = "action_ask_service"

    def __init__(self, content: ContentStore, clock: Clock, desk: ServiceDesk) -> None:
        super().__init__(content, clock)
        self.desk = desk

    async def respond(self, turn: Turn) -> Said:
        """The question, with a button for each."""
        known = self.desk.live.current()
        buttons = tuple(
            Button(label=known[id_].title, payload=start(id_))
            for id_ in State.of(turn).unclear
            if id_ in known
        )
        text = self.voice.say("service_which", turn.seed)
        return Said(Outcome.ASKED_BACK, text, buttons=(*buttons, STOP))


class ActionAskParameters(Speaking):
    """What the service under way needs next; what was wrong with the last answer comes first."""

    action = "action_ask_parameters"

    def __init__(self, content: ContentStore, clock: Clock, desk: ServiceDesk) -> None:
        super().__init__(content, clock)
        self.desk = desk

    async def respond(self, turn: Turn) -> Said:
        """The question, with buttons for what can be chosen."""
        state = State.of(turn)
        definition = self.desk.get(state.service)
        if definition is None:  # its file went away in the meantime
            return Said(Outcome.ASKED_BACK, self.voice.say("service_gone", turn.seed), buttons=(STOP,))
        step = await self.desk.step(turn, definition, state.filling)
        asked = definition.parameters[step.name].type in PERSONAL if step.kind == "ask" else False
        if turn.minor and (asked or step.kind == "log_in"):
            return replace(to_a_minor(self.voice, turn), buttons=(STOP,))
        if step.kind == "log_in":
            return await self._log_in(turn, definition, state.filling.problem)
        if step.kind == "ask":
            return await self._ask(turn, definition, state, step.name)
        if step.kind == "done":  # logged in meanwhile, and said something else first
            go_on = Button(label=self.voice.say("log_in_continue", turn.seed), payload=payload(START))
            return Said(Outcome.ASKED_BACK, self.voice.say("log_in_ready", turn.seed), buttons=(go_on, STOP))
        return await self._confirm(turn, definition, state)

    async def _log_in(self, turn: Turn, definition: Definition, problem: Problem | None) -> Said:
        level, who = LEVELS[definition.identity], self.desk.department(definition.department)
        contact = {"department": who.name, "department_phone": who.phone}
        try:
            about = turn.text if turn.typed else definition.title
            links = self.desk.personal.links
            link = (
                None  # where everybody reads it there is nobody to log in
                if turn.public
                else await links.make(turn.citizen, level, then=payload(START), about=about)
            )
        except NotKept:
            text = self.voice.say("log_in_trouble", turn.seed, **contact)
            return Said(Outcome.SERVICE_UNAVAILABLE, text, buttons=(call_button(who), LOGGED_IN, STOP))
        if link is None:
            text = self.voice.say("log_in_unavailable", turn.seed, **contact)
            return Said(Outcome.ASKED_BACK, text, cards=(contact_card(who, turn.now),), buttons=(STOP,))
        key = "log_in_stronger" if level is Level.STRONG else "log_in_needed"
        if _digressed(turn):
            key, problem = "log_in_still", None  # why, and what was wrong, has been said before
        text = self.voice.say(key, turn.seed, minutes=_MINUTES)
        if problem:
            text = f"{self.voice.say('service_not_logged_in', turn.seed)}\n{text}"
        button = Button(label=self.voice.say("log_in_button", turn.seed), url=link)
        return Said(Outcome.ASKED_BACK, text, buttons=(button, LOGGED_IN, STOP))

    async def _ask(self, turn: Turn, definition: Definition, state: State, name: str) -> Said:
        parameter = definition.parameters[name]
        await self.desk.expect(turn, PERSONAL.get(parameter.type, ("",))[0])
        back = _digressed(turn)
        problem = (
            None if back else state.filling.problem
        )  # what was wrong has been said before the digression
        text = self._words(turn, parameter.ask)
        if problem and problem.code == NONE_LEFT:
            source = definition.parameters[problem.parameter].choices_from
            text = f"{self._words(turn, source.empty)} {text}" if source else text
        elif problem:
            text = self._problem(turn, definition, problem)
        elif state.filling.corrected and not back:
            text = f"{await self._corrected(turn, definition, state.filling)} {text}"
        options = preferred(state.filling.options(name, parameter), state.filling.heard).words
        buttons = tuple(
            Button(label=words[0], payload=give({name: key}))
            for key, words in list(options.items())[:MOST_CHOICES]
        )
        return Said(Outcome.ASKED_BACK, text, buttons=(*buttons, STOP) if problem or buttons else ())

    async def _corrected(self, turn: Turn, definition: Definition, filling: Filling) -> str:
        words = await self.desk.shown(turn, definition, filling, turn.now.date())
        name = filling.corrected
        title = definition.parameters[name].title
        return self.voice.say("service_corrected", turn.seed, title=title, value=words[name])

    def _problem(self, turn: Turn, definition: Definition, problem: Problem) -> str:
        parameter = definition.parameters[problem.parameter]
        if parameter.again and problem.code in _AGAIN:
            return self._words(turn, parameter.again)
        if problem.code == "not_kept":
            return self.voice.say("vault_gone", turn.seed, kinds=parameter.title)
        known = {"title": parameter.title, "example": parameter.example or "", "given": problem.given}
        return self.voice.say(
            f"service_{problem.code}", turn.seed, **known, **_limits(parameter, turn.now.date())
        )

    async def _confirm(self, turn: Turn, definition: Definition, state: State) -> Said:
        if state.filling.changing:
            buttons = tuple(
                Button(label=parameter.title, payload=give({CHANGE: name}))
                for name, parameter in definition.parameters.items()
            )
            text = self.voice.say("service_change", turn.seed)
            return Said(Outcome.ASKED_BACK, text, buttons=(*buttons, STOP))
        words = await self.desk.shown(turn, definition, state.filling, turn.now.date())
        text = self._words(turn, definition.confirm, **words)
        return Said(
            Outcome.ASKED_BACK, text, buttons=(YES, NO, STOP) if definition.parameters else (YES, STOP)
        )

    def _words(self, turn: Turn, wordings: tuple[str, ...], **values: str) -> str:
        return self.voice.choose(wordings, turn.seed, **values)


def _digressed(turn: Turn) -> bool:
    """Whether something else was answered just now, and the form asks again."""
    return any(action not in (FORM, "action_service") for action in turn.actions)


def _limits(parameter: Parameter, today: date) -> dict[str, str]:
    """The limits of a parameter in words; empty where there is none."""
    days = {"earliest": parameter.earliest, "latest": parameter.latest}
    limits = {
        name: said_day(today + timedelta(days=each), today) if each is not None else ""
        for name, each in days.items()
    }
    limits["least"] = "" if parameter.least is None else f"{parameter.least:,}"
    limits["most"] = "" if parameter.most is None else f"{parameter.most:,}"
    return {**limits, "closed": "·".join(parameter.closed), "length": f"{parameter.max_length:,}"}
