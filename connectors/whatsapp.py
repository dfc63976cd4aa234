"""WhatsApp by Meta's Cloud API (Graph API v25.0).

Facts: developers.facebook.com and docs.360dialog.com: text 4096 characters, 1024 above buttons, 3 reply
buttons or a list of 10 rows, titles of 20 (rows: 24), one link button alone, 24-hour window, about one
message in six seconds to the same citizen, error codes, typing shown through the read receipt. To be
verified: pictures by link (jpg, png, 5 MB), and that labels must differ. Nothing but `Inbound.user_id` is
needed to answer: a business-scoped id goes as `recipient`, a telephone number as `to`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from bot.channel import (
    MAX_MEDIA,
    Capabilities,
    Channel,
    Delivery,
    DeliveryError,
    MediaError,
    NoMedia,
    WireAnswer,
    WireRequest,
)
from bot.fit import CHOOSE
from bot.messages import START, Inbound, Notice, Outbound
from connectors.api import Api
from connectors.fields import number, objects, text
from connectors.graph import entries, handshake, raise_for_error, verify_signature
from connectors.media import Media
from connectors.whatsapp_events import understood

_DAY = 24 * 3600.0
_REPLIES = 3
"""Reply buttons under a message; more become a list."""
_OPEN_LIST = "골라 보기"
"""Label of the button that opens a list, at most 20 characters."""
_SCOPED = re.compile(r"[A-Z]{2}\..+")
"""A business-scoped id: a country's two letters, a dot, up to 128 characters."""
_PASSING: dict[int, float | None] = {
    1: None,
    2: None,
    4: None,
    80007: None,
    130429: None,
    131000: None,
    131016: None,
    131056: 6.0,
    131057: 60.0,
    133004: None,
    135000: None,
}
"""Errors that pass, with the seconds to wait: rate limits, maintenance, what Meta does not explain."""


class WhatsApp(Channel):
    """The channel. `phone_number_id` is Meta's id of the office's number, not the number."""

    name = "whatsapp"
    abroad = True
    capabilities = Capabilities(
        max_text=4096,
        max_buttons=10,
        max_label=20,
        max_payload_bytes=200,
        cards=False,
        images=True,
        typing=False,
        can_push=True,
        reply_within=10.0,
        window=_DAY,
        max_text_with_buttons=1024,
        max_links=1,
        mixed=False,
        phones=False,
    )

    def __init__(
        self,
        api: Api,
        media: Media,
        *,
        secret: str,
        verify_token: str,
        token: str,
        phone_number_id: str,
    ) -> None:
        self._api = api
        self._media = media
        self._secret = secret
        self._verify_token = verify_token
        self._headers = {"Authorization": f"Bearer {token}"}
        self._phone_number_id = phone_number_id
        self._path = f"/{phone_number_id}/messages"

    def verify(self, request: WireRequest) -> None:
        """Raise `BadSignature` unless Meta signed the request with the app's secret."""
        verify_signature(self._secret, request)

    def handshake(self, request: WireRequest) -> WireAnswer:
        """The challenge, when the webhook is set up. Raises `BadSignature`."""
        return handshake(self._verify_token, request)

    def parse(self, request: WireRequest) -> Sequence[Inbound | Notice]:
        """The messages and news in a notification. Raises `BadPayload`."""
        found = entries(request, "whatsapp_business_account")
        return understood(self.name, self._phone_number_id, found)

    def render(self, message: Outbound) -> list[dict[str, Any]]:
        """Bodies of the messages API without the recipient: the picture, then the text with its buttons."""
        wires: list[dict[str, Any]] = []
        if message.image_url:
            wires.append({"type": "image", "image": {"link": message.image_url}})
        replies = [(button.payload, button.label) for button in message.buttons if button.payload is not None]
        links = [button for button in message.buttons if button.url is not None]
        said = {"text": message.text or CHOOSE}
        if links:
            parameters = {"display_text": links[0].label, "url": links[0].url}
            wires.append(_interactive("cta_url", said, {"name": "cta_url", "parameters": parameters}))
        elif len(replies) > _REPLIES:
            rows = [{"id": short, "title": label} for short, label in replies]
            wires.append(_interactive("list", said, {"button": _OPEN_LIST, "sections": [{"rows": rows}]}))
        elif replies:
            buttons = [{"type": "reply", "reply": {"id": short, "title": label}} for short, label in replies]
            wires.append(_interactive("button", said, {"buttons": buttons}))
        elif message.text:
            wires.append({"type": "text", "text": {"body": message.text, "preview_url": False}})
        return wires

    async def send(self, delivery: Delivery, wires: Sequence[dict[str, Any]]) -> str:
        """Deliver a rendered message; the id is Meta's `wamid`. Raises `DeliveryError`."""
        (wire,) = wires
        scoped = _SCOPED.fullmatch(delivery.user_id)
        body = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            ("recipient" if scoped else "to"): delivery.user_id,
            "biz_opaque_callback_data": delivery.key,
            **wire,
        }
        answer = await self._api.post(self._path, body, self._headers)
        raise_for_error(answer, _PASSING)
        sent = next((text(message, "id") for message in objects(answer.json, "messages")), "")
        if not sent:
            raise DeliveryError("an answer without an id", ambiguous=True)
        return sent

    async def acknowledge(self, request: WireRequest) -> None:
        """Mark the messages of a request as read, which shows "입력 중" for up to 25 seconds as well.

        A receipt holds for all earlier messages of the same citizen. Raises `DeliveryError`.
        """
        written = (one for one in self.parse(request) if isinstance(one, Inbound))
        last = {one.user_id: one.message_id for one in written if not one.edited and one.text != START}
        for message_id in last.values():
            body = {
                "messaging_product": "whatsapp",
                "status": "read",
                "message_id": message_id,
                "typing_indicator": {"type": "text"},
            }
            raise_for_error(await self._api.post(self._path, body, self._headers), _PASSING)

    async def fetch(self, ref: str) -> bytes:
        """A file by its id: Meta gives an address for five minutes, which wants our token, too.

        Raises `MediaError`.
        """
        try:
            answer = await self._api.get(f"/{quote(ref, safe='')}", headers=self._headers)
            answer.raise_for_limit()
        except DeliveryError as error:
            raise MediaError(NoMedia.UNREACHABLE) from error
        if answer.status != 200:
            raise MediaError(NoMedia.GONE)
        if (number(answer.json, "file_size") or 0) > MAX_MEDIA:
            raise MediaError(NoMedia.TOO_BIG)
        return await self._media.get(text(answer.json, "url"), lambda _: self._headers)


def _interactive(kind: str, body: dict[str, str], action: dict[str, Any]) -> dict[str, Any]:
    return {"type": "interactive", "interactive": {"type": kind, "body": body, "action": action}}
