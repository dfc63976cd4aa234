"""Rasa's memory of a conversation, bounded: what a messenger conversation that never ends needs.

Rasa's own Redis store reads, replays and rewrites the whole dialogue at every turn. This one appends a turn
to a Redis list and reads the last few, each with the slots and the form that were in force after it, so a
turn costs the same however long the conversation is. Conversations of the last minutes stay in memory too:
when the list still ends as this process left it, nothing else is read. All of it may vanish; the gateway's
log is the record.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import zlib
from collections import OrderedDict
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple, Type

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
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.common import all_subclasses
from redis.exceptions import RedisError

from bot.nlu.tracker import FlatTracker
from bot.redis_address import open_redis

logger = logging.getLogger(__name__)

DEFAULT_REDIS = "redis://127.0.0.1:6390/0"
PASSING = "open:"
"""Beginning of the names of conversations that are one question long (`bot.openness.asking`)."""
_APPEND = """
local last = redis.call('LINDEX', KEYS[1], -1)
if ARGV[3] ~= '' then redis.call('DEL', KEYS[1]) end
for at = 4, #ARGV do redis.call('RPUSH', KEYS[1], ARGV[at]) end
redis.call('LTRIM', KEYS[1], -ARGV[1], -1)
redis.call('EXPIRE', KEYS[1], ARGV[2])
return last
"""
"""In one step: elements (from the fourth argument on) to a list's end, or in place of it (third); as many are
kept as the first says, for as many seconds as the second. Returns what was last before."""
_TURNS = "stored_turns"
"""Attribute of a tracker that came from or went to a store: its turns as they are stored."""
_SAVED = "saved_events"
"""The same: how many of its events are stored."""


class _Turn(NamedTuple):
    """One element of a conversation's list: what happened, and what was in force afterwards."""

    stored: bytes
    """The element as Redis has it: compressed JSON, a fifth of its length."""
    events: List[Event]
    slots: Dict[str, Any]
    loop: Optional[str]
    at: float
    """Seconds since 1970 of the last event."""


