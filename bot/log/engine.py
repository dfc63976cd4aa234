"""Connections to the log's database: SQLite in one file, or PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, StaticPool, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from bot.log.commits import Commits
from bot.log.direct import BEGIN_WRITING, DirectConnection, connect

WRITES = "sotong_writes"
_HERE = "sotong_here"
_QUICK = "sotong_quick"


@dataclass(frozen=True)
class _Quick:
    """Connections of SQLite for what touches few rows."""

    looks: AsyncEngine
    commits: Commits
    look: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One at a time: they share a connection."""

    def dispose(self, _: Engine) -> None:
        """Close them."""
        self.looks.sync_engine.dispose()
        self.commits.engine.sync_engine.dispose()


def open_engine(url: str) -> AsyncEngine:
    """An engine for `sqlite+aiosqlite:///…` or `postgresql+asyncpg://…`; connects on first use.

    SQLite: readers never wait for the writer (WAL), a commit survives a power cut and is shared by those who
    wait for one, a second process that writes waits up to 20 s. The driver's own transaction handling is
    switched off as https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#aiosqlite-serializable describes.
    """
    if not url.startswith("sqlite"):
        return create_async_engine(url, pool_pre_ping=True, hide_parameters=True)
    quick = _Quick(
        _sqlite(url, poolclass=StaticPool, execution_options={_HERE: True}),
        Commits(_sqlite(url, poolclass=StaticPool, execution_options={_HERE: True, WRITES: True})),
    )
    engine = _sqlite(url, execution_options={_QUICK: quick})
    event.listen(engine.sync_engine, "engine_disposed", quick.dispose)
    return engine


def _sqlite(url: str, **options: Any) -> AsyncEngine:
    # An error without its parameters can be logged: they are what citizens said.
    engine = create_async_engine(
        url, connect_args={"async_creator_fn": connect}, hide_parameters=True, **options
    )
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


@asynccontextmanager
async def changing(
    engine: AsyncEngine, *, quick: bool = True, single: bool = False
) -> AsyncIterator[AsyncConnection]:
    """One transaction that writes: committed at the end, rolled back on any error.

    `quick`: it touches few rows, so that nothing else needs to go on meanwhile. `single`: there is only one
    statement, which the database itself undoes when it fails.
    """
    own: _Quick | None = engine.get_execution_options().get(_QUICK)
    if own is None or not quick:
        async with engine.execution_options(**{WRITES: True}).begin() as connection:
            yield connection
    else:
        async with own.commits.part(alone=single) as connection:
            yield connection


@asynccontextmanager
async def writing(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """The same, with objects of `bot.log.tables`."""
    async with changing(engine) as connection:
        session = AsyncSession(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        async with session, session.begin():
            yield session


@asynccontextmanager
async def looking(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """For a look at few rows, by one statement."""
    own: _Quick | None = engine.get_execution_options().get(_QUICK)
    if own is None:
        async with engine.connect() as connection:
            yield connection
        return
    async with own.look:
        connection = await own.looks.connect()
        try:
            yield connection
        finally:
            await connection.close()


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """One consistent view of the database; however long it takes, everything else goes on."""
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later can fail at once with "database is
    # locked"; one that says so from the start waits its turn.
    options, driver = connection.get_execution_options(), connection.connection.driver_connection
    if isinstance(driver, DirectConnection):
        driver.here = options.get(_HERE, False)
        if driver.here and not options.get(WRITES):
            return  # a look: one statement has a consistent view by itself
    connection.exec_driver_sql(BEGIN_WRITING if options.get(WRITES) else "BEGIN")
