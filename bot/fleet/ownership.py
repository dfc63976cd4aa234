"""Whose a conversation is, and who does what is done once: what turns, deliveries and jobs ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

Recover = Callable[[AsyncConnection | None], Awaitable[None]]
"""Sees to what was being sent by gateways that are not there any more, in a transaction if one is given."""


class Worker(Protocol):
    """Works conversations off (`bot.turns.Turns`)."""

    async def recover(self) -> None:
        """See to every conversation in which something is left to do."""

    def wake(self, conversation_id: int) -> None:
        """See to one."""


class Ownership(Protocol):
    """What this gateway may do beside others. Raises `SQLAlchemyError` where the database is asked."""

    def number(self) -> int | None:
        """By which the database knows it; None where it is the only one."""

    async def take(self, conversation_id: int) -> bool:
        """Begin to work on a conversation; False while another does, who then sees what there is to do."""

    def mine(self, conversation_id: int) -> bool:
        """Whether what was taken is still ours: a gateway that was frozen may have lost it meanwhile."""

    async def leave(self, conversation_id: int) -> bool:
        """End it; True when there is something to do again, that came while it was ours."""

    async def on_duty(self, name: str) -> bool:
        """Whether this gateway does what one does for all; the first to ask does, for as long as it lives."""

    async def join(self, recover: Recover) -> None:
        """Be there, before anything is sent."""

    async def begin(self, worker: Worker) -> None:
        """Let what is left to do be done; from now on also what others leave behind."""

    async def retire(self) -> None:
        """Leave what is done for all to others; turns go on."""

    async def part(self) -> None:
        """Be there no more."""


class Alone:
    """The only gateway there is, as on SQLite: everything is its own and nothing is asked of anybody."""

    def number(self) -> int | None:
        """None."""
        return None

    async def take(self, conversation_id: int) -> bool:
        """Always."""
        return True

    def mine(self, conversation_id: int) -> bool:
        """Always."""
        return True

    async def leave(self, conversation_id: int) -> bool:
        """Whoever had something to do has said so here."""
        return False

    async def on_duty(self, name: str) -> bool:
        """Always."""
        return True

    async def join(self, recover: Recover) -> None:
        """See to what an earlier run of the program left."""
        await recover(None)

    async def begin(self, worker: Worker) -> None:
        """Once: nobody else leaves anything."""
        await worker.recover()

    async def retire(self) -> None:
        """Nobody is there to leave it to."""

    async def part(self) -> None:
        """Nobody hears of it."""
