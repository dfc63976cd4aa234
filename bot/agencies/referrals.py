"""Questions handed over to other agencies, from the citizen's yes to the answer."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.agencies.tables import Referral
from bot.log.engine import reading, writing
from bot.messages import utc_now

GIVE_UP_AFTER = timedelta(days=1)
"""An agency that cannot be reached for so long is not asked any more."""
ASK_ABOUT_AFTER = timedelta(days=3)
"""An agency that has taken a question and says nothing: the citizen is told once."""
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=15), timedelta(hours=1)


@dataclass(frozen=True)
class Handed:
    """A question on its way."""

    id: str
    conversation_id: int | None
    agency: str
    question: str
    state: str
    created_at: datetime
    attempts: int


class Referrals:
    """Reads and moves referrals. Every method is one transaction."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    async def hand_over(self, conversation_id: int, message_id: str, agency: str, question: str) -> str:
        """Take a question that the citizen lets us hand over; its id. Once for a message."""
        now = self._clock()
        async with writing(self._engine) as session:
            known = await session.scalar(
                select(Referral.id).where(
                    Referral.conversation_id == conversation_id, Referral.message_id == message_id
                )
            )
            if known is not None:
                return known
            row = Referral(
                id=str(uuid.uuid4()),
                conversation_id=conversation_id,
                message_id=message_id,
                agency=agency,
                question=question,
                state="waiting",
                answers=[],
                created_at=now,
                next_at=now,
            )
            session.add(row)
            return row.id

    async def due(self) -> list[Handed]:
        """What is to be sent, or asked about, now; the oldest first."""
        query = (
            select(Referral)
            .where(Referral.state.in_(["waiting", "sent"]), Referral.next_at <= self._clock())
            .order_by(Referral.next_at)
            .limit(50)
        )
        async with reading(self._engine) as session:
            return [_handed(row) for row in await session.scalars(query)]

    async def find(self, id_: str, agency: str) -> Handed | None:
        """A question that was handed over to this very agency."""
        query = select(Referral).where(Referral.id == id_, Referral.agency == agency)
        async with reading(self._engine) as session:
            row = await session.scalar(query)
        return _handed(row) if row else None

    async def of(self, conversation_id: int) -> list[Handed]:
        """All that a citizen has had handed over, the newest first."""
        query = (
            select(Referral)
            .where(Referral.conversation_id == conversation_id)
            .order_by(Referral.created_at.desc())
        )
        async with reading(self._engine) as session:
            return [_handed(row) for row in await session.scalars(query)]

    async def sent(self, id_: str) -> None:
        """The agency has taken it."""
        await self._move(id_, state="sent", next_at=self._clock() + ASK_ABOUT_AFTER, error=None)

    async def not_sent(self, id_: str, error: str, *, final: bool) -> bool:
        """The agency could not be asked; whether it is given up: at once when that is `final`."""
        async with writing(self._engine) as session:
            row = await session.get_one(Referral, id_)
            row.attempts, row.error = row.attempts + 1, error
            pause = min(_FIRST_PAUSE * 2 ** min(row.attempts, 12), _LONGEST_PAUSE)
            row.next_at = self._clock() + pause
            if final or self._clock() - row.created_at > GIVE_UP_AFTER:
                row.state = "failed"
            return row.state == "failed"

    async def asked_about(self, id_: str) -> None:
        """The citizen knows that there is no answer yet; it is not said again."""
        await self._move(id_, state="late")

    async def answered(self, id_: str, answer: str) -> None:
        """A reply has been told, under its id."""
        async with writing(self._engine) as session:
            row = await session.get_one(Referral, id_)
            row.state, row.answered_at = "answered", row.answered_at or self._clock()
            row.answers = [*row.answers, answer]

    async def _move(self, id_: str, **values: object) -> None:
        async with writing(self._engine) as session:
            await session.execute(update(Referral).where(Referral.id == id_).values(**values))


def _handed(row: Referral) -> Handed:
    return Handed(
        row.id, row.conversation_id, row.agency, row.question, row.state, row.created_at, row.attempts
    )
