"""LINE: signed webhooks, reply tokens that work once and for a minute, pushes with retry keys and a quota."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from aiohttp import web
from pydantic import ValidationError

from demo.platforms.line_format import LoadingRequest, PushRequest, ReplyRequest, faults, seen
from demo.platforms.platform import Choice, Deeds, Platform, Shown, Webhook

_NOT_TAKEN = "Invalid reply token"
_USED_UP = "You have reached your monthly limit."


class LinePlatform(Platform):
    """The stand-in of LINE. A citizen's id is hashed into a LINE user id."""

    name = "line"
    patience = 2.0
    deeds: ClassVar[Deeds] = {
        "photo": {"type": "image", "contentProvider": {"type": "line"}},
        "voice": {"type": "audio", "duration": 6000, "contentProvider": {"type": "line"}},
        "video": {"type": "video", "duration": 60000, "contentProvider": {"type": "line"}},
        "file": {"type": "file", "fileName": "신청서.pdf", "fileSize": 2138},
        "sticker": {"type": "sticker", "packageId": "446", "stickerId": "1988"},
        "location": {"type": "location", "address": "한빛시 시청로 1", "latitude": 37.5, "longitude": 127.0},
        "follow": {"follow": {"isUnblocked": False}},
        "block": {},
    }
    """The last two are events of their own, the others contents of messages."""

    def __init__(self, bot_url: str, credentials: Mapping[str, str], port: int = 0) -> None:
        super().__init__(bot_url, credentials, port)
        self.token_life = 60.0
        """Seconds that a reply token works."""
        self.quota: int | None = None
        """Pushes left this month; None: no limit."""
        self.loading: list[str] = []
        """To whom the loading animation was shown."""
        self._citizens: dict[str, str] = {}
        self._tokens: dict[str, tuple[str, float]] = {}
        self._sent: dict[tuple[str, str], dict[str, Any]] = {}
        self._accepted: dict[str, tuple[str, dict[str, Any]]] = {}

    @property
    def settings(self) -> dict[str, str]:
        """Where the bot finds this stand-in."""
        return {"line_api_url": self.url, "line_content_url": self.url}

    def add_routes(self, app: web.Application) -> None:
        """What the bot needs of the Messaging API."""
        app.add_routes(
            [
                web.post("/v2/bot/message/reply", self._reply),
                web.post("/v2/bot/message/push", self._push),
                web.post("/v2/bot/chat/loading/start", self._load),
                web.get("/v2/bot/message/{id}/content", self._content),
            ]
        )

    def message(self, user_id: str, text: str, message_id: str) -> Webhook:
        """A text. The same `message_id` again is a redelivery."""
        said = {"id": message_id, "type": "text", "quoteToken": secrets.token_urlsafe(8), "text": text}
        return self.events(self.event(user_id, "message", message_id, message=said))

    def tap(self, user_id: str, choice: Choice, message_id: str) -> Webhook:
        """A postback."""
        return self.events(self.event(user_id, "postback", message_id, postback={"data": choice.data}))

    def deed(self, user_id: str, kind: str, message_id: str) -> Webhook:
        """A message with a content, or that the account was followed or blocked."""
        fields = self.deeds[kind]
        if kind == "follow":
            return self.events(self.event(user_id, "follow", message_id, **fields))
        if kind == "block":
            event = self.event(user_id, "unfollow", message_id)
            return self.events({name: value for name, value in event.items() if name != "replyToken"})
        said = {"id": message_id, **fields}
        return self.events(self.event(user_id, "message", message_id, message=said))

    def photo(self, user_id: str, content: bytes, message_id: str) -> Webhook:
        """A photo; its content is asked for by the message's id."""
        self.files[message_id] = content
        said = {"id": message_id, "type": "image", "contentProvider": {"type": "line"}}
        return self.events(self.event(user_id, "message", message_id, message=said))

    def event(self, user_id: str, kind: str, event_id: str, **fields: Any) -> dict[str, Any]:
        """A webhook event with a reply token of its own; the same `event_id` again is a redelivery."""
        if found := self._sent.get((user_id, event_id)):
            return found | {"deliveryContext": {"isRedelivery": True}}
        line_id = "U" + hashlib.md5(user_id.encode(), usedforsecurity=False).hexdigest()
        self._citizens[line_id] = user_id
        token = secrets.token_hex(16)
        self._tokens[token] = (line_id, time.monotonic())
        self._sent[user_id, event_id] = made = {
            "type": kind,
            "mode": "active",
            "timestamp": int(time.time() * 1000),
            "source": {"type": "user", "userId": line_id},
            "webhookEventId": event_id,
            "deliveryContext": {"isRedelivery": False},
            "replyToken": token,
            **fields,
        }
        return made

    def events(self, *events: dict[str, Any]) -> Webhook:
        """A signed request with some events."""
        body = json.dumps({"destination": "U" + "0" * 32, "events": events}, ensure_ascii=False).encode()
        key = self.credentials["line_channel_secret"].encode()
        signature = base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()
        headers = {"Content-Type": "application/json; charset=utf-8", "X-Line-Signature": signature}
        return Webhook("/webhooks/line", body, headers)

    async def _reply(self, request: web.Request) -> web.Response:
        trouble = await self.trouble()
        if trouble is not None and not trouble.taken:
            return self.troubled(request, trouble)
        answer = await self._take_reply(request)
        return self.troubled(request, trouble) if trouble is not None else answer

    async def _take_reply(self, request: web.Request) -> web.Response:
        if refused := self._refused(request):
            return refused
        try:
            wanted = ReplyRequest.model_validate_json(await request.read())
        except ValidationError as error:
            return _answer(faults(error), 400)
        line_id, since = self._tokens.pop(wanted.reply_token, ("", 0.0))
        if not line_id or time.monotonic() - since > self.token_life:
            return _answer({"message": _NOT_TAKEN}, 400)
        return _answer(self._show(line_id, await request.json()))

    async def _push(self, request: web.Request) -> web.Response:
        trouble = await self.trouble()
        if trouble is not None and not trouble.taken:
            return self.troubled(request, trouble)
        answer = await self._take_push(request)
        return self.troubled(request, trouble) if trouble is not None else answer

    async def _take_push(self, request: web.Request) -> web.Response:
        if refused := self._refused(request):
            return refused
        key = request.headers.get("X-Line-Retry-Key", "")
        try:
            wanted = PushRequest.model_validate_json(await request.read())
            key = str(uuid.UUID(key)) if key else ""
        except ValidationError as error:
            return _answer(faults(error), 400)
        except ValueError:
            return _answer({"message": "The retry key is invalid"}, 400)
        if key in self._accepted:
            accepted, sent = self._accepted[key]
            said = {"message": "The retry key is already accepted", **sent}
            return _answer(said, 409, {"x-line-accepted-request-id": accepted})
        if self.quota is not None and self.quota <= 0:
            return _answer({"message": _USED_UP}, 429)
        self.quota = None if self.quota is None else self.quota - 1
        sent = self._show(wanted.to, await request.json())
        if key:
            self._accepted[key] = (str(uuid.uuid4()), sent)
        return _answer(sent)

    async def _load(self, request: web.Request) -> web.Response:
        if refused := self._refused(request):
            return refused
        try:
            wanted = LoadingRequest.model_validate_json(await request.read())
        except ValidationError as error:
            return _answer(faults(error), 400)
        self.loading.append(self._citizens.get(wanted.chat_id, ""))
        return _answer({}, 202)

    async def _content(self, request: web.Request) -> web.Response:
        return self._refused(request) or self.file(request.match_info["id"], request)

    def _refused(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Authorization") == f"Bearer {self.credentials['line_access_token']}":
            return None
        reason = "Confirm that the access token in the authorization header is valid."
        return _answer({"message": f"Authentication failed due to the following reason: {reason}"}, 401)

    def _show(self, line_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """A citizen who blocked the account sees nothing, and LINE does not say so."""
        user_id = self._citizens.get(line_id, line_id)
        for message in body["messages"]:
            self.show(Shown(user_id, *seen(message), wire=message))
        return {"sentMessages": [{"id": self.new_id(), "quoteToken": "q"} for _ in body["messages"]]}


def _answer(
    body: dict[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    return web.json_response(
        body, status=status, headers={"x-line-request-id": str(uuid.uuid4()), **(headers or {})}
    )
