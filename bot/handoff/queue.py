"""Where a citizen stands who waits for a person, and for how long others waited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.log.tables import Conversation, Handoff

RECENT_CLAIMS = 20
"""So many of the latest claims say how long a wait is."""
RECENT_DAYS = 14
_NO_WAIT = ("stepped_in", "reopened")
"""Reasons of handoffs that no citizen waited for."""


@dataclass(frozen=True)
class Queue:
    """Where a citizen stands in the queue."""

    position: int
    """1 = next; 0 = not waiting, because a person has the conversation already."""
    expected_wait: timedelta | None
    """Half of the citizens before waited less; None when nobody was served lately."""


async def queue_of(session: AsyncSession, conversation_id: int, now: datetime) -> Queue:
    """The place among those who wait for the same: anybody, a department's people, or one person.

    Raises `LookupError` if there is no such conversation.
    """
    mine = (
        await session.execute(
            select(
                Conversation.state,
                Conversation.waiting_since,
                Conversation.department_id,
                Conversation.wanted_operator_id,
            ).where(Conversation.id == conversation_id)
        )
    ).one_or_none()
    if mine is None:
        raise LookupError(f"no conversation {conversation_id}")
    if mine.state != "waiting":
        return Queue(0, None)
    before = (
        select(func.count())
        .select_from(Conversation)
        .where(
            Conversation.state == "waiting",
            Conversation.department_id.is_not_distinct_from(mine.department_id),
            Conversation.wanted_operator_id.is_not_distinct_from(mine.wanted_operator_id),
            (Conversation.waiting_since < mine.waiting_since)
            | ((Conversation.waiting_since == mine.waiting_since) & (Conversation.id < conversation_id)),
        )
    )
    ahead = (await session.execute(before)).scalar_one()
    claims = await session.execute(
        select(Handoff.requested_at, Handoff.claimed_at)
        .where(
            Handoff.claimed_at > now - timedelta(days=RECENT_DAYS),
            Handoff.reason.not_in(_NO_WAIT),
        )
        .order_by(Handoff.claimed_at.desc())
        .limit(RECENT_CLAIMS)
    )
    waits = [(claimed - requested).total_seconds() for requested, claimed in claims if claimed]
    return Queue(ahead + 1, timedelta(seconds=median(waits)) if waits else None)
