"""The only message model: what a citizen sends and what is said to them.

Channels translate their wire format to `Inbound` and from `Outbound`; nothing
else in the program knows a platform's format. All models are frozen and go to
JSON and back with `model_dump(mode="json")` / `model_validate`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

START = "/start"
"""Text that a channel gives to "the citizen has opened the chat"; it is answered by a welcome."""

REST = "rest"
"""Payload of the button that fetches what could not be delivered yet, in every conversation."""


class Frozen(BaseModel):
    """A value: equal by content, safe to share between tasks."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class AttachmentKind(StrEnum):
    """What a citizen sent that is not text."""

    PHOTO = "photo"
    VOICE = "voice"
    VIDEO = "video"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    FILE = "file"
    OTHER = "other"


class Attachment(Frozen):
    """One thing sent beside the text; the bytes stay on the platform."""

    kind: AttachmentKind
    ref: str = ""
    """The platform's id or address of the content."""
    size: int | None = None
    """Bytes of the content, where the platform says how many."""
    latitude: float | None = None
    longitude: float | None = None


class Inbound(Frozen):
    """One message from a citizen, as a channel understood it."""

    channel: str
    user_id: str
    """Who wrote, in the channel's own terms; one conversation for ever."""
    message_id: str
    """The platform's id of this event: the same id twice is the same message."""
    sent_at: AwareDatetime
    """When the platform says it was sent. Its clock may be wrong: used for display only."""
    text: str = ""
    payload: str | None = None
    """Short id of a button of ours that was tapped (never free text)."""
    attachments: tuple[Attachment, ...] = ()
    edited: bool = False
    """The citizen changed an earlier message; `message_id` names the edit, not the first version."""
    reply_to: str = ""
    """The platform's one-time token or address for the reply (LINE's replyToken, KakaoTalk's callbackUrl, the
    comment to answer under)."""
    standby: bool = False
    """A person is answering in the platform's own inbox: listen, say nothing."""
    public: bool = False
    """Written where everybody reads it: only general information may be answered."""
    locale: str = "ko"
    kept: tuple[str, ...] = ()
    """Tokens of the values that were taken out of `text`, in order (`bot.identity.vault`)."""

    @field_validator("user_id", "message_id", "text", "payload", "reply_to", mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        """Half of a surrogate pair cannot be encoded, and PostgreSQL refuses the letter NUL."""
        if not isinstance(value, str):
            return value
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "")


class NoticeKind(StrEnum):
    """What a platform tells us beside messages."""

    LEFT = "left"
    """The citizen blocked or left us: nothing can be sent."""
    DELETED = "deleted"
    """The citizen took a message back: what they wrote goes from the log."""
    FAILED = "failed"
    """A message that the platform had taken could not be brought to the citizen."""


class Notice(Frozen):
    """News about a citizen or a message that is no message itself."""

    channel: str
    kind: NoticeKind
    user_id: str = ""
    message_id: str = ""
    """DELETED: the `Inbound.message_id` of the citizen's message; FAILED: what `send` returned."""
    reason: str = ""
    """Of a failure, for operators; no personal data."""


class Button(Frozen):
    """A quick reply (`payload`) or a link (`url`, also `tel:`); exactly one of the two is set."""

    label: str
    payload: str | None = None
    """For Rasa, e.g. `/choose_answer{"answer_id":"passport-fee"}`; the gateway stores it and sends
    the citizen's messenger a short id instead."""
    url: str | None = None


class Fact(Frozen):
    """A labelled line of a card: 담당 | 민원여권과."""

    label: str
    value: str
    url: str | None = None


class Card(Frozen):
    """An answer with its evidence: text, then facts (source, department, phone, date)."""

    title: str
    text: str = ""
    facts: tuple[Fact, ...] = ()
    image_url: str | None = None
    buttons: tuple[Button, ...] = ()


class Outbound(Frozen):
    """One thing said to a citizen. `text` comes first, then cards, then buttons."""

    text: str = ""
    buttons: tuple[Button, ...] = ()
    cards: tuple[Card, ...] = ()
    image_url: str | None = None

    def plain(self) -> str:
        """The whole message as text: for the log's search, the terminal and screen readers."""
        parts = [self.text]
        for card in self.cards:
            parts += [card.title, card.text, *(f"{fact.label}: {fact.value}" for fact in card.facts)]
            parts += [f"[{button.label}]" for button in card.buttons]
        parts += [f"[{button.label}]" for button in self.buttons]
        return "\n".join(part for part in parts if part)


class Candidate(Frozen):
    """An answer that retrieval considered."""

    id: str
    score: float
    question: str = ""


class Reply(Frozen):
    """What the bot makes of one message: `Bot.reply` returns it, the gateway carries it out."""

    messages: tuple[Outbound, ...]
    outcome: str
    """One of `bot.outcomes.Outcome`."""
    intent: str | None = None
    confidence: float | None = None
    """Probability of the intent, 0 to 1."""
    candidates: tuple[Candidate, ...] = ()
    handoff: str | None = None
    """Why a person is wanted (`asked`, `not_understood`, `crisis` …); None when not."""
    erase: bool = False
    """The citizen confirmed that their data is to be erased."""
    detail: dict[str, Any] = Field(default_factory=dict)
    """For `sotong ask` and the console: what the decision was based on."""


def utc_now() -> datetime:
    """The present moment, timezone-aware; tests pass their own clock instead."""
    return datetime.now(UTC)
