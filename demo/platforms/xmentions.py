"""X's public side: posts that mention the office's account, and replies (API v2), beside direct messages."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from aiohttp import web

from demo.platforms.platform import Choice, Deeds, Shown, Webhook
from demo.platforms.x import XPlatform

HANDLE = "hanbitcity"
_FIRST_ID = 1_500_000_000_000_000_000
_WEIGHT = 280
_ADDRESS = re.compile(r"https?://[\w./?=&%#~+-]*[\w/]|\bwww\.[\w.-]+\w", re.ASCII)


class XMentionsPlatform(XPlatform):
    """The stand-in of X with its timelines. Citizens are numbers; what they say mentions the office."""

    name = "xmentions"
    deeds: ClassVar[Deeds] = {}

    def __init__(self, bot_url: str, credentials: Mapping[str, str], port: int = 0) -> None:
        super().__init__(bot_url, credentials, port)
        self.posts: list[dict[str, Any]] = []
        """Everybody's, oldest first."""
        self.calls: list[str] = []
        """Methods that were called."""

    @property
    def settings(self) -> dict[str, str]:
        """Where the bot finds this stand-in, which it may ask as often as it likes."""
        return {**super().settings, "public_poll": "0.05"}

    def add_routes(self, app: web.Application) -> None:
        """Timelines and posting."""
        super().add_routes(app)
        app.add_routes(
            [
                web.get("/2/users/{id}/mentions", self._mentions),
                web.get("/2/users/{id}/tweets", self._own),
                web.post("/2/tweets", self._new_post),
            ]
        )

    def message(self, user_id: str, text: str, message_id: str) -> Webhook:
        """What a stranger could send: X itself brings no mentions, and nothing proves this request."""
        body = json.dumps(self.post(user_id, f"@{HANDLE} {text}", message_id)).encode()
        return Webhook("/webhooks/xmentions", body, {"Content-Type": "application/json"})

    async def say(self, user_id: str, text: str, message_id: str = "") -> int:
        """Post to the office; the bot finds it at its next look."""
        self.posts.append(self.post(user_id, f"@{HANDLE} {text}", message_id))
        return 200

    async def press(self, user_id: str, choice: Choice, message_id: str = "") -> int:
        """There are no buttons: a citizen types what they read."""
        return await self.say(user_id, choice.label, message_id)

    def post(
        self, user_id: str, text: str, id_: str = "", answers: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """A post, written now."""
        id_ = id_ or str(_FIRST_ID + int(self.new_id()))
        made: dict[str, Any] = {
            "id": id_,
            "text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
            "author_id": user_id,
            "created_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "conversation_id": answers["conversation_id"] if answers else id_,
            "edit_history_tweet_ids": [id_],
        }
        start = text.lower().find(f"@{HANDLE}")
        if start >= 0:
            end = start + len(HANDLE) + 1
            mention = {"start": start, "end": end, "username": HANDLE, "id": self.credentials["x_user_id"]}
            made["entities"] = {"mentions": [mention]}
        if answers:
            made["in_reply_to_user_id"] = answers["author_id"]
            made["referenced_tweets"] = [{"type": "replied_to", "id": answers["id"]}]
        return made

    async def _mentions(self, request: web.Request) -> web.Response:
        self.calls.append("mentions")
        office = self.credentials["x_user_id"]
        named = [
            post
            for post in self.posts
            if any(each["id"] == office for each in post.get("entities", {}).get("mentions", []))
        ]
        return self._timeline(request, named)

    async def _own(self, request: web.Request) -> web.Response:
        self.calls.append("tweets")
        return self._timeline(request, [p for p in self.posts if p["author_id"] == request.match_info["id"]])

    def _timeline(self, request: web.Request, posts: list[dict[str, Any]]) -> web.Response:
        """The newest first, with the fields that were asked for; `id`, `text` and the history come always."""
        if not self._authorised(request):
            return _problem(401, "Unauthorized")
        query = request.query
        size = int(query.get("max_results", "10"))
        if not 5 <= size <= 100 or request.match_info["id"] != self.credentials["x_user_id"]:
            return _problem(400, "Invalid Request")
        after = int(query.get("since_id", "0"))
        start = datetime.fromisoformat(query["start_time"]) if "start_time" in query else None
        wanted = {"id", "text", "edit_history_tweet_ids", *query.get("tweet.fields", "").split(",")}
        found = [
            {name: value for name, value in post.items() if name in wanted}
            for post in sorted(posts, key=lambda post: -int(post["id"]))
            if int(post["id"]) > after
            and (start is None or datetime.fromisoformat(post["created_at"]) >= start)
        ]
        skip = int(query.get("pagination_token", "0"))
        page = found[skip : skip + size]
        meta: dict[str, Any] = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": page[0]["id"], "oldest_id": page[-1]["id"]}
        if skip + size < len(found):
            meta["next_token"] = str(skip + size)
        return web.json_response({"data": page, "meta": meta} if page else {"meta": meta})

    async def _new_post(self, request: web.Request) -> web.Response:
        self.calls.append("post")
        body = await request.json()
        trouble = await self.trouble()
        broken = trouble if trouble and trouble.status != 200 else None
        if broken and not broken.taken:
            return web.json_response(broken.body, status=broken.status, headers=broken.headers)
        if not self._authorised(request):
            return _problem(401, "Unauthorized")
        text = body.get("text")
        if not isinstance(text, str) or not text.strip() or set(body) - {"text", "reply"}:
            return _problem(400, "Invalid Request")
        if _weight(text) > _WEIGHT:
            return _problem(403, "Forbidden", "Your Tweet text is too long.")
        other = body.get("reply", {}).get("in_reply_to_tweet_id")
        parent = next((post for post in self.posts if post["id"] == other), None)
        if parent is None:
            return _problem(
                403, "Forbidden", "You attempted to reply to a Tweet that is deleted or not visible."
            )
        own = self.credentials["x_user_id"]
        if any(post["author_id"] == own and post["text"] == text for post in self.posts):
            return _problem(403, "Forbidden", "You are not allowed to create a Tweet with duplicate content.")
        made = self.post(own, text, answers=parent)
        self.posts.append(made)
        self.show(Shown(parent["author_id"], text, wire=body))
        if broken:
            return web.json_response(broken.body, status=broken.status, headers=broken.headers)
        return web.json_response({"data": {"id": made["id"], "text": made["text"]}}, status=201)


def _weight(text: str) -> int:
    """X's length of a text: addresses count 23, Korean letters 2."""
    plain = _ADDRESS.sub("x" * 23, text)
    return sum(1 if ord(c) <= 4351 or c in "‘’“”–—" else 2 for c in plain)


def _problem(status: int, title: str, detail: str = "") -> web.Response:
    return web.json_response(problem(status, title, detail), status=status)


def problem(status: int, title: str, detail: str = "") -> dict[str, Any]:
    """The body of a refusal (RFC 9457)."""
    return {"title": title, "detail": detail or title, "type": "about:blank", "status": status}
