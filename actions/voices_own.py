"""Buttons about reports and ideas outside the form, a citizen's own ones, and pictures that come first."""

from __future__ import annotations

import re
from typing import Any

from actions.card import payload, shorten
from actions.departments import department
from actions.handed import HandedOver
from actions.reply import Said, Speaking
from actions.turn import Turn
from actions.voices import do, heard
from actions.voices_done import VoiceActions
from bot.channel import MAX_MEDIA
from bot.content.hours import named_day
from bot.messages import AttachmentKind, Button, Card, Fact
from bot.outcomes import Outcome
from bot.voices.draft import Draft, load
from bot.voices.ideas import PUBLIC
from bot.voices.reports import OPEN, NotPossible
from bot.voices.tables import Idea, Report

NUMBER = re.compile(r"\b([HP])\s*-?\s*(\d{2})\s*-?\s*(\d{6})(?!\d)", re.IGNORECASE)
REPORT_STATES = {"received": "접수", "assigned": "처리 중", "done": "처리 완료", "rejected": "처리 불가"}
IDEA_STATES = {
    "waiting": "담당자가 읽는 중",
    "published": "공개됨",
    "answered": "공식 답변이 나옴",
    "hidden": "공개하지 않음",
    "merged": "비슷한 제안과 합침",
}
BEGIN = Button(label="신고하기", payload=payload("report_problem"))
SHOWN = 120


class ActionVoice(VoiceActions):
    """A button of ours, tapped while no form is open."""

    action = "action_voice"

    async def respond(self, turn: Turn) -> Said:
        """Join, leave or be told of an idea; a button of a draft that is gone says so."""
        what, _, number = (turn.entity("voice_do") or "").partition(":")
        if number.isdecimal():
            match what:
                case "join":
                    return await self.join(turn, int(number))
                case "notify" | "leave":
                    return await self._follow(turn, what, int(number))
        return Said(Outcome.ASKED_BACK, self.voice.say("voice_nothing_to_send", turn.seed), buttons=(BEGIN,))

    async def _follow(self, turn: Turn, what: str, idea_id: int) -> Said:
        conversation = await self.conversation(turn)
        try:
            if what == "leave":
                idea = await self.ideas.leave(idea_id, conversation)
            else:
                idea = await self.ideas.notify(idea_id, conversation)
        except NotPossible:
            return await self._not_joined(turn, idea_id)
        key = "idea_left" if what == "leave" else "idea_notify_on"
        return Said(Outcome.CHATTED, self.voice.say(key, turn.seed, title=idea.title or idea.own_title))

    async def _not_joined(self, turn: Turn, idea_id: int) -> Said:
        """To be told of an idea one has to want it; one that is gone cannot be wanted any more."""
        idea = await self.ideas.get(idea_id)
        if idea is None or idea.state not in PUBLIC:
            return Said(Outcome.CHATTED, self.voice.say("idea_gone", turn.seed))
        join = Button(label="나도 원해요", payload=do(f"join:{idea.id}"))
        text = self.voice.say("idea_not_joined", turn.seed, title=idea.title)
        return Said(Outcome.ASKED_BACK, text, buttons=(join,))


class ActionMyVoices(VoiceActions):
    """내 신고 어떻게 됐어요: what the citizen sent off from here, and nobody else's."""

    action = "action_my_voices"

    def __init__(self, *common: Any, handed: HandedOver) -> None:
        super().__init__(*common)
        self.handed = handed

    async def respond(self, turn: Turn) -> Said:
        """A card for each, or for the one whose number is named."""
        conversation = await self.conversation(turn)
        cards = {row.number: self._report(turn, row) for row in await self.reports.mine(conversation)}
        cards |= {row.number: await self._idea(row) for row in await self.ideas.mine(conversation)}
        named = NUMBER.search(turn.text)
        if named:
            number = f"{named[1].upper()}-{named[2]}-{named[3]}"
            if number not in cards:
                text = self.voice.say("my_voice_unknown", turn.seed, number=number)
                return Said(Outcome.ANSWERED_SERVICE, text)
            cards = {number: cards[number]}
        else:
            joined = await self.ideas.joined(conversation)
            cards |= {row.number: await self._idea(row, own=False) for row in joined}
        handed = () if named else await self.handed.cards(conversation)
        if not cards and not handed:
            text = self.voice.say("my_voices_none", turn.seed)
            return Said(Outcome.ANSWERED_SERVICE, text, buttons=(BEGIN,))
        shown = {"my_voices": cards, "my_handed": handed}
        text = "\n".join(self.voice.say(key, turn.seed) for key, found in shown.items() if found)
        return Said(Outcome.ANSWERED_SERVICE, text, cards=(*cards.values(), *handed))

    def _report(self, turn: Turn, row: Report) -> Card:
        who = department(self.content.departments(), row.department)
        facts = [
            Fact(label="신고번호", value=row.number),
            Fact(label="상태", value=REPORT_STATES[row.state]),
            Fact(label="담당", value=who.name),
        ]
        if row.state in OPEN:
            day = named_day(row.due_at.astimezone(turn.now.tzinfo).date())
            facts.append(Fact(label="처리 기한", value=day))
        if row.external:
            facts.append(Fact(label="부서의 번호", value=row.external))
        if row.reason:
            facts.append(Fact(label="부서의 말", value=row.reason))
        return Card(title=shorten(row.text, SHOWN), text=row.place, facts=tuple(facts))

    async def _idea(self, row: Idea, *, own: bool = True) -> Card:
        voices = (await self.board.counts([row.id])).get(row.id, 0)
        facts = [
            Fact(label="제안번호", value=row.number),
            Fact(label="상태", value=IDEA_STATES[row.state]),
            Fact(label="함께하는 사람", value=f"{voices}명"),
        ]
        if row.reason and row.state == "hidden":
            facts.append(Fact(label="까닭", value=row.reason))
        if row.reply:
            facts.append(Fact(label="공식 답변", value=row.reply))
        leave = () if own else (Button(label="함께하기 거두기", payload=do(f"leave:{row.id}")),)
        return Card(title=row.title or row.own_title, facts=tuple(facts), buttons=leave)


class ActionAttachment(Speaking):
    """Something without words, while nothing is being reported."""

    action = "action_attachment"

    async def respond(self, turn: Turn) -> Said:
        """A picture or a place is kept for the report it may belong to; for the rest, what to do instead."""
        kinds = {each.kind for each in turn.attachments}
        draft = load(turn.value("voice"), turn.now) or Draft(kind="report", begun_at=turn.now)
        for attachment in turn.attachments:
            draft = draft.attached(attachment, heard(turn).channel, MAX_MEDIA)
        useful = kinds & {AttachmentKind.PHOTO, AttachmentKind.LOCATION}
        if useful and (draft.photos or draft.latitude is not None):
            text = self.voice.say("voice_photo_first", turn.seed)
            slots = {"voice": draft.with_(ask=draft.missing).model_dump(mode="json")}
            return Said(Outcome.CHATTED, text, buttons=(BEGIN,), slots=slots)
        if draft.note in ("voice_photo_too_big", "voice_place_abroad", "voice_place_unreadable"):
            return Said(Outcome.ASKED_BACK, self.voice.say(draft.note, turn.seed, **draft.about))
        kind = next(iter(turn.attachments)).kind if turn.attachments else AttachmentKind.OTHER
        key = "file" if kind is AttachmentKind.OTHER else kind.value
        return Said(Outcome.CHATTED, self.voice.say(key, turn.seed))
