"""Comments under the office's videos, answered in public (YouTube Data API v3).

From developers.google.com/youtube/v3/docs: `commentThreads.list` with `allThreadsRelatedToChannelId`, the
resources `commentThread` and `comment`, `comments.insert` with `snippet.parentId` and `snippet.textOriginal`.
From memory: the longest comment (10,000 characters; the pages only name the error `commentTextTooLong`).

Only comments that begin a thread are looked at, and only while the office has not replied: there is one
answer in a thread, by a person or the bot, and citizens talk among themselves undisturbed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import itemgetter
from typing import Any

import aiohttp
import structlog

from bot.channel import BadPayload, Capabilities, Channel, Delivery, DeliveryError, Take, WireRequest
from bot.messages import Inbound, Notice, Outbound, utc_now
from bot.settings import Settings
from connectors.api import Api
from connectors.fields import field, json_object, objects, text
from connectors.polled import Polled
from connectors.youtube_api import YouTubeApi
from connectors.youtube_quota import INSERT, LIST, Quota

_THREADS, _COMMENTS = "/youtube/v3/commentThreads", "/youtube/v3/comments"
_AUTHOR = ("snippet", "authorChannelId", "value")
_NEVER = datetime.fromtimestamp(0, UTC)
_PAGE = 100
"""Most threads that one list gives."""
_PAGES = 10
"""Most pages of one look: a thousand threads."""

log = structlog.get_logger(__name__)


class YouTube(Channel):
    """The channel. `own_id` is the office's YouTube channel; `pause` the least seconds between two looks."""

    name = "youtube"
    abroad = True
    capabilities = Capabilities(
        max_text=10_000,
        max_buttons=0,
        max_label=0,
        max_payload_bytes=0,
        cards=False,
        images=False,
        typing=False,
        can_push=False,
        reply_within=600.0,
    )
    called = False

    def __init__(
        self,
        api: YouTubeApi,
        quota: Quota,
        polled: Polled,
        own_id: str,
        pause: float,
        now: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._quota = quota
        self._polled = polled
        self._own_id = own_id
        self._pause = pause
        self._now = now

    def verify(self, request: WireRequest) -> None:
        """Raise `BadSignature` unless the request was made by `receive`."""
        self._polled.verify(request)

    def parse(self, request: WireRequest) -> Sequence[Inbound | Notice]:
        """The comment that begins a thread, unless the office wrote or answered it. Raises `BadPayload`."""
        thread = json_object(request.body)
        if text(thread, "kind") != "youtube#commentThread":
            return []
        comment = field(thread, "snippet", "topLevelComment")
        id_, author = text(comment, "id"), text(comment, *_AUTHOR)
        if not id_:
            raise BadPayload("snippet.topLevelComment.id: missing")
        repliers = [text(reply, *_AUTHOR) for reply in objects(thread, "replies", "comments")]
        if field(thread, "snippet", "canReply") is False or self._own_id in (author, *repliers):
            return []
        return [
            Inbound(
                channel=self.name,
                user_id=f"{author}:{id_}",
                message_id=id_,
                sent_at=_written(comment),
                text=text(comment, "snippet", "textOriginal") or text(comment, "snippet", "textDisplay"),
                reply_to=id_,
                public=True,
            )
        ]

    def render(self, message: Outbound) -> list[dict[str, Any]]:
        """`snippet` of `comments.insert`, without the comment it answers; nothing for no text."""
        return [{"textOriginal": message.text}] if message.text else []

    async def send(self, delivery: Delivery, wires: Sequence[dict[str, Any]]) -> str:
        """Put a reply under the comment; the id is the reply's. Raises `DeliveryError`."""
        if not delivery.reply_to:
            raise DeliveryError("a comment answers another one", permanent=True)
        (wire,) = wires
        snippet = {"parentId": delivery.reply_to, **wire}
        made = await self._api.post(f"{_COMMENTS}?part=snippet", {"snippet": snippet}, INSERT)
        return str(made.get("id", ""))

    async def receive(self, take: Take) -> None:
        """Look for new comments until cancelled, as often as the quota lasts."""
        await self._polled.keep_looking(partial(self._look, take), self._wait)

    async def _look(self, take: Take) -> None:
        """Hand over every comment that is new and young enough, the oldest first."""
        began = self._now()
        since = self._polled.since(began)
        found: list[tuple[datetime, str, dict[str, Any]]] = []
        page = ""
        for _ in range(_PAGES):
            answer = await self._api.get(_THREADS, self._query(page), LIST)
            threads = [
                (_written(field(item, "snippet", "topLevelComment")), text(item, "id"), item)
                for item in objects(answer, "items")
            ]
            new = [thread for thread in threads if thread[0] >= since and self._polled.is_new(thread[1])]
            found += new
            page = text(answer, "nextPageToken")
            if not new or not page:
                break
        for written, id_, item in sorted(found, key=itemgetter(0)):
            await self._polled.hand_over(take, id_, written, item)
        self._polled.looked(began)

    def _wait(self) -> float:
        if not self._quota.reads():
            log.warning("youtube_looks_spent", seconds=round(self._quota.until_reset()))
        return max(self._pause, self._quota.interval())

    def _query(self, page: str) -> dict[str, str]:
        query = {
            "part": "snippet,replies",
            "allThreadsRelatedToChannelId": self._own_id,
            "order": "time",
            "textFormat": "plainText",
            "maxResults": str(_PAGE),
        }
        return query | {"pageToken": page} if page else query


def youtube(
    settings: Settings, session: aiohttp.ClientSession, now: Callable[[], datetime] = utc_now
) -> YouTube:
    """The channel as the settings describe it."""
    quota = Quota(settings.youtube_daily_quota, now)
    refresh_token = settings.youtube_refresh_token.get_secret_value()
    api = YouTubeApi(
        Api(session, settings.youtube_api_url, {}),
        settings.youtube_token_url,
        settings.youtube_client_id,
        settings.youtube_client_secret.get_secret_value(),
        refresh_token,
        quota,
    )
    polled = Polled(YouTube.name, refresh_token, timedelta(hours=settings.public_within))
    return YouTube(api, quota, polled, settings.youtube_channel_id, settings.public_poll, now)


def _written(comment: Any) -> datetime:
    """When a comment was written; 1970 where that is not said, and so too long ago."""
    try:
        found = datetime.fromisoformat(text(comment, "snippet", "publishedAt"))
    except ValueError:
        return _NEVER
    return found if found.tzinfo else _NEVER
