"""Sealed values in Redis, for minutes: whoever empties Redis only makes citizens log in or type again."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.identity.seal import Broken, Seal

_PREFIX = "sotong:"
_LONGEST = 3600
"""Seconds for which it is known whose values there are; none is kept for longer."""

log = structlog.get_logger(__name__)


class NotKept(ConnectionError):
    """Redis is away: nothing was kept."""


class Box:
    """Every value has a place (its name, which it is sealed to), an owner and a time to live."""

    def __init__(self, redis: Redis, seal: Seal) -> None:
        self._redis = redis
        self._seal = seal

    async def put(self, place: str, value: str, owner: str, seconds: int) -> None:
        """Keep a value for so many seconds, 3600 at most. Raises `NotKept`."""
        mine = _owned(owner)
        pipe = self._redis.pipeline(transaction=True)
        pipe.set(_PREFIX + place, self._seal.close(value, place), ex=seconds)
        pipe.sadd(mine, place)
        pipe.expire(mine, _LONGEST)
        try:
            await pipe.execute()
        except (RedisError, OSError) as error:
            raise NotKept(type(error).__name__) from error

    async def get(self, place: str) -> str | None:
        """The value at a place; None when there is none, when it does not open, or when Redis is away."""
        return await self._read(place, self._redis.get)

    async def take(self, place: str) -> str | None:
        """As `get`, and nobody gets it again."""
        return await self._read(place, self._redis.getdel)

    async def drop(self, place: str) -> bool:
        """Throw a value away; False when there was none. Raises `NotKept` when Redis is away."""
        try:
            return bool(await self._redis.delete(_PREFIX + place))
        except (RedisError, OSError) as error:
            raise NotKept(type(error).__name__) from error

    async def places(self, owner: str) -> list[str]:
        """Where an owner has something now. Raises `NotKept` when Redis is away."""
        try:
            members = await self._redis.smembers(_owned(owner))
            places = sorted(place.decode() if isinstance(place, bytes) else place for place in members)
            return [place for place in places if await self._redis.exists(_PREFIX + place)]
        except (RedisError, OSError) as error:
            raise NotKept(type(error).__name__) from error

    async def drop_all(self, owner: str, kind: str = "") -> int:
        """Throw away all that an owner has, or all of a kind (the first part of the places' names).

        Returns how many values went. Raises `NotKept` when Redis is away.
        """
        mine = _owned(owner)
        try:
            members = await self._redis.smembers(mine)
            places = [place.decode() if isinstance(place, bytes) else place for place in members]
            gone = [place for place in places if not kind or place.partition(":")[0] == kind]
            if not gone:
                return 0
            pipe = self._redis.pipeline(transaction=True)
            pipe.delete(*(_PREFIX + place for place in gone))
            pipe.srem(mine, *gone)
            return int((await pipe.execute())[0])
        except (RedisError, OSError) as error:
            raise NotKept(type(error).__name__) from error

    async def close(self) -> None:
        """Let go of Redis."""
        await self._redis.aclose()

    async def _read(self, place: str, fetch: Callable[[str], Awaitable[Any]]) -> str | None:
        try:
            sealed = await fetch(_PREFIX + place)
            return None if sealed is None else self._seal.open(sealed, place)
        except (RedisError, OSError) as error:
            log.warning("kept_value_out_of_reach", error=type(error).__name__)
        except Broken as error:
            log.warning("kept_value_does_not_open", kind=str(error))
        return None


def who(key: str) -> str:
    """A conversation (`channel:user_id`) as part of a place's name: the user id does not stand in it."""
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


def _owned(owner: str) -> str:
    return f"{_PREFIX}kept:{who(owner)}"
