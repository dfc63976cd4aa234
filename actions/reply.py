"""The one way in which an action answers: exactly one reply for the gateway, whatever happens."""

from __future__ import annotations

import logging
import traceback
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.danger import line, suspected
from actions.departments import contact_card, default
from actions.turn import HEARD, MINOR, Clock, Turn
from bot.content.models import LANGUAGES
from bot.content.persona import Voice
from bot.content.store import ContentStore
from bot.messages import Button, Candidate, Card, Outbound, Reply
from bot.outcomes import Outcome

log = logging.getLogger(__name__)

SHELL = "cmdline"
"""Rasa's name for `rasa shell`, where a person reads along: words instead of JSON."""


@dataclass(frozen=True)
class Said:
    """What an action decided to say, and what is to be remembered."""

    outcome: Outcome
    text: str = ""
    cards: tuple[Card, ...] = ()
    buttons: tuple[Button, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    handoff: str | None = None
    erase: bool = False
    detail: Mapping[str, Any] = field(default_factory=dict)
    before: tuple[Outbound, ...] = ()
    """Whole messages said ahead of this one."""
    slots: Mapping[str, Any] = field(default_factory=dict)
    """Slots to set; an offer that nobody took up (`pending_offer`) lapses unless it is set again here."""

    follow: str | None = None
    """A form that goes on at once."""

    @property
    def message(self) -> Outbound:
        """Words, cards and buttons together."""
        return Outbound(text=self.text, cards=self.cards, buttons=self.buttons)

    def reply(self, turn: Turn) -> Reply:
        """The form the gateway understands; without words and cards there is no message."""
        return Reply(
            messages=tuple(each for each in (*self.before, self.message) if each != Outbound()),
            outcome=self.outcome,
            intent=turn.intent,
            confidence=turn.confidence,
            candidates=self.candidates,
            handoff=self.handoff,
            erase=self.erase,
            detail=dict(self.detail),
        )


class Speaking(Action):  # type: ignore[misc] # rasa-sdk has no types
    """An action that ends in one reply. Subclasses say what in `respond`."""

    action: ClassVar[str]
    """Name in domain.yml."""

    def __init__(self, content: ContentStore, clock: Clock) -> None:
        self.content = content
        self.clock = clock

    def name(self) -> str:
        """Name in domain.yml."""
        return self.action

    @property
    def voice(self) -> Voice:
        """The persona as it stands now."""
        return self.content.persona()

    @abstractmethod
    async def respond(self, turn: Turn) -> Said:
        """What to say in answer to this turn."""

    async def answer(self, turn: Turn) -> Said:
        """What `respond` says, or an apology with a phone number where it breaks; help comes first."""
        try:
            said = await self.respond(turn)
        except Exception as error:  # noqa: BLE001 - rasa-sdk would send the whole tracker back
            said = self._apology(turn, error)
        if turn.minor and not turn.is_set(MINOR) and not said.erase:
            said = self._minor(turn, said)
        danger = suspected(turn)
        if danger is None:
            return said
        return replace(said, before=(line(self.voice.to(turn.language), turn, danger), *said.before))

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer the turn; called by rasa-sdk."""
        turn = Turn(tracker, self.clock)
        said = await self.answer(turn)
        reply = said.reply(turn)
        if tracker.get_latest_input_channel() == SHELL:
            dispatcher.utter_message(text="\n\n".join(m.plain() for m in reply.messages) or reply.outcome)
        else:
            dispatcher.utter_message(json_message={"sotong": reply.model_dump(mode="json")})
        slots = dict(said.slots)
        if turn.is_set("pending_offer"):
            slots.setdefault("pending_offer", None)
        foreign = turn.heard if turn.heard in LANGUAGES else None
        if turn.heard and turn.slot(HEARD) != foreign:
            slots.setdefault(HEARD, foreign)
        events = [SlotSet(name, value) for name, value in slots.items()]
        return [*events, FollowupAction(said.follow)] if said.follow else events

    def _minor(self, turn: Turn, said: Said) -> Said:
        """Says once what a child is not asked for, ahead of the answer, and remembers it."""
        if MINOR in said.slots:
            return said
        told = Outbound(text=self.voice.say("under_14", turn.seed))
        return replace(said, before=(told, *said.before), slots={**said.slots, MINOR: "yes"})

    def _apology(self, turn: Turn, error: Exception) -> Said:
        """Logs where it broke (not the message, which may quote the citizen) and names the call centre."""
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("%s broke with %s\n%s", self.action, type(error).__name__, where)
        helper = default(self.content.departments())
        text = self.voice.say(
            "service_down", turn.seed, department=helper.name, department_phone=helper.phone
        )
        return Said(
            Outcome.SERVICE_UNAVAILABLE,
            text,
            cards=(contact_card(helper, turn.now),),
            detail={"error": type(error).__name__},
        )


def to_a_minor(voice: Voice, turn: Turn) -> Said:
    """What is said in place of asking a child for something personal (`Turn.minor`)."""
    return Said(Outcome.REFUSED, voice.say("under_14", turn.seed), slots={MINOR: "yes"})
