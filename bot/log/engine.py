"""Connections to the log's database: SQLite in one file, or PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from bot.log.commits import Commits
from bot.log.direct import Direct, HereConnection
from bot.log.threaded import connect

WRITES = "sotong_writes"
_QUICK = "sotong_quick"
_BY_ITSELF = {"isolation_level": "AUTOCOMMIT"}
"""On PostgreSQL a statement is a transaction by itself: to begin and end one takes two more messages."""
_POOL_TIMEOUT = 10.0
"""Seconds that a statement waits for a connection when all are in use."""


@dataclass
class _Quick:
    """Connections of SQLite for what touches few rows."""

    engine: AsyncEngine
    looks: Direct
    writes: Direct
    commits: Commits
    _look: HereConnection | None = None

    def look(self) -> HereConnection:
        """For one statement after the other: each has a consistent view by itself."""
        if self._look is None:
            self._look = HereConnection(self.engine, self.looks.connect())
        return self._look

    def dispose(self, _: Engine) -> None:
        """Close them."""
        self._look = None
        self.looks.dispose()
        self.writes.dispose()


def open_engine(url: str, name: str = "", *, most: int = 15, within: int | None = None) -> AsyncEngine:
    """An engine for `sqlite+aiosqlite:///…` or `postgresql+asyncpg://…`; connects on first use.

    SQLite: readers never wait for the writer (WAL), a commit survives a power cut and is shared by those who
    wait for one, a second process that writes waits up to 20 s. The driver's own transaction handling is
    switched off as https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#aiosqlite-serializable describes.

    PostgreSQL: at `most` so many connections bear the `name` there and, once opened, stay; `within` is the
    seconds that it has to connect, and for a statement (None: any).
    """
    if not url.startswith("sqlite"):
        options = {"server_settings": {"application_name": name or "sotong"}}
        limits = {} if within is None else {"timeout": within, "command_timeout": within}
        engine = create_async_engine(
            url,
            pool_size=most,
            max_overflow=0,
            pool_timeout=_POOL_TIMEOUT,
            hide_parameters=True,
            connect_args=options | limits,
        )
        event.listen(engine.sync_engine, "checkout", _is_open)
        return engine
    engine = _sqlite(url)
    looks, writes = (Direct(engine.url.database or "") for _ in range(2))
    quick = _Quick(engine, looks, writes, Commits(engine, writes))
    engine.sync_engine.update_execution_options(**{_QUICK: quick})
    event.listen(engine.sync_engine, "engine_disposed", quick.dispose)
    return engine


def _sqlite(url: str) -> AsyncEngine:
    # An error without its parameters can be logged: they are what citizens said.
    engine = create_async_engine(url, connect_args={"async_creator_fn": connect}, hide_parameters=True)
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
    if own is None and single:
        async with engine.execution_options(**_BY_ITSELF).connect() as connection:
            yield connection
    elif own is None or not quick:
        async with engine.execution_options(**{WRITES: True}).begin() as connection:
            yield connection
    else:
        async with own.commits.part(alone=single) as connection:
            yield connection


@asynccontextmanager
async def writing(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """The same, with objects of `bot.log.tables`."""
    own: _Quick | None = engine.get_execution_options().get(_QUICK)
    async with own.commits.alone() if own else nullcontext(), changing(engine, quick=False) as connection:
        session = AsyncSession(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        async with session, session.begin():
            yield session


@asynccontextmanager
async def looking(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """For a look at few rows, by one statement."""
    own: _Quick | None = engine.get_execution_options().get(_QUICK)
    if own is None:
        async with engine.execution_options(**_BY_ITSELF).connect() as connection:
            yield connection
    else:
        yield own.look()


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """One consistent view of the database; however long it takes, everything else goes on."""
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session


def _is_open(
    connection: DBAPIConnection, _record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
) -> None:
    # The driver hears when the server ends a connection; to ask the server each time (`pool_pre_ping`) takes
    # three messages there and back.
    if connection.driver_connection.is_closed():
        raise DisconnectionError("PostgreSQL has ended the connection")


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later can fail at once with "database is
    # locked"; one that says so from the start waits its turn.
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
