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

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


@dataclass(eq=False)
class _Group:
    """One transaction and those who take part in it."""

    connection: AsyncConnection
    done: asyncio.Task[None] = field(init=False)
    """Its commit."""
    parts: int = 0
    fault: SQLAlchemyError | None = None


class Commits:
    """The writers of one SQLite database in this process."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._turn = asyncio.Lock()
        self._group: _Group | None = None

    @asynccontextmanager
    async def part(self, *, alone: bool = False) -> AsyncIterator[AsyncConnection]:
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
                await group.connection.exec_driver_sql("SAVEPOINT part")
            try:
                yield group.connection
            except BaseException:
                if not alone:
                    await self._undo(group, behind)
                raise
            if behind:
                await group.connection.exec_driver_sql("RELEASE part")
        await asyncio.shield(group.done)

    async def _open(self) -> _Group:
        connection = await self.engine.connect()
        try:
            await connection.begin()
        except BaseException:
            await connection.close()
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
                await group.connection.commit()
            except BaseException:
                await group.connection.invalidate()  # a transaction may be left open: begin with another one
                raise
            finally:
                await group.connection.close()

    @staticmethod
    async def _undo(group: _Group, behind: bool) -> None:
        """Take back what one part did. Where that cannot be done, all who take part have failed."""
        try:
            if behind:
                await group.connection.exec_driver_sql("ROLLBACK TO part")
                await group.connection.exec_driver_sql("RELEASE part")
            else:
                group.parts = 0
                await group.connection.rollback()
                await group.connection.begin()
        except SQLAlchemyError as error:
            group.fault = error
