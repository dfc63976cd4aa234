"""YouTube: comment threads of one channel's videos, `comments.insert`, and the token endpoint of Google."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from demo.platforms.platform import Choice, Platform, Shown, Trouble, Webhook

_LONGEST = 10_000
VIDEO = "dQtest00001"


class YouTubePlatform(Platform):
    """The stand-in of YouTube. Citizens are channel ids; a comment of theirs begins a thread."""

    name = "youtube"

    def __init__(self, bot_url: str, credentials: Mapping[str, str], port: int = 0) -> None:
        super().__init__(bot_url, credentials, port)
        self.threads: list[dict[str, Any]] = []
        """Newest last."""
        self.calls: list[str] = []
        """Methods that were called, refused ones too."""
        self.quota = 1_000_000
        """Units left today."""
        self._tokens: set[str] = set()

    @property
    def settings(self) -> dict[str, str]:
        """Where the bot finds this stand-in, which it may ask as often as it likes."""
        return {
            "youtube_api_url": self.url,
            "youtube_token_url": f"{self.url}/token",
            "youtube_daily_quota": "1000000000",
            "public_poll": "0.05",
        }

    def add_routes(self, app: web.Application) -> None:
        """The token endpoint and two methods of the API."""
        app.add_routes(
            [
                web.post("/token", self._token),
                web.get("/youtube/v3/commentThreads", self._list),
                web.post("/youtube/v3/comments", self._insert),
            ]
        )

    def message(self, user_id: str, text: str, message_id: str) -> Webhook:
        """What a stranger could send: YouTube itself calls nobody, and nothing proves this request."""
        body = json.dumps(self.thread(user_id, text, message_id)).encode()
        return Webhook("/webhooks/youtube", body, {"Content-Type": "application/json"})

    def tap(self, user_id: str, choice: Choice, message_id: str) -> Webhook:
        """There are no buttons: a citizen types what they read."""
        return self.message(user_id, choice.label, message_id)

    async def say(self, user_id: str, text: str, message_id: str = "") -> int:
        """Write a comment under a video; the bot finds it at its next look."""
        self.threads.append(self.thread(user_id, text, message_id or self.new_id()))
        return 200

    async def press(self, user_id: str, choice: Choice, message_id: str = "") -> int:
        """There are no buttons: a citizen types what they read."""
        return await self.say(user_id, choice.label, message_id)

    def thread(self, user_id: str, text: str, id_: str, written: datetime | None = None) -> dict[str, Any]:
        """A thread of one comment, written now unless said otherwise."""
        office = self.credentials["youtube_channel_id"]
        return {
            "kind": "youtube#commentThread",
            "etag": f"etag-{id_}",
            "id": id_,
            "snippet": {
                "channelId": office,
                "videoId": VIDEO,
                "topLevelComment": self._comment(user_id, text, id_, written),
                "canReply": True,
                "totalReplyCount": 0,
                "isPublic": True,
            },
        }

    def reply(self, thread: dict[str, Any], user_id: str, text: str) -> dict[str, Any]:
        """Put a reply into a thread, by whomever."""
        made = self._comment(user_id, text, f"{thread['id']}.{self.new_id()}", None, thread["id"])
        thread.setdefault("replies", {"comments": []})["comments"].append(made)
        thread["snippet"]["totalReplyCount"] += 1
        return made

    def forget_tokens(self) -> None:
        """Every access token ends before its time."""
        self._tokens.clear()

    def _comment(
        self, user_id: str, text: str, id_: str, written: datetime | None, parent: str = ""
    ) -> dict[str, Any]:
        stamp = (written or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
        snippet = {
            "channelId": self.credentials["youtube_channel_id"],
            "videoId": VIDEO,
            "textDisplay": text,
            "authorDisplayName": "@citizen",
            "authorChannelId": {"value": user_id},
            "canRate": True,
            "viewerRating": "none",
            "likeCount": 0,
            "publishedAt": stamp,
            "updatedAt": stamp,
        }
        if parent:
            snippet["parentId"] = parent
        return {"kind": "youtube#comment", "etag": f"etag-{id_}", "id": id_, "snippet": snippet}

    async def _token(self, request: web.Request) -> web.Response:
        self.calls.append("token")
        form = dict(await request.post())
        ours = {
            "client_id": self.credentials["youtube_client_id"],
            "client_secret": self.credentials["youtube_client_secret"],
            "refresh_token": self.credentials["youtube_refresh_token"],
            "grant_type": "refresh_token",
        }
        if form != ours:
            return web.json_response(
                {"error": "invalid_grant", "error_description": "Bad Request"}, status=400
            )
        token = f"ya29.{self.new_id()}"
        self._tokens.add(token)
        scope = "https://www.googleapis.com/auth/youtube.force-ssl"
        return web.json_response(
            {"access_token": token, "expires_in": 3599, "scope": scope, "token_type": "Bearer"}
        )

    async def _list(self, request: web.Request) -> web.Response:
        self.calls.append("list")
        refusal = await self._refusal(request, 1)
        if refusal is not None:
            return refusal
        query = request.query
        if query.get("allThreadsRelatedToChannelId") != self.credentials["youtube_channel_id"]:
            return _refused(404, "channelNotFound")
        if not set(query.get("part", "").split(",")) <= {"id", "snippet", "replies"} or not query.get("part"):
            return _refused(400, "missingRequiredParameter")
        size, start = int(query.get("maxResults", "20")), int(query.get("pageToken") or "0")
        if not 1 <= size <= 100:
            return _refused(400, "invalidParameter")
        newest = sorted(
            self.threads,
            key=lambda thread: str(thread["snippet"]["topLevelComment"]["snippet"]["publishedAt"]),
            reverse=True,
        )
        body: dict[str, Any] = {
            "kind": "youtube#commentThreadListResponse",
            "pageInfo": {"totalResults": len(newest), "resultsPerPage": size},
            "items": newest[start : start + size],
        }
        if start + size < len(newest):
            body["nextPageToken"] = str(start + size)
        return web.json_response(body)

    async def _insert(self, request: web.Request) -> web.Response:
        self.calls.append("insert")
        snippet = (await request.json()).get("snippet", {})  # read while the bot is still there
        trouble = await self.trouble()
        refusal = await self._refusal(request, 50, trouble)
        if refusal is not None and not (trouble and trouble.taken):
            return refusal
        parent, text = snippet.get("parentId"), snippet.get("textOriginal")
        if request.query.get("part") != "snippet":
            return _refused(400, "missingRequiredParameter")
        if not parent:
            return _refused(400, "parentIdMissing")
        if not isinstance(text, str) or not text.strip():
            return _refused(400, "commentTextRequired")
        if len(text) > _LONGEST:
            return _refused(400, "commentTextTooLong")
        thread = next((each for each in self.threads if each["id"] == parent), None)
        if thread is None:
            return _refused(404, "parentCommentNotFound")
        made = self.reply(thread, self.credentials["youtube_channel_id"], text)
        author = thread["snippet"]["topLevelComment"]["snippet"]["authorChannelId"]["value"]
        self.show(Shown(author, text, wire=snippet))
        return refusal or web.json_response(made)

    async def _refusal(
        self, request: web.Request, cost: int, trouble: Trouble | None = None
    ) -> web.Response | None:
        """What is answered instead: the trouble of this call, no valid token, no quota."""
        if trouble and trouble.status != 200:
            return web.json_response(trouble.body, status=trouble.status, headers=trouble.headers)
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self._tokens:
            return _refused(401, "authError")
        if self.quota < cost:
            return _refused(403, "quotaExceeded")
        self.quota -= cost
        return None


def _refused(status: int, reason: str) -> web.Response:
    return web.json_response(fault(status, reason), status=status)


def fault(status: int, reason: str) -> dict[str, Any]:
    """The body of a refusal as Google's APIs write it."""
    first = {
        "message": reason,
        "domain": "youtube.quota" if "quota" in reason else "global",
        "reason": reason,
    }
    return {"error": {"code": status, "message": reason, "errors": [first]}}
