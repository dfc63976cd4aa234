"""X direct messages: Account Activity webhooks, `direct_messages/events/new`, OAuth 1.0a and the CRC."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Any, ClassVar
from urllib.parse import quote, unquote

from aiohttp import web

from demo.platforms.platform import Choice, Deeds, Platform, Shown, Webhook

_MEDIA = "https://ton.twitter.example/1.1/ton/data/dm/15/x.jpg"


class XPlatform(Platform):
    """The stand-in of X. Citizens are numbers, as X's user ids are."""

    name = "x"
    deeds: ClassVar[Deeds] = {
        "photo": {"type": "media", "media": {"id_str": "15", "type": "photo", "media_url_https": _MEDIA}},
        "video": {"type": "media", "media": {"id_str": "16", "type": "video", "media_url_https": _MEDIA}},
        "location": {
            "type": "location",
            "location": {
                "type": "shared_coordinate",
                "shared_coordinate": {"coordinates": {"type": "Point", "coordinates": [127.0, 37.5]}},
            },
        },
    }
    """Attachments."""

    @property
    def settings(self) -> dict[str, str]:
        """Where the bot finds this stand-in."""
        return {"x_api_url": self.url, "x_media_hosts": self.url}

    def add_routes(self, app: web.Application) -> None:
        """Sending and the typing indicator."""
        app.add_routes(
            [
                web.post("/1.1/direct_messages/events/new.json", self._new_event),
                web.post("/1.1/direct_messages/indicate_typing.json", self._typing),
            ]
        )
        self.typed: list[str] = []
        """To whom the typing indicator was shown."""

    def message(self, user_id: str, text: str, message_id: str) -> Webhook:
        """A direct message of a citizen."""
        return self._activity(user_id, {"text": _escaped(text), "entities": {"urls": []}}, message_id)

    def tap(self, user_id: str, choice: Choice, message_id: str) -> Webhook:
        """A quick reply comes as the message that its label says."""
        answer = {"type": "options", "metadata": choice.data}
        data = {"text": _escaped(choice.label), "entities": {"urls": []}, "quick_reply_response": answer}
        return self._activity(user_id, data, message_id)

    def deed(self, user_id: str, kind: str, message_id: str) -> Webhook:
        """A direct message with an attachment."""
        data = {"text": "", "entities": {"urls": []}, "attachment": self.deeds[kind]}
        return self._activity(user_id, data, message_id)

    def photo(self, user_id: str, content: bytes, message_id: str) -> Webhook:
        """A photo; its address wants the signature of the account."""
        url = f"{self.url}/files/{self.keep(content)}"
        media = {"type": "photo", "url": "https://t.co/p", "media_url_https": url}
        data = {"text": " https://t.co/p", "attachment": {"type": "media", "media": media}}
        return self._activity(user_id, data, message_id)

    def may_fetch(self, request: web.Request) -> bool:
        """With the account's signature only."""
        return self._authorised(request)

    def challenge(self, token: str) -> Webhook:
        """The request by which X makes sure of the webhook."""
        return Webhook(f"/webhooks/x?crc_token={quote(token)}&nonce={token}", b"", {}, "GET")

    def proves(self, token: str, body: bytes) -> bool:
        """Whether an answer to `challenge` is right."""
        expected = f"sha256={self._hmac(token.encode(), hashlib.sha256, 'x_consumer_secret')}"
        return bool(json.loads(body) == {"response_token": expected})

    def signed(self, content: dict[str, Any]) -> Webhook:
        """Any activity, with X's signature."""
        body = json.dumps(content, ensure_ascii=False).encode()
        proof = self._hmac(body, hashlib.sha256, "x_consumer_secret")
        headers = {"Content-Type": "application/json", "x-twitter-webhooks-signature": f"sha256={proof}"}
        return Webhook("/webhooks/x", body, headers)

    def _activity(self, user_id: str, data: dict[str, Any], message_id: str) -> Webhook:
        office = self.credentials["x_user_id"]
        created = {"target": {"recipient_id": office}, "sender_id": user_id, "message_data": data}
        event = {
            "type": "message_create",
            "id": message_id,
            "created_timestamp": str(int(time.time() * 1000)),
            "message_create": created,
        }
        return self.signed({"for_user_id": office, "direct_message_events": [event], "users": {}})

    async def _new_event(self, request: web.Request) -> web.Response:
        trouble = await self.trouble()
        broken = trouble if trouble and trouble.status != 200 else None
        if broken and not broken.taken:
            return web.json_response(broken.body, status=broken.status, headers=broken.headers)
        if not self._authorised(request):
            return _refused(401, 32, "Could not authenticate you.")
        try:
            event = (await request.json())["event"]
            user_id = event["message_create"]["target"]["recipient_id"]
            data = event["message_create"]["message_data"]
            fault = wrong(event, data)
        except (ValueError, KeyError, TypeError) as error:
            return _refused(400, 214, f"Bad request: {type(error).__name__}")
        if fault:
            return _refused(400, *fault)
        options = data.get("quick_reply", {}).get("options", [])
        choices = [Choice(option["label"], option["metadata"]) for option in options]
        choices += [Choice(link["label"], url=link["url"]) for link in data.get("ctas", [])]
        self.show(Shown(user_id, data["text"], tuple(choices), wire=data))
        if broken:
            return web.json_response(broken.body, status=broken.status, headers=broken.headers)
        made = {"id": f"15{self.new_id():0>17}", "created_timestamp": str(int(time.time() * 1000))}
        return web.json_response({"event": event | made})

    async def _typing(self, request: web.Request) -> web.Response:
        if not self._authorised(request):
            return _refused(401, 32, "Could not authenticate you.")
        self.typed.append(request.query["recipient_id"])
        return web.Response(status=204)

    def _authorised(self, request: web.Request) -> bool:
        """Whether the call is signed as RFC 5849 wants it, with the four keys of app and account."""
        kind, _, fields = request.headers.get("Authorization", "").partition(" ")
        pairs = (part.strip().partition("=") for part in fields.split(","))
        given = {name: unquote(value.strip('"')) for name, _, value in pairs}
        signature = given.pop("oauth_signature", "")
        given.pop("realm", "")
        ours = {
            "oauth_consumer_key": self.credentials["x_consumer_key"],
            "oauth_token": self.credentials["x_access_token"],
            "oauth_signature_method": "HMAC-SHA1",
            "oauth_version": "1.0",
        }
        fresh = abs(time.time() - int(given.get("oauth_timestamp", "0"))) < 300 and given.get("oauth_nonce")
        if kind != "OAuth" or not fresh or not ours.items() <= given.items():
            return False
        signed = sorted((_quoted(n), _quoted(v)) for n, v in [*given.items(), *request.query.items()])
        address = f"{request.scheme}://{request.host}{request.path}"
        base = [request.method, address, "&".join(f"{name}={value}" for name, value in signed)]
        text = "&".join(_quoted(part) for part in base).encode()
        expected = self._hmac(text, hashlib.sha1, "x_consumer_secret", "x_access_secret")
        return secrets.compare_digest(signature, expected)

    def _hmac(self, content: bytes, digest: Any, *keys: str) -> str:
        """Base64; OAuth joins two keys by `&`."""
        key = "&".join(self.credentials[name] for name in keys).encode()
        return base64.b64encode(hmac.new(key, content, digest).digest()).decode()


def wrong(event: dict[str, Any], data: dict[str, Any]) -> tuple[int, str] | None:
    """Code and text of X's refusal of a message beyond its limits."""
    options = data.get("quick_reply", {"options": [None]})["options"]
    links = data.get("ctas", [])
    if event["type"] != "message_create":
        return 214, "Unknown event type."
    if not isinstance(data["text"], str) or not data["text"].strip():
        return 151, "There was an error sending your message: text is missing."
    if len(data["text"]) > 10_000:
        return 354, "The text of your direct message is over the max character limit."
    if not 1 <= len(options) <= 20 or len(links) > 3:
        return 214, "Too many or too few options or ctas."
    for option in data.get("quick_reply", {}).get("options", []):
        if not 1 <= len(option["label"]) <= 36 or not 1 <= len(option["metadata"]) <= 1000:
            return 214, "An option's label or metadata is too long or empty."
    if any(not 1 <= len(link["label"]) <= 36 or not link["url"].startswith("https://") for link in links):
        return 214, "A cta's label or url is not valid."
    return None


def _refused(status: int, code: int, message: str) -> web.Response:
    return web.json_response({"errors": [{"code": code, "message": message}]}, status=status)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _quoted(text: str) -> str:
    return quote(text, safe="~")
