"""What the log hands out: plain frozen values, never database rows."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from bot.log.tables import Message
from bot.messages import Attachment, AttachmentKind, Candidate, Inbound, Outbound

PREVIEW = 200
"""Characters of its last message that a conversation carries for lists."""

RETRACTED_TEXT = "(시민이 지운 메시지)"
RETRACTED: dict[str, Any] = {"text": "", "payload": None, "attachments": ()}
"""What goes from a message that its writer took back."""

ATTACHMENTS = {
    AttachmentKind.PHOTO: "사진",
    AttachmentKind.VOICE: "음성",
    AttachmentKind.VIDEO: "동영상",
    AttachmentKind.STICKER: "스티커",
    AttachmentKind.LOCATION: "위치",
    AttachmentKind.CONTACT: "연락처",
    AttachmentKind.FILE: "파일",
    AttachmentKind.OTHER: "첨부",
}


@dataclass(frozen=True)
class StoredInbound:
    """A citizen's message in the log."""

    id: int
    conversation_id: int
    seq: int
    channel: str
    user_id: str
    inbound: Inbound
    state: str
    """Who owns the conversation now: bot, waiting, operator or closed."""
    received_at: datetime

    @property
    def key(self) -> str:
        """The name by which the bot knows the conversation."""
        return f"{self.channel}:{self.user_id}"

    @property
    def seed(self) -> str:
        """What varies the wording of this turn."""
        return f"{self.key}:{self.seq}"


@dataclass(frozen=True)
class OutboxRow:
    """Something that is still to be delivered."""

    id: int
    conversation_id: int
    seq: int
    channel: str
    user_id: str
    message: Outbound
    """Its buttons carry short ids in place of their payloads."""
    attempts: int
    turn_id: int | None = None
    """The citizen's message that it answers."""
    reply_to: str = ""
    """`Inbound.reply_to` of that message."""
    heard_at: datetime | None = None
    """When that message came, else the citizen's last one."""
    parts_sent: int = 0
    """So many of the messages it makes on its channel have been taken."""
    interrupted: bool = False
    """An earlier run of the program ended while it was being sent."""
    postponed: bool = False
    """It has been tried, and there was no way left to send it by."""


@dataclass(frozen=True)
class StoredButton:
    """What a tapped button stands for."""

    payload: str
    label: str


@dataclass(frozen=True)
class Entry:
    """One line of a transcript."""

    id: int
    conversation_id: int
    seq: int
    author: str
    text: str
    at: datetime
    message: Outbound | None
    """What was said to the citizen; None for what they said."""
    platform_id: str | None
    """`Inbound.message_id` of what a citizen said."""
    attachments: tuple[Attachment, ...]
    """What a citizen sent beside it."""
    operator_id: int | None
    intent: str | None
    confidence: float | None
    outcome: str | None
    latency_ms: int | None
    candidates: tuple[Candidate, ...]
    delivery: str | None
    error: str | None
    attempts: int
    release: int | None
    """Number of the release that the answer to it came from."""
    answer_id: str | None
    """The answer that was given to it."""
    kept: tuple[str, ...]
    """Tokens of the values that were taken out of what a citizen wrote (`bot.identity.vault`)."""


@dataclass(frozen=True)
class ConversationView:
    """A conversation without its messages."""

    id: int
    channel: str
    user_id: str
    state: str
    operator_id: int | None
    operator: str | None
    """Name of the operator who holds it."""
    handoff_reason: str | None
    waiting_since: datetime | None
    created_at: datetime
    last_at: datetime
    last_seq: int
    last_text: str
    last_author: str
    intent: str | None
    """Of the newest turn."""
    outcome: str | None
    department_id: str | None = None
    """Waiting: for whose people."""
    wanted_operator_id: int | None = None
    """Waiting: for whom."""
    snoozed_until: datetime | None = None
    owed_since: datetime | None = None
    """Since when the citizen waits for the words of the person who has it."""


@dataclass(frozen=True)
class Hit:
    """A message that a search found, and where."""

    entry: Entry
    conversation: ConversationView


@dataclass(frozen=True)
class Filter:
    """Which conversations or messages are wanted; None = any."""

    channel: str | None = None
    outcome: str | None = None
    intent: str | None = None
    state: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive."""


def asked(text: str) -> str | None:
    """Digest of a question, however it is spaced or punctuated; None where nothing was asked."""
    letters = "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
    return blake2b(letters.encode(), digest_size=8).hexdigest() if letters else None


def entry(row: Message, text: str) -> Entry:
    """The transcript line of a row and its words."""
    return Entry(
        id=row.id,
        conversation_id=row.conversation_id,
        seq=row.seq,
        author=row.author,
        text=text,
        at=row.at,
        message=Outbound.model_validate(row.content) if row.direction == "out" else None,
        platform_id=row.platform_id,
        attachments=_attachments(row),
        operator_id=row.operator_id,
        intent=row.intent,
        confidence=row.confidence,
        outcome=row.outcome,
        latency_ms=row.latency_ms,
        candidates=tuple(Candidate.model_validate(item) for item in row.candidates or ()),
        delivery=row.delivery,
        error=row.error,
        attempts=row.attempts,
        release=row.release,
        answer_id=row.answer_id,
        kept=tuple(row.content.get("kept", ())) if row.direction == "in" else (),
    )


def _attachments(row: Message) -> tuple[Attachment, ...]:
    given = row.content.get("attachments", ()) if row.direction == "in" else ()
    return tuple(Attachment.model_validate(one) for one in given)


def readable(inbound: Inbound) -> str:
    """What a citizen sent as text, e.g. `이거 뭐예요 [사진]`."""
    return " ".join(filter(None, [inbound.text, *(f"[{ATTACHMENTS[a.kind]}]" for a in inbound.attachments)]))
