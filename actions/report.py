"""Something is broken, dirty, loud or dangerous: where to report it, safety first."""

from __future__ import annotations

from dataclasses import replace

from actions.answer import FromAnswers
from actions.answering import Answering, candidates
from actions.card import payload
from actions.departments import contact_card, likely, tel
from actions.jurisdiction import Owners
from actions.reply import Said
from actions.turn import Clock, Turn
from bot.content.store import ContentStore
from bot.messages import Button
from bot.outcomes import Outcome

CHANNELS = (
    Button(label="여기서 신고하기", payload=payload("report_problem")),
    Button(label="안전신문고", url="https://www.safetyreport.go.kr"),
    Button(label="119 긴급 신고", url=tel("119")),
)
"""Our own form, the state's site for reports with a photo, and the emergency number."""


class ActionReportProblem(FromAnswers):
    """The official ways to report, the department, and the answer when one fits well."""

    action = "action_report_problem"

    def __init__(self, content: ContentStore, clock: Clock, answering: Answering, owners: Owners) -> None:
        super().__init__(content, clock, answering)
        self.owners = owners

    async def respond(self, turn: Turn) -> Said:
        """Safety first, then who takes care of it: perhaps somebody else."""
        found = await self.answering.find(turn)
        elsewhere = await self.owners.elsewhere(turn)
        if elsewhere is not None:
            return replace(elsewhere, candidates=candidates(found.hits))
        who = likely(self.content.departments(), turn.text, [hit.answer.owner for hit in found.hits])
        text = self.voice.say("report_problem", turn.seed, department=who.name, department_phone=who.phone)
        if found.kind == "answer":
            said = self.answering.give(turn, found.offered[0], found.hits, text=text)
            return replace(said, buttons=(CHANNELS[0], *said.buttons))
        return Said(
            Outcome.CHATTED,
            text,
            cards=(contact_card(who, turn.now),),
            buttons=CHANNELS,
            candidates=candidates(found.hits),
            detail={"decision": found.kind, "department": who.id},
        )
