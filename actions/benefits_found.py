"""What a citizen may be entitled to: cards with the reasons, the most fitting first; one benefit by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from actions.answer import FromAnswers
from actions.answering import Answering
from actions.benefits import SHOW, START, TAP, Benefits, recalled
from actions.benefits_asking import told
from actions.card import payload, shorten
from actions.danger import line
from actions.departments import contact_card, default
from actions.reply import Said
from actions.service_card import service_card
from actions.turn import Clock, Turn
from bot.catalogue.service import PublicService
from bot.content.store import ContentStore
from bot.eligibility.codes import Group
from bot.eligibility.consultation import Consultation
from bot.eligibility.engine import NOTHING, Evaluation, State, Verdict
from bot.eligibility.matching import Matching
from bot.messages import Button, Card, Fact
from bot.outcomes import Outcome

PAGE = 3
"""Cards shown at once."""
LABELS = {
    Group.AGE: "나이",
    Group.SEX: "성별",
    Group.INCOME: "소득",
    Group.TRAITS: "특성",
    Group.HOUSEHOLD: "가구",
    Group.BUSINESS: "사업",
    Group.BUSINESS_KIND: "업종",
    Group.ORGANISATION: "법인·시설·단체",
    Group.ORGANISATION_KIND: "법인 업종",
}
"""What a condition is about, as citizens read it."""
DOCUMENTS = 160
"""Longest list of documents on a card, in characters."""
_LINE = {State.HOLDS: "benefits_holds", State.FAILS: "benefits_fails", State.OPEN: "benefits_unsure"}


class ActionBenefit(FromAnswers):
    """What the questions led to, page by page; or that they were given up."""

    action = "action_benefit"

    def __init__(self, content: ContentStore, clock: Clock, answering: Answering, benefits: Benefits) -> None:
        super().__init__(content, clock, answering)
        self._benefits = benefits

    async def respond(self, turn: Turn) -> Said:
        """The benefits, the one that was named, an answer, or an apology."""
        show = turn.slot(SHOW) or ""
        if not show:
            return Said(Outcome.CHATTED, self.voice.say("benefits_cancelled", turn.seed))
        said = await self._shown(turn, show)
        urgent = turn.intent if self._benefits.urgent(turn) else None
        first = (line(self.voice, turn, urgent),) if urgent else ()
        return replace(said, before=(*first, *said.before), slots={**said.slots, SHOW: None})

    async def _shown(self, turn: Turn, show: str) -> Said:
        if show == "broken":
            raise RuntimeError("the form broke")
        if show == "empty":
            return await self._empty(turn)
        talk = recalled(turn)
        if show == "answer":
            said = self.answering.respond(turn, await self.answering.find(turn))
            check = Button(label="내 조건으로 찾기", payload=payload(START, **{TAP: "go"}))
            return replace(said, buttons=(*said.buttons, check))
        matching = await self._benefits.live.current()
        evaluation = matching.evaluate(talk.facts)
        place = matching.places.get(talk.only)
        if place is not None:
            return self._one(turn, matching.services[place], evaluation, place)
        kind, _, number = show.partition(":")
        return self._page(turn, talk, matching, evaluation, int(number) if kind == "page" else 0)

    async def _empty(self, turn: Turn) -> Said:
        """Without a catalogue the answers are all there is."""
        if turn.typed and (found := await self.answering.find(turn)).kind != "reject":
            return self.answering.respond(turn, found)
        who = default(self.content.departments())
        text = self.voice.say("benefits_empty", turn.seed, department=who.name, department_phone=who.phone)
        return Said(Outcome.SERVICE_UNAVAILABLE, text, cards=(contact_card(who, turn.now),))

    def _one(self, turn: Turn, service: PublicService, evaluation: Evaluation, place: int) -> Said:
        verdict = evaluation.verdicts[place]
        reasons = self._reasons(turn, evaluation, place)
        key = f"benefits_one_{verdict}" if reasons else "benefits_no_conditions"
        lines = (self.voice.say(key, turn.seed, service=service.name), *reasons)
        notice = self.voice.say("benefits_notice", turn.seed)
        return Said(
            Outcome.ANSWERED_SERVICE,
            "\n".join(lines) + f"\n\n{notice}",
            cards=(self._card(turn, service, ()),),
            buttons=_after(undecided=verdict is Verdict.UNKNOWN),
            detail={"service": service.id, "verdict": verdict},
        )

    def _page(
        self, turn: Turn, talk: Consultation, matching: Matching, evaluation: Evaluation, first: int
    ) -> Said:
        best = matching.best(evaluation, turn.now.date())
        shown = best[first : first + PAGE]
        undecided = self._undecided(turn, evaluation)
        facts = told(talk)
        lines = [self._count(turn, len(best), first, len(shown))]
        lines += [self.voice.say("benefits_facts", turn.seed, facts=facts)] if facts and not first else []
        lines += [undecided] if undecided and first + PAGE >= len(best) else []
        lines += [self.voice.say("benefits_notice", turn.seed)] if shown else []
        last = first + PAGE
        anyone = (self.voice.say("benefits_anyone", turn.seed),)
        more = [Button(label="더 보기", payload=payload(START, **{TAP: f"page:{last}"}))]
        return Said(
            Outcome.ANSWERED_SERVICE,
            "\n".join(lines),
            cards=tuple(
                self._card(turn, matching.services[place], self._reasons(turn, evaluation, place) or anyone)
                for place in shown
            ),
            buttons=(*(more if last < len(best) else ()), *_after(undecided=bool(undecided))),
            detail={"found": len(best), "undecided": int(evaluation.unknown.sum())},
        )

    def _count(self, turn: Turn, count: int, first: int, shown: int) -> str:
        if not shown:
            who = default(self.content.departments())
            return self.voice.say("benefits_none", turn.seed, department=who.name, department_phone=who.phone)
        if first:
            return self.voice.say(
                "benefits_page", turn.seed, first=first + 1, last=first + shown, count=count
            )
        return self.voice.say("benefits_found", turn.seed, count=count)

    def _undecided(self, turn: Turn, evaluation: Evaluation) -> str:
        """What is not known yet, and by which questions it would be."""
        count = int(evaluation.unknown.sum())
        opens = Counter(
            {
                group: int(np.count_nonzero(evaluation.unknown & ~holds & ~fails))
                for group, (holds, fails) in evaluation.states.items()
            }
        )
        questions = [LABELS[group] for group, times in opens.most_common(3) if times]
        if not count or not questions:
            return ""
        return self.voice.say("benefits_open", turn.seed, count=count, questions=", ".join(questions))

    def _reasons(self, turn: Turn, evaluation: Evaluation, place: int) -> tuple[str, ...]:
        return tuple(
            self.voice.say(
                _LINE[reason.state],
                turn.seed,
                condition=LABELS[reason.group],
                needed=_one_of(reason.needed),
                **({} if reason.state is State.OPEN else {"given": ", ".join(reason.given) or NOTHING}),
            )
            for reason in evaluation.reasons(place)
        )

    def _card(self, turn: Turn, service: PublicService, reasons: Sequence[str]) -> Card:
        """The card of the service, with why it is shown and what to bring."""
        card = service_card(service, turn.now.date(), self.voice.say("more", turn.seed))
        own = (("이래서", "\n".join(reasons)), ("서류", shorten(service.documents, DOCUMENTS)))
        facts = tuple(Fact(label=label, value=value) for label, value in own if value)
        return card.model_copy(update={"facts": (*facts, *card.facts)})


def _after(*, undecided: bool) -> tuple[Button, ...]:
    """What can be done with a result."""
    more = Button(label="더 알려 주기", payload=payload(START, **{TAP: "more"}))
    again = Button(label="처음부터 다시", payload=payload(START, **{TAP: "restart"}))
    return (more, again) if undecided else (again,)


def _one_of(names: Sequence[str]) -> str:
    return " 또는 ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)
