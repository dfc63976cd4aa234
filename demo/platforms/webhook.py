"""An agency's own app as `docs/channels/webhook.md` has it: signed both ways, every reply shown once."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import UTC, datetime
from typing import Any, ClassVar

from aiohttp import web

from demo.platforms.platform import Choice, Deeds, Platform, Shown, Webhook


def _attachment(kind: str) -> dict[str, str]:
    return {"kind": kind, "ref": f"https://app.hanbit.example/files/{kind}"}


class WebhookPlatform(Platform):
    """The app. It knows a reply that comes again by its `Idempotency-Key`."""

    name = "webhook"
    deeds: ClassVar[Deeds] = {
        **{
            kind: {"attachments": [_attachment(kind)]}
            for kind in ("photo", "voice", "video", "file", "sticker")
        },
        "location": {"attachments": [{"kind": "location", "latitude": 37.5, "longitude": 127.0}]},
        "contact": {"attachments": [_attachment("contact")]},
        "follow": {"type": "opened"},
        "block": {"type": "left"},
    }

    @property
    def settings(self) -> dict[str, str]:
        """Where the bot finds the app."""
        return {"webhook_url": f"{self.url}/replies", "webhook_media_hosts": self.url}

    def add_routes(self, app: web.Application) -> None:
        """Where replies come in."""
        app.add_routes([web.post("/replies", self._replies)])
        self.taken: dict[str, str] = {}
        """Ids that were given out, by `Idempotency-Key`."""

    def message(self, user_id: str, text: str, message_id: str) -> Webhook:
        """A citizen's text."""
        return self.signed(self._event(user_id, message_id) | {"text": text})

    def tap(self, user_id: str, choice: Choice, message_id: str) -> Webhook:
        """A citizen's tap on a button of the bot."""
        event = self._event(user_id, message_id)
        return self.signed(event | {"text": choice.label, "payload": choice.data})

    def deed(self, user_id: str, kind: str, message_id: str) -> Webhook:
        """An event of another type, or with an attachment."""
        return self.signed(self._event(user_id, message_id) | dict(self.deeds[kind]))

    def photo(self, user_id: str, content: bytes, message_id: str) -> Webhook:
        """A photo."""
        attached = {"kind": "photo", "ref": f"{self.url}/files/{self.keep(content)}"}
        return self.signed(self._event(user_id, message_id) | {"attachments": [attached]})

    def signed(self, event: dict[str, Any], at: int | None = None) -> Webhook:
        """Any event; `at` is the signature's time in seconds of Unix time, now unless given."""
        body = json.dumps(event, ensure_ascii=False).encode()
        timestamp = str(int(time.time()) if at is None else at)
        headers = {"X-Sotong-Timestamp": timestamp, "X-Sotong-Signature": self._signature(timestamp, body)}
        return Webhook("/webhooks/webhook", body, {"Content-Type": "application/json", **headers})

    def _event(self, user_id: str, message_id: str) -> dict[str, Any]:
        return {"id": message_id, "user": user_id, "sent_at": datetime.now(UTC).isoformat()}

    async def _replies(self, request: web.Request) -> web.Response:
        trouble = await self.trouble()
        broken = trouble if trouble and trouble.status != 200 else None
        if broken and not broken.taken:
            return web.json_response(broken.body, status=broken.status, headers=broken.headers)
        body = await request.read()
        timestamp = request.headers.get("X-Sotong-Timestamp", "0")
        signature = request.headers.get("X-Sotong-Signature", "")
        fresh = timestamp.isdecimal() and abs(time.time() - int(timestamp)) < 300
        if not fresh or not hmac.compare_digest(signature, self._signature(timestamp, body)):
            return web.json_response({"error": "signature"}, status=401)
        reply, key = json.loads(body), request.headers["Idempotency-Key"]
        if key not in self.taken:
            self.taken[key] = f"app-{self.new_id()}"
            for message in reply["messages"]:
                self.show(_shown(reply["user"], message))
        if broken:
            return web.json_response(broken.body, status=broken.status, headers=broken.headers)
        return web.json_response({"id": self.taken[key]})

    def _signature(self, timestamp: str, body: bytes) -> str:
        key = self.credentials["webhook_secret"].encode()
        return f"v1={hmac.new(key, timestamp.encode() + b'.' + body, hashlib.sha256).hexdigest()}"


def _shown(user_id: str, message: dict[str, Any]) -> Shown:
    """Text, then cards, then buttons, all of which a message always has."""
    lines, buttons = [message["text"]], list(message["buttons"])
    for card in message["cards"]:
        lines += [card["title"], card["text"]]
        lines += [f"{fact['label']}: {fact['value']}" for fact in card["facts"]]
        buttons += card["buttons"]
    choices = tuple(Choice(b["label"], b.get("payload"), b.get("url", "")) for b in buttons)
    return Shown(user_id, "\n".join(filter(None, lines)), choices, wire=message)
