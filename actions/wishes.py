"""Wishes to be told something: said back for a yes, and switched on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncEngine

from actions.answering import Answering
from actions.card import payload
from actions.departments import call_button, default
from actions.reply import Said, to_a_minor
from actions.turn import Turn
from actions.wish_reading import CHANGE
from bot.content.persona import Voice
from bot.content.store import ContentStore
from bot.log.engine import changing as transaction
from bot.log.log import ConversationLog
from bot.loop.waits import Waits
from bot.messages import Button
from bot.outcomes import Outcome
from bot.proactive.changing import changed
from bot.proactive.channels import Push, name, others, push
from bot.proactive.checklists import Checklists
from bot.proactive.draft import Draft
from bot.proactive.kinds import City, Kind
from bot.proactive.life_events import LifeEvents
from bot.proactive.said import describe
from bot.proactive.subscriptions import Standing, Subscriptions
from bot.proactive.understanding import MAX_ABOUT
from bot.proactive.wish import CASE, CHECKLIST, COLLECTION, SCHEDULE, Nothing, NotNow, Wish
from bot.proactive.wording import clock, near
from bot.rights.consents import Consents, Purpose
from bot.rights.wordings import Wordings, keep
from bot.settings import Settings

OFFER = "remind"
"""In the slot `pending_offer`: a yes switches the reminder on."""
_NOTHING = {
    "past": "remind_when_past",
    "no_deadline": "remind_no_deadline",
    "always": "remind_always_open",
    "ended": "remind_service_ended",
    "soon": "remind_soon_over",
    "no_case": "remind_no_case",
    "done": "remind_case_done",
    "unknown_dong": "waste_unknown_dong",
}
"""Why there is nothing to tell → line of the persona."""


class _Offered(BaseModel):
    """What a yes would switch on; kept in the slot `wish_offered`."""

    model_config = ConfigDict(frozen=True)

    wish: Wish
    change: int | None = None


@dataclass(frozen=True)
class Wishes:
    """What the actions about wishes share."""

    settings: Settings
    content: ContentStore
    answering: Answering
    engine: AsyncEngine
    conversations: ConversationLog
    subscriptions: Subscriptions
    waits: Waits
    checklists: Checklists
    events: LifeEvents
    consents: Consents
    wordings: Wordings
    kinds: Mapping[str, Kind]
    city: City

    @property
    def voice(self) -> Voice:
        """The persona as it stands now."""
        return self.content.persona()

    async def conversation_id(self, turn: Turn) -> int | None:
        """Whose wishes these are; None outside the log (a terminal)."""
        found = await self.conversations.find(turn.channel, turn.user_id)
        return found.id if found else None

    async def dongs(self) -> Sequence[str]:
        """Every neighbourhood the city has collection days for; none while it cannot be asked."""
        try:
            return await self.city.dongs()
        except NotNow:
            return ()

    async def checked(self, draft: Draft) -> Draft:
        """The draft, asking again for a neighbourhood that the city does not have."""
        wish = draft.wish
        if wish is None or wish.kind != COLLECTION or draft.missing:
            return draft
        try:
            known = await self.city.collection(wish.dong)
        except NotNow:
            return draft  # said when it is to be switched on
        if known is not None:
            return draft
        update = {"wish": wish.model_copy(update={"dong": ""}), "missing": "dong", "said": wish.dong}
        return draft.model_copy(update={**update, "fault": "unknown_dong"})

    async def of_answer(self, turn: Turn, draft: Draft) -> Draft:
        """The draft with the last day of the answer that the words mean, where it has one."""
        found = await self.answering.find(turn)
        answer = found.offered[0] if found.kind == "answer" else None
        if draft.wish is None or answer is None or answer.valid_until is None:
            return draft
        about = {"about": answer.questions[0][:MAX_ABOUT], "answer_id": answer.id, "day": answer.valid_until}
        update = {"wish": draft.wish.model_copy(update=about), "missing": "", "fault": "", "said": ""}
        return draft.model_copy(update=update)

    async def changing(self, turn: Turn, draft: Draft) -> Draft:
        """The draft as a change of a reminder that stands, where the words ask for one."""
        if not turn.typed or not CHANGE.search(turn.text):
            return draft
        conversation_id = await self.conversation_id(turn)
        mine = await self.subscriptions.of(conversation_id) if conversation_id else []
        for standing in meant(mine, turn.text):
            wish = changed(standing.wish, turn.text, turn.now)
            if wish is not None:
                return Draft(aim="subscribe", wish=wish, change=standing.id)
        return draft

    async def ask(self, turn: Turn, draft: Draft) -> Said:
        """The wish said back with a yes and a no; or why it cannot be."""
        if draft.wish is None:
            raise LookupError("a draft of a wish without the wish")
        if turn.minor:
            return to_a_minor(self.voice, turn)
        conversation_id = await self.conversation_id(turn)
        if conversation_id is None or turn.public or push(turn.channel) is Push.NEVER:
            return self._no_push(turn)
        wish = await self._complete(turn, draft.wish, conversation_id)
        if wish.kind == CHECKLIST and wish.day is None:
            return Said(Outcome.ASKED_BACK, self.voice.say("checklist_no_day", turn.seed))
        try:
            first = await self.kinds[wish.kind].first(wish, turn.now)
        except Nothing as nothing:
            return self._nothing(turn, wish, str(nothing))
        except NotNow:
            return self._not_now(turn)
        return Said(
            Outcome.ASKED_BACK,
            await self._confirmation(turn, first.wish, conversation_id),
            buttons=(
                Button(label=self.voice.say("remind_yes"), payload=payload("affirm")),
                Button(label=self.voice.say("remind_no"), payload=payload("deny")),
            ),
            slots={
                "pending_offer": OFFER,
                "wish_offered": _Offered(wish=first.wish, change=draft.change).model_dump_json(),
            },
        )

    async def agreed(self, turn: Turn) -> Said | None:
        """The yes: the consent and the subscription are written down."""
        kept, conversation_id = turn.slot("wish_offered"), await self.conversation_id(turn)
        if kept is None or conversation_id is None:
            return None
        offered = _Offered.model_validate_json(kept)
        try:
            first = await self.kinds[offered.wish.kind].first(offered.wish, turn.now)
        except Nothing as nothing:
            return self._nothing(turn, offered.wish, str(nothing))
        except NotNow:
            return self._not_now(turn)
        await self._consented(turn, conversation_id)
        if offered.change is not None:
            done = await self.subscriptions.change(conversation_id, offered.change, first)
        else:
            done = await self.subscriptions.add(conversation_id, turn.message_id or turn.seed, first)
        local = first.next_at.astimezone(turn.now.tzinfo)
        day = f"{near(local.date(), turn.now.date())} {clock(local.time())}"
        once = offered.wish.kind == SCHEDULE and not offered.wish.rule
        key = "remind_on_case" if offered.wish.kind == CASE else "remind_on_once" if once else "remind_on"
        text = self.voice.say(key if done else "remind_already", turn.seed, next=day)
        show = Button(label=self.voice.say("remind_list_button"), payload=payload("list_subscriptions"))
        return Said(Outcome.ANSWERED_SERVICE, text, buttons=(show,), slots={"wish_offered": None})

    async def _complete(self, turn: Turn, wish: Wish, conversation_id: int) -> Wish:
        """With the answer that "again" means, the day of the checklist."""
        if wish.kind == SCHEDULE and not wish.about:
            answer = self.answering.get(turn, turn.slot("last_answer_id"))
            if answer:
                return wish.model_copy(
                    update={"about": answer.questions[0][:MAX_ABOUT], "answer_id": answer.id}
                )
        if wish.kind == CHECKLIST and (event := self.events.all().get(wish.event)):
            progress = await self.checklists.of(conversation_id, event)
            return wish.model_copy(update={"day": progress.on if progress else None})
        return wish

    async def _confirmation(self, turn: Turn, wish: Wish, conversation_id: int) -> str:
        what = describe(self.voice, wish, turn.now.date())
        parts = [self.voice.say("remind_confirm", turn.seed, what=what, channel=name(turn.channel))]
        if push(turn.channel) is Push.WINDOW:
            parts.append(self.voice.say("remind_window", turn.seed, channel=name(turn.channel)))
        agreed = await self.consents.has(conversation_id, Purpose.PUSH)
        consent = self.wordings.consent(Purpose.PUSH).text
        parts.append(self.voice.say("remind_question", turn.seed) if agreed else consent)
        return "\n\n".join(parts)

    async def _consented(self, turn: Turn, conversation_id: int) -> None:
        text = self.wordings.consent(Purpose.PUSH)
        async with transaction(self.engine) as connection:
            await keep(connection, text, turn.now)
        await self.consents.give(conversation_id, Purpose.PUSH, text.version)

    def _no_push(self, turn: Turn) -> Said:
        who = default(self.content.departments())
        link = self.settings.private_chat
        text = self.voice.say(
            "remind_no_push",
            turn.seed,
            channel=name(turn.channel),
            others=", ".join(others(self.settings)),
            department=who.name,
            department_phone=who.phone,
        )
        chat = (Button(label=self.voice.say("remind_other_chat"), url=link),) if link else ()
        return Said(Outcome.REFUSED, text, buttons=(*chat, call_button(who)))

    def _nothing(self, turn: Turn, wish: Wish, why: str) -> Said:
        values = {"about": wish.about, "number": wish.number, "dong": wish.dong}
        day = near(wish.day, turn.now.date()) if wish.day else ""
        return Said(Outcome.ANSWERED_SERVICE, self.voice.say(_NOTHING[why], turn.seed, **values, day=day))

    def _not_now(self, turn: Turn) -> Said:
        who = default(self.content.departments())
        text = self.voice.say("service_down", turn.seed, department=who.name, department_phone=who.phone)
        return Said(Outcome.SERVICE_UNAVAILABLE, text, buttons=(call_button(who),))


def meant(mine: Sequence[Standing], text: str) -> list[Standing]:
    """The reminders that words name; the newest first where they name none."""
    squeezed = "".join(text.split())
    named = [
        each
        for each in mine
        if any(word in squeezed for word in each.wish.about.replace("·", " ").split() if len(word) > 1)
    ]
    return named or list(reversed(mine))
