"""Facebook Messenger by the Graph API's Send API (v25.0).

Facts: developers.facebook.com. Verified there: quick replies 13 with titles of 20 characters, button template
640 characters and 3 buttons, generic template 10 elements of 3 buttons, 24-hour window, error codes. To be
verified: text 2000 characters, counted here as UTF-16, which is never too few. The token goes in a header
instead of `?access_token=`, so that it stands in no log of addresses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from bot.channel import Capabilities, Channel, Delivery, DeliveryError, WireAnswer, WireRequest
from bot.fit import length
from bot.messages import Button, Inbound, Notice, Outbound
from connectors.api import Api
from connectors.fields import text
from connectors.graph import appsecret_proof, entries, handshake, raise_for_error, verify_signature
from connectors.media import Media
from connectors.messenger_events import understood

_DAY = 24 * 3600.0
_PER_TEMPLATE = 3
"""Buttons of a button template, and of an element of a generic one."""
_TEMPLATE_TEXT = 640
_QUICK_REPLIES = 13
_POINTER = "↓"
"""Stands where the platform wants a text and the message has none left."""
_PASSING: dict[int, float | None] = {
    1: None,
    2: None,
    1200: None,
    4: 30.0,
    17: 30.0,
    32: 30.0,
    613: 30.0,
    80006: 30.0,
}
"""Errors that pass: temporary ones, and rate limits with the seconds to wait where Meta does not say."""


class Messenger(Channel):
    """The channel. Up to three buttons are a button template, which stays where it is shown; more are quick
    replies, which go away with the next message and so come last; still more, or links among them, are a
    carousel.
    """

    name = "messenger"
    abroad = True
    capabilities = Capabilities(
        max_text=2000,
        max_buttons=30,
        max_label=20,
        max_payload_bytes=1000,
        cards=False,
        images=True,
        typing=True,
        can_push=True,
        reply_within=10.0,
        text_unit="utf16",
        window=_DAY,
        max_text_with_buttons=_TEMPLATE_TEXT,
    )
    kind: ClassVar[str] = "page"
    """What notifications are about, in Meta's word (`object`)."""

    def __init__(self, api: Api, media: Media, *, secret: str, verify_token: str, token: str) -> None:
        self._api = api
        self._media = media
        self._secret = secret
        self._verify_token = verify_token
        self._headers = {"Authorization": f"Bearer {token}"}
        self._path = f"/me/messages?appsecret_proof={appsecret_proof(secret, token)}"

    def verify(self, request: WireRequest) -> None:
        """Raise `BadSignature` unless Meta signed the request with the app's secret."""
        verify_signature(self._secret, request)

    def handshake(self, request: WireRequest) -> WireAnswer:
        """The challenge, when the webhook is set up. Raises `BadSignature`."""
        return handshake(self._verify_token, request)

    def parse(self, request: WireRequest) -> Sequence[Inbound | Notice]:
        """The messages and news in a notification. Raises `BadPayload`."""
        return understood(self.name, entries(request, self.kind))

    def render(self, message: Outbound) -> list[dict[str, Any]]:
        """`message` objects of the Send API: the picture, then the text, and buttons last."""
        wires: list[dict[str, Any]] = []
        if message.image_url:
            picture = {"url": message.image_url, "is_reusable": True}
            wires.append({"attachment": {"type": "image", "payload": picture}})
        buttons = [(button, _wire(button)) for button in message.buttons]
        undialled = [f"{button.label}: {_number(button)}" for button, wire in buttons if wire is None]
        said = "\n".join(filter(None, (message.text, *undialled)))
        shown = [wire for _, wire in buttons if wire is not None]
        if not shown:
            return [*wires, {"text": said}] if said else wires
        if len(shown) <= _PER_TEMPLATE and length(said, "utf16") <= _TEMPLATE_TEXT:
            return [*wires, _template("button", text=said or _POINTER, buttons=shown)]
        if len(shown) <= _QUICK_REPLIES and all(wire["type"] == "postback" for wire in shown):
            replies = [
                {"content_type": "text", "title": wire["title"], "payload": wire["payload"]} for wire in shown
            ]
            return [*wires, {"text": said or _POINTER, "quick_replies": replies}]
        return [*wires, *([{"text": said}] if said else []), _carousel(shown)]

    async def send(self, delivery: Delivery, wires: Sequence[dict[str, Any]]) -> str:
        """Deliver a rendered message; the id is Meta's `message_id`. Raises `DeliveryError`."""
        (wire,) = wires
        body = {"recipient": {"id": delivery.user_id}, "messaging_type": "RESPONSE", "message": wire}
        answer = await self._api.post(self._path, body, self._headers)
        raise_for_error(answer, _PASSING)
        if not text(answer.json, "message_id"):
            raise DeliveryError("an answer without message_id", ambiguous=True)
        return text(answer.json, "message_id")

    async def typing(self, user_id: str) -> None:
        """Show the dots for up to twenty seconds. Raises `DeliveryError`."""
        body = {"recipient": {"id": user_id}, "sender_action": "typing_on"}
        raise_for_error(await self._api.post(self._path, body, self._headers), _PASSING)

    async def fetch(self, ref: str) -> bytes:
        """A file by its address, which Meta signs and lets run out. Raises `MediaError`."""
        return await self._media.get(ref)


def _wire(button: Button) -> dict[str, str] | None:
    """A template's button; None for a telephone number that has no international form, like 120 or 1588."""
    if button.url is None:
        return {"type": "postback", "title": button.label, "payload": button.payload or ""}
    if not button.url.startswith("tel:"):
        return {"type": "web_url", "title": button.label, "url": button.url}
    digits = "".join(sign for sign in _number(button) if sign.isascii() and (sign.isdecimal() or sign == "+"))
    if digits.startswith("0"):
        digits = "+82" + digits[1:]
    if not digits.startswith("+"):
        return None
    return {"type": "phone_number", "title": button.label, "payload": digits}


def _number(button: Button) -> str:
    return (button.url or "").removeprefix("tel:")


def _template(kind: str, **payload: Any) -> dict[str, Any]:
    return {"attachment": {"type": "template", "payload": {"template_type": kind, **payload}}}


def _carousel(buttons: list[dict[str, str]]) -> dict[str, Any]:
    """A generic template whose elements are titled by the numbers of their buttons."""
    elements = []
    for start in range(0, len(buttons), _PER_TEMPLATE):
        some = buttons[start : start + _PER_TEMPLATE]
        last = start + len(some)
        title = f"{last}" if len(some) == 1 else f"{start + 1}–{last}"
        elements.append({"title": title, "buttons": some})
    return _template("generic", elements=elements)
