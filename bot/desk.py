"""The desk: conversations that wait for a person, and who has which.

    BOT ──request──▶ WAITING ──claim──▶ OPERATOR ──release──▶ BOT
     ├──────────────claim──────────────────▲  └──close──▶ CLOSED ──a new message──▶ BOT
     └◀─withdraw── WAITING

Every change is one UPDATE that names the state it starts from, so of two that collide exactly
one happens. `ConversationLog.receive` gives a closed conversation back to the bot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.log.engine import looking, writing
from bot.log.tables import Conversation, Handoff
from bot.messages import utc_now

RECENT_CLAIMS = 20
"""So many of the latest claims say how long a wait is."""
RECENT_DAYS = 14
_STATE = select(Conversation.state).where(Conversation.id == bindparam("conversation"))


@dataclass(frozen=True)
class Queue:
    """Where a citizen stands in the queue."""

    position: int
    """1 = next; 0 = not waiting, because a person has the conversation already."""
    expected_wait: timedelta | None
    """Half of the citizens before waited less; None when nobody was served lately."""


class HandoffDesk:
    """Who owns a conversation. Safe to use from several processes at once."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    async def request(self, conversation_id: int, reason: str) -> Queue:
        """Put a conversation into the queue; asking again keeps its place.

        Raises `LookupError` if there is no such conversation.
        """
        now = self._clock()
        async with writing(self._engine) as session:
            changed = await session.scalar(
                update(Conversation)
                .where(Conversation.id == conversation_id, Conversation.state.in_(["bot", "closed"]))
                .values(state="waiting", waiting_since=now, handoff_reason=reason, operator_id=None)
                .returning(Conversation.id)
            )
            if changed is not None:
                session.add(Handoff(conversation_id=conversation_id, reason=reason, requested_at=now))
                await session.flush()
            return await self._queue(session, conversation_id)

    async def withdraw(self, conversation_id: int) -> bool:
        """The citizen goes back to the bot instead of waiting; False if they were not waiting."""
        async with writing(self._engine) as session:
            left = await session.scalar(
                update(Conversation)
                .where(Conversation.id == conversation_id, Conversation.state == "waiting")
                .values(state="bot", waiting_since=None, handoff_reason=None)
                .returning(Conversation.id)
            )
            if left is None:
                return False
            await self._end(session, conversation_id)
            return True

    async def claim(self, conversation_id: int, operator_id: int) -> bool:
        """Take a conversation that no operator has, waiting or not; False if another was faster."""
        now = self._clock()
        async with writing(self._engine) as session:
            claimed = await session.scalar(
                update(Conversation)
                .where(Conversation.id == conversation_id, Conversation.state.in_(["bot", "waiting"]))
                .values(state="operator", operator_id=operator_id, waiting_since=None)
                .returning(Conversation.id)
            )
            if claimed is None:
                return False
            taken = await session.scalar(
                update(Handoff)
                .where(Handoff.conversation_id == conversation_id, Handoff.ended_at.is_(None))
                .values(operator_id=operator_id, claimed_at=now)
                .returning(Handoff.id)
            )
            if taken is None:  # nobody had asked: the operator stepped in, no waiting time to count
                session.add(
                    Handoff(
                        conversation_id=conversation_id,
                        operator_id=operator_id,
                        reason="stepped_in",
                        requested_at=now,
                        claimed_at=now,
                    )
                )
            return True

    async def release(self, conversation_id: int, operator_id: int) -> bool:
        """Give a conversation back to the bot; False unless this operator has it."""
        return await self._leave(conversation_id, operator_id, "bot")

    async def close(self, conversation_id: int, operator_id: int) -> bool:
        """End a conversation until the citizen writes again; False unless this operator has it."""
        return await self._leave(conversation_id, operator_id, "closed")

    async def state(self, conversation_id: int) -> str:
        """bot, waiting, operator or closed. Raises `LookupError` if there is no such conversation."""
        async with looking(self._engine) as connection:
            state = await connection.scalar(_STATE, {"conversation": conversation_id})
        if state is None:
            raise LookupError(f"no conversation {conversation_id}")
        return state

    async def _leave(self, conversation_id: int, operator_id: int, state: str) -> bool:
        async with writing(self._engine) as session:
            left = await session.scalar(
                update(Conversation)
                .where(
                    Conversation.id == conversation_id,
                    Conversation.state == "operator",
                    Conversation.operator_id == operator_id,
                )
                .values(state=state, operator_id=None, handoff_reason=None)
                .returning(Conversation.id)
            )
            if left is None:
                return False
            await self._end(session, conversation_id)
            return True

    async def _end(self, session: AsyncSession, conversation_id: int) -> None:
        await session.execute(
            update(Handoff)
            .where(Handoff.conversation_id == conversation_id, Handoff.ended_at.is_(None))
            .values(ended_at=self._clock())
        )

    async def _queue(self, session: AsyncSession, conversation_id: int) -> Queue:
        row = (
            await session.execute(
                select(Conversation.state, Conversation.waiting_since).where(
                    Conversation.id == conversation_id
                )
            )
        ).one_or_none()
        if row is None:
            raise LookupError(f"no conversation {conversation_id}")
        if row.state != "waiting":
            return Queue(0, None)
        before = (
            select(func.count())
            .select_from(Conversation)
            .where(
                Conversation.state == "waiting",
                (Conversation.waiting_since < row.waiting_since)
                | ((Conversation.waiting_since == row.waiting_since) & (Conversation.id < conversation_id)),
            )
        )
        ahead = (await session.execute(before)).scalar_one()
        claims = await session.execute(
            select(Handoff.requested_at, Handoff.claimed_at)
            .where(
                Handoff.claimed_at > self._clock() - timedelta(days=RECENT_DAYS),
                Handoff.reason != "stepped_in",
            )
            .order_by(Handoff.claimed_at.desc())
            .limit(RECENT_CLAIMS)
        )
        waits = [(claimed - requested).total_seconds() for requested, claimed in claims if claimed]
        return Queue(ahead + 1, timedelta(seconds=median(waits)) if waits else None)
