"""Services for what a citizen needs: 아이 낳으면 뭐 받아요."""

from __future__ import annotations

from dataclasses import replace

from actions.answer import FromAnswers
from actions.answering import Answering, candidates
from actions.card import choice, payload
from actions.live_answers import Found
from actions.reply import Said
from actions.service_card import NEED, SEARCH, SERVICE, SKIP, over, service_card
from actions.turn import Clock, Turn
from bot.catalogue.catalogue import Catalogue
from bot.catalogue.catalogue import Found as Service
from bot.content.store import ContentStore
from bot.messages import Button
from bot.outcomes import Outcome

SHOWN = 3
"""Cards of a search at once."""
ENOUGH = 0.2
"""Least chance that any of the services is meant: a search may show what only might do, and says so."""
_WANTED = 0.05
"""The same where there is nothing else to show."""
_SURELY = 0.85
"""The same where nobody asked for services."""
_APART = 0.02
"""A service with a smaller share of the best one's chance is left out."""
_LONGEST_NEED = 100
"""Characters of a need that a button carries."""


class ActionSearchService(FromAnswers):
    """Shows services that may help. An answer that is likelier meant wins; so does any when none fits."""

    action = "action_search_service"

    def __init__(
        self, content: ContentStore, clock: Clock, answering: Answering, catalogue: Catalogue
    ) -> None:
        super().__init__(content, clock, answering)
        self.catalogue = catalogue

    async def respond(self, turn: Turn) -> Said:
        """The services, one of them whole, an answer, or an honest "I do not know"."""
        if not turn.typed:
            return await self._tapped(turn)
        found = await self.answering.find(turn)
        fitting = await self._fitting(turn, turn.text, _WANTED if found.kind == "reject" else ENOUGH)
        if found.likelier_than(turn):
            said = self.answering.give(turn, found.offered[0], found.hits)
            return replace(said, buttons=(*said.buttons, *self._look(turn))) if fitting else said
        if not fitting:
            return self.answering.respond(turn, found)
        said = self._services(turn, turn.text, fitting)
        return replace(said, buttons=(*said.buttons, *_answer(found)), candidates=candidates(found.hits))

    async def instead(self, turn: Turn) -> Said | None:
        """Services for a question that no answer fits; None unless they surely do."""
        fitting = await self._fitting(turn, turn.text, _SURELY) if turn.typed else []
        return self._services(turn, turn.text, fitting) if fitting else None

    async def _tapped(self, turn: Turn) -> Said:
        id_, need, skip = turn.entity(SERVICE), turn.entity(NEED), turn.entity(SKIP) or ""
        if id_:
            return self._whole(turn, id_)
        if not need:
            return Said(Outcome.ASKED_BACK, self.voice.say("services_ask", turn.seed))
        fitting = await self._fitting(turn, need, _WANTED)
        rest = fitting[int(skip) if skip.isdecimal() else 0 :]
        return self._services(turn, need, fitting, len(fitting) - len(rest)) if rest else self._none(turn)

    async def _fitting(self, turn: Turn, need: str, enough: float) -> list[Service]:
        """Those that may be meant, what can still be applied for first; none when `enough` is not reached."""
        hits = await self.catalogue.find(need)
        if sum(hit.score for hit in hits) < enough:
            return []
        today = turn.now.date()
        near = [hit for hit in hits if hit.score >= _APART * hits[0].score]
        return sorted(near, key=lambda hit: over(hit.service, today))

    def _services(self, turn: Turn, need: str, fitting: list[Service], skip: int = 0) -> Said:
        more, shown = self.voice.say("more", turn.seed), fitting[skip : skip + SHOWN]
        buttons = [
            Button(label=self.voice.say("services_check", turn.seed), payload=payload("check_benefit"))
        ]
        if skip + SHOWN < len(fitting):
            others = {NEED: need[:_LONGEST_NEED], SKIP: str(skip + SHOWN)}
            label = self.voice.say("services_others", turn.seed)
            buttons.insert(0, Button(label=label, payload=payload(SEARCH, **others)))
        return Said(
            Outcome.ANSWERED_SERVICE,
            self.voice.say("services_found", turn.seed),
            cards=tuple(service_card(hit.service, turn.now.date(), more) for hit in shown),
            buttons=tuple(buttons),
            detail={"services": {hit.service.id: round(hit.score, 4) for hit in shown}},
        )

    def _whole(self, turn: Turn, id_: str) -> Said:
        service = self.catalogue.get(id_)
        if service is None:
            return Said(Outcome.ASKED_BACK, self.voice.say("service_gone", turn.seed))
        notice = self.voice.say("services_notice", turn.seed)
        card = service_card(service, turn.now.date(), "", whole=True)
        return Said(Outcome.ANSWERED_SERVICE, notice, cards=(card,), detail={"services": {id_: 1.0}})

    def _none(self, turn: Turn) -> Said:
        return Said(Outcome.UNANSWERED, self.voice.say("services_none", turn.seed))

    def _look(self, turn: Turn) -> tuple[Button, ...]:
        need = {NEED: turn.text[:_LONGEST_NEED]}
        return (Button(label=self.voice.say("services_look", turn.seed), payload=payload(SEARCH, **need)),)


def _answer(found: Found) -> tuple[Button, ...]:
    """The answer there is as well, as a button."""
    return (choice(found.offered[0]),) if found.kind == "answer" else ()
