"""Group commit: transactions that come while another is on its way to the disk share the next way there.

SQLite has one writer at a time, and a commit that survives a power cut takes milliseconds. Whoever waits
meanwhile takes part in one transaction, one after the other, each behind a savepoint of its own; nobody goes
on before that transaction is committed, and all fail with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.direct import Direct, HereConnection


@dataclass(eq=False)
class _Group:
    """One transaction and those who take part in it."""

    connection: Connection
    done: asyncio.Task[None] = field(init=False)
    """Its commit."""
    parts: int = 0
    fault: SQLAlchemyError | None = None


class Commits:
    """The writers of one SQLite database in this process."""

    def __init__(self, engine: AsyncEngine, database: Direct) -> None:
        self._engine = engine
        self._database = database
        self._turn = asyncio.Lock()
        self._group: _Group | None = None

    @asynccontextmanager
    async def part(self, *, alone: bool = False) -> AsyncIterator[HereConnection]:
        """Take part in the next commit; returns when it is done. What the body raises undoes its own part.

        `alone`: with a single statement, of which SQLite leaves nothing when it fails.
        """
        async with self._turn:
            group = self._group or await self._open()
            if group.fault is not None:
                raise group.fault
            group.parts += 1
            behind = group.parts > 1 and not alone
            if behind:
                group.connection.exec_driver_sql("SAVEPOINT part")
            try:
                yield HereConnection(self._engine, group.connection)
            except BaseException:
                if not alone:
                    self._undo(group, behind)
                raise
            if behind:
                group.connection.exec_driver_sql("RELEASE part")
        await asyncio.shield(group.done)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """While nobody else in this process writes: for a transaction on a connection of its own."""
        while True:
            async with self._turn:
                if self._group is None:
                    yield
                    return
                done = self._group.done
            await asyncio.wait([done])

    async def _open(self) -> _Group:
        connection = self._database.connect()
        try:
            await self._database.begin(connection)
        except BaseException:
            connection.close()
            raise
        self._group = group = _Group(connection)
        # It comes to its turn behind all who wait now, and before those who come later.
        group.done = asyncio.create_task(self._close(group), name="commit")
        return group

    async def _close(self, group: _Group) -> None:
        async with self._turn:
            self._group = None
            try:
                if group.fault is not None:
                    raise group.fault
                await self._database.commit(group.connection)
            except BaseException:
                group.connection.invalidate()  # a transaction may be left open: begin with another one
                raise
            finally:
                group.connection.close()

    def _undo(self, group: _Group, behind: bool) -> None:
        """Take back what one part did. Where that cannot be done, all who take part have failed."""
        try:
            if behind:
                group.connection.exec_driver_sql("ROLLBACK TO part")
                group.connection.exec_driver_sql("RELEASE part")
            else:
                group.parts = 0
                self._database.again(group.connection)
        except SQLAlchemyError as error:
            group.fault = error
