"""Accounts of an earlier version become those of this one, and back."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log import migrate as module
from bot.log.engine import open_engine
from bot.staff.accounts import Accounts


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    opened = open_engine(f"sqlite+aiosqlite:///{tmp_path}/people.db")
    try:
        yield opened
    finally:
        await opened.dispose()


async def to(engine: AsyncEngine, revision: str, *, back: bool = False) -> None:
    """Bring the database to a revision."""

    def move(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(module.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        (command.downgrade if back else command.upgrade)(config, revision)

    async with engine.begin() as connection:
        await connection.run_sync(move)


async def rows(engine: AsyncEngine, query: str) -> list[tuple[object, ...]]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(query))]


async def test_roles_are_carried_over_and_back(engine: AsyncEngine) -> None:
    await to(engine, "0010")
    async with engine.begin() as connection:
        for number, (login, role) in enumerate([("boss", "admin"), ("kim", "operator")], start=1):
            await connection.execute(
                text(
                    "INSERT INTO operators (id, login, name, password_hash, must_change_password, role,"
                    f" failed_logins, created_at) VALUES ({number}, '{login}', '{login}', 'x', 0, '{role}',"
                    " 0, '2026-11-23 00:00:00')"
                )
            )
        await connection.execute(
            text(
                "INSERT INTO audit (at, operator_id, action, target, detail)"
                " VALUES ('2026-11-23', 1, 'a', '', '')"
            )
        )
    await to(engine, "0011")
    accounts = Accounts(engine)
    people = {each.login: each for each in await accounts.all()}
    assert {login: each.roles for login, each in people.items()} == {
        "boss": {"administrator"},
        "kim": {"operator"},
    }
    assert all(each.active and not each.departments for each in people.values())
    await accounts.create("lee", "이바람", ("viewer",))
    await accounts.create("park", "박바다", ("operator", "administrator"))
    await accounts.activate(2, False)

    await to(engine, "0010", back=True)
    found = await rows(engine, "SELECT login, role, locked_until IS NOT NULL FROM operators ORDER BY id")
    assert found == [
        ("boss", "admin", False),
        ("kim", "operator", True),  # had left
        ("lee", "operator", True),  # watched only: there was no such role
        ("park", "admin", False),
    ]
    assert await rows(engine, "SELECT action FROM audit") == [("a",)]
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM audit"))  # nothing is left of the triggers
