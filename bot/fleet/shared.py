"""Ownership where several gateways share a PostgreSQL: rows that go with their gateway's lease."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.fleet.membership import EVERY, Membership
from bot.fleet.ownership import Recover, Worker
from bot.fleet.tables import Duty, Hold
from bot.log.statements import TO_DO
from bot.log.tables import Message

_FORGOTTEN = timedelta(seconds=3)
"""After so long somebody should be working on a message: whoever took it may have died before it began."""
_ORPHANS = 200
"""So many are looked after at once."""

_NEW = insert(Hold)
_TAKE = _NEW.on_conflict_do_update(
    index_elements=["conversation_id"],
    set_={"gateway_id": _NEW.excluded.gateway_id},
    where=Hold.gateway_id == _NEW.excluded.gateway_id,
).returning(Hold.conversation_id)
_FORGOTTEN_ONES = (
    select(Message.conversation_id)
    .where(
        Message.turn_state == "open",
        Message.at < func.clock_timestamp() - _FORGOTTEN,
        ~select(Hold).where(Hold.conversation_id == Message.conversation_id).exists(),
    )
    .distinct()
    .limit(_ORPHANS)
)

log = structlog.get_logger(__name__)


class Shared:
    """One of several gateways. `own` is an engine for its signs of life, which wait for nobody's work."""

    def __init__(self, engine: AsyncEngine, own: AsyncEngine, name: str, connections: str) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._own = own
        self._name = name
        self._connections = connections
        self._membership: Membership | None = None
        self._worker: Worker | None = None
        self._beating: asyncio.Task[None] | None = None
        self._taken: dict[int, int] = {}
        """By conversation: under which number it was taken."""
        self._duties: dict[str, int] = {}
        self._retired = False

    def number(self) -> int | None:
        """The id of its row."""
        return self._membership.number if self._membership else None

    async def take(self, conversation_id: int) -> bool:
        """Have a row in `holds`; False while another gateway does."""
        number = self._there.number
        try:
            async with self._engine.connect() as connection:
                row = {"conversation_id": conversation_id, "gateway_id": number}
                taken = await connection.scalar(_TAKE, row)
        except IntegrityError:  # our lease has ended: what is left to do is looked for when there is another
            return False
        if taken is not None:
            self._taken[conversation_id] = number
        return taken is not None

    def mine(self, conversation_id: int) -> bool:
        """Whether the lease under which it was taken goes on."""
        number = self._taken.get(conversation_id)
        return number is not None and self._there.holds(number)

    async def leave(self, conversation_id: int) -> bool:
        """Give the row back, then look once more: who was refused meanwhile has written down why."""
        number = self._taken.pop(conversation_id)
        ours = (Hold.conversation_id == conversation_id, Hold.gateway_id == number)
        async with self._engine.connect() as connection:
            await connection.execute(delete(Hold).where(*ours))
            return bool(await connection.scalar(TO_DO, {"of_conversation": conversation_id}))

    async def on_duty(self, name: str) -> bool:
        """Have a row in `duties`, or get it when nobody has."""
        number = self._duties.get(name)
        if number is not None and self._there.holds(number):
            return True
        number = self._there.number
        if self._retired or not self._there.holds(number):
            return False
        try:
            async with self._engine.connect() as connection:
                row = {"name": name, "gateway_id": number}
                await connection.execute(insert(Duty).on_conflict_do_nothing(), row)
                has = await connection.scalar(select(Duty.gateway_id).where(Duty.name == name))
        except IntegrityError:
            return False
        if has == number:
            self._duties[name] = number
        return has == number

    async def join(self, recover: Recover) -> None:
        """Have a lease, and keep it."""
        self._membership = Membership(self._own, self._name, self._connections, recover)
        await self._membership.join()
        self._beating = asyncio.create_task(self._beat(self._membership), name="signs-of-life")

    async def begin(self, worker: Worker) -> None:
        """As said; the next sign of life looks after what others forgot."""
        await worker.recover()
        self._worker = worker

    async def retire(self) -> None:
        """Give all duties back, for good."""
        self._retired = True
        self._duties.clear()
        try:
            async with self._engine.connect() as connection:
                await connection.execute(delete(Duty).where(Duty.gateway_id == self._there.number))
        except (SQLAlchemyError, OSError) as error:  # they go with the lease
            log.error("duties_not_given_back", error=type(error).__name__)

    async def part(self) -> None:
        """End the lease; the others notice at their next look."""
        if self._beating is not None:
            self._beating.cancel()
            with suppress(asyncio.CancelledError):
                await self._beating
        try:
            await self._there.part()
        except (SQLAlchemyError, OSError) as error:
            log.error("gateway_not_parted", error=type(error).__name__)
        await self._own.dispose()

    @property
    def _there(self) -> Membership:
        if self._membership is None:
            raise RuntimeError("join() comes first")
        return self._membership

    async def _beat(self, membership: Membership) -> None:
        while True:
            await asyncio.sleep(EVERY)
            try:
                gone = await membership.beat()
                if self._worker is not None:
                    await self._look_after(self._worker, everything=gone)
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                membership.missed()
                log.warning("no_sign_of_life", error=type(error).__name__)

    async def _look_after(self, worker: Worker, *, everything: bool) -> None:
        if everything:
            await worker.recover()
            return
        async with self._own.connect() as connection:
            for conversation_id in await connection.scalars(_FORGOTTEN_ONES):
                worker.wake(conversation_id)
