"""Telegram's Bot API: the methods a civic bot uses, with their documented limits.

Requests are form-encoded with nested values as JSON inside a field; answers are
`{"ok": true, "result": …}` or `{"ok": false, "error_code": …, "description": …, "parameters": …}`
with the same HTTP status (core.telegram.org/bots/api#making-requests).
"""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar

from aiohttp import web

from demo.platforms.platform import Choice, Deeds, Platform, Shown, Trouble, Webhook

_FILE = {"file_unique_id": "u"}
_TEXT, _DATA = 4096, 64
"""Longest text in UTF-16 units, longest callback data in bytes."""


class TelegramPlatform(Platform):
    """The stand-in of Telegram. Citizens are numbers; updates wait in `updates` when there is no webhook."""

    name = "telegram"
    deeds: ClassVar[Deeds] = {
        "photo": {"photo": [{"file_id": "ph", "width": 900, "height": 900, **_FILE}]},
        "voice": {"voice": {"file_id": "vo", "duration": 3, **_FILE}},
        "video": {"video": {"file_id": "vi", "width": 1, "height": 1, "duration": 3, **_FILE}},
        "file": {"document": {"file_id": "do", **_FILE}},
        "sticker": {
            "sticker": {
                "file_id": "st", "type": "regular", "width": 512, "height": 512, "is_animated": False,
                "is_video": False, **_FILE,
            }
        },
        "location": {"location": {"latitude": 37.5, "longitude": 127.0}},
        "contact": {"contact": {"phone_number": "+821000000000", "first_name": "시민"}},
        "follow": {"text": "/start", "entities": [{"type": "bot_command", "offset": 0, "length": 6}]},
        "block": {},
    }  # fmt: skip
    """Contents of messages; blocking is news of its own."""

    def __init__(self, bot_url: str, credentials: Mapping[str, str], port: int = 0) -> None:
        super().__init__(bot_url, credentials, port)
        self.updates: deque[dict[str, Any]] = deque()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        """Methods that were called, with their fields."""
        self.webhook: dict[str, Any] | None = None
        self.troubled_method = "sendMessage"
        """The method that `troubles` befall."""
        self._message_id = 0
        self._update_id = 700_000_000
        self._waiting = asyncio.Event()
        self._methods: dict[str, Callable[[dict[str, Any]], Awaitable[web.Response]]] = {
            "getMe": self._get_me,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getUpdates": self._get_updates,
            "sendMessage": self._send_message,
            "sendChatAction": self._done,
            "answerCallbackQuery": self._done,
            "getFile": self._get_file,
        }

    @property
    def settings(self) -> dict[str, str]:
        """Where the bot finds this stand-in."""
        return {"telegram_api_url": self.url}

    def add_routes(self, app: web.Application) -> None:
        """All methods, and files."""
        app.router.add_get("/file/bot{token}/{name}", self._download)
        app.router.add_route("*", "/bot{token}/{method}", self._call)

    def message(self, user_id: str, text: str, message_id: str) -> Webhook:
        """An update with a text."""
        message = {**self._post(user_id, text), "from": _citizen(user_id)}
        return self._update({"message": message}, message_id)

    def tap(self, user_id: str, choice: Choice, message_id: str) -> Webhook:
        """An update with a tapped button."""
        rows = [[{"text": choice.label, "callback_data": choice.data}]]
        shown = {**self._post(user_id, "…"), "reply_markup": {"inline_keyboard": rows}}
        query = {"id": message_id, "from": _citizen(user_id), "chat_instance": "1", "data": choice.data}
        return self._update({"callback_query": {**query, "message": shown}}, message_id)

    def deed(self, user_id: str, kind: str, message_id: str) -> Webhook:
        """An update with another message, or with the citizen's leaving."""
        post = self._post(user_id, "")
        del post["text"]
        if kind != "block":
            message = {**post, "from": _citizen(user_id), **self.deeds[kind]}
            return self._update({"message": message}, message_id)
        bot = {"id": 100, "is_bot": True, "first_name": "한빛이"}
        change = {
            "chat": post["chat"],
            "date": post["date"],
            "from": _citizen(user_id),
            "old_chat_member": {"status": "member", "user": bot},
            "new_chat_member": {"status": "kicked", "user": bot, "until_date": 0},
        }
        return self._update({"my_chat_member": change}, message_id)

    def too_fast(self, seconds: int) -> Trouble:
        """The pause is a parameter in the body."""
        said = f"Too Many Requests: retry after {seconds}"
        body = {"ok": False, "error_code": 429, "description": said, "parameters": {"retry_after": seconds}}
        return Trouble(429, body)

    def photo(self, user_id: str, content: bytes, message_id: str) -> Webhook:
        """A photo; `getFile` tells where it lies."""
        photo = {"file_id": self.keep(content), "file_unique_id": message_id, "width": 90, "height": 90}
        post = self._post(user_id, "")
        del post["text"]
        message = {**post, "from": _citizen(user_id), "photo": [photo]}
        return self._update({"message": message}, message_id)

    async def bring(self, webhook: Webhook) -> int:
        """By the webhook that was set; without one the update waits to be fetched."""
        if self.webhook is not None:
            return await super().bring(webhook)
        self.last = webhook
        self.updates.append(json.loads(webhook.body))
        self._waiting.set()
        return 200

    def sent(self) -> list[dict[str, Any]]:
        """Fields of all messages that were sent."""
        return self.called("sendMessage")

    def called(self, method: str) -> list[dict[str, Any]]:
        """Fields of all calls of a method."""
        return [fields for name, fields in self.calls if name == method]

    def _post(self, user_id: str, text: str) -> dict[str, Any]:
        chat = {"id": int(user_id), "type": "private", "first_name": "시민"}
        return {"message_id": self._next(), "date": int(time.time()), "chat": chat, "text": text}

    def _update(self, content: dict[str, Any], message_id: str) -> Webhook:
        number = int(message_id) if message_id.isdecimal() else zlib.crc32(message_id.encode())
        update = {"update_id": self._update_id + number, **content}
        headers = {
            "Content-Type": "application/json",
            "X-Telegram-Bot-Api-Secret-Token": self.credentials["telegram_secret"],
        }
        return Webhook("/webhooks/telegram", json.dumps(update).encode(), headers)

    async def _call(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != self.credentials["telegram_token"]:
            return _no(401, "Unauthorized")
        method = request.match_info["method"]
        fields = {name: _value(value) for name, value in (await request.post()).items()}
        self.calls.append((method, fields))
        handler = self._methods.get(method)
        if handler is None:
            return _no(404, "Not Found: method not found")
        trouble = await self.trouble() if method == self.troubled_method else None
        if trouble is not None and not trouble.taken:
            return self.troubled(request, trouble)
        answer = await handler(fields)
        return self.troubled(request, trouble) if trouble is not None else answer

    async def _get_me(self, _: dict[str, Any]) -> web.Response:
        return _ok({"id": 100, "is_bot": True, "first_name": "한빛이", "username": "hanbit_bot"})

    async def _set_webhook(self, fields: dict[str, Any]) -> web.Response:
        if not str(fields["url"]).startswith("https://"):
            return _no(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        self.webhook = fields
        return _ok(True)

    async def _delete_webhook(self, _: dict[str, Any]) -> web.Response:
        self.webhook = None
        return _ok(True)

    async def _get_updates(self, fields: dict[str, Any]) -> web.Response:
        if self.webhook:
            return _no(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = int(fields.get("offset", 0))
        while self.updates and self.updates[0]["update_id"] < offset:
            self.updates.popleft()
        if not self.updates:
            self._waiting.clear()
            try:
                await asyncio.wait_for(self._waiting.wait(), min(float(fields.get("timeout", 0)), 1))
            except TimeoutError:
                return _ok([])
        return _ok(list(self.updates)[:100])

    async def _send_message(self, fields: dict[str, Any]) -> web.Response:
        text = str(fields.get("text", ""))
        if str(fields["chat_id"]) in self.blocked:
            return _no(403, "Forbidden: bot was blocked by the user")
        rows = (fields.get("reply_markup") or {}).get("inline_keyboard", ())
        buttons = [button for row in rows for button in row]
        if not text.strip():
            return _no(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) // 2 > _TEXT:
            return _no(400, "Bad Request: message is too long")
        if any(len(button.get("callback_data", "").encode()) > _DATA for button in buttons):
            return _no(400, "Bad Request: BUTTON_DATA_INVALID")
        if any(button.get("url", "").startswith("tel:") for button in buttons):
            return _no(400, "Bad Request: inline keyboard button URL is invalid")
        choices = tuple(
            Choice(button["text"], button.get("callback_data"), button.get("url", "")) for button in buttons
        )
        self.show(Shown(str(fields["chat_id"]), text, choices, wire=fields))
        return _ok(self._post(str(fields["chat_id"]), text))

    async def _get_file(self, fields: dict[str, Any]) -> web.Response:
        name = str(fields["file_id"])
        if name not in self.files:
            return _no(400, "Bad Request: invalid file_id")
        size = len(self.files[name])
        return _ok({"file_id": name, "file_unique_id": name, "file_size": size, "file_path": name})

    async def _download(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != self.credentials["telegram_token"]:
            return _no(401, "Unauthorized")
        return self.file(request.match_info["name"], request)

    async def _done(self, _: dict[str, Any]) -> web.Response:
        return _ok(True)

    def _next(self) -> int:
        self._message_id += 1
        return self._message_id


def _citizen(user_id: str) -> dict[str, Any]:
    return {"id": int(user_id), "is_bot": False, "first_name": "시민", "language_code": "ko"}


def _value(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text


def _ok(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _no(status: int, description: str) -> web.Response:
    return web.json_response({"ok": False, "error_code": status, "description": description}, status=status)
