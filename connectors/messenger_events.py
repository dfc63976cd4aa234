"""What Messenger's and Instagram's notifications hold; the two speak the same format.

Facts: developers.facebook.com, webhook events of the Messenger Platform and of Instagram messaging.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.messages import START, Attachment, AttachmentKind, Inbound, Notice, NoticeKind
from connectors.fields import field, moment, number, objects, text

GET_STARTED = "GET_STARTED"
"""Payload of the button that opens the chat, as `docs/channels/messenger.md` has it set up."""

_KINDS = {
    "image": AttachmentKind.PHOTO,
    "video": AttachmentKind.VIDEO,
    "audio": AttachmentKind.VOICE,
    "file": AttachmentKind.FILE,
    "location": AttachmentKind.LOCATION,
}
"""All others (a shared post, a story that mentions us, a product …) are `OTHER`."""


def understood(channel: str, entries: Iterable[dict[str, Any]]) -> list[Inbound | Notice]:
    """Messages and news, in the order in which they happened.

    Left out: what our own account did (`is_echo`, for one), receipts, reactions, account linking, policy
    notices and the hand-over protocol, whose effect we see by events standing in `standby`.
    """
    events = [
        (event, key == "standby")
        for entry in entries
        for key in ("messaging", "standby")
        for event in objects(entry, key)
        if text(event, "sender", "id") not in ("", text(entry, "id"))
    ]
    events.sort(key=lambda found: number(found[0], "timestamp") or 0)
    read = (_event(channel, event, standby) for event, standby in events)
    return [found for found in read if found is not None]


def _event(channel: str, event: dict[str, Any], standby: bool) -> Inbound | Notice | None:
    user_id, at = text(event, "sender", "id"), number(event, "timestamp")
    stamp = f"{user_id}:{at or 0:.0f}"
    if isinstance(field(event, "message"), dict):
        return _message(channel, event, standby)
    said: dict[str, Any]
    if isinstance(field(event, "postback"), dict):
        opened = text(event, "postback", "payload") == GET_STARTED
        said = {"message_id": text(event, "postback", "mid") or f"postback:{stamp}"}
        said |= {"text": START} if opened else _tapped(event)
    elif text(event, "message_edit", "text"):
        times = number(event, "message_edit", "num_edit") or 0
        version = text(event, "message_edit", "num_edit") or f"{times:.0f}"
        said = {
            "message_id": f"{text(event, 'message_edit', 'mid')}:edit:{version}",
            "text": text(event, "message_edit", "text"),
            "edited": True,
        }
    elif isinstance(field(event, "referral"), dict):
        said = {"message_id": f"referral:{stamp}", "text": START}
    else:
        return None
    return Inbound(channel=channel, user_id=user_id, sent_at=moment(at), standby=standby, **said)


def _tapped(event: dict[str, Any]) -> dict[str, Any]:
    return {"text": text(event, "postback", "title"), "payload": text(event, "postback", "payload")}


def _message(channel: str, event: dict[str, Any], standby: bool) -> Inbound | Notice | None:
    user_id, mid = text(event, "sender", "id"), text(event, "message", "mid")
    if not mid or field(event, "message", "is_echo"):
        return None
    if field(event, "message", "is_deleted"):
        return Notice(channel=channel, kind=NoticeKind.DELETED, user_id=user_id, message_id=mid)
    words = text(event, "message", "text")
    attachments = [_attachment(item) for item in objects(event, "message", "attachments")]
    if words:  # the preview of an address in the text is an attachment, too
        attachments = [found for found in attachments if found.kind is not AttachmentKind.OTHER]
    if field(event, "message", "is_unsupported"):
        attachments.append(Attachment(kind=AttachmentKind.OTHER))
    if not words and not attachments:
        return None
    return Inbound(
        channel=channel,
        user_id=user_id,
        message_id=mid,
        sent_at=moment(number(event, "timestamp")),
        text=words,
        payload=text(event, "message", "quick_reply", "payload") or None,
        attachments=tuple(attachments),
        standby=standby,
    )


def _attachment(item: dict[str, Any]) -> Attachment:
    kind = _KINDS.get(text(item, "type"), AttachmentKind.OTHER)
    if kind is AttachmentKind.PHOTO and field(item, "payload", "sticker_id"):
        kind = AttachmentKind.STICKER
    return Attachment(
        kind=kind,
        ref=text(item, "payload", "url"),
        latitude=number(item, "payload", "coordinates", "lat"),
        longitude=number(item, "payload", "coordinates", "long"),
    )
