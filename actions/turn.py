"""One message of a citizen, as the actions need it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from copy import copy
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from rasa_sdk import Tracker

from bot.content.models import LANGUAGES
from bot.identity.vault import of_kinds
from bot.messages import Attachment
from bot.rights.minors import says_minor
from bot.text.language import language_of

log = logging.getLogger(__name__)

MINOR = "minor"
"""Slot that says so, until all is erased."""

HEARD = "language"
"""Slot of the foreign language that the citizen last wrote in."""
WISHED = "wished_language"
"""Slot of what the citizen asked to be answered in: a language of `LANGUAGES`, or `plain`."""

_WEEK = 7

Clock = Callable[[], datetime]
"""Gives the present moment, timezone-aware and in the city's zone."""


class Turn:
    """The last message in Rasa's tracker, its time, and the slots; reads only."""

    def __init__(self, tracker: Tracker, clock: Clock) -> None:
        message: dict[str, Any] = tracker.latest_message
        intent: dict[str, Any] = message.get("intent") or {}
        metadata: dict[str, Any] = message.get("metadata") or {}
        self._tracker = tracker
        self._wish: str | None = None
        self._entities: list[dict[str, Any]] = message.get("entities") or []
        self.text: str = (message.get("text") or "").strip()
        """What the citizen wrote, or the payload of the button that was tapped."""
        self.intent: str | None = intent.get("name")
        self.confidence: float | None = intent.get("confidence")
        self.ranking: dict[str, float] = {
            str(one["name"]): float(one["confidence"]) for one in message.get("intent_ranking") or []
        }
        """Probability of each of the likeliest intents."""
        self.now: datetime = moment(metadata.get("now"), clock)
        """When the message is answered; tests and replays set it in the metadata."""
        self.citizen = str(tracker.sender_id)
        """Whose conversation this is."""
        self.channel, _, self.user_id = self.citizen.partition(":")
        self.message_id: str = str(metadata.get("message_id") or "")
        """The platform's id of the message: what was done for it once is not done again."""
        self.tokens: list[str] = [str(token) for token in metadata.get("kept") or ()]
        """Of the values that were taken out of the text (`bot.identity.vault`)."""
        sent: list[Any] = metadata.get("attachments") or []
        self.public: bool = bool(metadata.get("public"))
        """Everybody reads it."""
        self.attachments = tuple(Attachment.model_validate(each) for each in sent)
        """What was sent beside the words."""
        self.seed = f"{self.citizen}:{int(self.now.timestamp())}"
        """Chooses among wordings."""

    @property
    def typed(self) -> bool:
        """The citizen wrote the words, rather than tapped a button."""
        return not self.text.startswith("/")

    @cached_property
    def heard(self) -> str | None:
        """Language of the words, as far as they tell: `ko`, `en`, `zh` or `vi`."""
        return language_of(self.text) if self.typed else None

    @property
    def language(self) -> str:
        """What the citizen is answered in: the language they write, `plain` where they asked for plain
        language, else `ko`. What they asked for stays; words and taps that tell nothing are in the last one.
        """
        if self.heard in LANGUAGES:
            return str(self.heard)
        wished = self._wish or self.slot(WISHED)
        return wished or (self.slot(HEARD) if self.heard is None else None) or "ko"

    def in_language(self, wish: str) -> Turn:
        """The same turn for a citizen who has just asked to be answered in other words."""
        again = copy(self)
        again.__dict__["heard"] = None
        again._wish = wish
        return again

    @property
    def requests(self) -> list[Turn]:
        """The requests in a message that holds several (`bot.nlu.requests`), each as a turn of its own."""
        found: list[dict[str, Any]] = self._tracker.latest_message.get("requests") or []
        return [self._part(request) for request in found]

    def _part(self, request: dict[str, Any]) -> Turn:
        part = copy(self)
        part.__dict__.pop("heard", None)
        part.text, part.intent = request["text"], request["intent"]
        part.confidence, part.ranking = request["confidence"], {}
        inside = range(request["start"], request["end"])
        part._entities = [one for one in self._entities if one.get("start", -1) in inside]
        return part

    def entity(self, name: str) -> str | None:
        """The first value of an entity in this message."""
        return next(iter(self.entities(name)), None)

    def entities(self, name: str) -> list[str]:
        """Every value of an entity in this message."""
        return [str(found["value"]) for found in self._entities if found.get("entity") == name]

    def kept(self, *kinds: str) -> list[str]:
        """Tokens of the values of some kinds that were taken out of this message."""
        return of_kinds(self.tokens, kinds)

    @property
    def days(self) -> list[date]:
        """The days the citizen names, a week of them at most: 내일, 토요일, 주말; empty when none is."""
        spans = [entity.split("/") for entity in (*self.entities("date"), *self.entities("period"))]
        named = []
        for span in spans:
            try:
                first, last = date.fromisoformat(span[0]), date.fromisoformat(span[-1])
            except ValueError:
                log.warning("a date that is no ISO date was passed over")
                continue
            if (last - first).days < _WEEK:
                named += [first + timedelta(days) for days in range((last - first).days + 1)]
        return sorted(set(named))[:_WEEK]

    def slot(self, name: str) -> str | None:
        """A text slot's value; None when empty."""
        value = self._tracker.slots.get(name)
        return str(value) if value else None

    def value(self, name: str) -> object:
        """A slot's value as it is."""
        return self._tracker.slots.get(name)

    def slots(self, name: str) -> list[str]:
        """A list slot's values."""
        return [str(value) for value in self._tracker.slots.get(name) or []]

    def mapping(self, name: str) -> dict[str, Any]:
        """A slot of several values by name; empty when nothing is in it."""
        value = self._tracker.slots.get(name)
        return value if isinstance(value, dict) else {}

    @property
    def minor(self) -> bool:
        """The citizen has said that they are under 14, now or before: nothing personal is asked for."""
        return self.is_set(MINOR) or (self.typed and says_minor(self.text))

    @property
    def remembered(self) -> dict[str, Any]:
        """Every slot that holds something."""
        return {name: value for name, value in self._tracker.slots.items() if value not in (None, [], {})}

    def is_set(self, name: str) -> bool:
        """Whether a slot holds anything."""
        return bool(self._tracker.slots.get(name))

    @property
    def active_form(self) -> str | None:
        """The form that is asking now."""
        loop: dict[str, Any] = self._tracker.active_loop or {}
        return loop.get("name")

    @property
    def since(self) -> list[dict[str, Any]]:
        """What happened since the citizen wrote, oldest first."""
        events: list[dict[str, Any]] = self._tracker.events
        wrote = [place for place, event in enumerate(events) if event.get("event") == "user"]
        return events[wrote[-1] + 1 :] if wrote else []

    def begins(self, form: str) -> bool:
        """Whether it is this message that starts a form: in its actions it counts as active already."""
        return any(event.get("event") == "active_loop" and event.get("name") == form for event in self.since)

    def left(self, form: str) -> bool:
        """Whether this message was first put to a form that left it to others."""
        rejected = "action_execution_rejected"
        return any(event.get("event") == rejected and event.get("name") == form for event in self.since)

    @property
    def left_form(self) -> bool:
        """Whether this message ended a form before it was filled."""
        return any(event.get("event") == "active_loop" and event.get("name") is None for event in self.since)

    @property
    def actions(self) -> list[str]:
        """Names of the actions that already ran in this turn."""
        return [str(event.get("name")) for event in self.since if event.get("event") == "action"]


def moment(iso: str | None, clock: Clock) -> datetime:
    """The time in the metadata in the city's zone, or the clock's."""
    now = clock()
    if not iso:
        return now
    try:
        return datetime.fromisoformat(iso).astimezone(now.tzinfo)
    except ValueError:
        log.warning("the metadata's `now` is no ISO time; the clock is used")
        return now
