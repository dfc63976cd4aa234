"""SQLite connections with a thread of their own: for whatever may take long."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any

import aiosqlite

from bot.log.direct import PRAGMAS


class ThreadedConnection(aiosqlite.Connection):
    """aiosqlite's, which can be let go at any moment."""

    _ended: asyncio.Future[Any] | None = None
    """Done when the thread, which was told to stop, has ended."""

    async def rollback(self) -> None:
        """Roll back the current transaction, if there is one."""
        if self._running and self._conn.in_transaction:
            await super().rollback()

    async def close(self) -> None:
        """Close the file, when what the thread was asked for before is done."""
        self.stop()
        await self.ended()

    def stop(self) -> asyncio.Future[Any] | None:
        """Tell the thread to stop, once: one that has ended answers nobody."""
        if self._running:
            self._ended = super().stop()
        return self._ended

    async def ended(self) -> None:
        """Wait until the thread, which was told to stop, has ended."""
        if self._ended is not None:
            await _whatever_comes(self._ended)

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not self._running or self._connection is None:
            raise ValueError("the connection is closed")
        future = asyncio.get_running_loop().create_future()
        self._tx.put_nowait((future, partial(fn, *args, **kwargs)))
        return await _whatever_comes(future)


async def _whatever_comes(future: asyncio.Future[Any]) -> Any:
    """What a thread answers. Whoever is cancelled meanwhile waits for it: two never use a connection."""
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


async def connect(path: str, **options: Any) -> ThreadedConnection:
    """Open a database file; `options` are those of `sqlite3.connect`. Raises `sqlite3.Error`."""

    def opened() -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(
            path, **options, check_same_thread=False, isolation_level=None
        )
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    options.pop("check_same_thread", None)
    connection = ThreadedConnection(opened, iter_chunk_size=64)
    connection._thread.daemon = True
    try:
        await connection
    except BaseException:
        await connection.ended()  # it tells the loop so, which may be closed soon
        raise
    return connection
