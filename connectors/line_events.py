"""What LINE's webhook events hold (`webhook.yml` of line-openapi)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.messages import START, Attachment, AttachmentKind, Inbound, Notice, NoticeKind
from connectors.fields import field, moment, number, text

_KINDS = {
    "image": AttachmentKind.PHOTO,
    "video": AttachmentKind.VIDEO,
    "audio": AttachmentKind.VOICE,
    "file": AttachmentKind.FILE,
    "location": AttachmentKind.LOCATION,
    "sticker": AttachmentKind.STICKER,
}


def understood(events: Iterable[dict[str, Any]]) -> list[Inbound | Notice]:
    """Messages and news in the order in which they happened.

    A message goes by LINE's id of it, which is the same on redelivery and which `unsend` names; other events
    go by `webhookEventId`. Groups and rooms are left out: the office answers each citizen alone.
    """
    ordered = sorted(events, key=lambda event: number(event, "timestamp") or 0)
    found = (_event(event) for event in ordered if text(event, "source", "type") == "user")
    return [item for item in found if item is not None]


def _event(event: dict[str, Any]) -> Inbound | Notice | None:
    kind, user_id = text(event, "type"), text(event, "source", "userId")
    if not user_id:
        return None
    if kind == "unfollow":
        return Notice(channel="line", kind=NoticeKind.LEFT, user_id=user_id)
    if kind == "unsend":
        mid = text(event, "unsend", "messageId")
        return (
            Notice(channel="line", kind=NoticeKind.DELETED, user_id=user_id, message_id=mid) if mid else None
        )
    said: dict[str, Any] = {"message_id": text(event, "webhookEventId")}
    if kind == "message":
        said = _message(event)
    elif kind == "follow":
        said |= {"text": START}
    elif kind == "postback":
        payload, _, label = text(event, "postback", "data").partition(" ")
        said |= {"text": label, "payload": payload}
    else:
        return None
    if not said["message_id"]:
        return None
    again = field(event, "deliveryContext", "isRedelivery") is True
    return Inbound(
        channel="line",
        user_id=user_id,
        sent_at=moment(number(event, "timestamp")),
        # A token brought again may have run out; it is the same as the first time.
        reply_to="" if again else text(event, "replyToken"),
        standby=text(event, "mode") == "standby",
        **said,
    )


def _message(event: dict[str, Any]) -> dict[str, Any]:
    mid, kind = text(event, "message", "id"), text(event, "message", "type")
    if kind == "text":
        return {"message_id": mid, "text": text(event, "message", "text")}
    attachment = Attachment(
        kind=_KINDS.get(kind, AttachmentKind.OTHER),
        ref=mid,
        latitude=number(event, "message", "latitude"),
        longitude=number(event, "message", "longitude"),
    )
    return {"message_id": mid, "attachments": (attachment,)}
