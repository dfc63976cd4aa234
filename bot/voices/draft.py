"""What a citizen has said so far of a problem or an idea, and what is still to be asked.

It lives in a slot of the dialogue until it is sent or given up: nothing of it is in the database.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, ValidationError

from bot.messages import Attachment, AttachmentKind, Frozen
from bot.voices.places import Point

Kind = Literal["report", "idea"]
Ask = Literal["text", "category", "place", "similar", "title", "consent", "contact", "fix", "confirm"]

MAX_TEXT = 1000
MAX_TITLE = 60
MAX_PHOTOS = 5
KEPT = timedelta(days=1)
"""How long a draft waits to be gone on with."""


class Photo(Frozen):
    """A picture that stays on its platform."""

    channel: str
    ref: str


class Draft(Frozen):
    """A report or idea that is being made."""

    kind: Kind
    begun_at: AwareDatetime
    text: str = ""
    category: str = ""
    place: str = ""
    latitude: float | None = None
    longitude: float | None = None
    photos: tuple[Photo, ...] = ()
    contact: str = ""
    """Token of the vault."""
    agreed: str = ""
    """Version of the text by which the citizen agreed that the contact goes to the department."""
    title: str = ""
    compared: bool = False
    """Ideas like this one have been shown, or there are none."""
    doubted: str = ""
    """Name of a 동 that the city does not have; given twice it is taken."""
    ask: Ask = "text"
    note: str = ""
    """Key of what is to be said before the next question."""
    about: dict[str, str] = {}  # noqa: RUF012 - frozen by pydantic
    """What the note's placeholders stand for."""
    end: str = ""
    """How it ended: `send`, `stop`, `answer` (it was a question) or `join:7`; empty while it goes on."""

    def with_(self, **changes: object) -> Draft:
        """The draft with changes, asking for what is missing unless they say what to ask."""
        new = self.model_copy(update={"note": "", "about": {}, **changes})
        return new if "ask" in changes else new.model_copy(update={"ask": new.missing})

    @property
    def missing(self) -> Ask:
        """What is to be asked next; `confirm` when all is there."""
        if not self.text:
            return "text"
        if self.kind == "idea":
            return "confirm" if self.compared else "similar"
        if not self.category:
            return "category"
        return "confirm" if self.place or self.latitude is not None else "place"

    def noted(self, key: str, **about: str) -> Draft:
        """The draft with something to say first; of several things the first is said."""
        return self if self.note else self.model_copy(update={"note": key, "about": about})

    def at(self, point: Point) -> Draft:
        """The draft with a place on the map; one abroad is refused with a word."""
        if not point.in_korea:
            return self.noted("voice_place_abroad")
        return self.model_copy(update={"latitude": point.latitude, "longitude": point.longitude})

    def attached(self, attachment: Attachment, channel: str, most_bytes: int) -> Draft:
        """The draft with something the citizen sent beside words, or a word on why it cannot be taken."""
        if attachment.kind is AttachmentKind.LOCATION:
            if attachment.latitude is None or attachment.longitude is None:
                return self.noted("voice_place_unreadable")
            return self.at(Point(attachment.latitude, attachment.longitude))
        if attachment.kind is not AttachmentKind.PHOTO or not attachment.ref:
            return self.noted("voice_not_a_photo")
        if (attachment.size or 0) > most_bytes:
            return self.noted("voice_photo_too_big", limit=str(most_bytes // 2**20))
        photo = Photo(channel=channel, ref=attachment.ref)
        if photo in self.photos:
            return self
        if len(self.photos) >= MAX_PHOTOS:
            return self.noted("voice_photo_too_many", most=str(MAX_PHOTOS))
        photos = (*self.photos, photo)
        return self.model_copy(update={"photos": photos}).noted("voice_photo_taken", count=str(len(photos)))


def load(value: object, now: datetime) -> Draft | None:
    """The draft in a slot; None when there is none, it is too old, or of another version of the program."""
    if not isinstance(value, dict):
        return None
    try:
        draft = Draft.model_validate(value)
    except ValidationError:
        return None
    return draft if now - draft.begun_at < KEPT and not draft.end else None


def headline(text: str) -> str:
    """A title from the words of an idea: its first sentence, or as much of it as fits."""
    first = text.strip().split("\n")[0].strip()
    for end in (". ", "! ", "? "):
        first = first.split(end)[0]
    return first if len(first) <= MAX_TITLE else first[: MAX_TITLE - 1].rstrip() + "…"
