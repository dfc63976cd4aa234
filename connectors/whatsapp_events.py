"""What a WhatsApp notification says, one event at a time.

Who writes is named by the business-scoped id (`user_id`, like `KR.…`) where Meta gives one, else by the
telephone number (`wa_id`), which stays away once a citizen has a user name. Messages to answer with it go by
that same id, so that no number need be kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from bot.messages import START, Attachment, AttachmentKind, Inbound, Notice, NoticeKind
from connectors.fields import field, moment, number, objects, text

_KINDS = {
    "image": AttachmentKind.PHOTO,
    "audio": AttachmentKind.VOICE,
    "video": AttachmentKind.VIDEO,
    "sticker": AttachmentKind.STICKER,
    "document": AttachmentKind.FILE,
    "location": AttachmentKind.LOCATION,
    "contacts": AttachmentKind.CONTACT,
    "order": AttachmentKind.OTHER,
    "interactive": AttachmentKind.OTHER,
    "unsupported": AttachmentKind.OTHER,
}
"""What a citizen can send that is not text; other kinds (`reaction`, `system`, …) are no messages."""


def understood(
    channel: str, phone_number_id: str, entries: Iterable[dict[str, Any]]
) -> list[Inbound | Notice]:
    """The messages and news for one of the business's numbers."""
    found: list[Inbound | Notice] = []
    for entry in entries:
        for change in objects(entry, "changes"):
            value = field(change, "value")
            ours = text(value, "metadata", "phone_number_id") == phone_number_id
            if text(change, "field") == "messages" and ours:
                for message in objects(value, "messages"):
                    found += _from_citizen(channel, message, _user(message, value))
                for status in objects(value, "statuses"):
                    found += _failed(channel, status)
    return found


def _user(message: dict[str, Any], value: Any) -> str:
    """Who wrote: the contact that has the message's number, or the only one of the notification."""
    contacts, telephone = objects(value, "contacts"), text(message, "from")
    known = [contact for contact in contacts if text(contact, "wa_id") == telephone] or contacts
    scoped = text(known[0], "user_id") if len(known) == 1 else ""
    return text(message, "from_user_id") or scoped or telephone


def _from_citizen(channel: str, message: dict[str, Any], user_id: str) -> Iterator[Inbound | Notice]:
    """The message, or that one was taken back; none for what asks for no answer."""
    message_id, kind = text(message, "id"), text(message, "type")
    if not user_id or not message_id or "group_id" in message:
        return
    original = text(message, "revoke", "original_message_id")
    if original:
        yield Notice(channel=channel, kind=NoticeKind.DELETED, user_id=user_id, message_id=original)
        return
    edited = kind == "edit"
    content = field(message, "edit", "message") if edited else message
    said, payload, attachments = _content(content)
    if said or payload or attachments:
        yield Inbound(
            channel=channel,
            user_id=user_id,
            message_id=message_id,
            sent_at=moment(_seconds(message) * 1000),
            text=said,
            payload=payload,
            attachments=attachments,
            edited=edited,
        )


def _content(message: Any) -> tuple[str, str | None, tuple[Attachment, ...]]:
    """Text, short id of a tapped button, and what was attached."""
    kind = text(message, "type")
    if kind == "text":
        return text(message, "text", "body"), None, ()
    if kind == "request_welcome":
        return START, None, ()
    if kind == "button":  # under a template, whose buttons are not ours to know
        return text(message, "button", "text"), None, ()
    for tapped in ("button_reply", "list_reply"):
        if kind == "interactive" and text(message, kind, tapped, "id"):
            return text(message, kind, tapped, "title"), text(message, kind, tapped, "id"), ()
    if kind not in _KINDS:
        return "", None, ()
    attachment = Attachment(
        kind=_KINDS[kind],
        ref=text(message, kind, "id"),
        latitude=number(message, kind, "latitude"),
        longitude=number(message, kind, "longitude"),
    )
    return text(message, kind, "caption"), None, (attachment,)


def _failed(channel: str, status: dict[str, Any]) -> Iterator[Notice]:
    if text(status, "status") != "failed" or not text(status, "id"):
        return
    errors = [f"{field(error, 'code')} {text(error, 'title')}" for error in objects(status, "errors")]
    yield Notice(
        channel=channel,
        kind=NoticeKind.FAILED,
        user_id=text(status, "recipient_user_id") or text(status, "recipient_id"),
        message_id=text(status, "id"),
        reason=", ".join(errors),
    )


def _seconds(message: dict[str, Any]) -> float:
    """`timestamp`, seconds of Unix time as text."""
    given = text(message, "timestamp")
    return float(given) if given.isdecimal() and len(given) <= 10 else 0.0
