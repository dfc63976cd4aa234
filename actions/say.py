"""Talk: the persona's line for the intent, with the buttons that help."""

from __future__ import annotations

from dataclasses import replace

from actions.answer import FromAnswers, menu
from actions.answering import candidates, person_buttons
from actions.card import payload
from actions.reply import Said
from actions.service_state import NOTHING
from actions.turn import Turn
from bot.content.models import LANGUAGES
from bot.content.persona import KEYS
from bot.danger import HELP
from bot.messages import Button
from bot.outcomes import Outcome

REPORT = Button(label="시에도 알리기", payload=payload("report_problem"))
"""Once those who help at once have been called."""


class ActionSay(FromAnswers):
    """Says the persona's line whose key is the intent."""

    action = "action_say"

    async def respond(self, turn: Turn) -> Said:
        """The line; an answer that is likelier meant wins, or follows a word of danger."""
        said = self._line(turn)
        if not turn.typed:
            return said
        found = await self.answering.find(turn)
        asks = turn.heard in LANGUAGES and found.kind == "answer"  # intents are learned in Korean
        if asks or found.likelier_than(turn):
            given = self.answering.give(turn, found.offered[0], found.hits)
            if turn.intent not in HELP:
                return given
            return replace(given, text=said.text, buttons=said.buttons)
        return replace(said, candidates=candidates(found.hits))

    def _line(self, turn: Turn) -> Said:
        """An intent without a line gets the help text, never silence."""
        key = turn.intent or "ask_help"
        voice = self.voice.to(turn.language)
        if key == "cancel":
            return self._cancelled(turn)
        if own := self.voice.persona.intents.get(key):
            return Said(Outcome.CHATTED, self.voice.choose(own, turn.seed))
        key = key if key in KEYS else "ask_help"
        buttons = {
            **HELP,
            "emergency": (*HELP["emergency"], REPORT),
            "ask_help": menu(self),
            "greet": menu(self),
            "complain_about_bot": person_buttons(voice, turn),
        }.get(key, ())
        slots = {"pending_offer": "handoff"} if key == "complain_about_bot" else {}
        return Said(Outcome.CHATTED, voice.say(key, turn.seed), buttons=buttons, slots=slots)

    def _cancelled(self, turn: Turn) -> Said:
        asked = turn.active_form or turn.left_form
        text = self.voice.say("service_cancelled" if asked else "cancel", turn.seed)
        return Said(Outcome.CHATTED, text, slots={"offered": None, **(NOTHING if asked else {})})
