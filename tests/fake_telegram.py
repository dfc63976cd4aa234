"""Telegram's Bot API as an HTTP server: the methods a civic bot uses, with their documented limits.

Requests are form-encoded with nested values as JSON inside a field; answers are
`{"ok": true, "result": …}` or `{"ok": false, "error_code": …, "description": …, "parameters": …}`
with the same HTTP status (core.telegram.org/bots/api#making-requests).
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from typing import Any

from aiohttp import web

TOKEN = "100:TEST"
ME = {"id": 100, "is_bot": True, "first_name": "한빛이", "username": "hanbit_bot"}


class FakeTelegram:
    """`updates` are waiting for getUpdates; `failures` are answered to the next calls of a method."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.updates: deque[dict[str, Any]] = deque()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.failures: dict[str, deque[tuple[int, str, dict[str, Any]]]] = {}
        self.webhook: dict[str, Any] | None = None
        self._message_id = 0
        self._runner: web.AppRunner | None = None
        self._news = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def push(self, *updates: dict[str, Any]) -> None:
        self.updates.extend(updates)
        self._news.set()

    def fail(self, method: str, status: int, description: str, **parameters: Any) -> None:
        self.failures.setdefault(method, deque()).append((status, description, parameters))

    def sent(self) -> list[dict[str, Any]]:
        return [fields for method, fields in self.calls if method == "sendMessage"]

    def called(self, method: str) -> list[dict[str, Any]]:
        return [fields for name, fields in self.calls if name == method]

    async def _call(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != TOKEN:
            return _no(401, "Unauthorized")
        method = request.match_info["method"]
        fields = {name: _value(value) for name, value in (await request.post()).items()}
        self.calls.append((method, fields))
        if self.failures.get(method):
            status, description, parameters = self.failures[method].popleft()
            return _no(status, description, **parameters)
        handler = getattr(self, f"_{method}", None)
        return await handler(fields) if handler else _no(404, "Not Found: method not found")

    async def _getMe(self, _: dict[str, Any]) -> web.Response:
        return _ok(ME)

    async def _setWebhook(self, fields: dict[str, Any]) -> web.Response:
        if not str(fields["url"]).startswith("https://"):
            return _no(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        self.webhook = fields
        return _ok(True)

    async def _deleteWebhook(self, _: dict[str, Any]) -> web.Response:
        self.webhook = None
        return _ok(True)

    async def _getUpdates(self, fields: dict[str, Any]) -> web.Response:
        if self.webhook:
            return _no(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = int(fields.get("offset", 0))
        while self.updates and self.updates[0]["update_id"] < offset:
            self.updates.popleft()
        if not self.updates:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), min(float(fields.get("timeout", 0)), 1))
            except TimeoutError:
                return _ok([])
        return _ok(list(self.updates))

    async def _sendMessage(self, fields: dict[str, Any]) -> web.Response:
        text = str(fields.get("text", ""))
        if not text.strip():
            return _no(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) // 2 > 4096:
            return _no(400, "Bad Request: message is too long")
        for row in (fields.get("reply_markup") or {}).get("inline_keyboard", ()):
            for button in row:
                if len(button.get("callback_data", "").encode()) > 64:
                    return _no(400, "Bad Request: BUTTON_DATA_INVALID")
                if button.get("url", "").startswith("tel:"):
                    return _no(400, "Bad Request: inline keyboard button URL is invalid")
        self._message_id += 1
        chat = {"id": int(fields["chat_id"]), "type": "private"}
        return _ok({"message_id": self._message_id, "date": 1774500000, "chat": chat, "text": text})

    async def _sendChatAction(self, _: dict[str, Any]) -> web.Response:
        return _ok(True)

    async def _answerCallbackQuery(self, _: dict[str, Any]) -> web.Response:
        return _ok(True)


def _value(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text


def _ok(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _no(status: int, description: str, **parameters: Any) -> web.Response:
    body = {"ok": False, "error_code": status, "description": description}
    return web.json_response(body | ({"parameters": parameters} if parameters else {}), status=status)
