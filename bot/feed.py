"""Live events between processes: what operators and open web chats see the moment it happens.

Events may vanish (Redis is flushed, a page was closed): whoever listens reads the log first and uses
the feed only to learn that there is something new.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

Event = dict[str, Any]

_CHANNEL = "sotong:feed"
_SHARED_AFTER = 0.02
"""Seconds in which events are gathered for other processes: one message takes them all there."""
_QUIET = 5.0
"""Seconds of silence after which Redis is asked whether it is there: a frozen one says nothing."""
_AGAIN = 1.0
"""Seconds until it is tried again."""
_MISSED = {"kind": "conversation"}
"""What listeners hear when events may have been lost: to look again."""
_QUEUE = 1000
"""Events a slow listener may lag behind before its oldest are dropped."""

log = structlog.get_logger(__name__)


class _Events(AsyncIterator[Event]):
    """An endless iterator that, unlike a generator, survives a cancelled `anext`."""

    def __init__(self, queue: asyncio.Queue[Event]) -> None:
        self._queue = queue

    async def __anext__(self) -> Event:
        return await self._queue.get()


class Feed:
    """Publish and subscribe by topic; listeners in this process hear even while Redis is away."""

    def __init__(self, redis: Redis | None = None, quiet: float = _QUIET) -> None:
        self._redis = redis
        self._quiet = quiet
        self._origin = secrets.token_hex(8)
        self._listeners: defaultdict[str, set[asyncio.Queue[Event]]] = defaultdict(set)
        self._relay: asyncio.Task[None] | None = None
        self._to_share: list[tuple[str, Event]] = []
        self._sharing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to relay what other processes publish; without Redis there is nothing to relay."""
        if self._redis is not None and self._relay is None:
            self._relay = asyncio.create_task(self._relay_events(self._redis), name="feed")

    async def close(self) -> None:
        """Tell other processes what they do not know yet, and stop relaying."""
        if self._sharing is not None:
            await self._sharing
        while self._relay is not None:
            # Once is not always enough: while it connects, redis-py loses a cancellation.
            self._relay.cancel()
            done, _ = await asyncio.wait([self._relay], timeout=0.1)
            if done:
                self._relay = None

    async def publish(self, topic: str, event: Event) -> None:
        """Tell every listener of a topic, here now and in other processes shortly. Never raises for Redis."""
        self._tell(topic, event)
        if self._redis is None or (topic, event) in self._to_share:
            return
        self._to_share.append((topic, event))
        if self._sharing is None:
            self._sharing = asyncio.create_task(self._share(self._redis), name="feed-share")

    @asynccontextmanager
    async def subscribe(self, topic: str) -> AsyncIterator[AsyncIterator[Event]]:
        """Events of a topic from now on, for as long as the context is open."""
        queue: asyncio.Queue[Event] = asyncio.Queue(_QUEUE)
        self._listeners[topic].add(queue)

        try:
            yield _Events(queue)
        finally:
            self._listeners[topic].discard(queue)
            if not self._listeners[topic]:
                del self._listeners[topic]

    def listening(self, topic: str) -> bool:
        """Whether anybody in this process listens to a topic."""
        return topic in self._listeners

    def _tell(self, topic: str, event: Event) -> None:
        for queue in self._listeners.get(topic, ()):
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(event)

    async def _share(self, redis: Redis) -> None:
        await asyncio.sleep(_SHARED_AFTER)
        while self._to_share:
            gathered, self._to_share = self._to_share, []
            envelope = json.dumps({"from": self._origin, "events": gathered}, ensure_ascii=False)
            try:
                await redis.publish(_CHANNEL, envelope)
            except (RedisError, OSError) as error:
                log.warning("feed_not_shared", events=len(gathered), error=type(error).__name__)
        self._sharing = None

    async def _relay_events(self, redis: Redis) -> None:
        interrupted = False
        while True:
            try:
                async with redis.pubsub() as pubsub:
                    await pubsub.subscribe(_CHANNEL)
                    if interrupted:
                        self._missed()
                    interrupted = False
                    while message := await self._next(pubsub):
                        if message["type"] == "message":
                            self._hear(json.loads(message["data"]))
                    raise ConnectionError("nothing comes")
            except (RedisError, OSError) as error:
                interrupted = True
                log.warning("feed_relay_interrupted", error=type(error).__name__)
                self._missed()
                await asyncio.sleep(_AGAIN)

    async def _next(self, pubsub: PubSub) -> dict[str, Any] | None:
        """The next message, of whatever type; None when Redis is not there any more."""
        message = await pubsub.get_message(timeout=self._quiet)
        if message is None:
            await pubsub.ping()
            message = await pubsub.get_message(timeout=self._quiet)
        return cast("dict[str, Any] | None", message)

    def _hear(self, envelope: dict[str, Any]) -> None:
        if envelope["from"] != self._origin:
            for topic, event in envelope["events"]:
                self._tell(topic, event)

    def _missed(self) -> None:
        for topic in tuple(self._listeners):
            self._tell(topic, _MISSED)
