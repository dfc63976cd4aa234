"""LINE by the Messaging API (v2).

Facts: line-openapi and developers.line.biz. Verified: 5 messages a call, text of 5000 characters counted
as UTF-16, labels of 20 graphemes (`fit` counts code points, which are never fewer), postback data of 300
characters, alternative text of 400, 12 bubbles a carousel, a retry key on push but not on reply. To be
verified: 30 KB a bubble and 50 KB a carousel, 2000 characters a text inside a bubble, a reply token's life of
a minute.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from bot.channel import (
    BadPayload,
    BadSignature,
    Capabilities,
    Channel,
    Delivery,
    DeliveryError,
    WireRequest,
)
from bot.messages import Inbound, Notice, Outbound, utc_now
from connectors.api import Answer, Api
from connectors.fields import json_object, objects, text
from connectors.line_events import understood
from connectors.line_flex import bubbles
from connectors.media import Media

_REPLY_WITHIN = timedelta(seconds=50)
"""How old a message may be for its reply token still to be worth a try: replies cost nothing, pushes do."""
_ALIVE = timedelta(seconds=25)
"""Up to this age a token that LINE refuses has been used, not outlived."""
_REMEMBERED = 120.0
"""Seconds that we keep in mind who used a token."""
_NOBODY = ""
"""Who used a token that is not to be used any more."""
_ANIMATION = 20
"""Seconds that the loading animation runs unless a message ends it; a multiple of 5, at most 60."""


class Line(Channel):
    """The channel. `secret` signs webhooks; `api` carries the access `token`; files lie at `content`."""

    name = "line"
    abroad = True
    capabilities = Capabilities(
        max_text=5000,
        max_buttons=10,
        max_label=20,
        max_payload_bytes=200,
        cards=True,
        images=True,
        typing=True,
        can_push=True,
        reply_within=10.0,
        text_unit="utf16",
        batch=5,
        resend=True,
        max_card=2000,
    )

    def __init__(self, api: Api, secret: str, content: str, token: str) -> None:
        self._api = api
        self._secret = secret
        self._content = content.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._users: dict[str, tuple[str, float]] = {}
        """By reply token: `Delivery.key` of who used it, or may have, and since when (monotonic seconds)."""

    def verify(self, request: WireRequest) -> None:
        """Raise `BadSignature` unless `X-Line-Signature` is the Base64 HMAC-SHA256 of the raw body.

        Without a secret nothing is believed.
        """
        digest = hmac.new(self._secret.encode(), request.body, hashlib.sha256).digest()
        given = request.headers.get("x-line-signature", "").encode(errors="replace")
        if not self._secret or not hmac.compare_digest(given, base64.b64encode(digest)):
            raise BadSignature("X-Line-Signature is missing or wrong")

    def parse(self, request: WireRequest) -> Sequence[Inbound | Notice]:
        """Messages and news; none when LINE only checks our address. Raises `BadPayload`."""
        data = json_object(request.body)
        if not isinstance(data.get("events"), list):
            raise BadPayload("events: must be a list")
        return understood(objects(data, "events"))

    def render(self, message: Outbound) -> list[dict[str, Any]]:
        """Message objects: the picture, the text, then cards and buttons.

        Buttons stand in a bubble rather than as quick replies: those are not shown on a computer and go away
        with the next message.
        """
        wires: list[dict[str, Any]] = []
        url = message.image_url
        if url and url.startswith("https:"):
            wires.append({"type": "image", "originalContentUrl": url, "previewImageUrl": url})
        elif url:
            wires.append({"type": "text", "text": url})
        return [*wires, *bubbles(message)]

    async def send(self, delivery: Delivery, wires: Sequence[dict[str, Any]]) -> str:
        """Deliver up to five messages: by the reply token while it may be used, else as a push.

        The ids are LINE's, joined by commas. Raises `DeliveryError`.
        """
        token, age = delivery.reply_to, utc_now() - (delivery.heard_at or utc_now())
        user, _ = self._users.get(token, (None, 0.0))
        ours = user == delivery.key or (user is None and delivery.again)
        if token and (ours or (user is None and delivery.heard_at and age < _REPLY_WITHIN)):
            sent = await self._reply(delivery, wires, tried=ours)
            if sent is not None:
                return sent
            if user and age < _ALIVE:
                return ""  # the first try, whose outcome was unclear, was shown after all
            if ours:
                self._users.pop(token, None)
                raise DeliveryError("reply token refused on a second try", ambiguous=True, permanent=True)
        if token and token not in self._users:
            self._remember(token, _NOBODY)
        return await self._push(delivery, wires)

    async def typing(self, user_id: str) -> None:
        """Show the loading animation. Raises `DeliveryError`."""
        body = {"chatId": user_id, "loadingSeconds": _ANIMATION}
        _raise_for(await self._api.post("/v2/bot/chat/loading/start", body))

    async def fetch(self, ref: str) -> bytes:
        """The content of a message by its id, as long as LINE keeps it. Raises `MediaError`."""
        url = f"{self._content}/v2/bot/message/{quote(ref, safe='')}/content"
        return await Media(self._content).get(url, lambda _: self._headers)

    async def _reply(self, delivery: Delivery, wires: Sequence[dict[str, Any]], *, tried: bool) -> str | None:
        """Ids of what was shown, or None when LINE does not accept the token.

        The token is remembered as used until LINE says that it was not. An unclear outcome is ambiguous: the
        next try finds out, for a token works but once.
        """
        token = delivery.reply_to
        self._remember(token, delivery.key)
        body = {"replyToken": token, "messages": list(wires)}
        try:
            answer = await self._api.post("/v2/bot/message/reply", body)
        except DeliveryError as error:
            if not (error.ambiguous or tried):
                self._users.pop(token, None)
            raise
        if answer.status >= 500:
            raise DeliveryError(f"HTTP {answer.status}", ambiguous=True)
        if answer.status == 200:
            return _ids(answer)
        if not tried:
            self._users.pop(token, None)
        if answer.status == 400 and text(answer.json, "message") == "Invalid reply token":
            return None
        _raise_for(answer)
        return None

    async def _push(self, delivery: Delivery, wires: Sequence[dict[str, Any]]) -> str:
        """Ids of what was shown. LINE recognises the retry key for a day: 409 says it was shown before."""
        body = {"to": delivery.user_id, "messages": list(wires)}
        answer = await self._api.post("/v2/bot/message/push", body, {"X-Line-Retry-Key": delivery.key})
        if answer.status != 409:
            _raise_for(answer)
        return _ids(answer)

    def _remember(self, token: str, key: str) -> None:
        now = time.monotonic()
        for old in [old for old, (_, since) in self._users.items() if now - since > _REMEMBERED]:
            del self._users[old]
        self._users[token] = (key, now)


def _raise_for(answer: Answer) -> None:
    """Raise `DeliveryError` unless LINE accepted the call.

    When the month's messages are used up, only replies go: what is to be said waits for the citizen's next
    message.
    """
    message = text(answer.json, "message")
    if answer.status == 429 and "monthly limit" in message:
        raise DeliveryError("the month's messages are used up", later=True)
    answer.raise_for_limit()
    if answer.status >= 300:
        raise DeliveryError(f"HTTP {answer.status}: {message[:100]}", permanent=True)


def _ids(answer: Answer) -> str:
    return ",".join(text(sent, "id") for sent in objects(answer.json, "sentMessages"))
