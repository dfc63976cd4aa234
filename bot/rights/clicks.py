"""What a citizen picked among answers offered, forgotten (`bot.retrieval.clicks`)."""

from __future__ import annotations

from redis.asyncio import Redis

from bot.retrieval.clicks import PREFIX, citizen_mark


class ClickMemory:
    """The clicks of all questions."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def forget(self, key: str) -> None:
        """Drop the clicks of `channel:user_id`. Raises `redis.exceptions.RedisError`."""
        mine = f"{citizen_mark(key)}:*"
        async for question in self._redis.scan_iter(match=f"{PREFIX}*", count=1000):
            clicks = [click async for click, _ in self._redis.zscan_iter(question, match=mine)]
            if clicks:
                await self._redis.zrem(question, *clicks)
