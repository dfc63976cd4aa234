"""The questions about a citizen's situation, with what can be tapped below them."""

from __future__ import annotations

from dataclasses import replace

from actions.answer import FromAnswers
from actions.answering import Answering, candidates
from actions.benefits import FORM, START, TAP, Benefits, recalled
from actions.card import payload
from actions.danger import line
from actions.reply import Said
from actions.turn import Clock, Turn
from bot.content.store import ContentStore
from bot.eligibility.choices import choices
from bot.eligibility.codes import Group
from bot.eligibility.consultation import Consultation
from bot.eligibility.engine import NOTHING, given
from bot.eligibility.wording import question
from bot.messages import Button, Outbound
from bot.outcomes import Outcome


class ActionAskBenefit(FromAnswers):
    """The form's question; what was just said is taken up first."""

    action = "action_ask_benefit_answer"

    def __init__(self, content: ContentStore, clock: Clock, answering: Answering, benefits: Benefits) -> None:
        super().__init__(content, clock, answering)
        self._benefits = benefits

    async def respond(self, turn: Turn) -> Said:
        """The question; at the start also the answer that fits the words, if there is one."""
        talk = recalled(turn)
        digressed = any(action != FORM for action in turn.actions)
        starting = turn.begins(FORM)
        opening = await self._opening(turn, talk) if starting else ""
        note = "" if digressed else self._note(turn, talk)
        text = "\n\n".join(
            filter(None, (opening, note, question(self.voice, talk, self._benefits.median, turn.seed)))
        )
        buttons = tuple(
            Button(label=choice.label, payload=payload(START, **{TAP: choice.value}))
            for choice in choices(talk, self._benefits.median)
        )
        urgent = turn.intent if self._benefits.urgent(turn) and not digressed else None
        help_first = (line(self.voice, turn, urgent),) if urgent else ()
        detail = {"asks": talk.open}
        said = Said(Outcome.ASKED_BACK, text, buttons=buttons, before=help_first, detail=detail)
        return await self._answered(turn, said) if starting and turn.typed else said

    async def _answered(self, turn: Turn, said: Said) -> Said:
        """Whoever names a benefit gets what is known of it as well."""
        found = await self.answering.find(turn)
        if found.kind != "answer":
            return replace(said, candidates=candidates(found.hits))
        given = self.answering.give(turn, found.offered[0], found.hits)
        before = (Outbound(text=given.text, cards=given.cards, buttons=given.buttons),)
        detail = {**given.detail, **said.detail}
        return replace(
            said,
            outcome=given.outcome,
            before=before,
            candidates=given.candidates,
            detail=detail,
            slots=given.slots,
        )

    async def _opening(self, turn: Turn, talk: Consultation) -> str:
        matching = await self._benefits.live.current()
        if talk.only in matching.places:
            name = matching.services[matching.places[talk.only]].name
            return self.voice.say("benefits_start_one", turn.seed, service=name)
        return self.voice.say("benefits_start", turn.seed)

    def _note(self, turn: Turn, talk: Consultation) -> str:
        match talk.note:
            case "":
                return ""
            case "noted":
                return self.voice.say("benefits_noted", turn.seed, facts=talk.about)
            case "again" | "first" as key:
                return self.voice.say(f"benefits_{key}", turn.seed)
            case field:
                return self.voice.say(f"benefits_bad_{field}", turn.seed, said=talk.about)


def told(talk: Consultation) -> str:
    """All that holds of the citizen, in words."""
    known = [word for group in Group for word in given(talk.facts, group) if word != NOTHING]
    return ", ".join(known)
