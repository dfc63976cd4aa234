"""WhatsApp's Cloud API: signed notifications, the messages endpoint with its limits, read receipts, statuses.

Citizens named by digits are telephone numbers; all others have a user name, so that only their
business-scoped id is told.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any, ClassVar

from aiohttp import web

from demo.platforms.platform import Choice, Deeds, Platform, Shown, Webhook
from demo.platforms.whatsapp_limits import Refusal, check

_DAY = 24 * 3600.0


class WhatsAppPlatform(Platform):
    """The stand-in of WhatsApp."""

    name = "whatsapp"
    deeds: ClassVar[Deeds] = {
        "photo": {"type": "image", "image": {"mime_type": "image/jpeg", "sha256": "29", "id": "800"}},
        "voice": {
            "type": "audio",
            "audio": {"mime_type": "audio/ogg; codecs=opus", "id": "801", "voice": True},
        },
        "video": {"type": "video", "video": {"mime_type": "video/mp4", "sha256": "29", "id": "802"}},
        "file": {
            "type": "document",
            "document": {"mime_type": "application/pdf", "id": "803", "filename": "form.pdf"},
        },
        "sticker": {
            "type": "sticker",
            "sticker": {"mime_type": "image/webp", "id": "804", "animated": False},
        },
        "location": {"type": "location", "location": {"latitude": 37.5, "longitude": 127.0, "name": "시청"}},
        "contact": {"type": "contacts", "contacts": [{"name": {"formatted_name": "가나다"}}]},
        "follow": {"type": "request_welcome"},
    }

    @property
    def settings(self) -> dict[str, str]:
        """Where the bot finds this stand-in."""
        return {"whatsapp_api_url": f"{self.url}/v25.0", "whatsapp_media_hosts": self.url}

    def add_routes(self, app: web.Application) -> None:
        """The messages endpoint and media."""
        app.add_routes(
            [
                web.post("/v25.0/{phone_number_id}/messages", self._messages),
                web.get("/v25.0/{media_id}", self._media),
            ]
        )
        self.read: list[str] = []
        """Ids of messages that the bot has marked as read."""
        self.callbacks: dict[str, str] = {}
        """`biz_opaque_callback_data` of what was sent, by message id."""
        self._wrote: dict[str, float] = {}
        """When a citizen last wrote, by their id; seconds of the monotonic clock."""

    def message(self, user_id: str, text: str, message_id: str) -> Webhook:
        """A citizen's text."""
        return self._from_citizen(user_id, message_id, {"type": "text", "text": {"body": text}})

    def tap(self, user_id: str, choice: Choice, message_id: str) -> Webhook:
        """A tap on a reply button or a row of a list; `choice.data` says which and its id."""
        kind, short = choice.data
        reply = {"type": kind, kind: {"id": short, "title": choice.label}}
        return self._from_citizen(user_id, message_id, {"type": "interactive", "interactive": reply})

    def deed(self, user_id: str, kind: str, message_id: str) -> Webhook:
        """A message of another type."""
        return self._from_citizen(user_id, message_id, dict(self.deeds[kind]))

    def photo(self, user_id: str, content: bytes, message_id: str) -> Webhook:
        """A photo; its address is asked for by an id."""
        image = {"id": self.keep(content), "mime_type": "image/jpeg"}
        return self._from_citizen(user_id, message_id, {"type": "image", "image": image})

    def failed(self, user_id: str, message_id: str, code: int, title: str) -> Webhook:
        """A message that was taken and could not be brought to the citizen."""
        status = {
            "id": message_id,
            "status": "failed",
            "timestamp": str(int(time.time())),
            "recipient_user_id": _scoped(user_id),
            "errors": [{"code": code, "title": title}],
            "biz_opaque_callback_data": self.callbacks[message_id],
        }
        return self.signed({"statuses": [status]})

    def challenge(self, token: str) -> Webhook:
        """The request by which Meta makes sure of the webhook."""
        return Webhook(
            f"/webhooks/whatsapp?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}",
            b"",
            {},
            "GET",
        )

    def signed(self, value: dict[str, Any]) -> Webhook:
        """Any change of the field `messages`, with Meta's signature."""
        number = {"phone_number_id": self.credentials["whatsapp_phone_number_id"]}
        value = {"messaging_product": "whatsapp", "metadata": number, **value}
        entry = {"id": "900", "changes": [{"field": "messages", "value": value}]}
        body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
        key = self.credentials["whatsapp_app_secret"].encode()
        signature = f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}"
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature}
        return Webhook("/webhooks/whatsapp", body, headers)

    def _from_citizen(self, user_id: str, message_id: str, content: dict[str, Any]) -> Webhook:
        self._wrote[user_id] = time.monotonic()
        contact: dict[str, Any] = {"profile": {"name": "시민"}}
        message = {"id": f"wamid.{message_id}", "timestamp": str(int(time.time())), **content}
        if user_id.isdecimal():
            contact["wa_id"] = message["from"] = user_id
        else:
            contact["user_id"] = message["from_user_id"] = _scoped(user_id)
        return self.signed({"contacts": [contact], "messages": [message]})

    async def _messages(self, request: web.Request) -> web.Response:
        body = await request.json()
        if "status" in body:
            return self._receipt(body)
        trouble = await self.trouble()
        broken = trouble if trouble and trouble.status != 200 else None
        if broken and not broken.taken:
            return web.json_response(broken.body, status=broken.status, headers=broken.headers)
        try:
            self._authorise(request)
            user_id = self._citizen(body)
            text, choices = check(body)
        except Refusal as refusal:
            return web.json_response(refusal.body, status=refusal.status)
        self.show(Shown(user_id, text, choices, wire=body))
        if broken:
            return web.json_response(broken.body, status=broken.status, headers=broken.headers)
        message_id = f"wamid.OUT{self.new_id()}"
        self.callbacks[message_id] = body.get("biz_opaque_callback_data", "")
        return web.json_response(
            {
                "messaging_product": "whatsapp",
                "contacts": [{"input": body.get("to") or body.get("recipient")}],
                "messages": [{"id": message_id, "message_status": "accepted"}],
            }
        )

    def may_fetch(self, request: web.Request) -> bool:
        """With the token only."""
        return request.headers.get("Authorization") == f"Bearer {self.credentials['whatsapp_token']}"

    async def _media(self, request: web.Request) -> web.Response:
        name = request.match_info["media_id"]
        if not self.may_fetch(request):
            return web.json_response(Refusal(190, "Invalid OAuth access token.").body, status=401)
        if name not in self.files:
            return web.json_response(Refusal(100, "Unsupported get request.").body, status=400)
        size = len(self.files[name])
        return web.json_response({"id": name, "url": f"{self.url}/files/{name}", "file_size": size})

    def _receipt(self, body: dict[str, Any]) -> web.Response:
        if body.get("messaging_product") != "whatsapp" or body["status"] != "read":
            return web.json_response(Refusal(100, "Invalid parameter").body, status=400)
        self.read.append(body["message_id"])
        return web.json_response({"success": True})

    def _authorise(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {self.credentials['whatsapp_token']}":
            raise Refusal(190, "Invalid OAuth access token.", 401)
        if request.match_info["phone_number_id"] != self.credentials["whatsapp_phone_number_id"]:
            raise Refusal(100, "Unsupported post request.")

    def _citizen(self, body: dict[str, Any]) -> str:
        """Who is meant, if they wrote within a day."""
        told = body.get("recipient") or body.get("to")
        named = [user for user in (told, str(told).removeprefix("KR.")) if user in self._wrote]
        if ("to" in body) == ("recipient" in body) or ("to" in body and not str(told).isdecimal()):
            raise Refusal(131009, "Parameter value is not valid: to, recipient")
        if not named or time.monotonic() - self._wrote[named[0]] > _DAY:
            raise Refusal(131047, "Re-engagement message")
        return named[0]


def _scoped(user_id: str) -> str:
    """The business-scoped id of a citizen."""
    return user_id if user_id.startswith("KR.") else f"KR.{user_id}"
