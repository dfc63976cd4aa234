"""Forgetting a citizen, inside a transaction that is already open."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.log.tables import Audit, ButtonRow, Conversation, Handoff, Message

_unfinished = or_(Message.turn_state == "open", Message.delivery.in_(["pending", "sending"]))


async def wipe(session: AsyncSession, conversation_id: int, *, now: datetime, operator_id: int | None) -> int:
    """Remove every message that needs nothing more done, and all that hangs on them.

    Returns how many messages went; 0, and no second audit row, if there is no such conversation.
    """
    found = await session.scalar(
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(
            erasing=True,
            state="bot",
            operator_id=None,
            handoff_reason=None,
            waiting_since=None,
            last_text="",
        )
        .returning(Conversation.id)
    )
    if found is None:
        return 0
    mine = Message.conversation_id == conversation_id
    before = await _count(session, conversation_id)
    keep = select(Message.id).where(mine, _unfinished)
    await session.execute(delete(Message).where(mine, Message.id.not_in(keep)))
    await session.execute(delete(ButtonRow).where(ButtonRow.conversation_id == conversation_id))
    await session.execute(delete(Handoff).where(Handoff.conversation_id == conversation_id))
    target = f"conversation:{conversation_id}"
    session.add(Audit(at=now, operator_id=operator_id, action="erase", target=target, detail=""))
    removed = before - await _count(session, conversation_id)
    await forget_when_done(session, conversation_id)
    return removed


async def purge(session: AsyncSession, before: datetime) -> int:
    """Remove messages older than a moment, and conversations in which nothing is left; returns how many
    messages went. What is still to be answered or delivered stays.
    """
    unfinished = select(Message.id).where(_unfinished)
    old = select(Message.id).where(Message.at < before, Message.id.not_in(unfinished))
    removed = (await session.execute(select(func.count()).select_from(old.subquery()))).scalar_one()
    await session.execute(delete(Message).where(Message.id.in_(old)))
    left = select(Message.id).where(Message.conversation_id == Conversation.id)
    await session.execute(delete(Conversation).where(Conversation.last_at < before, ~left.exists()))
    return removed


async def forget_when_done(session: AsyncSession, conversation_id: int) -> None:
    """Remove an erased conversation, and with it who the citizen is, once nothing is left to do."""
    left = select(Message.id).where(Message.conversation_id == conversation_id, _unfinished)
    await session.execute(
        delete(Conversation).where(Conversation.id == conversation_id, Conversation.erasing, ~left.exists())
    )


async def _count(session: AsyncSession, conversation_id: int) -> int:
    query = select(func.count()).select_from(Message).where(Message.conversation_id == conversation_id)
    return (await session.execute(query)).scalar_one()
