"""Facebook Messenger: signed notifications, and the Send API with its errors and its 24 hours."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from aiohttp import web
from pydantic import ValidationError

from demo.platforms.messenger_format import SendRequest, seen
from demo.platforms.platform import Choice, Deeds, Platform, Shown, Webhook

_DAY = 24 * 3600.0


def _attached(kind: str) -> dict[str, Any]:
    """A message with an attachment of Meta's `kind`."""
    return {"attachments": [{"type": kind, "payload": {"url": f"https://cdn.example/{kind}"}}]}


_PLACE = {"type": "location", "title": "내 위치", "payload": {"coordinates": {"lat": 37.5, "long": 127.0}}}
_STICKER = {
    "type": "image",
    "payload": {"url": "https://cdn.example/image", "sticker_id": 369239263222822},
}


class MessengerPlatform(Platform):
    """The stand-in of Messenger."""

    name = "messenger"
    patience = 5.0
    kind = "page"
    """The `object` of notifications."""
    token_name = "messenger_page_token"  # noqa: S105 - a setting's name
    deeds: ClassVar[Deeds] = {
        "photo": _attached("image"),
        "voice": _attached("audio"),
        "video": _attached("video"),
        "file": _attached("file"),
        "sticker": {"attachments": [_STICKER]},
        "location": {"attachments": [_PLACE]},
        "follow": {"title": "시작하기", "payload": "GET_STARTED"},
    }
    """Messages; who opens a chat taps its first button. Blocking is not told."""
    page = "100100100100"
    """Id of the office's account."""

    def __init__(self, bot_url: str, credentials: Mapping[str, str], port: int = 0) -> None:
        super().__init__(bot_url, credentials, port)
        self.window = _DAY
        """Seconds after a citizen's last message within which they may be written to."""
        self.typing: list[str] = []
        """To whom the dots were shown."""
        self.controlled: set[str] = set()
        """Citizens with whom another app, or a person in the inbox, is speaking."""
        self.subscribed = False
        """Whether the bot has answered the handshake rightly."""
        self._heard: dict[str, float] = {}
        self._challenge = ""

    @property
    def settings(self) -> dict[str, str]:
        """Where the bot finds this stand-in."""
        return {f"{self.name}_api_url": f"{self.url}/v25.0", f"{self.name}_media_hosts": self.url}

    def add_routes(self, app: web.Application) -> None:
        """What the bot needs of the Graph API."""
        app.add_routes([web.post("/v25.0/me/messages", self._call)])

    def message(self, user_id: str, text: str, message_id: str) -> Webhook:
        """A text. The same `message_id` again is a redelivery."""
        return self.events(self.event(user_id, message={"mid": f"m_{message_id}", "text": text}))

    def tap(self, user_id: str, choice: Choice, message_id: str) -> Webhook:
        """A quick reply comes as a message, a template's button as a postback."""
        button, mid = choice.data, f"m_{message_id}"
        if button.get("content_type") == "text":
            said = {"mid": mid, "text": button["title"], "quick_reply": {"payload": button["payload"]}}
            return self.events(self.event(user_id, message=said))
        tapped = {"mid": mid, "title": button["title"], "payload": button["payload"]}
        return self.events(self.event(user_id, postback=tapped))

    def deed(self, user_id: str, kind: str, message_id: str) -> Webhook:
        """A message with an attachment, or the tap by which a chat begins."""
        place = "postback" if kind == "follow" else "message"
        return self.events(self.event(user_id, **{place: {"mid": f"m_{message_id}", **self.deeds[kind]}}))

    def photo(self, user_id: str, content: bytes, message_id: str) -> Webhook:
        """A photo; its address needs no proof."""
        attached = {"type": "image", "payload": {"url": f"{self.url}/files/{self.keep(content)}"}}
        return self.events(self.event(user_id, message={"mid": f"m_{message_id}", "attachments": [attached]}))

    def event(self, user_id: str, **fields: Any) -> dict[str, Any]:
        """An event by a citizen, who may be written to from now on."""
        self._heard[user_id] = time.monotonic()
        stamp = int(time.time() * 1000)
        return {"sender": {"id": user_id}, "recipient": {"id": self.page}, "timestamp": stamp, **fields}

    def events(self, *events: dict[str, Any], standby: bool = False) -> Webhook:
        """A signed notification; Meta escapes slashes and all that is not ASCII."""
        entry = {"id": self.page, "time": int(time.time() * 1000)}
        entry["standby" if standby else "messaging"] = list(events)
        body = json.dumps({"object": self.kind, "entry": [entry]}).replace("/", "\\/").encode()
        digest = hmac.new(self._setting("app_secret"), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={digest}"}
        return Webhook(f"/webhooks/{self.name}", body, headers)

    async def subscribe(self) -> bool:
        """Set up the webhook: whether the bot repeats the challenge."""
        self._challenge = secrets.token_hex(8)
        query = urlencode(
            {
                "hub.mode": "subscribe",
                "hub.challenge": self._challenge,
                "hub.verify_token": self._setting("verify_token").decode(),
            }
        )
        await self.bring(Webhook(f"/webhooks/{self.name}?{query}", b"", {}, "GET"))
        return self.subscribed

    def answered(self, webhook: Webhook, status: int, body: bytes) -> None:
        """Compare the answer to a handshake."""
        if webhook.method == "GET":
            self.subscribed = status == 200 and body.decode() == self._challenge

    async def _call(self, request: web.Request) -> web.Response:
        trouble = await self.trouble()
        if trouble is not None and not trouble.taken:
            return self.troubled(request, trouble)
        answer = self._take(request, await request.read())
        return self.troubled(request, trouble) if trouble is not None else answer

    def _take(self, request: web.Request, body: bytes) -> web.Response:
        if refused := self._refused(request):
            return refused
        try:
            wanted = SendRequest.model_validate_json(body)
        except ValidationError as error:
            return _error(100, f"(#100) {error.errors()[0]['msg']}")
        citizen = wanted.recipient.id
        if citizen not in self._heard:
            return _error(100, "(#100) No matching user found", 2018001)
        if citizen in self.blocked:
            return _error(551, "(#551) This person isn't available right now.", 1545041)
        if citizen in self.controlled:
            return _error(
                10, "(#10) Message not sent since another app is controlling this thread now.", 2018300
            )
        if time.monotonic() - self._heard[citizen] > self.window:
            return _error(10, "(#10) This message is sent outside of allowed window.", 2018278)
        if wanted.sender_action:
            self.typing.append(citizen)
            return web.json_response({"recipient_id": citizen})
        message = json.loads(body)["message"]
        if fault := self.fault(message):
            return _error(100, f"(#100) {fault}")
        self.show(Shown(citizen, *seen(message), wire=message))
        return web.json_response({"recipient_id": citizen, "message_id": f"m_out{self.new_id()}"})

    def fault(self, message: dict[str, Any]) -> str:
        """What this messenger alone does not take."""
        return ""

    def _refused(self, request: web.Request) -> web.Response | None:
        token = self.credentials[self.token_name]
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if (given or request.query.get("access_token")) != token:
            return _error(190, "Invalid OAuth access token - Cannot parse access token", status=401)
        proof = hmac.new(self._setting("app_secret"), token.encode(), hashlib.sha256).hexdigest()
        if request.query.get("appsecret_proof", proof) != proof:
            return _error(100, "Invalid appsecret_proof provided in the API argument")
        return None

    def _setting(self, name: str) -> bytes:
        return self.credentials[f"{self.name}_{name}"].encode()


def _error(code: int, message: str, subcode: int = 0, status: int = 400) -> web.Response:
    error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": secrets.token_hex(6)}
    if subcode:
        error["error_subcode"] = subcode
    return web.json_response({"error": error}, status=status)
