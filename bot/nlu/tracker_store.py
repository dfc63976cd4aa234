"""Rasa's memory of a conversation, bounded: what a messenger conversation that never ends needs.

Rasa's own Redis store reads, replays and rewrites the whole dialogue at every turn. This one appends a turn
to a Redis list and reads the last few, each with the slots and the form that were in force after it, so a
turn costs the same however long the conversation is. All of it may vanish; the gateway's log is the record.
"""

from __future__ import annotations

import json
import logging
import os
from collections import OrderedDict
from typing import Any, Dict, Iterable, List, Optional

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
    deserialise_events,
)
from rasa.shared.core.trackers import DialogueStateTracker
from redis import asyncio as aioredis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

DEFAULT_REDIS = "redis://127.0.0.1:6390/0"
_SAVED = "saved_events"
"""Attribute of a tracker that came from or went to a store: how many of its events are stored."""


class BoundedRedisTrackerStore(TrackerStore):
    """Tracker store for `endpoints.yml`: `type: bot.nlu.tracker_store.BoundedRedisTrackerStore`.

    Settings: `url` of Redis (default: environment variable REDIS_URL, else `redis://127.0.0.1:6390/0`),
    `max_turns` to keep, `record_exp` seconds after the last turn until a conversation is forgotten,
    `key_prefix`, `timeout` seconds for Redis.

    Without Redis the conversation goes on in this process's memory (the latest 1,000 conversations), so that
    `rasa shell` needs no Redis and an outage breaks no form; an emptied Redis makes a conversation look new.
    """

    def __init__(
        self,
        domain: Optional[Domain],
        host: Optional[str] = None,
        event_broker: Optional[EventBroker] = None,
        max_turns: int = 8,
        record_exp: float = 30 * 24 * 3600,
        key_prefix: str = "tracker:",
        timeout: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(domain, event_broker, **kwargs)
        self._redis = aioredis.Redis.from_url(
            host or os.environ.get("REDIS_URL") or DEFAULT_REDIS,
            decode_responses=True,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
        )
        self._max_turns = max_turns
        self._seconds = int(record_exp)
        self._prefix = key_prefix
        self._memory = _Memory()

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        """The conversation's last turns as a tracker, or None when nothing is known of it."""
        turns = [json.loads(turn) for turn in await self._read(sender_id)]
        if not turns:
            return None
        events: List[Event] = []
        if len(turns) > self._max_turns or not turns[0]["events"]:
            events = _opening(turns.pop(0))
        events += deserialise_events([event for turn in turns for event in turn["events"]])
        tracker = self.init_tracker(sender_id)
        for event in events:
            tracker.update(event)
        setattr(tracker, _SAVED, len(tracker.events))
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Append what is new in `tracker`; one that was built elsewhere replaces what is stored."""
        events = list(tracker.events)
        saved = getattr(tracker, _SAVED, None)
        new = events[saved or 0 :]
        if not new:  # a conversation that is about to begin
            setattr(tracker, _SAVED, len(events))
            return
        if self.event_broker is not None:
            await self._stream_new_events(self.event_broker, new, tracker.sender_id)
        if saved is None:
            turns = [_turn(tracker, []), _turn(tracker, self._last_turns(new))]
        else:
            turns = [_turn(tracker, new)]
        await self._append(tracker.sender_id, turns, replace=saved is None)
        setattr(tracker, _SAVED, len(events))

    async def keys(self) -> Iterable[str]:
        """Ids of the conversations that are known."""
        try:
            stored = [key async for key in self._redis.scan_iter(match=f"{self._prefix}*", count=1000)]
        except RedisError as error:
            _warn(error)
            stored = []
        return {key[len(self._prefix) :] for key in stored} | set(self._memory)

    async def _read(self, sender_id: str) -> List[str]:
        try:
            return await self._redis.lrange(self._prefix + sender_id, 0, -1)
        except RedisError as error:
            _warn(error)
            return self._memory.get(sender_id, [])

    async def _append(self, sender_id: str, turns: List[str], replace: bool) -> None:
        key, keep = self._prefix + sender_id, self._max_turns + 1
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                if replace:
                    pipe.delete(key)
                pipe.rpush(key, *turns)
                pipe.ltrim(key, -keep, -1)
                pipe.expire(key, self._seconds)
                await pipe.execute()
        except RedisError as error:
            _warn(error)
            known = [] if replace else self._memory.get(sender_id, [])
            self._memory.put(sender_id, [*known, *turns][-keep:])
        else:
            self._memory.pop(sender_id, None)

    def _last_turns(self, events: List[Event]) -> List[Event]:
        """The events from the last `max_turns`-th message on."""
        starts = [at for at, event in enumerate(events) if isinstance(event, UserUttered)]
        return events[starts[-self._max_turns] :] if len(starts) > self._max_turns else events


class _Memory(OrderedDict):  # type: ignore[type-arg]
    """Turns by conversation while Redis is away, the latest 1,000 of them."""

    def put(self, sender_id: str, turns: List[str]) -> None:
        self[sender_id] = turns
        self.move_to_end(sender_id)
        if len(self) > 1000:
            self.popitem(last=False)


def _turn(tracker: DialogueStateTracker, events: List[Event]) -> str:
    """One list element: what happened, and the slots and form in force afterwards."""
    turn: Dict[str, Any] = {
        "events": [event.as_dict() for event in events],
        "slots": {
            name: slot.value for name, slot in tracker.slots.items() if slot.value != slot.initial_value
        },
        "loop": tracker.active_loop_name,
        "at": tracker.events[-1].timestamp,
    }
    return json.dumps(turn, ensure_ascii=False)


def _opening(turn: Dict[str, Any]) -> List[Event]:
    """Events that put a fresh tracker in the state that `turn` left behind."""
    at = turn["at"]
    events: List[Event] = [ActionExecuted(ACTION_SESSION_START_NAME, timestamp=at), SessionStarted(at)]
    events += [SlotSet(name, value, timestamp=at) for name, value in turn["slots"].items()]
    if turn["loop"]:
        events += [ActionExecuted(turn["loop"], timestamp=at), ActiveLoop(turn["loop"], timestamp=at)]
    return [*events, ActionExecuted(ACTION_LISTEN_NAME, timestamp=at)]


def _warn(error: RedisError) -> None:
    logger.warning("Redis cannot be reached, conversations are kept in memory: %s", error)
