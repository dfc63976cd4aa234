"""Posts that mention the office's account, answered by a public reply (X API v2).

From docs.x.com: `GET /2/users/:id/mentions` and `/tweets` (up to 100 a page; `since_id`, `start_time`,
`pagination_token`, `tweet.fields`). From public clients and their issues: `POST /2/tweets` with
`reply.in_reply_to_tweet_id`, refusals as RFC 9457, that an app may only reply to who mentioned it. From
memory: `&`, `<` and `>` of a text come as HTML entities; a reply repeats the names of the thread at its
beginning; an edited post has an id of its own and `edit_history_tweet_ids` begins with the first.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import aiohttp

from bot.channel import BadPayload, Capabilities, Channel, Delivery, DeliveryError, Take, WireRequest
from bot.messages import Attachment, AttachmentKind, Inbound, Notice, Outbound, utc_now
from bot.settings import Settings
from connectors.api import Api
from connectors.fields import field, json_object, objects, text
from connectors.polled import Polled
from connectors.x_api import XApi, x_api

_FIELDS = (
    "attachments,author_id,conversation_id,created_at,edit_history_tweet_ids,entities,in_reply_to_user_id,"
    "note_tweet,referenced_tweets"
)
_PAGE = "100"
_PAGES = 8
"""X shows the last 800 mentions."""
_NAME = re.compile(r"(?<![\w@])@\w{1,15}")
_NAMES_AHEAD = re.compile(rf"(?:\s*{_NAME.pattern})*")
_NEVER = datetime.fromtimestamp(0, UTC)


class XMentions(Channel):
    """The channel. `own_id` is the office's account; `pause` the seconds between two looks."""

    name = "xmentions"
    abroad = True
    capabilities = Capabilities(
        max_text=280,
        max_buttons=0,
        max_label=0,
        max_payload_bytes=0,
        cards=False,
        images=False,
        typing=False,
        can_push=False,
        reply_within=600.0,
        text_unit="weighted",
    )
    called = False

    def __init__(
        self, api: XApi, polled: Polled, own_id: str, pause: float, now: Callable[[], datetime]
    ) -> None:
        self._api = api
        self._polled = polled
        self._own_id = own_id
        self._pause = pause
        self._now = now
        self._newest = ""

    def verify(self, request: WireRequest) -> None:
        """Raise `BadSignature` unless the request was made by `receive`."""
        self._polled.verify(request)

    def parse(self, request: WireRequest) -> Sequence[Inbound | Notice]:
        """The post, if it speaks to the office. Raises `BadPayload`."""
        post = json_object(request.body)
        id_, author = text(post, "id"), text(post, "author_id")
        if not id_ or not author:
            raise BadPayload("id or author_id: missing")
        words = html.unescape(text(post, "note_tweet", "text") or text(post, "text"))
        if author == self._own_id or not self._is_addressed(post, words):
            return []
        first = next(iter(_texts(post, "edit_history_tweet_ids")), id_)
        return [
            Inbound(
                channel=self.name,
                user_id=f"{author}:{text(post, 'conversation_id') or id_}",
                message_id=first,
                sent_at=_written(post),
                text=_NAME.sub("", words).strip(),
                attachments=tuple(
                    Attachment(kind=AttachmentKind.OTHER, ref=key)
                    for key in _texts(post, "attachments", "media_keys")
                ),
                reply_to=id_,
                public=True,
            )
        ]

    def render(self, message: Outbound) -> list[dict[str, Any]]:
        """The body of `POST /2/tweets`, without the post it answers; nothing for no text."""
        return [{"text": message.text}] if message.text else []

    async def send(self, delivery: Delivery, wires: Sequence[dict[str, Any]]) -> str:
        """Post a reply; the id is that of the new post. Raises `DeliveryError`."""
        if not delivery.reply_to:
            raise DeliveryError("a public post answers another one", permanent=True)
        (wire,) = wires
        made = await self._api.post(
            "/2/tweets", wire | {"reply": {"in_reply_to_tweet_id": delivery.reply_to}}
        )
        return text(made, "data", "id")

    async def receive(self, take: Take) -> None:
        """Look for new mentions until cancelled."""
        await self._polled.keep_looking(partial(self._look, take), lambda: self._pause)

    async def _look(self, take: Take) -> None:
        """Hand over every new mention that the office has not answered, the oldest first."""
        began = self._now()
        since = self._polled.since(began)
        start = {"since_id": self._newest} if self._newest else {"start_time": f"{since:%Y-%m-%dT%H:%M:%SZ}"}
        mentions = sorted(await self._all("mentions", start), key=_number)
        new = [post for post in mentions if self._polled.is_new(text(post, "id"))]
        answered = await self._answered(text(new[0], "id")) if new else set()
        for post in new:
            id_ = text(post, "id")
            if id_ not in answered:
                await self._polled.hand_over(take, id_, _written(post), post)
        self._polled.looked(began)
        self._newest = text(mentions[-1], "id") if mentions else self._newest

    async def _answered(self, oldest: str) -> set[str]:
        """Posts, since that one, to which the office has replied: a person was faster."""
        own = await self._all("tweets", {"since_id": oldest})
        return {
            text(other, "id")
            for post in own
            for other in objects(post, "referenced_tweets")
            if text(other, "type") == "replied_to"
        }

    async def _all(self, which: str, start: dict[str, str]) -> list[dict[str, Any]]:
        """The posts on all pages of a list."""
        posts: list[dict[str, Any]] = []
        query = {"max_results": _PAGE, "tweet.fields": _FIELDS, **start}
        for _ in range(_PAGES):
            answer = await self._api.get(f"/2/users/{self._own_id}/{which}", query)
            posts += [post for post in objects(answer, "data") if text(post, "id").isdecimal()]
            token = text(answer, "meta", "next_token")
            if not token:
                break
            query["pagination_token"] = token
        return posts

    def _is_addressed(self, post: dict[str, Any], words: str) -> bool:
        """Not a repost; and in an answer to somebody else the office is named, not just carried along."""
        if any(text(other, "type") == "retweeted" for other in objects(post, "referenced_tweets")):
            return False
        other = text(post, "in_reply_to_user_id")
        if other in ("", self._own_id, text(post, "author_id")):
            return True
        names = {
            text(mention, "username").casefold()
            for mention in objects(post, "entities", "mentions")
            if text(mention, "id") == self._own_id
        }
        carried = _NAMES_AHEAD.match(words)
        said = words[carried.end() if carried else 0 :]
        return any(name.group()[1:].casefold() in names for name in _NAME.finditer(said))


def xmentions(
    settings: Settings, session: aiohttp.ClientSession, now: Callable[[], datetime] = utc_now
) -> XMentions:
    """The channel as the settings describe it."""
    secret = settings.x_access_secret.get_secret_value()
    polled = Polled(XMentions.name, secret, timedelta(hours=settings.public_within))
    api = x_api(settings, Api(session, settings.x_api_url, {}), now)
    return XMentions(api, polled, settings.x_user_id, settings.public_poll, now)


def _texts(post: dict[str, Any], *path: str) -> list[str]:
    """The texts in a list; none where there is no list."""
    found = field(post, *path)
    return [each for each in found if isinstance(each, str) and each] if isinstance(found, list) else []


def _number(post: dict[str, Any]) -> int:
    return int(text(post, "id"))


def _written(post: dict[str, Any]) -> datetime:
    """When a post was written; 1970 where that is not said."""
    try:
        found = datetime.fromisoformat(text(post, "created_at"))
    except ValueError:
        return _NEVER
    return found if found.tzinfo else _NEVER
