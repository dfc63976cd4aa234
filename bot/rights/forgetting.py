"""An erasure after its transaction: the tombstone, then every memory that is not in the database.

The log and all tables are emptied in one transaction (`bot.log.erasure`), which also notes that memories
outside still hold something. They follow, now or, when one of them cannot be reached, as soon as it can.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import aiohttp
import structlog
from redis.exceptions import RedisError
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import changing, reading
from bot.log.erasure import Receipt
from bot.messages import utc_now
from bot.rasa import BotNotReady
from bot.rights.pseudonym import Pseudonyms
from bot.rights.tables import Erasure
from bot.rights.tombstones import Replayed, Tombstone, Tombstones, note, replay

Forget = Callable[[str], Awaitable[object]]
"""Drops what is remembered under `channel:user_id`; must bear being called again."""

_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Those of a receipt's number: none that are mistaken for one another on the phone."""
_LATELY = timedelta(hours=1)
"""Earlier erasures are noted at every start."""
_UNREACHABLE = (BotNotReady, RedisError, aiohttp.ClientError, OSError, TimeoutError)

log = structlog.get_logger(__name__)


class Forgetting:
    """Makes receipts and sees erasures through. `memories` are Rasa's, the vault's, the clicks' …"""

    def __init__(
        self,
        engine: AsyncEngine,
        pseudonyms: Pseudonyms,
        tombstones: Tombstones,
        memories: Sequence[Forget],
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._engine = engine
        self._pseudonyms = pseudonyms
        self._tombstones = tombstones
        self._memories = memories
        self._clock = clock
        self._held: set[str] = set()
        """`channel:user_id` of those of whom something is still remembered."""

    def receipt(self, channel: str, user_id: str) -> Receipt:
        """A receipt with a new number, for `ConversationLog.erase` and `finish_turn`."""
        tail = "".join(secrets.choice(_LETTERS) for _ in range(6))
        number = f"D-{self._clock():%Y%m%d}-{tail}"
        return Receipt(number, self._pseudonyms.of(channel, user_id), f"{channel}:{user_id}")

    async def recover(self) -> Replayed:
        """Before the first message is taken: undo what a restored backup undid, and finish what is begun.

        Raises `OSError` when the tombstones cannot be read or written.
        """
        replayed = await replay(self._engine, self._tombstones, self._pseudonyms, self._clock())
        await self.follow()
        return replayed

    async def settle(self, receipt: Receipt) -> None:
        """After the transaction that erased. Never raises for a memory that is out of reach."""
        self._held.add(receipt.memory_of)
        async with reading(self._engine) as session:
            done = await session.get(Erasure, receipt.number)
        if done is None:  # there was nothing to erase
            self._held.discard(receipt.memory_of)
            return
        self._tombstones.add([Tombstone(done.number, done.citizen, done.at.isoformat())])
        await self._let_go(receipt.memory_of)

    async def follow(self) -> int:
        """Ask memories that were out of reach again; so many citizens are still remembered somewhere.

        The tombstones of other gateways' erasures are written down here too. Raises `OSError` when they
        cannot be.
        """
        await note(self._engine, self._tombstones, self._clock() - _LATELY)
        held = select(Erasure.memory_of).where(Erasure.memory_of.is_not(None)).distinct()
        async with reading(self._engine) as session:
            self._held = {key for key in await session.scalars(held) if key}
        for key in sorted(self._held):
            await self._let_go(key)
        return len(self._held)

    async def before(self, key: str) -> None:
        """Before a citizen is answered: what should be forgotten must not be remembered now."""
        if key in self._held:
            await self._let_go(key)

    async def _let_go(self, key: str) -> None:
        for forget in self._memories:
            try:
                await forget(key)
            except _UNREACHABLE as error:
                log.warning("memory_out_of_reach", error=type(error).__name__)
                return
        async with changing(self._engine) as connection:
            await connection.execute(update(Erasure).where(Erasure.memory_of == key).values(memory_of=None))
        self._held.discard(key)