class BoundedRedisTrackerStore(TrackerStore):
    """Tracker store for `endpoints.yml`: `type: bot.nlu.tracker_store.BoundedRedisTrackerStore`.

    Settings: `url` of Redis or of its Sentinels (default: environment variable REDIS_URL, else
    `redis://127.0.0.1:6390/0`),
    `max_turns` to keep, `record_exp` seconds after the last turn until a conversation is forgotten,
    `key_prefix`, `timeout` seconds for Redis.

    Without Redis the conversation goes on in this process's memory (the latest 1,000 conversations), so that
    `rasa shell` needs no Redis and an outage breaks no form; an emptied Redis makes a conversation look new.
    Nothing is kept anywhere of a conversation whose name begins with `PASSING`.
    """

    def __init__(
        self,
        domain: Optional[Domain],
        host: Optional[str] = None,
        event_broker: Optional[EventBroker] = None,
        max_turns: int = 8,
        record_exp: float = 30 * 24 * 3600,
        key_prefix: str = "turns:",
        timeout: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(domain, event_broker, **kwargs)
        self._redis = open_redis(
            host or os.environ.get("REDIS_URL") or DEFAULT_REDIS,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
        )
        self._store = self._redis.register_script(_APPEND)
        self._max_turns = max_turns
        self._seconds = int(record_exp)
        self._prefix = key_prefix
        self._warm = _Latest(256)
        """Turns and tracker of the last minutes' conversations; a turn of one takes some 10 kB here."""
        self._memory = _Latest(1000)
        """What could not be written to Redis."""

    def init_tracker(self, sender_id: str) -> FlatTracker:
        """An empty conversation."""
        return FlatTracker(sender_id, self.domain, self.max_event_history)

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        """The conversation's last turns as a tracker, or None when nothing is known of it."""
        if sender_id.startswith(PASSING):
            return None
        stored, live = await self._read(sender_id)
        if not stored:
            return None
        opening: List[Event] = []
        turns = stored
        if len(stored) > self._max_turns or not stored[0].events:
            opening, turns = _opening(stored[0]), stored[1:]
        events = [event for turn in turns for event in turn.events]
        tracker = live.copy() if live and live.domain is self.domain else None
        if not (tracker and (not opening or tracker.forget(len(tracker.events) - len(events), opening))):
            tracker = self.init_tracker(sender_id)
            for event in [*opening, *events]:
                tracker.update(event)
        setattr(tracker, _SAVED, len(tracker.events))
        setattr(tracker, _TURNS, stored)
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Append what is new in `tracker`; one that was built elsewhere replaces what is stored."""
        events = list(tracker.events)
        saved = getattr(tracker, _SAVED, None)
        new = events[saved or 0 :]
        if not new:  # a conversation that is about to begin
            setattr(tracker, _SAVED, len(events))
            return
        if tracker.sender_id.startswith(PASSING):
            return
        if self.event_broker is not None:
            await self._stream_new_events(self.event_broker, new, tracker.sender_id)
        if saved is None:
            known: Optional[List[_Turn]] = None
            turns = [_turn(tracker, []), _turn(tracker, self._last_turns(new))]
        else:
            known, turns = getattr(tracker, _TURNS, []), [_turn(tracker, new)]
        setattr(tracker, _TURNS, await self._append(tracker, turns, known))
        setattr(tracker, _SAVED, len(events))

    async def keys(self) -> Iterable[str]:
        """Ids of the conversations that are known."""
        try:
            found = [key async for key in self._redis.scan_iter(match=f"{self._prefix}*", count=1000)]
            stored = [key.decode() for key in found]
        except RedisError as error:
            _warn(error)
            stored = []
        return {key[len(self._prefix) :] for key in stored} | set(self._memory)

    async def _read(self, sender_id: str) -> Tuple[List[_Turn], Optional[FlatTracker]]:
        """The stored turns, and the conversation itself if it is still here."""
        key, (known, live) = self._prefix + sender_id, self._warm.get(sender_id, ([], None))
        try:
            if known and await self._redis.lindex(key, -1) == known[-1].stored:
                return known, live
            turns = [_read_turn(stored) for stored in await self._redis.lrange(key, 0, -1)]
        except RedisError as error:
            _warn(error)
            return self._memory.get(sender_id) or known, None
        self._warm.put(sender_id, (turns, None))
        return turns, None

    async def _append(
        self, tracker: DialogueStateTracker, turns: List[_Turn], known: Optional[List[_Turn]]
    ) -> List[_Turn]:
        """Store `turns` after those that are `known`, or in place of all (None); what is stored now."""
        sender_id, keep = tracker.sender_id, self._max_turns + 1
        stored = [*(known or []), *turns][-keep:]
        elements = [turn.stored for turn in turns]
        try:
            last = await self._store(
                keys=[self._prefix + sender_id],
                args=[keep, self._seconds, "1" if known is None else "", *elements],
            )
        except RedisError as error:
            _warn(error)
            self._memory.put(sender_id, stored)
            return stored
        self._memory.pop(sender_id, None)
        if known is None or last == (known[-1].stored if known else None):
            live = tracker.copy() if known is not None and isinstance(tracker, FlatTracker) else None
            self._warm.put(sender_id, (stored, live))
        else:  # another server has taken part
            self._warm.pop(sender_id, None)
        return stored

    def _last_turns(self, events: List[Event]) -> List[Event]:
        """The events from the last `max_turns`-th message on."""
        starts = [at for at, event in enumerate(events) if isinstance(event, UserUttered)]
        return events[starts[-self._max_turns] :] if len(starts) > self._max_turns else events


class _Latest(OrderedDict):  # type: ignore[type-arg]
    """What belongs to a conversation, for the latest `most` of them."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def put(self, sender_id: str, value: Any) -> None:
        self[sender_id] = value
        self.move_to_end(sender_id)
        if len(self) > self._most:
            self.popitem(last=False)


def _turn(tracker: DialogueStateTracker, events: List[Event]) -> _Turn:
    slots = {name: slot.value for name, slot in tracker.slots.items() if slot.value != slot.initial_value}
    loop, at = tracker.active_loop_name, tracker.events[-1].timestamp
    stored = {"events": [event.as_dict() for event in events], "slots": slots, "loop": loop, "at": at}
    packed = zlib.compress(json.dumps(stored, ensure_ascii=False).encode(), 1)
    return _Turn(packed, events, slots, loop, at)


def _read_turn(packed: bytes) -> _Turn:
    """A turn as it was stored; Rasa's ValueError for an event of an unknown kind."""
    stored = json.loads(zlib.decompress(packed))
    events = [
        _event_types()[event["event"]]._from_parameters(event)
        if event["event"] in _event_types()
        else Event.from_parameters(event)
        for event in stored["events"]
    ]
    return _Turn(packed, [event for event in events if event], stored["slots"], stored["loop"], stored["at"])


@functools.lru_cache(maxsize=1)
def _event_types() -> Dict[str, Type[Event]]:
    """Rasa's kinds of event by name; Rasa itself looks through all classes at each event."""
    return {kind.type_name: kind for kind in reversed(all_subclasses(Event))}


def _opening(turn: _Turn) -> List[Event]:
    """Events that put a fresh tracker in the state that `turn` left behind."""
    at = turn.at
    events: List[Event] = [ActionExecuted(ACTION_SESSION_START_NAME, timestamp=at), SessionStarted(at)]
    events += [SlotSet(name, value, timestamp=at) for name, value in turn.slots.items()]
    if turn.loop:
        events += [ActionExecuted(turn.loop, timestamp=at), ActiveLoop(turn.loop, timestamp=at)]
    return [*events, ActionExecuted(ACTION_LISTEN_NAME, timestamp=at)]


def _warn(error: RedisError) -> None:
    logger.warning("Redis cannot be reached, conversations are kept in memory: %s", error)
