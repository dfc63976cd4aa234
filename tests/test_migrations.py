"""Every step of the schema, forward and back, on a database with something in every table."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Column, Connection, LargeBinary, MetaData, insert, inspect, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import changing, open_engine
from bot.log.migrate import EMPTY, NEWEST, migrate, move, revision
from tests.backup_support import run

STEPS = [f"{number:04}" for number in range(1, int(NEWEST) + 1)]
AT = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
GIVEN: dict[str, Any] = {
    "role": "admin", "roles": ["administrator"], "departments": [], "active": True, "state": "bot",
    "direction": "in", "turn_state": "done", "delivery": "delivered", "author": "citizen", "candidates": [],
    "hash": None, "fault": "",
}  # fmt: skip
"""What a column holds that a migration reads."""
CHANGED = {"operators.locked_until", "messages.release", "audit.hash"}
"""Columns that a step back or forward makes anew (migrations 0011, 0015 and 0019)."""

SKIP = object()
Kept = dict[str, dict[str, list[str]]]
"""Table → column → its values as texts, sorted."""


@pytest.fixture(params=["sqlite", "postgresql"])
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """A database without tables."""
    shared = ""
    url = f"sqlite+aiosqlite:///{tmp_path / 'steps.db'}"
    if request.param == "postgresql":
        shared = request.getfixturevalue("postgres")
        await run(shared, "DROP DATABASE IF EXISTS steps WITH (FORCE)", "CREATE DATABASE steps")
        url = shared.replace("/postgres?", "/steps?")
    opened = open_engine(url)
    try:
        yield opened
    finally:
        await opened.dispose()
        if shared:
            await run(shared, "DROP DATABASE steps WITH (FORCE)")


def tables(connection: Connection) -> list[str]:
    return [name for name in inspect(connection).get_table_names() if name != "alembic_version"]


def fill(connection: Connection) -> None:
    """Put two rows into every table that has none."""
    empty = [
        name
        for name in tables(connection)
        if not connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar()
    ]
    found = MetaData()
    if empty:
        found.reflect(connection, only=empty)
    for table in found.sorted_tables:
        for number in (1, 2) if table.name in empty else ():
            row = {column.name: _value(connection, column, number) for column in table.columns}
            connection.execute(
                insert(table).values({name: value for name, value in row.items() if value is not SKIP})
            )


def _value(connection: Connection, column: Column[Any], number: int) -> Any:
    if column.foreign_keys:
        [key, *_] = column.foreign_keys
        rows = list(connection.scalars(select(key.column).order_by(key.column)))
        return rows[min(number, len(rows)) - 1] if rows else SKIP  # a row of its own table, and there is none
    if column.name in GIVEN and (column.nullable or GIVEN[column.name] is not None):
        return GIVEN[column.name]
    if isinstance(column.type, JSON):
        return {"n": number}
    if isinstance(column.type, LargeBinary):
        return bytes([number])
    kind = column.type.python_type
    if kind is str:
        return f"{column.name}{number}"[-(getattr(column.type, "length", None) or 20) :]
    known: dict[type, Any] = {
        int: number, bool: number == 1, float: number / 2, datetime: AT, date: AT.date().replace(day=number),
    }  # fmt: skip
    return known[kind]


def kept(connection: Connection) -> Kept:
    found: Kept = {}
    for table in tables(connection):
        result = connection.exec_driver_sql(f'SELECT * FROM "{table}"')
        names, rows = list(result.keys()), result.all()
        columns = zip(names, zip(*rows, strict=True), strict=True) if rows else ()
        found[table] = {name: sorted(repr(value) for value in values) for name, values in columns}
    return found


def differing(before: Kept, after: Kept) -> list[str]:
    """Columns of both that do not hold the same."""
    both = [(table, column) for table in before for column in before[table] if column in after.get(table, ())]
    return [f"{table}.{column}" for table, column in both if before[table][column] != after[table][column]]


async def look(engine: AsyncEngine) -> Kept:
    async with engine.connect() as connection:
        return await connection.run_sync(kept)


async def test_every_step_keeps_what_it_does_not_take_away(engine: AsyncEngine) -> None:
    before: Kept = {}
    for to in STEPS:
        await move(engine, to)
        async with changing(engine, quick=False) as connection:
            after = await connection.run_sync(kept)
            assert set(differing(before, after)) <= CHANGED, to
            await connection.run_sync(fill)
            before = await connection.run_sync(kept)
    assert not [name for name, columns in before.items() if not columns]

    await move(engine, STEPS[0], back=True)
    oldest = await look(engine)
    assert [name for name, columns in oldest.items() if not columns] == ["sessions"]  # migration 0011
    assert set(differing(before, oldest)) <= CHANGED
    await move(engine, NEWEST)
    again = await look(engine)
    assert set(differing(before, {name: again[name] for name in oldest if name in again})) <= CHANGED
    await move(engine, EMPTY, back=True)
    async with engine.connect() as connection:
        assert await connection.run_sync(tables) == []


async def test_two_programs_that_start_at_once_migrate_once(engine: AsyncEngine) -> None:
    url = engine.url.render_as_string(hide_password=False)
    await asyncio.gather(*(migrate(url) for _ in range(3)))
    assert await revision(engine) == NEWEST


async def test_a_program_of_the_version_before_bears_a_newer_schema(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While an installation is upgraded one by one, one of the old ones may have to start again."""
    url = engine.url.render_as_string(hide_password=False)
    await migrate(url)
    monkeypatch.setattr("bot.log.migrate.NEWEST", "0018")
    await migrate(url)
    assert await revision(engine) == STEPS[-1]
