"""The end of a report or an idea: sent, given up, joined to another, or a question after all."""

from __future__ import annotations

from typing import Any

from actions.departments import call_button, department
from actions.reply import Said, Speaking
from actions.report import ActionReportProblem
from actions.turn import Clock, Turn
from actions.voices import VoicesNow, do
from bot.content.hours import named_day
from bot.content.store import ContentStore
from bot.log.log import ConversationLog
from bot.messages import Button, Outbound
from bot.outcomes import Outcome
from bot.rights.consents import Consents, Purpose
from bot.voices.board import Board
from bot.voices.categories import due
from bot.voices.contact import Contacts
from bot.voices.draft import Draft
from bot.voices.ideas import Ideas, Proposal
from bot.voices.reports import NotPossible, Problem, Reports, TooMany

EPEOPLE = Button(label="국민신문고", url="https://www.epeople.go.kr")
EMPTY = {"voice": None, "voice_done": None}


class VoiceActions(Speaking):
    """What ends a draft and what buttons do outside the form have in common."""

    def __init__(
        self,
        content: ContentStore,
        clock: Clock,
        log: ConversationLog,
        reports: Reports,
        ideas: Ideas,
        board: Board,
        page: str,
    ) -> None:
        """`page`: address of the public list of ideas; empty when citizens cannot reach one."""
        super().__init__(content, clock)
        self.log = log
        self.reports = reports
        self.ideas = ideas
        self.board = board
        self.page = page

    async def conversation(self, turn: Turn) -> int:
        """The citizen's conversation. Raises LookupError in a chat without the gateway."""
        found = await self.log.find(turn.channel, turn.user_id)
        if found is None:
            raise LookupError("no such conversation")
        return found.id

    async def join(self, turn: Turn, idea_id: int) -> Said:
        """One more who wants it; whether to tell them of the reply is asked."""
        try:
            idea = await self.ideas.join(idea_id, await self.conversation(turn))
        except NotPossible:
            return Said(Outcome.CHATTED, self.voice.say("idea_gone", turn.seed), slots=EMPTY)
        voices = await self.board.counts([idea.id])
        text = self.voice.say("idea_joined", turn.seed, title=idea.title, count=voices[idea.id])
        buttons = (
            Button(label="네, 알려 주세요", payload=do(f"notify:{idea.id}")),
            Button(label="함께하기 거두기", payload=do(f"leave:{idea.id}")),
        )
        return Said(Outcome.ANSWERED_SERVICE, text, buttons=buttons, slots=EMPTY)


class ActionVoiceDone(VoiceActions):
    """Runs when the form is over."""

    action = "action_voice_done"

    def __init__(
        self,
        *common: Any,
        voices: VoicesNow,
        how: ActionReportProblem,
        contacts: Contacts,
        consents: Consents,
    ) -> None:
        super().__init__(*common)
        self.voices = voices
        self.how = how
        self.contacts = contacts
        self.consents = consents

    async def respond(self, turn: Turn) -> Said:
        """Does what the draft ended with; the draft is gone then."""
        draft = Draft.model_validate(turn.value("voice"))
        match draft.end.partition(":"):
            case ("send", _, _) if draft.kind == "report":
                return await self._report(turn, draft)
            case ("send", _, _):
                return await self._propose(turn, draft)
            case ("join", _, id_):
                return await self.join(turn, int(id_))
            case ("answer", _, _) if draft.kind == "report":
                said = await self.how.respond(turn)
                return Said(**{**vars(said), "slots": {**said.slots, **EMPTY}})
            case ("answer", _, _):
                return Said(Outcome.CHATTED, self.voice.say("idea_ask_text", turn.seed), slots=EMPTY)
        return Said(Outcome.CHATTED, self.voice.say("voice_stopped", turn.seed), slots=EMPTY)

    async def _report(self, turn: Turn, draft: Draft) -> Said:
        category = self.voices().category(draft.category)
        who = department(self.content.departments(), category.department)
        problem = Problem(
            category=category.id,
            department=who.id,
            text=draft.text,
            place=draft.place,
            latitude=draft.latitude,
            longitude=draft.longitude,
            photos=[photo.model_dump() for photo in draft.photos],
            contact=await self.contacts.keep(turn.citizen, draft.contact),
            delivery="pending" if category.delivery == "api" else "queue",
            due_at=due(turn.now, category.days),
        )
        conversation = await self.conversation(turn)
        if problem.contact:
            await self.consents.give(conversation, Purpose.CONTACT, draft.agreed)
        most = self.voices().most_a_day
        try:
            report = await self.reports.file(conversation, turn.message_id, problem, most)
        except TooMany:
            text = self.voice.say(
                "voice_too_many", turn.seed, most=most, department=who.name, department_phone=who.phone
            )
            kept = draft.model_copy(update={"end": "", "begun_at": turn.now})
            slots = {**EMPTY, "voice": kept.model_dump(mode="json")}
            return Said(Outcome.ANSWERED_SERVICE, text, buttons=(call_button(who),), slots=slots)
        text = self.voice.say(
            "voice_sent",
            turn.seed,
            number=report.number,
            department=who.name,
            department_phone=who.phone,
            due=named_day(report.due_at.astimezone(turn.now.tzinfo).date()),
        )
        honest = Outbound(text=self.voice.say("voice_not_official", turn.seed))
        return Said(
            Outcome.ANSWERED_SERVICE,
            honest.text,
            before=(Outbound(text=text),),
            buttons=(EPEOPLE, call_button(who)),
            slots=EMPTY,
            detail={"report": report.number},
        )

    async def _propose(self, turn: Turn, draft: Draft) -> Said:
        topic = self.voices().topic_of(f"{draft.title} {draft.text}")
        proposal = Proposal(
            topic=topic.id, department=topic.department, title=draft.title, text=draft.text, notify=True
        )
        idea = await self.ideas.propose(await self.conversation(turn), turn.message_id, proposal)
        text = self.voice.say("idea_sent", turn.seed, number=idea.number, link=self.page)
        return Said(
            Outcome.ANSWERED_SERVICE, text, buttons=(EPEOPLE,), slots=EMPTY, detail={"idea": idea.number}
        )
