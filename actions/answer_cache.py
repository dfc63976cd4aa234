"""Answers of the city's API, kept for a day with the time they were true; without Redis there are none."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel, ValidationError
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from bot.redis_address import open_redis

log = logging.getLogger(__name__)

CACHE_SECONDS = 0.3
STALE = timedelta(days=1)
"""How old an answer may be when the API cannot be asked."""


def cache(url: str) -> Redis:
    """Redis for the answers: it is asked once and not waited for, an answer can do without."""
    return open_redis(
        url, socket_timeout=CACHE_SECONDS, socket_connect_timeout=CACHE_SECONDS, retry=Retry(NoBackoff(), 0)
    )


class _Stored(BaseModel):
    """The form of an answer in Redis."""

    data: dict[str, object]
    fetched_at: datetime


@dataclass(frozen=True)
class Kept:
    """An answer that was kept."""

    data: dict[str, object]
    fetched_at: datetime


class AnswerCache:
    """Remembers answers under names that do not show what was asked."""

    def __init__(self, redis: Redis, clock: Callable[[], datetime]) -> None:
        self._redis = redis
        self._clock = clock
        self._works = True

    async def close(self) -> None:
        """Close the connection."""
        await self._redis.aclose()

    async def get(self, name: str) -> Kept | None:
        """The answer, unless it is older than a day."""
        try:
            stored = await self._redis.get(name)
        except (RedisError, OSError) as error:
            self._is(False, error)
            return None
        self._is(True)
        if stored is None:
            return None
        try:
            entry = _Stored.model_validate_json(stored)
        except ValidationError:
            log.warning("an answer stored by another version is not used")
            return None
        if self._clock() - entry.fetched_at > STALE:
            return None
        return Kept(entry.data, entry.fetched_at)

    async def put(self, name: str, data: dict[str, object], fetched_at: datetime) -> None:
        """Remember an answer for a day."""
        entry = _Stored(data=data, fetched_at=fetched_at)
        try:
            await self._redis.set(name, entry.model_dump_json(), ex=STALE)
        except (RedisError, OSError) as error:
            self._is(False, error)

    def _is(self, works: bool, error: Exception | None = None) -> None:
        """Log a change once, not each time."""
        if works != self._works:
            if works:
                log.info("the cache of service answers works again")
            else:
                log.warning("no cache of service answers: %s", type(error).__name__)
            self._works = works


def cache_key(base: str, service: str, params: Mapping[str, str]) -> str:
    """Redis key that does not show what was asked (a receipt number leads to a person)."""
    asked = json.dumps([base, dict(params)], sort_keys=True, ensure_ascii=False)
    return f"sotong:service:{service}:{hashlib.sha256(asked.encode()).hexdigest()[:32]}"
