"""SQLite connections whose statements run where they are asked for.

A statement on few rows takes SQLite some ten microseconds. An asyncio driver hands it, its cursor and its
rows to a thread one by one, and the ways there and back cost thirty times that. So what touches few rows goes
through the standard library's own driver, here and now; only where it has to wait, for the disk or for
another process, it goes to a thread.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

from sqlalchemy import Connection, Engine, StaticPool, create_engine
from sqlalchemy.ext.asyncio import AsyncConnection

BUSY_TIMEOUT = "busy_timeout = 20000"
"""Milliseconds until a process that waits for another's transaction gives up."""
PRAGMAS = (
    BUSY_TIMEOUT,
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "cache_size = -8192",
    "mmap_size = 67108864",
)

_BEGIN = "BEGIN IMMEDIATE"


class _Fetched(sqlite3.Cursor):
    """Has fetched everything when it has executed: an open statement would hold up a commit."""

    _rows: deque[Any]

    def execute(self, sql: str, parameters: Any = (), /) -> _Fetched:
        """Run a statement."""
        super().execute(sql, parameters)
        self._rows = deque(super().fetchall() if self.description else ())
        return self

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> _Fetched:
        """Run a statement again and again; it has no rows."""
        super().executemany(sql, parameters)
        self._rows = deque()
        return self

    def fetchone(self) -> Any:
        """The next row, None after the last."""
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = 1) -> list[Any]:
        """The next rows."""
        return [self._rows.popleft() for _ in range(min(size or 1, len(self._rows)))]

    def fetchall(self) -> list[Any]:
        """The rows that are left."""
        rows, self._rows = list(self._rows), deque()
        return rows


class _Driver(sqlite3.Connection):
    def cursor(self, factory: Any = _Fetched) -> Any:
        return super().cursor(factory)


class HereConnection(AsyncConnection):
    """SQLAlchemy's asyncio connection to those who use it; its statements run in the caller's thread."""

    async def execute(self, statement: Any, parameters: Any = None, **options: Any) -> Any:
        """Run a statement; its rows are there already."""
        return self._proxied.execute(statement, parameters, **options)

    async def scalar(self, statement: Any, parameters: Any = None, **options: Any) -> Any:
        """The first column of the first row, None without one."""
        return self._proxied.scalar(statement, parameters, **options)

    async def scalars(self, statement: Any, parameters: Any = None, **options: Any) -> Any:
        """The first columns of the rows."""
        return self._proxied.scalars(statement, parameters, **options)

    async def exec_driver_sql(
        self, statement: str, parameters: Any = None, execution_options: Any = None
    ) -> Any:
        """Run a statement as SQLite has it."""
        return self._proxied.exec_driver_sql(statement, parameters, execution_options)

    async def run_sync(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Give the connection to what knows no asyncio."""
        return fn(self._proxied, *args, **kwargs)


class Direct:
    """One connection to a database file, opened on first use, and a thread for what has to wait."""

    def __init__(self, path: str) -> None:
        self._engine = _engine(path)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite")

    def connect(self) -> Connection:
        """The connection. Raises `SQLAlchemyError` when the file cannot be opened."""
        return self._engine.connect()

    async def begin(self, connection: Connection) -> None:
        """Begin a transaction that writes; where another process has one, when it has ended."""
        connection.begin()
        if not _begun(connection):
            await self.elsewhere(connection.exec_driver_sql, _BEGIN)

    async def commit(self, connection: Connection) -> None:
        """Commit: returns when it is on the disk."""
        await self.elsewhere(connection.commit)

    def again(self, connection: Connection) -> None:
        """Undo the transaction and begin another: nobody came between."""
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql(_BEGIN)

    async def elsewhere(self, fn: Callable[..., Any], *args: Any) -> Any:
        """Let the thread do something; who is cancelled meanwhile waits for its end.

        So two threads never use a connection.
        """
        future = asyncio.get_running_loop().run_in_executor(self._thread, fn, *args)
        cut: asyncio.CancelledError | None = None
        while not future.done():
            try:
                await asyncio.wait([future])
            except asyncio.CancelledError as error:
                cut = error
        if cut is not None:
            future.exception()  # the one who is cut off does not hear of it
            raise cut
        return future.result()

    def dispose(self) -> None:
        """Close the file."""
        self._engine.dispose()
        self._thread.shutdown(wait=False)


def _begun(connection: Connection) -> bool:
    """Begin at once, if no other process has a transaction that writes."""
    driver = cast(sqlite3.Connection, connection.connection.driver_connection)
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        driver.execute(_BEGIN)
    except sqlite3.OperationalError:
        return False  # whatever it was: asked again, SQLAlchemy waits for it or says it
    finally:
        driver.execute(f"PRAGMA {BUSY_TIMEOUT}")
    return True


def _engine(path: str) -> Engine:
    def opened() -> sqlite3.Connection:
        driver = sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=_Driver)
        for pragma in PRAGMAS:
            driver.execute(f"PRAGMA {pragma}")
        return driver

    # An error without its parameters can be logged: they are what citizens said.
    return create_engine("sqlite://", creator=opened, poolclass=StaticPool, hide_parameters=True)
