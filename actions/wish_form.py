"""The form that asks for what a wish or a life event lacks; then says it back, or shows the checklist."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from actions.card import payload
from actions.form_check import FormCheck, Slots
from actions.reply import Said, Speaking
from actions.service_state import FORM as SERVICE_FORM
from actions.service_state import START
from actions.turn import Clock, Turn
from actions.wish_questions import question
from actions.wish_reading import Finder, answered, day_of, happened, subscribed
from actions.wishes import Wishes
from bot.content.store import ContentStore
from bot.messages import Button
from bot.proactive.draft import Draft

FORM = "wish_form"
SUBSCRIBE, LIFE_EVENT = "subscribe", "life_event"
"""Intents that begin it."""
Filled = Callable[[Turn, Draft], Awaitable[Said]]
"""What is said when nothing is missing."""
READY = "wish_ready"
"""The slot that the form asks for; what `wish` holds while it does not is of another time."""
_NOTHING: Mapping[str, None] = {"wish": None, "wish_ready": None}


class ValidateWishForm(FormCheck):
    """Decides what a message gives the form; no slots: it is meant for others."""

    form = FORM

    def __init__(self, clock: Clock, find: Finder, wishes: Wishes) -> None:
        super().__init__(clock)
        self._find = find
        self._wishes = wishes

    def broken(self, turn: Turn) -> Slots:
        """`action_wish` apologises."""
        return {"wish": None, READY: "broken"}

    async def slots(self, turn: Turn) -> Slots:
        """The draft after the message, and whether it is whole."""
        asking = turn.slot("requested_slot") == READY
        kept = turn.slot("wish") if asking or _goes_on(turn) else None
        before = Draft.model_validate_json(kept) if kept else None
        draft = await self._draft(turn, before)
        if draft is None:
            return {}
        resume = turn.left(SERVICE_FORM) or bool(before and before.resume)
        draft = draft.model_copy(update={"resume": resume})
        return {"wish": draft.model_dump_json(), READY: None if draft.missing else "yes"}

    async def _draft(self, turn: Turn, draft: Draft | None) -> Draft | None:
        if draft is not None and _goes_on(turn):
            return draft
        if draft is not None and (found := await self._answer(turn, draft)) is not None:
            return await self._wishes.checked(found)
        if turn.intent == SUBSCRIBE:
            asked = await self._wishes.changing(turn, await subscribed(turn, self._find))
            if asked.fault == "no_service":
                asked = await self._wishes.of_answer(turn, asked)
            return await self._wishes.checked(asked)
        if turn.intent == LIFE_EVENT:
            return await self._happened(turn)
        return None

    async def _answer(self, turn: Turn, draft: Draft) -> Draft | None:
        if draft.aim == "subscribe":
            return await answered(turn, draft, self._find)
        if draft.missing == "event":
            event = self._wishes.events.named(turn.text) if turn.typed else None
            return None if event is None else happened(turn, self._wishes.events, None)
        event = self._wishes.events.all().get(draft.event)
        named = self._wishes.events.named(turn.text) if turn.typed and turn.intent == LIFE_EVENT else None
        if event is None or (named is not None and named.id != event.id):
            return None
        return day_of(turn, draft, event, asked=True)

    async def _happened(self, turn: Turn) -> Draft:
        conversation_id = await self._wishes.conversation_id(turn)
        latest = None if conversation_id is None else await self._wishes.checklists.latest(conversation_id)
        draft = happened(turn, self._wishes.events, latest)
        event = self._wishes.events.all().get(draft.event)
        asked = turn.entity("day") is not None
        if draft.missing != "event_date" or draft.fault or asked or event is None or conversation_id is None:
            return draft
        begun = await self._wishes.checklists.of(conversation_id, event)
        return draft.model_copy(update={"missing": ""}) if begun else draft


def _goes_on(turn: Turn) -> bool:
    """Whether a button takes up what was set aside: it names nothing (`bot.rasa_memory`)."""
    named = (name for name in ("event", "when", "service_id") if turn.entity(name))
    return turn.text in (payload(SUBSCRIBE), payload(LIFE_EVENT)) and not any(named)


class ActionAskWish(Speaking):
    """The form's question."""

    action = "action_ask_wish_ready"

    def __init__(self, content: ContentStore, clock: Clock, wishes: Wishes) -> None:
        super().__init__(content, clock)
        self._wishes = wishes

    async def respond(self, turn: Turn) -> Said:
        """What is missing, with buttons where there are few answers."""
        draft = Draft.model_validate_json(turn.slot("wish") or "")
        dongs = await self._wishes.dongs() if draft.missing == "dong" else ()
        return question(turn, self.voice, draft, self._wishes.events, dongs)


class ActionWish(Speaking):
    """The form is filled: the wish is said back for a yes, the checklist is shown."""

    action = "action_wish"

    def __init__(self, content: ContentStore, clock: Clock, by_aim: Mapping[str, Filled]) -> None:
        super().__init__(content, clock)
        self._by_aim = by_aim

    async def respond(self, turn: Turn) -> Said:
        """Whatever the draft is for."""
        draft = Draft.model_validate_json(turn.slot("wish") or "")
        said = await self._by_aim[draft.aim](turn, draft)
        buttons = said.buttons
        if draft.resume and turn.slot("service"):
            go_on = Button(label=self.voice.say("service_resume", turn.seed), payload=payload(START))
            buttons = (*buttons, go_on)
        return replace(said, buttons=buttons, slots={**_NOTHING, **said.slots})
