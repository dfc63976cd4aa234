"""Reporting a problem and proposing an idea: the form that takes them down, in whatever order they come.

Rasa's form `voice_form` asks for one slot, `voice_done`, until it is filled; all else is in the slot `voice`
(`bot.voices.draft`). `ValidateVoiceForm` hears, `ActionAskVoiceDone` asks, `actions.voices_done` sends.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answering import Answering, candidates
from actions.card import payload, shorten
from actions.city_api import ServiceError
from actions.departments import department, tel
from actions.jurisdiction import Owners
from actions.records import Schedules
from actions.reply import Said, Speaking, to_a_minor
from actions.service_client import ServiceClient
from actions.turn import Clock, Turn
from bot.content.store import ContentStore
from bot.messages import Button, Card, Fact, Outbound
from bot.outcomes import Outcome
from bot.rights.wordings import Text
from bot.voices.board import Board
from bot.voices.categories import Voices
from bot.voices.contact import Contacts
from bot.voices.draft import Draft, load
from bot.voices.hearing import Heard, Knowledge, begin, hear
from bot.voices.similar import Similar

log = logging.getLogger(__name__)

FORM = "voice_form"
REQUESTED = "requested_slot"
SHOWN_TEXT = 160
"""Characters of another idea that are shown."""
STOP = "그만두기"

VoicesNow = Callable[[], Voices]


def do(what: str) -> str:
    """What a button of ours sends: `send`, `fix:place`, `join:7` …"""
    return payload("voice", voice_do=what)


class ValidateVoiceForm(Action):  # type: ignore[misc] # rasa-sdk has no types
    """Hears a message for the draft; one that is about something else is left to its own rule."""

    def __init__(self, clock: Clock, voices: VoicesNow, service: ServiceClient, owners: Owners) -> None:
        self.clock = clock
        self.owners = owners
        self.voices = voices
        self.service = service

    def name(self) -> str:
        """Name in domain.yml."""
        return "validate_voice_form"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """The draft after the message; nothing (the form refuses) when the message is not for it."""
        turn = Turn(tracker, self.clock)
        before = load(tracker.slots.get("voice"), turn.now)
        if set(turn.actions) - {FORM, "action_listen"}:  # another action has answered this message
            return _slots(before) if before else [SlotSet(REQUESTED, None)]
        started = FORM in turn.actions[:-1] or tracker.slots.get(REQUESTED) == "voice_done"
        known = await self._known()
        if started and before:
            draft = hear(before, heard(turn), known)
        else:
            draft = begin(heard(turn), before, known, public=turn.public)
            if draft.kind == "report" and turn.typed and await self.owners.elsewhere(turn) is not None:
                draft = draft.with_(end="answer")
        return _slots(draft) if draft else []

    async def _known(self) -> Knowledge:
        try:
            schedules = (await self.service.query(Schedules, {})).data.schedules
        except ServiceError as error:
            log.warning("names of neighbourhoods are not checked: %s", error)
            return Knowledge(self.voices())
        return Knowledge(self.voices(), frozenset(each.dong for each in schedules))


def heard(turn: Turn) -> Heard:
    """A turn as `bot.voices` needs it."""
    return Heard(
        text=turn.text,
        intent=turn.intent or "",
        confidence=turn.confidence or 0.0,
        channel=turn.channel,
        now=turn.now,
        do=turn.entity("voice_do") or "" if turn.intent == "voice" else "",
        attachments=turn.attachments,
        tokens=tuple(turn.kept("mobile", "phone", "email")),
    )


def _slots(draft: Draft) -> list[dict[str, Any]]:
    events = [SlotSet("voice", draft.model_dump(mode="json"))]
    return [*events, SlotSet(REQUESTED, None)] if draft.end else events


class ActionAskVoiceDone(Speaking):
    """Asks for what is missing, says first what there is to say, and shows the whole before it is sent."""

    action = "action_ask_voice_done"

    def __init__(
        self,
        content: ContentStore,
        clock: Clock,
        voices: VoicesNow,
        similar: Similar,
        board: Board,
        contacts: Contacts,
        consent: Callable[[], Text],
        answering: Answering,
    ) -> None:
        super().__init__(content, clock)
        self.answering = answering
        self.contacts = contacts
        self.consent = consent
        self.voices = voices
        self.similar = similar
        self.board = board

    async def respond(self, turn: Turn) -> Said:
        """The question; an idea that is like nobody else's is shown at once. An answer to it comes first."""
        draft = load(turn.value("voice"), turn.now)
        if draft is None:  # erased or too old, while the form was waiting
            return Said(Outcome.ASKED_BACK, self.voice.say("voice_nothing_to_send", turn.seed))
        said = await (self._compared(turn, draft) if draft.ask == "similar" else self._ask(turn, draft))
        if draft.note:
            note = self.voice.say(draft.note, turn.seed, **draft.about)
            number = draft.about.get("number")
            call = (Button(label=f"{number} 전화", url=tel(number)),) if number else ()
            said = Said(**{**vars(said), "before": (Outbound(text=note, buttons=call), *said.before)})
        return await self._answered(turn, said) if turn.begins(FORM) and turn.typed else said

    async def _answered(self, turn: Turn, said: Said) -> Said:
        """What is known about a problem or a wish, ahead of the form's first question."""
        found = await self.answering.find(turn)
        if found.kind != "answer":
            return replace(said, candidates=candidates(found.hits))
        given = self.answering.give(turn, found.offered[0], found.hits)
        return replace(
            given, before=(*said.before, given.message), text=said.text, cards=said.cards,
            buttons=said.buttons, slots={**given.slots, **said.slots},
        )  # fmt: skip

    async def _consent(self, turn: Turn, draft: Draft) -> Said:
        """The very text that is agreed to, whose version goes with the yes."""
        text = self.consent()
        await self.contacts.shown(text)
        buttons = (
            Button(label="동의하고 남기기", payload=do(f"agree:{text.version}")),
            Button(label="없이 보내기", payload=do("no_contact")),
        )
        slots = {"voice": draft.with_(ask="consent").model_dump(mode="json")}
        return Said(Outcome.ASKED_BACK, text.text, buttons=buttons, slots=slots)

    async def _ask(self, turn: Turn, draft: Draft) -> Said:
        match draft.ask:
            case "confirm" | "similar":
                return await self._summary(turn, draft)
            case "category":
                choices = self.voices().categories
                buttons = tuple(
                    Button(label=each.name, payload=do(f"category:{each.id}")) for each in choices
                )
            case "fix":
                buttons = tuple(Button(label=label, payload=do(name)) for name, label in _fixes(draft))
            case "consent" | "contact" if turn.minor:
                without = (Button(label="없이 보내기", payload=do("no_contact")),)
                return replace(to_a_minor(self.voice, turn), buttons=without)
            case "consent":
                return await self._consent(turn, draft)
            case "contact":
                buttons = (Button(label="없이 보내기", payload=do("no_contact")),)
            case _:
                buttons = ()
        key = "idea_ask_text" if (draft.kind, draft.ask) == ("idea", "text") else QUESTIONS[draft.ask]
        stop = (Button(label=STOP, payload=do("stop")),)
        slots = {"voice": draft.with_(ask=draft.ask).model_dump(mode="json")}
        return Said(Outcome.ASKED_BACK, self.voice.say(key, turn.seed), buttons=buttons + stop, slots=slots)

    async def _summary(self, turn: Turn, draft: Draft) -> Said:
        draft = draft.with_(ask="confirm")
        if draft.kind == "idea":
            topic = self.voices().topic_of(f"{draft.title} {draft.text}")
            text = self.voice.say(
                "idea_summary", turn.seed, title=draft.title, text=draft.text, topic=topic.name
            )
            leave: tuple[Button, ...] = ()
            send = Button(label="제안하기", payload=do("send"))
        else:
            category = self.voices().category(draft.category)
            text = self.voice.say(
                "voice_summary",
                turn.seed,
                category=category.name,
                department=department(self.content.departments(), category.department).name,
                text=draft.text,
                place=where(draft),
                photos=f"{len(draft.photos)}장" if draft.photos else "",
                contact=await self.contacts.hint(turn.citizen, draft.contact) if draft.contact else "",
            )
            send = Button(label="보내기", payload=do("send"))
            leave = () if draft.contact else (Button(label="연락처 남기기", payload=do("contact")),)
        fix, stop = Button(label="고치기", payload=do("fix")), Button(label=STOP, payload=do("stop"))
        buttons = (send, fix, *leave, stop)
        slots = {"voice": draft.model_dump(mode="json")}
        return Said(Outcome.ASKED_BACK, text, buttons=buttons, slots=slots)

    async def _compared(self, turn: Turn, draft: Draft) -> Said:
        """Public ideas of the same meaning, with a button to join each; the summary when there is none."""
        found = await self.similar.find(f"{draft.title} {draft.text}")
        if not found:
            return await self._summary(turn, draft.with_(compared=True))
        voices = await self.board.counts([idea.id for idea in found])
        cards = tuple(
            Card(
                title=idea.title,
                text="" if idea.text == idea.title else shorten(idea.text, SHOWN_TEXT),
                facts=(
                    Fact(label="제안번호", value=idea.number),
                    Fact(label="함께하는 사람", value=f"{voices.get(idea.id, 0)}명"),
                ),
                buttons=(Button(label="나도 원해요", payload=do(f"join:{idea.id}")),),
            )
            for idea in found
        )
        buttons = (
            Button(label="새로 제안할게요", payload=do("new")),
            Button(label=STOP, payload=do("stop")),
        )
        text = self.voice.say("idea_similar", turn.seed)
        slots = {"voice": draft.with_(ask="similar").model_dump(mode="json")}
        return Said(Outcome.ASKED_BACK, text, cards=cards, buttons=buttons, slots=slots)


QUESTIONS = {
    "text": "voice_ask_problem",
    "category": "voice_ask_category",
    "place": "voice_ask_place",
    "title": "idea_ask_title",
    "contact": "voice_ask_contact",
    "fix": "voice_fix_what",
}
"""By what is asked, the persona's line."""


def _fixes(draft: Draft) -> list[tuple[str, str]]:
    if draft.kind == "idea":
        return [("fix:title", "제목"), ("fix:text", "내용")]
    photos = [("fix:photo", "사진 빼기")] if draft.photos else []
    return [("fix:place", "위치"), ("fix:text", "내용"), ("fix:category", "갈래"), *photos]


def where(draft: Draft) -> str:
    """The place in words, and whether it is on the map."""
    if draft.latitude is None:
        return draft.place
    return f"{draft.place} (지도 위치도 받았어요)" if draft.place else "보내 주신 지도 위치"
