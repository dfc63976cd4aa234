"""Naver TalkTalk (Chat Bot API v1): events in, one message in the response, the others by the Send API.

Facts: github.com/navertalk/chatbot-api. Text 10,000 characters, composite description 1,000 and title 200
with 10 buttons of 18 characters, `code` 1,000, the answer within 5 s, result codes in an HTTP 200.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.channel import (
    BodyChannel,
    Capabilities,
    Delivery,
    DeliveryError,
    WireAnswer,
    WireRequest,
)
from bot.fit import fit
from bot.messages import (
    START,
    Attachment,
    AttachmentKind,
    Button,
    Inbound,
    Notice,
    NoticeKind,
    Outbound,
)
from connectors.api import Answer, Api
from connectors.media import Media
from connectors.unsigned import at, name_of, read, request_id, verify_secret

_PATH = "/chatbot/v1/event"
_PASSING = {"99", "IMG-02", "IMG-99"}
"""Result codes worth another try: processing failed, a picture could not be fetched in time."""
_TAPPABLE = re.compile(r"https?://|\d-\d{3,4}")
"""What Naver TalkTalk makes a link of in a text; of composites it does not say so."""
_MAX_TITLE = 200


@dataclass(frozen=True)
class _Said:
    text: str = ""
    payload: str | None = None
    attachments: tuple[Attachment, ...] = ()


class Naver(BodyChannel):
    """The channel."""

    name = "naver"
    capabilities = Capabilities(
        max_text=10_000,
        max_buttons=10,
        max_label=18,
        max_payload_bytes=1000,
        cards=False,
        images=True,
        typing=True,
        can_push=True,
        reply_within=10.0,
        text_unit="utf16",
        body_within=3.5,
        max_text_with_buttons=1000,
        phones=False,
    )

    def __init__(self, api: Api, secret: str, media: Media) -> None:
        self._api = api
        self._media = media
        self._secret = secret

    def verify(self, request: WireRequest) -> None:
        """Raise `BadSignature` unless the address has our secret."""
        verify_secret(self._secret, request)

    def parse(self, request: WireRequest) -> Sequence[Inbound | Notice]:
        """What the citizen said, tapped or entered by; none for other events. Raises `BadPayload`.

        Entering is answered by a welcome unless the citizen only goes back to a chat they have, from their
        list of chats or to what they have not read.
        """
        data = read(request)
        event, user_id = name_of(data, "event"), name_of(data, "user")
        if event == "leave":
            return [Notice(channel=self.name, kind=NoticeKind.LEFT, user_id=user_id)]
        if event == "open" and _is_fresh(data):
            said = _Said(START)
        elif event == "send":
            said = _content(data)
        else:
            return []
        return [
            Inbound(
                channel=self.name,
                user_id=user_id,
                message_id=request_id(request),
                sent_at=request.received_at,
                text=said.text,
                payload=said.payload,
                attachments=said.attachments,
                standby=data.get("standby") is True,
            )
        ]

    def render(self, message: Outbound) -> list[dict[str, Any]]:
        """Events without their receiver. Buttons go on a composite, where they stay when more is said.

        Text in which something can be tapped stays a text; its first line is then the composite's title.
        """
        contents: list[dict[str, Any]] = []
        head = {"description": message.text or " · ".join(button.label for button in message.buttons)}
        if message.text and (not message.buttons or _TAPPABLE.search(message.text)):
            contents.append({"textContent": {"text": message.text}})
            head = {"title": message.text.splitlines()[0][:_MAX_TITLE]}
        if message.image_url:
            contents.append({"imageContent": {"imageUrl": message.image_url}})
        if message.buttons:
            composite = {**head, "buttonList": [_button(button) for button in message.buttons]}
            contents.append({"compositeContent": {"compositeList": [composite]}})
        return [{"event": "send", **content} for content in contents]

    def body(self, wires: Sequence[dict[str, Any]]) -> WireAnswer:
        """The one message that a response can carry, or none: the Send API brings what is left."""
        return WireAnswer(json.dumps(wires[0]).encode(), "application/json") if wires else WireAnswer(b"")

    def waiting(self, request: WireRequest, message: Outbound) -> WireAnswer:
        """The message with its button; the reply follows by the Send API."""
        wires = [wire for part in fit(message, self.capabilities) for wire in self.render(part)]
        return self.body(wires[-1:])

    async def send(self, delivery: Delivery, wires: Sequence[dict[str, Any]]) -> str:
        """Deliver a rendered message; Naver gives no id for it. Raises `DeliveryError`.

        A citizen who has left the window meanwhile is notified.
        """
        (wire,) = wires
        await self._post({**wire, "user": delivery.user_id, "options": {"notification": True}})
        return ""

    async def typing(self, user_id: str) -> None:
        """Show for ten seconds that an answer is being written. Raises `DeliveryError`."""
        await self._post({"event": "action", "user": user_id, "options": {"action": "typingOn"}})

    async def fetch(self, ref: str) -> bytes:
        """A picture by the address that Naver gave. Raises `MediaError`."""
        return await self._media.get(ref)

    async def _post(self, event: dict[str, Any]) -> None:
        _raise_for_result(await self._api.post(_PATH, event))


def _is_fresh(data: dict[str, Any]) -> bool:
    return at(data, "options", "inflow") != "list" and at(data, "options", "unreadMessage") is not True


def _content(data: dict[str, Any]) -> _Said:
    """What a `send` event holds."""
    given, code = at(data, "textContent", "text"), at(data, "textContent", "code")
    text = given.strip() if isinstance(given, str) else ""
    match at(data, "textContent", "inputType"):
        case "sticker":
            return _Said(attachments=(Attachment(kind=AttachmentKind.STICKER, ref=text),))
        case "vphone":  # a number of Naver's that reaches the citizen, and the day until which it does
            return _Said(text.partition(",")[0], attachments=(Attachment(kind=AttachmentKind.CONTACT),))
    if isinstance(code, str) and code:
        return _Said(text, code)
    if isinstance(data.get("imageContent"), dict):
        url = at(data, "imageContent", "imageUrl")
        picture = Attachment(kind=AttachmentKind.PHOTO, ref=url if isinstance(url, str) else "")
        return _Said(text, attachments=(picture,))
    return _Said(text) if text else _Said(attachments=(Attachment(kind=AttachmentKind.OTHER),))


def _button(button: Button) -> dict[str, Any]:
    if button.url is not None:
        link = {"title": button.label, "url": button.url, "mobileUrl": button.url}
        return {"type": "LINK", "data": link}
    return {"type": "TEXT", "data": {"title": button.label, "code": button.payload or ""}}


def _raise_for_result(answer: Answer) -> None:
    """Raise `DeliveryError` unless Naver took it (table of result codes)."""
    answer.raise_for_limit()
    if answer.status != 200:
        raise DeliveryError(f"HTTP {answer.status}", permanent=True)
    code = answer.json.get("resultCode")
    if not isinstance(code, str):
        raise DeliveryError("an answer nobody can read", ambiguous=True)
    if code != "00":
        raise DeliveryError(f"resultCode {code}", permanent=code not in _PASSING)
