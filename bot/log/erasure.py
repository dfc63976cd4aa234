"""Forgetting a citizen, inside a transaction that is already open."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.log.statements import FORGET, UNFINISHED
from bot.log.tables import Audit, ButtonRow, Conversation, Handoff, Message


async def wipe(
    connection: AsyncConnection, conversation_id: int, *, now: datetime, operator_id: int | None
) -> int:
    """Remove every message that needs nothing more done, and all that hangs on them.

    Returns how many messages went; 0, and no second audit row, if there is no such conversation.
    """
    found = await connection.scalar(
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
    before = await _count(connection, conversation_id)
    keep = select(Message.id).where(mine, UNFINISHED)
    await connection.execute(delete(Message).where(mine, Message.id.not_in(keep)))
    await connection.execute(delete(ButtonRow).where(ButtonRow.conversation_id == conversation_id))
    await connection.execute(delete(Handoff).where(Handoff.conversation_id == conversation_id))
    target = f"conversation:{conversation_id}"
    audit = {"at": now, "operator_id": operator_id, "action": "erase", "target": target, "detail": ""}
    await connection.execute(insert(Audit).values(audit))
    removed = before - await _count(connection, conversation_id)
    await forget_when_done(connection, conversation_id)
    return removed


async def purge(connection: AsyncConnection, before: datetime) -> int:
    """Remove messages older than a moment, and conversations in which nothing is left; returns how many
    messages went. What is still to be answered or delivered stays.
    """
    unfinished = select(Message.id).where(UNFINISHED)
    old = select(Message.id).where(Message.at < before, Message.id.not_in(unfinished))
    removed = (await connection.execute(select(func.count()).select_from(old.subquery()))).scalar_one()
    await connection.execute(delete(Message).where(Message.id.in_(old)))
    left = select(Message.id).where(Message.conversation_id == Conversation.id)
    await connection.execute(delete(Conversation).where(Conversation.last_at < before, ~left.exists()))
    return removed


async def forget_when_done(connection: AsyncConnection, conversation_id: int) -> None:
    """Remove an erased conversation, and with it who the citizen is, once nothing is left to do."""
    await connection.execute(FORGET, {"of_conversation": conversation_id})


async def _count(connection: AsyncConnection, conversation_id: int) -> int:
    query = select(func.count()).select_from(Message).where(Message.conversation_id == conversation_id)
    return (await connection.execute(query)).scalar_one()
