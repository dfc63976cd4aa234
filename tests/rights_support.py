"""A citizen of whom everything there is to know stands in the database, in every table of theirs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Row, Table, func, insert, inspect, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.app import Apps
from bot.log.engine import changing, reading
from bot.log.erasure import citizens_columns
from bot.log.schema import Base
from bot.log.tables import Conversation, Moment

LONG_AGO = datetime(2026, 10, 1, 3, 0, tzinfo=UTC)


async def known(
    engine: AsyncEngine, user: str = "kim", *, channel: str = "phone", at: datetime = LONG_AGO
) -> int:
    """Put a row into each of a citizen's tables; the conversation's id."""
    mine = {column.table: column for column in citizens_columns()}
    made: dict[Table, dict[str, Any]] = {}
    wanted = {Conversation.__table__, *mine} | {
        key.column.table
        for table in mine
        for column in table.columns
        for key in column.foreign_keys
        if not column.nullable
    }
    async with changing(engine) as connection:
        for table in Base.metadata.sorted_tables:
            if table not in wanted:
                continue
            row = {column.name: _value(column, made, user, at) for column in table.columns if _needed(column)}
            if table is Conversation.__table__:
                row |= {"channel": channel, "user_id": user, "state": "bot"}
            if table.name == "messages":
                row |= {"turn_state": "done", "delivery": "delivered", "seq": 1, "direction": "in"}
                row |= {"content": _INBOUND | {"channel": channel, "user_id": user}, "author": "citizen"}
            result = await connection.execute(insert(table).values(row).returning(*table.primary_key))
            made[table] = dict(result.one()._mapping)
    number: int = made[Conversation.__table__]["id"]  # type: ignore[index]
    return number


_INBOUND = {"message_id": "m", "sent_at": LONG_AGO.isoformat(), "text": "비밀 이야기"}


def _needed(column: Column[Any]) -> bool:
    conversation = any(key.column.table is Conversation.__table__ for key in column.foreign_keys)
    by_itself = column.primary_key and not column.foreign_keys and _is(column, int)
    return conversation or (not column.nullable and not by_itself)


def _is(column: Column[Any], kind: type) -> bool:
    return not isinstance(column.type, Moment) and column.type.python_type is kind


def _value(column: Column[Any], made: dict[Table, dict[str, Any]], user: str, at: datetime) -> Any:
    for key in column.foreign_keys:
        return made[key.column.table][key.column.name]
    if isinstance(column.type, Moment):
        return at
    if isinstance(column.type, JSON):
        return {}
    kind = column.type.python_type
    if kind is str:
        return f"{user}{column.name}"[: getattr(column.type, "length", None) or 20]
    return {int: 1, bool: False, date: at.date(), float: 0.5}[kind]


async def left(engine: AsyncEngine, conversation_id: int) -> dict[str, int]:
    """Rows that still say that they are this citizen's, by table."""
    found = {}
    async with reading(engine) as session:
        for column in citizens_columns():
            query = select(func.count()).select_from(column.table).where(column == conversation_id)
            if count := await session.scalar(query):
                found[column.table.name] = count
    return found


async def every(engine: AsyncEngine, table: type[Base]) -> list[Row[Any]]:
    """All rows of a table."""
    columns = inspect(table).local_table.columns
    async with reading(engine) as session:
        return list((await session.execute(select(*columns))).all())


def told_before(apps: Apps) -> None:
    """Leave the first notice to pages, as on the web chat: what is asked about here is another thing."""
    for channel in apps.channels.values():
        channel.own_notice = True
