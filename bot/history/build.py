"""What search needs done now and then."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.jobs import Jobs

_EVERY = 10.0
"""Seconds."""


def add_history(jobs: Jobs, engine: AsyncEngine) -> None:
    """On PostgreSQL, put the words of new messages where the index finds them quickly.

    PostgreSQL keeps them in a list meanwhile, which every search reads through; without this job a message
    that comes when the list is long would wait for that.
    """
    if engine.dialect.name != "postgresql":
        return

    async def settle() -> None:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT gin_clean_pending_list('ix_words_grams')"))

    jobs.every("words", _EVERY, settle)
