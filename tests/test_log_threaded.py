"""SQLite connections with threads of their own end with them, however they end: no program waits for one."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.log.engine import open_engine
from bot.log.threaded import connect


@pytest.fixture
def thread_faults(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What threads have died of."""
    faults: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda fault: faults.append(fault.exc_value))
    return faults


async def test_a_connection_that_was_stopped_in_mid_work_can_be_let_go(tmp_path: Path) -> None:
    for number in range(20):
        connection = await connect(str(tmp_path / f"{number}.db"))
        ended = connection.stop()
        await asyncio.wait_for(connection.rollback(), 5)
        await asyncio.wait_for(connection.close(), 5)
        if ended is not None:
            await ended


async def test_closing_that_is_cut_off_while_the_connection_is_stopped_ends(tmp_path: Path) -> None:
    """What SQLAlchemy does when a statement is cancelled, and asyncio when the program ends."""
    connection = await connect(str(tmp_path / "log.db"))
    closing = asyncio.create_task(connection.close())
    await asyncio.sleep(0)
    connection.stop()
    closing.cancel()
    done, _ = await asyncio.wait([closing], timeout=5)
    assert done == {closing}


def test_a_file_that_cannot_be_opened_leaves_no_thread(tmp_path: Path, thread_faults: list[object]) -> None:
    path = tmp_path / "log.db"
    path.write_text("no database" * 1000)
    for _ in range(20):
        before = set(threading.enumerate())
        with pytest.raises(sqlite3.DatabaseError):
            asyncio.run(connect(str(path)))
        for thread in set(threading.enumerate()) - before:
            thread.join(5)
    assert thread_faults == []


def test_work_that_is_cut_off_at_any_moment_leaves_no_thread(
    tmp_path: Path, thread_faults: list[object]
) -> None:
    async def work(url: str, moments: int) -> None:
        engine = open_engine(url)

        async def look() -> None:
            async with engine.begin() as connection:
                await connection.execute(text("SELECT 1"))

        looking = asyncio.create_task(look())
        for _ in range(moments):
            await asyncio.sleep(0.0002)
        looking.cancel()
        await asyncio.wait([looking])
        await engine.dispose()

    for moments in range(40):
        asyncio.run(asyncio.wait_for(work(f"sqlite+aiosqlite:///{tmp_path}/log.db", moments), 10))
    assert thread_faults == []
