"""SQLite connections whose statements may run where they are asked for.

A statement on few rows takes SQLite some ten microseconds. aiosqlite hands it, its cursor and its rows to a
thread one by one, and each way there and back costs more than that.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any

import aiosqlite

BEGIN_WRITING = "BEGIN IMMEDIATE"
"""Begins a transaction once no other process has one that writes."""


class DirectConnection(aiosqlite.Connection):
    """Works in its thread, or, while `here`, in the caller's, except where it has to wait: for the disk, or
    for another process.
    """

    here = False

    async def commit(self) -> None:
        """Commit the current transaction."""
        self.here = False
        await super().commit()

    async def rollback(self) -> None:
        """Roll back the current transaction, if there is one."""
        try:
            if self._running and self._conn.in_transaction:
                await super().rollback()
        finally:
            self.here = False

    async def close(self) -> None:
        """Close the file; one whose thread was told to stop is closed by it, and answers nobody any more."""
        if self._running:
            await super().close()

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self.here and self._running and self._connection is not None:
            if BEGIN_WRITING not in args:
                return fn(*args, **kwargs)
            if self._begun(fn, *args):
                return None
        if not self._running or self._connection is None:
            raise ValueError("the connection is closed")
        future = asyncio.get_running_loop().create_future()
        self._tx.put_nowait((future, partial(fn, *args, **kwargs)))
        # Whoever is cancelled meanwhile waits for the thread's end: two threads never use a connection.
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

    def _begun(self, begin: Callable[..., Any], *args: Any) -> bool:
        """Begin a transaction that writes, unless another process has one: that is waited for elsewhere."""
        self._conn.execute("PRAGMA busy_timeout = 0")
        try:
            begin(*args)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            return False
        finally:
            self._conn.execute(f"PRAGMA {_BUSY_TIMEOUT}")
        return True


_BUSY_TIMEOUT = "busy_timeout = 20000"
_PRAGMAS = (
    _BUSY_TIMEOUT,
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "cache_size = -8192",
    "mmap_size = 67108864",
)


async def connect(path: str, **options: Any) -> DirectConnection:
    """Open a database file; `options` are those of `sqlite3.connect`."""

    def opened() -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(
            path, **options, check_same_thread=False, isolation_level=None
        )
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    options.pop("check_same_thread", None)
    connection = DirectConnection(opened, iter_chunk_size=64)
    connection._thread.daemon = True
    await connection
    return connection
