"""What channels that we fetch from share: an item becomes a request that only this program can make."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.channel import BadPayload, BadSignature, DeliveryError, Take, WireRequest

_HEADER = "x-sotong-polled"

log = structlog.get_logger(__name__)


class Polled:
    """Hands items over, once each. An item is young when it is at most `within` old, or newer than the last
    look, so that a pause loses none.

    The proof of a request hangs on a `secret` of the platform's that nobody else has.
    """

    def __init__(self, channel: str, secret: str, within: timedelta) -> None:
        self._channel = channel
        self._proof = hmac.new(secret.encode(), f"polled {channel}".encode(), hashlib.sha256).hexdigest()
        self._within = within
        self._looked: datetime | None = None
        self._taken: dict[str, datetime] = {}

    def verify(self, request: WireRequest) -> None:
        """Raise `BadSignature` for a request from outside: the platform itself sends none."""
        given = request.headers.get(_HEADER, "")
        if not hmac.compare_digest(given.encode(errors="replace"), self._proof.encode()):
            raise BadSignature(f"{self._channel} is fetched, it sends no requests")

    def since(self, now: datetime) -> datetime:
        """The time before which an item is too old to be answered."""
        oldest = now - self._within
        return min(oldest, self._looked) if self._looked else oldest

    def is_new(self, id_: str) -> bool:
        """Whether an item was not handed over yet."""
        return id_ not in self._taken

    async def hand_over(self, take: Take, id_: str, written: datetime, item: Mapping[str, Any]) -> None:
        """Have an item committed; one that cannot be read is not tried again. Raises what `take` does."""
        body = json.dumps(item, ensure_ascii=False).encode()
        try:
            await take(WireRequest("POST", {_HEADER: self._proof}, body=body))
        except BadPayload as error:
            log.warning("item_unreadable", channel=self._channel, reason=str(error))
        self._taken[id_] = written

    def looked(self, at: datetime) -> None:
        """All items written before that time were handed over; those too old by now are forgotten."""
        oldest = self.since(at)
        self._taken = {id_: written for id_, written in self._taken.items() if written >= oldest}
        self._looked = at

    async def keep_looking(self, look: Callable[[], Awaitable[None]], pause: Callable[[], float]) -> None:
        """Look until cancelled; `pause` gives the seconds in between, unless the platform asks for more."""
        while True:
            asked = 0.0
            try:
                await look()
            except DeliveryError as error:
                log.warning("look_failed", channel=self._channel, reason=str(error))
                asked = error.retry_after or 0.0
            except Exception:
                # The log could not take an item: the next look brings it again.
                log.exception("look_interrupted", channel=self._channel)
            await asyncio.sleep(max(asked, pause()))
