"""Forgetting a citizen, inside a transaction that is already open.

What belongs to a citizen is whatever table has a foreign key to `conversations`: with ON DELETE CASCADE its
rows go, with SET NULL they stay and no longer say whose they are. A new table needs nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import cast

from sqlalchemy import (
    Column,
    ColumnElement,
    CursorResult,
    Delete,
    Update,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.log.schema import Base
from bot.log.statements import FORGET, UNFINISHED
from bot.log.tables import Conversation, Message
from bot.rights.tables import ConsentRow, Erasure
from bot.staff.chain import append

BLANKED = "blanked"
"""Key of a table's `info`: names of its columns that are emptied when its rows stay without their citizen."""


@dataclass(frozen=True)
class Receipt:
    """What a citizen gets for an erasure, and what lets it be carried out again on a restored backup."""

    number: str
    citizen: str
    """Pseudonym (`bot.rights.pseudonym`)."""
    memory_of: str
    """`channel:user_id`, until the memories outside the database have let go."""


@cache
def citizens_columns() -> tuple[Column[int | None], ...]:
    """The columns that say whose a row is, one for each table of a citizen, children before parents."""
    conversations = Conversation.__table__
    return tuple(
        column
        for table in reversed(Base.metadata.sorted_tables)
        for column in table.columns
        if any(key.column.table is conversations for key in column.foreign_keys)
    )


async def wipe(
    connection: AsyncConnection,
    conversation_id: int,
    *,
    now: datetime,
    operator_id: int | None,
    receipt: Receipt | None = None,
) -> int:
    """Remove all that hangs on a conversation, except messages that need something more done.

    Returns how many messages went; 0, and neither a second audit row nor a receipt, if there is no such
    conversation.
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
            department_id=None,
            wanted_operator_id=None,
            snoozed_until=None,
            owed_since=None,
            last_text="",
        )
        .returning(Conversation.id)
    )
    if found is None:
        return 0
    unfinished = select(Message.id).where(Message.conversation_id == conversation_id, UNFINISHED)
    rows = await empty(
        connection,
        conversation_id,
        now=now,
        citizen=receipt.citizen if receipt else None,
        sparing={"messages": Message.id.not_in(unfinished)},
    )
    target = f"conversation:{conversation_id}"
    detail = receipt.number if receipt else ""
    audit = {"at": now, "operator_id": operator_id, "action": "erase", "target": target, "detail": detail}
    if receipt is not None:
        made = {"number": receipt.number, "citizen": receipt.citizen, "memory_of": receipt.memory_of}
        await connection.execute(insert(Erasure).values(at=now, rows=rows, **made))
    await append(connection, {**audit, "address": "", "changes": None})
    await forget_when_done(connection, conversation_id)
    return rows.get("messages", 0)


async def empty(
    connection: AsyncConnection,
    conversation_id: int,
    *,
    now: datetime,
    citizen: str | None,
    sparing: dict[str, ColumnElement[bool]],
) -> dict[str, int]:
    """Take every citizen's row out of every table, or the citizen out of the row; how many, by table.

    `sparing` narrows what goes of a table, by its name. Consents stay as a proof under the pseudonym.
    """
    ended = {"withdrawn_at": func.coalesce(ConsentRow.withdrawn_at, now), "citizen": citizen}
    mine = ConsentRow.conversation_id == conversation_id
    await connection.execute(update(ConsentRow).where(mine).values(ended))
    rows: dict[str, int] = {}
    for column in citizens_columns():
        table = column.table
        where = [column == conversation_id]
        if table.name in sparing:
            where.append(sparing[table.name])
        statement: Update | Delete
        if _stays(column):
            statement = update(table).where(*where).values(nobodys(column))
        else:
            statement = delete(table).where(*where)
        count = cast("CursorResult[object]", await connection.execute(statement)).rowcount
        if count:
            rows[table.name] = count
    return rows


async def forget_when_done(connection: AsyncConnection, conversation_id: int) -> None:
    """Remove an erased conversation, and with it who the citizen is, once nothing is left to do."""
    await connection.execute(FORGET, {"of_conversation": conversation_id})


def nobodys(column: Column[int | None]) -> dict[str, str | None]:
    """What a row says that stays without its citizen."""
    table = column.table
    emptied = {name: _nothing(table.columns[name]) for name in table.info.get(BLANKED, ())}
    return {column.name: None, **emptied}


def _stays(column: Column[int | None]) -> bool:
    return any(key.ondelete == "SET NULL" for key in column.foreign_keys)


def _nothing(column: Column[object]) -> str | None:
    return None if column.nullable else ""
