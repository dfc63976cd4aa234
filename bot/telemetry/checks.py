"""What `/readyz` looks at beside the bot: whether Redis answers, and whether the log can be written."""

from __future__ import annotations

import shutil
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import looking
from bot.readiness import Check

_ROOM = 16 * 1024 * 1024
"""Bytes that SQLite must find free on its disk: below it the next message may not be written."""
_TABLE = text("SELECT 1 FROM messages LIMIT 1")
_READ_ONLY = text("SHOW transaction_read_only")


def redis_answers(redis: Redis) -> Check:
    """Whether Redis does."""

    async def answers() -> bool:
        try:
            return bool(await redis.ping())
        except (RedisError, OSError):
            return False

    return answers


def database_takes(engine: AsyncEngine) -> Check:
    """Whether a message could be written down: a standby that only reads, or a full disk, takes none."""

    async def takes() -> bool:
        try:
            async with looking(engine) as connection:
                await connection.execute(_TABLE)
                if engine.dialect.name == "postgresql":
                    return bool(await connection.scalar(_READ_ONLY) == "off")
        except (SQLAlchemyError, OSError):
            return False
        return shutil.disk_usage(Path(engine.url.database or ".").parent).free > _ROOM

    return takes
