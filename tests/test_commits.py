"""Transactions that share a commit: what one does, no other loses; and nobody is told what did not happen."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import changing, looking, open_engine, reading, writing

TABLE = """
CREATE TABLE said (
    number INTEGER PRIMARY KEY,
    about INTEGER REFERENCES said (number) DEFERRABLE INITIALLY DEFERRED
)"""
ADD = text("INSERT INTO said (number) VALUES (:number)")


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    made = open_engine(f"sqlite+aiosqlite:///{tmp_path / 'said.db'}")
    async with changing(made) as connection:
        await connection.execute(text(TABLE))
    yield made
    await made.dispose()


@contextmanager
def counted() -> Iterator[list[object]]:
    commits: list[object] = []
    note = commits.append
    event.listen(Engine, "commit", note)
    try:
        yield commits
    finally:
        event.remove(Engine, "commit", note)


async def numbers(engine: AsyncEngine) -> list[int]:
    async with looking(engine) as connection:
        seen = list(await connection.scalars(text("SELECT number FROM said ORDER BY number")))
    async with reading(engine) as session:  # another connection
        assert seen == list(await session.scalars(text("SELECT number FROM said ORDER BY number")))
    return seen


async def add(engine: AsyncEngine, number: int, *, fails: bool = False) -> None:
    async with changing(engine) as connection:
        await connection.execute(ADD, {"number": number})
        if fails:
            raise ValueError
    assert number in await numbers(engine)


async def test_those_who_wait_for_a_commit_share_the_next(engine: AsyncEngine) -> None:
    with counted() as commits:
        await asyncio.gather(*(add(engine, number) for number in range(20)))
    assert await numbers(engine) == list(range(20))
    assert len(commits) <= 3


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fails=st.lists(st.booleans(), min_size=1, max_size=12))
async def test_what_fails_is_undone_and_nothing_else(engine: AsyncEngine, fails: list[bool]) -> None:
    async with changing(engine) as connection:
        await connection.execute(text("DELETE FROM said"))
    parts = (add(engine, number, fails=fail) for number, fail in enumerate(fails))
    ends = await asyncio.gather(*parts, return_exceptions=True)
    assert [isinstance(end, ValueError) for end in ends] == fails
    assert await numbers(engine) == [number for number, fail in enumerate(fails) if not fail]


async def test_a_commit_that_fails_fails_for_all_who_share_it(engine: AsyncEngine) -> None:
    async def dangling() -> None:
        async with changing(engine) as connection:
            await connection.execute(text("INSERT INTO said VALUES (100, 999)"))

    ends = await asyncio.gather(add(engine, 1), dangling(), add(engine, 2), return_exceptions=True)
    assert [type(end) for end in ends] == [IntegrityError] * 3
    assert await numbers(engine) == []
    await add(engine, 3)


async def test_who_gives_up_waiting_holds_nobody_up(engine: AsyncEngine) -> None:
    tasks = [asyncio.create_task(add(engine, number)) for number in range(6)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    tasks[3].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await add(engine, 9)
    assert set(await numbers(engine)) >= {0, 2, 4, 5, 9}


async def test_a_session_takes_part_like_the_others(engine: AsyncEngine) -> None:
    async def by_session(number: int) -> None:
        async with writing(engine) as session:
            await session.execute(ADD, {"number": number})

    ends = await asyncio.gather(
        by_session(1), add(engine, 2), by_session(2), by_session(3), return_exceptions=True
    )
    assert [isinstance(end, IntegrityError) for end in ends] == [False, False, True, False]
    assert await numbers(engine) == [1, 2, 3]


async def test_a_long_transaction_leaves_the_loop_alone(engine: AsyncEngine) -> None:
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.001)
            beats += 1

    heart = asyncio.create_task(beat())
    async with changing(engine, quick=False) as connection:
        count = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 300000)"
        assert await connection.scalar(text(f"{count} SELECT count(*) FROM n")) == 300_000
    heart.cancel()
    assert beats > 3


async def test_who_is_cut_off_while_another_process_writes_takes_nothing_along(engine: AsyncEngine) -> None:
    with closing(sqlite3.connect(str(engine.url.database), isolation_level=None)) as other:
        for start in range(0, 100, 10):
            other.execute("BEGIN IMMEDIATE")
            cut = asyncio.create_task(add(engine, 1000 + start))
            await asyncio.sleep(0.02)
            cut.cancel()
            rest = [asyncio.create_task(add(engine, start + number)) for number in range(5)]
            await asyncio.sleep(0.02)
            other.execute("COMMIT")
            assert isinstance((await asyncio.gather(cut, return_exceptions=True))[0], asyncio.CancelledError)
            await asyncio.gather(*rest)
    assert await numbers(engine) == [start + number for start in range(0, 100, 10) for number in range(5)]
