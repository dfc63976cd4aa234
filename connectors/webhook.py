"""The agency's own app, by a signed webhook of our own; the protocol is `docs/channels/webhook.md`.

Both directions are JSON signed alike: `X-Sotong-Signature: v1=<hex HMAC-SHA256 of "<timestamp>.<body>">` with
`X-Sotong-Timestamp` in seconds of Unix time.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, FiniteFloat, NonNegativeInt, StringConstraints, ValidationError

from bot.channel import BadPayload, BadSignature, Capabilities, Channel, Delivery, DeliveryError, WireRequest
from bot.messages import START, Attachment, AttachmentKind, Inbound, Notice, NoticeKind, Outbound
from connectors.api import Api
from connectors.faults import fault
from connectors.media import Media

_WINDOW = 300.0
"""Seconds that the sender's clock may differ from ours: an older request may be a replayed one."""
_AGAIN = frozenset({408, 425})
"""HTTP statuses below 500 that ask for another try, beside 429."""

_Name = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class _Kind(StrEnum):
    MESSAGE = "message"
    OPENED = "opened"
    LEFT = "left"
    DELETED = "deleted"
    FAILED = "failed"


class _Attachment(BaseModel):
    kind: AttachmentKind = AttachmentKind.OTHER
    ref: str = ""
    size: NonNegativeInt | None = None
    latitude: FiniteFloat | None = None
    longitude: FiniteFloat | None = None


class _Event(BaseModel):
    """What the app posts; fields that are not here are left for later versions."""

    id: _Name
    user: _Name
    type: str = _Kind.MESSAGE
    text: str = ""
    payload: str | None = None
    attachments: tuple[_Attachment, ...] = ()
    sent_at: AwareDatetime | None = None
    edited: bool = False
    standby: bool = False
    locale: str = "ko"
    message: str = ""
    """DELETED, FAILED: id of the message in question."""
    reason: str = ""


class Webhook(Channel):
    """The channel. `url` is where replies go, `secret` the key of both directions' signatures.

    `now` tells the time for the replay window; tests pass their own.
    """

    name = "webhook"
    capabilities = Capabilities(
        max_text=10_000,
        max_buttons=20,
        max_label=100,
        max_payload_bytes=64,
        cards=True,
        images=True,
        typing=False,
        can_push=True,
        reply_within=10.0,
        batch=10,
        resend=True,
    )

    def __init__(self, api: Api, url: str, secret: str, media: Media, now: Callable[[], datetime]) -> None:
        self._api = api
        self._media = media
        self._url = url
        self._secret = secret.encode()
        self._now = now

    def verify(self, request: WireRequest) -> None:
        """Raise `BadSignature` unless the app signed this body less than five minutes ago."""
        timestamp = request.headers.get("x-sotong-timestamp", "")
        given = request.headers.get("x-sotong-signature", "").encode(errors="replace")
        if not hmac.compare_digest(given, self._sign(timestamp, request.body).encode()):
            raise BadSignature("X-Sotong-Signature is missing or wrong")
        if not timestamp.isdecimal() or len(timestamp) > 12:
            raise BadSignature("X-Sotong-Timestamp must be seconds of Unix time")
        if abs(self._now().timestamp() - int(timestamp)) > _WINDOW:
            raise BadSignature("X-Sotong-Timestamp is more than five minutes off")

    def parse(self, request: WireRequest) -> Sequence[Inbound | Notice]:
        """The message or news in a request; none for a type that we do not know. Raises `BadPayload`."""
        try:
            event = _Event.model_validate_json(request.body)
        except ValidationError as error:
            raise BadPayload(fault(error)) from error
        if event.type in (_Kind.MESSAGE, _Kind.OPENED):
            return [self._inbound(event, request)]
        if event.type not in list(_Kind):
            return []
        if event.type != _Kind.LEFT and not event.message:
            raise BadPayload("message: missing")
        return [
            Notice(
                channel=self.name,
                kind=NoticeKind(event.type),
                user_id=event.user,
                message_id=event.message,
                reason=event.reason,
            )
        ]

    def render(self, message: Outbound) -> list[dict[str, Any]]:
        """The message as it is: the app shows cards, buttons and pictures in its own way."""
        return [message.model_dump(mode="json", exclude_none=True)]

    async def send(self, delivery: Delivery, wires: Sequence[dict[str, Any]]) -> str:
        """Post rendered messages to the app; the id is the app's own, else `delivery.key`.

        Raises `DeliveryError`.
        """
        content = {"user": delivery.user_id, "reply_to": delivery.reply_to, "messages": list(wires)}
        body = json.dumps(content, ensure_ascii=False).encode()
        timestamp = str(int(self._now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "X-Sotong-Timestamp": timestamp,
            "X-Sotong-Signature": self._sign(timestamp, body),
            "Idempotency-Key": delivery.key,
        }
        answer = await self._api.post(self._url, body, headers)
        answer.raise_for_limit()
        if not 200 <= answer.status < 300:
            raise DeliveryError(f"HTTP {answer.status}", permanent=answer.status not in _AGAIN)
        return str(answer.json.get("id") or delivery.key)

    async def fetch(self, ref: str) -> bytes:
        """A file by the address that the app gave. Raises `MediaError`."""
        return await self._media.get(ref)

    def _sign(self, timestamp: str, body: bytes) -> str:
        digest = hmac.new(self._secret, timestamp.encode(errors="replace") + b"." + body, hashlib.sha256)
        return f"v1={digest.hexdigest()}"

    def _inbound(self, event: _Event, request: WireRequest) -> Inbound:
        opened = event.type == _Kind.OPENED
        if not opened and not event.text and event.payload is None and not event.attachments:
            raise BadPayload("text: one of text, payload and attachments must be there")
        return Inbound(
            channel=self.name,
            user_id=event.user,
            message_id=event.id,
            sent_at=event.sent_at or _signed_at(request),
            text=START if opened else event.text,
            payload=None if opened else event.payload,
            attachments=tuple(Attachment(**dict(found)) for found in event.attachments),
            edited=event.edited,
            reply_to=event.id,
            standby=event.standby,
            locale=event.locale,
        )


def _signed_at(request: WireRequest) -> datetime:
    """The time of the signature, where the app does not say when the message was written."""
    timestamp = request.headers.get("x-sotong-timestamp", "")
    seconds = int(timestamp) if timestamp.isdecimal() and len(timestamp) <= 10 else 0
    return datetime.fromtimestamp(seconds, UTC)
