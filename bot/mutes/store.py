"""Who is not answered for a while: written down and looked up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.log.engine import changing, looking, reading
from bot.log.tables import Message, Words
from bot.messages import utc_now
from bot.mutes.tables import Mute

_MOST_LINES = 60
"""The latest lines of a citizen in which abuse is counted."""


@dataclass(frozen=True)
class Muted:
    """Who is muted, and until when."""

    id: int
    until: datetime


@dataclass(frozen=True)
class Past:
    """What there was in a conversation before."""

    warned: int | None
    """The line at which the citizen was warned of late; None when they were not."""
    mutes: int
    """How often they were muted."""
    now: Mute | None
    """What this very line has led to, when its turn is taken again."""


class Mutes:
    """Every method is one transaction."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    async def standing(self) -> Mapping[int, Muted]:
        """Everybody who is muted now, by conversation."""
        query = select(Mute.conversation_id, Mute.id, Mute.until).where(*self._stands()).order_by(Mute.id)
        async with looking(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return {row.conversation_id: Muted(row.id, row.until) for row in rows}

    async def lines(self, conversation_id: int, since: datetime) -> list[tuple[str, str | None]]:
        """What a citizen said since a moment, the latest first: words and intent."""
        query = (
            select(Words.text, Message.intent)
            .join(Message, Message.id == Words.message_id)
            .where(Message.conversation_id == conversation_id, Message.direction == "in", Message.at >= since)
            .order_by(Message.seq.desc())
            .limit(_MOST_LINES)
        )
        async with looking(self._engine) as connection:
            return [(row.text, row.intent) for row in (await connection.execute(query)).all()]

    async def past(self, conversation_id: int, turn_id: int, warned: timedelta, muted: timedelta) -> Past:
        """Warnings within `warned` and mutes within `muted`."""
        query = select(Mute).where(Mute.conversation_id == conversation_id).order_by(Mute.id)
        async with reading(self._engine) as session:
            rows = (await session.scalars(query)).all()
        now = self._clock()
        before = [row for row in rows if row.turn_id != turn_id]
        warnings = [row for row in before if row.until is None and row.at > now - warned]
        mutes = [row for row in before if row.until is not None and row.at > now - muted]
        return Past(
            warnings[-1].turn_id if warnings else None,
            len(mutes),
            next((row for row in rows if row.turn_id == turn_id), None),
        )

    async def warn(self, conversation_id: int, turn_id: int, reason: str) -> None:
        """Write down a warning."""
        async with changing(self._engine) as connection:
            await self._add(connection, conversation_id, None, None, turn_id, reason)

    async def mute(
        self, conversation_id: int, until: datetime, reason: str, who: int | None, turn_id: int | None = None
    ) -> int:
        """No answers until a moment; whatever stood before ends. The id."""
        now = self._clock()
        mine = (Mute.conversation_id == conversation_id, *self._stands())
        async with changing(self._engine) as connection:
            await connection.execute(update(Mute).where(*mine).values(ended_at=now, settled_by=who))
            return await self._add(connection, conversation_id, who, until, turn_id, reason)

    async def appeal(self, mute_id: int, conversation_id: int) -> bool:
        """A citizen wants a person to look at it; False when it is over."""
        mine = (Mute.id == mute_id, Mute.conversation_id == conversation_id, *self._stands())
        async with changing(self._engine) as connection:
            asked = update(Mute).where(*mine, Mute.appealed_at.is_(None)).values(appealed_at=self._clock())
            await connection.execute(asked)
            return await connection.scalar(select(Mute.id).where(*mine)) is not None

    async def lift(self, mute_id: int, who: int) -> Mute | None:
        """Answer again; what it was, None when it was over."""
        values = {"ended_at": self._clock(), "settled_at": self._clock(), "settled_by": who}
        return await self._settle(mute_id, values)

    async def uphold(self, mute_id: int, who: int) -> Mute | None:
        """It stays as it is, after an appeal."""
        return await self._settle(mute_id, {"settled_at": self._clock(), "settled_by": who})

    async def of(self, conversation_id: int) -> Mute | None:
        """What stands for a conversation."""
        query = select(Mute).where(Mute.conversation_id == conversation_id, *self._stands())
        async with reading(self._engine) as session:
            return await session.scalar(query.order_by(Mute.id.desc()))

    async def page(self, limit: int = 100) -> tuple[Sequence[Mute], Sequence[Mute]]:
        """Those that stand, appeals on top, and those that are over or were warnings, the latest first."""
        waiting = Mute.appealed_at.is_not(None) & Mute.settled_at.is_(None)
        on = select(Mute).where(*self._stands()).order_by(waiting.desc(), Mute.id.desc())
        ended = or_(Mute.until.is_(None), Mute.ended_at.is_not(None), Mute.until <= self._clock())
        over = select(Mute).where(ended).order_by(Mute.id.desc())
        async with reading(self._engine) as session:
            return (await session.scalars(on)).all(), (await session.scalars(over.limit(limit))).all()

    async def appeals(self) -> int:
        """How many wait for a person."""
        open_ = (*self._stands(), Mute.appealed_at.is_not(None), Mute.settled_at.is_(None))
        async with reading(self._engine) as session:
            return await session.scalar(select(func.count()).select_from(Mute).where(*open_)) or 0

    def _stands(self) -> tuple[ColumnElement[bool], ...]:
        return Mute.ended_at.is_(None), Mute.until > self._clock()

    async def _settle(self, mute_id: int, values: Mapping[str, object]) -> Mute | None:
        mine = (Mute.id == mute_id, *self._stands())
        async with changing(self._engine) as connection:
            if (await connection.execute(update(Mute).where(*mine).values(values))).rowcount == 0:
                return None
        async with reading(self._engine) as session:
            return await session.get(Mute, mute_id)

    async def _add(
        self,
        connection: AsyncConnection,
        conversation_id: int,
        who: int | None,
        until: datetime | None,
        turn_id: int | None,
        reason: str,
    ) -> int:
        values = {
            "conversation_id": conversation_id,
            "operator_id": who,
            "until": until,
            "turn_id": turn_id,
            "reason": reason,
            "at": self._clock(),
        }
        made = await connection.execute(insert(Mute).values(values).returning(Mute.id))
        id_: int = made.scalar_one()
        return id_
