"""X direct messages by the Account Activity API and API v1.1.

Signature, challenge and what is told (of blocks only our own): docs.x.com. The shape of the events and the
limits of a message (text 10,000, 20 quick replies of 36 characters, 3 links) are not on docs.x.com any
more: they follow the documentation of API v1.1. Groups are not told of, and encrypted chats cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import BaseModel, Field, FiniteFloat, ValidationError

from bot.channel import BadPayload, Capabilities, Channel, Delivery, DeliveryError, WireAnswer, WireRequest
from bot.fit import CHOOSE
from bot.messages import Attachment, AttachmentKind, Inbound, Notice, Outbound
from connectors.faults import fault
from connectors.fields import text
from connectors.media import Media
from connectors.x_api import XApi, challenge, verify

_SEND = "/1.1/direct_messages/events/new.json"
_TYPING = "/1.1/direct_messages/indicate_typing.json"
_KINDS = {
    "photo": AttachmentKind.PHOTO,
    "video": AttachmentKind.VIDEO,
    "animated_gif": AttachmentKind.VIDEO,
}


class _Link(BaseModel):
    url: str
    expanded_url: str


class _Entities(BaseModel):
    urls: list[_Link] = []


class _Media(BaseModel):
    type: str = ""
    url: str = ""
    """Stands at the end of the text, shortened."""
    media_url_https: str = ""


class _Point(BaseModel):
    coordinates: tuple[FiniteFloat, FiniteFloat]
    """Longitude, latitude."""


class _Coordinate(BaseModel):
    coordinates: _Point


class _Location(BaseModel):
    shared_coordinate: _Coordinate | None = None


class _Attachment(BaseModel):
    type: str
    media: _Media | None = None
    location: _Location | None = None


class _QuickReply(BaseModel):
    metadata: str


class _Data(BaseModel):
    text: str = ""
    entities: _Entities = _Entities()
    attachment: _Attachment | None = None
    quick_reply_response: _QuickReply | None = None


class _Target(BaseModel):
    recipient_id: str


class _Message(BaseModel):
    target: _Target
    sender_id: str = Field(min_length=1)
    message_data: _Data


class _Event(BaseModel):
    id: str = Field(min_length=1)
    created_timestamp: Annotated[int, Field(ge=0, lt=10**14)]
    """Milliseconds of Unix time, as text."""
    message_create: _Message


class _Activity(BaseModel):
    """What X posts; of its many kinds of activity, direct messages."""

    for_user_id: str | None = None
    direct_message_events: list[dict[str, Any]] = []


class X(Channel):
    """The channel. `user_id` is the office's account, `consumer_secret` the key of X's signatures."""

    name = "x"
    abroad = True
    capabilities = Capabilities(
        max_text=10_000,
        max_buttons=20,
        max_label=36,
        max_payload_bytes=1000,
        cards=False,
        images=False,
        typing=True,
        can_push=True,
        reply_within=10.0,
        max_links=3,
        mixed=False,
        phones=False,
    )

    def __init__(self, user_id: str, consumer_secret: str, api: XApi, media: Media) -> None:
        self._user_id = user_id
        self._consumer_secret = consumer_secret
        self._api = api
        self._media = media

    def verify(self, request: WireRequest) -> None:
        """Raise `BadSignature` unless X signed the body."""
        verify(self._consumer_secret, request)

    def handshake(self, request: WireRequest) -> WireAnswer | None:
        """The answer to X's challenge-response check."""
        return challenge(self._consumer_secret, request)

    def parse(self, request: WireRequest) -> Sequence[Inbound | Notice]:
        """The direct messages to the office's account. Raises `BadPayload`."""
        try:
            activity = _Activity.model_validate_json(request.body)
            if activity.for_user_id != self._user_id:
                return []  # another account of the same app, or news about the app itself
            told = [
                event for event in activity.direct_message_events if event.get("type") == "message_create"
            ]
            return [found for event in told for found in self._inbound(_Event.model_validate(event))]
        except ValidationError as error:
            raise BadPayload(fault(error)) from error

    def render(self, message: Outbound) -> list[dict[str, Any]]:
        """`message_data` of a direct message: quick replies, or up to three links."""
        wire: dict[str, Any] = {"text": message.text or CHOOSE}
        replies = [b for b in message.buttons if b.payload is not None]
        if replies:
            options = [{"label": b.label, "metadata": b.payload} for b in replies]
            wire["quick_reply"] = {"type": "options", "options": options}
        links = [{"type": "web_url", "label": b.label, "url": b.url} for b in message.buttons if b.url]
        if links:
            wire["ctas"] = links
        return [wire]

    async def send(self, delivery: Delivery, wires: Sequence[dict[str, Any]]) -> str:
        """Deliver a rendered message; the id is that of X's event. Raises `DeliveryError`."""
        (wire,) = wires
        message = {"target": {"recipient_id": delivery.user_id}, "message_data": wire}
        answer = await self._api.post(_SEND, {"event": {"type": "message_create", "message_create": message}})
        sent = text(answer, "event", "id")
        if not sent:
            raise DeliveryError("an answer without an id", ambiguous=True)
        return sent

    async def typing(self, user_id: str) -> None:
        """Show that an answer is being written, for some seconds. Raises `DeliveryError`."""
        await self._api.post(f"{_TYPING}?{urlencode({'recipient_id': user_id})}", {})

    async def fetch(self, ref: str) -> bytes:
        """A picture by its address, which wants the account's signature. Raises `MediaError`."""
        return await self._media.get(ref, lambda url: self._api.authorization("GET", url))

    def _inbound(self, event: _Event) -> Iterator[Inbound]:
        """A message to us; none for our own, which X brings back."""
        message = event.message_create
        if message.sender_id == self._user_id or message.target.recipient_id != self._user_id:
            return
        data = message.message_data
        attachments = tuple(_attachments(data.attachment))
        tapped = data.quick_reply_response
        said = _text(data)
        if said or attachments or tapped:
            yield Inbound(
                channel=self.name,
                user_id=message.sender_id,
                message_id=event.id,
                sent_at=datetime.fromtimestamp(event.created_timestamp / 1000, UTC),
                text=said,
                payload=tapped.metadata if tapped else None,
                attachments=attachments,
            )


def _text(data: _Data) -> str:
    """What the citizen wrote: X shortens addresses, adds one of what is attached, and escapes three signs."""
    said = data.text
    if data.attachment and data.attachment.media and data.attachment.media.url:
        said = said.replace(data.attachment.media.url, "")
    for link in data.entities.urls:
        if link.url:
            said = said.replace(link.url, link.expanded_url)
    return said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def _attachments(attachment: _Attachment | None) -> Iterator[Attachment]:
    if attachment is None:
        return
    if attachment.location is not None:
        shared = attachment.location.shared_coordinate
        longitude, latitude = shared.coordinates.coordinates if shared else (None, None)
        yield Attachment(kind=AttachmentKind.LOCATION, latitude=latitude, longitude=longitude)
    else:
        media = attachment.media or _Media()
        kind = _KINDS.get(media.type, AttachmentKind.OTHER)
        yield Attachment(kind=kind, ref=media.media_url_https)
