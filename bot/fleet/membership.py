"""A gateway's lease: every second it says that it lives, and looks who does not.

Times are compared by the database's clock alone. A gateway takes its own lease for over, by its own
monotonic clock, before anybody else may: one that was frozen knows so the moment it goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy import Select, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.fleet.ownership import Recover
from bot.fleet.tables import GatewayRow

EVERY = 1.0
"""Seconds between two signs of life."""
LEASE = 4.0
"""Seconds without one after which a gateway counts as dead."""
_MARGIN = 0.5
"""Seconds before that in which it does nothing any more."""
_CUT = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name AND usename = "
    "current_user AND pid <> pg_backend_pid()"
)
"""Ends the connections of one who is frozen: whatever a transaction of theirs has locked is free again."""

log = structlog.get_logger(__name__)


class Membership:
    """One gateway's row. Every method is one transaction, and raises `SQLAlchemyError` or `OSError`."""

    def __init__(
        self,
        engine: AsyncEngine,
        name: str,
        connections: str,
        recover: Recover,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`connections` is what this process calls its own at the database; `recover` sees to what the
        departed were sending.
        """
        self._engine = engine
        self._name = name
        self._connections = connections
        self._recover = recover
        self._clock = clock
        self._number = 0
        self._until = float("-inf")
        self._steady_since: float | None = None
        self._others: frozenset[int] = frozenset()

    @property
    def number(self) -> int:
        """The row's id; another one after it was taken for dead."""
        return self._number

    def holds(self, number: int) -> bool:
        """Whether the row of that id is ours, and its lease is not over."""
        return number == self._number and self._clock() < self._until

    async def join(self) -> None:
        """Have a row. An earlier run under the same name is over, whatever it says."""
        began = self._clock()
        async with self._engine.begin() as connection:
            await self._remove(connection, select(GatewayRow).where(GatewayRow.name == self._name))
            row = {"name": self._name, "connections": self._connections}
            added = insert(GatewayRow).values(seen_at=func.clock_timestamp(), **row).returning(GatewayRow.id)
            self._number = (await connection.execute(added)).scalar_one()
            await self._recover(connection)
            self._others = await _everybody(connection)
        self._steady_since = began
        self._until = began + LEASE - _MARGIN

    async def beat(self) -> bool:
        """Say that we live, and end the leases of those who do not. Whether others have gone, or we had to
        begin anew: what they, or we, were working on is nobody's then.
        """
        began, number, ended = self._clock(), self._number, False
        steady = self._steady_since is not None and began - self._steady_since > LEASE
        async with self._engine.begin() as connection:
            lives = update(GatewayRow).where(GatewayRow.id == number).values(seen_at=func.clock_timestamp())
            if not (await connection.execute(lives)).rowcount:
                number = 0
            elif steady:  # who comes back after an outage first gives the others time to do so
                late = GatewayRow.seen_at < func.clock_timestamp() - timedelta(seconds=LEASE)
                ended = await self._remove(connection, select(GatewayRow).where(late))
                if ended:
                    await self._recover(connection)
            others = await _everybody(connection)
        if not number:
            log.warning("gateway_taken_for_dead", name=self._name)
            await self.join()
            return True
        if self._steady_since is None:
            self._steady_since = began
        self._until = began + LEASE - _MARGIN
        gone, self._others = self._others - others, others
        return ended or bool(gone)

    def missed(self) -> None:
        """A sign of life could not be given."""
        self._steady_since = None

    async def part(self) -> None:
        """Give the row back, and with it all that was ours."""
        self._until = float("-inf")
        async with self._engine.begin() as connection:
            await connection.execute(delete(GatewayRow).where(GatewayRow.id == self._number))
            await self._recover(connection)

    async def _remove(self, connection: AsyncConnection, rows: Select[GatewayRow]) -> bool:
        """End leases: first the connections, whose locks would be waited for, then the rows."""
        found = (await connection.execute(rows)).all()
        for row in found:
            log.warning("gateway_gone", name=row.name)
            await connection.execute(_CUT, {"name": row.connections})
            await connection.execute(delete(GatewayRow).where(GatewayRow.id == row.id))
        return bool(found)


async def _everybody(connection: AsyncConnection) -> frozenset[int]:
    return frozenset(await connection.scalars(select(GatewayRow.id)))
