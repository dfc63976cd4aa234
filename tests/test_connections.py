"""Connections to PostgreSQL that end without being asked to."""

from __future__ import annotations

import asyncio
from functools import partial

from sqlalchemy import text

from bot.log.engine import changing, looking, open_engine


async def test_what_the_server_has_ended_is_opened_anew(postgres: str) -> None:
    """After a restart of PostgreSQL, and to those who were taken for dead."""
    engine = open_engine(postgres, "to be ended", most=3)
    other = open_engine(postgres)
    end = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'to be ended'"
    )
    try:
        for enter in (looking, changing, partial(changing, single=True)):
            async with looking(engine) as connection:
                assert await connection.scalar(text("SELECT 1")) == 1
            async with looking(other) as connection:
                assert len((await connection.execute(end)).all()) == 1
            await asyncio.sleep(0.05)
            async with enter(engine) as connection:
                assert await connection.scalar(text("SELECT 1")) == 1
    finally:
        await engine.dispose()
        await other.dispose()
