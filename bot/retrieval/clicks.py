"""What citizens picked after "이 중에 있나요?", so that the next one who asks the same finds it sooner.

A question is known by its words, whatever their order, particles and endings. Nothing of it is kept but a
mark of these words; citizens are kept as marks too, and only to count different ones.
"""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from redis import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

LEAST = 2
"""Different citizens who must have picked an answer before it rises."""
_MOST_KEPT = 200
"""Clicks kept for one question; the oldest go first."""
_MOST_QUESTIONS = 10_000
"""Questions whose clicks are kept; those picked for longest ago go first."""
_FRESH = 10.0
"""Seconds for which what was read is not read again."""
_DAYS_KEPT = 180
_DAY = 24 * 60 * 60
_MOST_POINTS = 4.0

PREFIX = "sotong:clicks:"
"""Of the keys in Redis, one for each question; the one without the colon names these questions."""


class ClickCounts(Protocol):
    """Remembers clicks."""

    def record(self, question: str, answer_id: str, citizen: str) -> None:
        """A citizen (any id of theirs) picked an answer; `question` is its `question_mark`."""

    def citizens(self, question: str) -> Mapping[str, int]:
        """How many different citizens picked each answer."""


def question_mark(words: Iterable[str]) -> str:
    """The mark of a question's words."""
    return _mark("\0".join(sorted(set(words))))


def citizen_mark(citizen: str) -> str:
    """What a citizen's clicks begin with."""
    return _mark(citizen)


def boost(citizens: int) -> float:
    """Points that an answer rises by: none below `LEAST`, at most 4, which is less than an exact match."""
    return min(0.5 + math.log2(citizens), _MOST_POINTS) if citizens >= LEAST else 0.0


class MemoryClicks:
    """In this process only."""

    def __init__(self) -> None:
        self._questions: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()

    def record(self, question: str, answer_id: str, citizen: str) -> None:
        """As in `ClickCounts`."""
        clicks = self._questions.setdefault(question, OrderedDict())
        self._questions.move_to_end(question)
        clicks[_click(answer_id, citizen)] = None
        if len(clicks) > _MOST_KEPT:
            clicks.popitem(last=False)
        if len(self._questions) > _MOST_QUESTIONS:
            self._questions.popitem(last=False)

    def citizens(self, question: str) -> Mapping[str, int]:
        """As in `ClickCounts`."""
        return _count(self._questions.get(question, ()))


class RedisClicks:
    """Shared by processes: a sorted set for each question, gone 180 days after its last click.

    Few questions have clicks: which ones is read every some seconds (`now` counts them), so that a search
    need not ask Redis. Without Redis nothing is lost but the boost: a line in the log says so. Give the
    client short timeouts.
    """

    def __init__(self, redis: Redis, prefix: str = PREFIX, now: Callable[[], float] = time.monotonic) -> None:
        self._redis = redis
        self._prefix = prefix
        self._now = now
        self._clicked: frozenset[str] = frozenset()
        """Questions that have clicks."""
        self._read_at = -math.inf
        self._counts: dict[str, Mapping[str, int]] = {}
        """What was read since then."""

    def record(self, question: str, answer_id: str, citizen: str) -> None:
        """As in `ClickCounts`."""
        key, index, now = self._prefix + question, self._prefix.rstrip(":"), time.time()
        self._read_at = -math.inf
        try:
            with self._redis.pipeline() as pipe:
                pipe.zadd(key, {_click(answer_id, citizen): now})
                pipe.zremrangebyrank(key, 0, -_MOST_KEPT - 1)
                pipe.expire(key, _DAYS_KEPT * _DAY)
                pipe.zadd(index, {question: now})
                pipe.zremrangebyrank(index, 0, -_MOST_QUESTIONS - 1)
                pipe.zremrangebyscore(index, 0, now - _DAYS_KEPT * _DAY)
                pipe.expire(index, _DAYS_KEPT * _DAY)
                pipe.execute()
        except RedisError as error:
            log.warning("a click was not kept: %s", type(error).__name__)

    def citizens(self, question: str) -> Mapping[str, int]:
        """As in `ClickCounts`."""
        if self._now() - self._read_at > _FRESH:
            self._read_at = self._now()
            self._clicked = frozenset(self._members(self._prefix.rstrip(":")))
            self._counts = {}
        if question not in self._clicked:
            return {}
        if question not in self._counts:
            self._counts[question] = _count(self._members(self._prefix + question))
        return self._counts[question]

    def _members(self, key: str) -> list[str]:
        try:
            found = self._redis.zrange(key, 0, -1)
        except RedisError as error:
            log.warning("clicks were not read: %s", type(error).__name__)
            return []
        return [member.decode() if isinstance(member, bytes) else str(member) for member in found]


def _click(answer_id: str, citizen: str) -> str:
    return f"{citizen_mark(citizen)}:{answer_id}"


def _count(clicks: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for click in clicks:
        answer_id = click.partition(":")[2]
        counts[answer_id] = counts.get(answer_id, 0) + 1
    return counts


def _mark(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
