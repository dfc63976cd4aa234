"""Brings a database to the schema of this version, or of another one.

Programs of two versions may run on one database while an installation is being upgraded: a migration only
changes what the version before bears (`docs/recovery.md`), and a program bears a schema newer than its own.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog
from sqlalchemy import Connection, inspect, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import changing, open_engine

NEWEST = "0021"
"""Revision of this version's schema: the last of `migrations/versions`."""
EMPTY = "base"
"""What Alembic calls a database without tables."""
_LOCK = 0x536F746F6E67
"""Of PostgreSQL's advisory locks, the one of who migrates."""
_WAITS = "5s"
"""So long a migration waits for a table: whoever wants the table meanwhile waits behind it."""
_TRIES = 24
_PAUSE = 5.0
"""Seconds between two tries."""
_NOT_ALLOWED, _LOCKED = "42501", "55P03"
"""PostgreSQL's insufficient_privilege and lock_not_available."""

log = structlog.get_logger(__name__)


class NotAllowed(Exception):
    """The database's account may not change the schema. The text says what to do, in Korean."""


async def migrate(url: str) -> None:
    """Create or upgrade the tables; the folder of a new SQLite file is made too.

    A newer schema is left as it is. Raises `sqlalchemy.exc.SQLAlchemyError` if the database cannot be reached
    or changed, `NotAllowed`, and `OSError` if the folder cannot be made.
    """
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = open_engine(url)
    try:
        found = await revision(engine)
        if found > NEWEST:
            log.warning("database_is_newer", found=found, expected=NEWEST)
        elif found != NEWEST:
            await move(engine, NEWEST)
    finally:
        await engine.dispose()


async def revision(engine: AsyncEngine) -> str:
    """The schema that a database has; empty for one without tables."""
    async with engine.connect() as connection:
        return await connection.run_sync(_revision)


async def move(engine: AsyncEngine, to: str, *, back: bool = False) -> None:
    """Run every migration up to a revision, or take back every one after it; alone, in one transaction.

    Raises as `migrate`. A table that others use without end is waited for two minutes or so.
    """
    for tries in range(1, _TRIES + 1):
        try:
            async with changing(engine, quick=False) as connection:
                await connection.run_sync(_move, to, back)
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", "")
            if state == _NOT_ALLOWED:
                raise NotAllowed(
                    "데이터베이스의 표를 바꿀 권한이 없는 계정이에요. 표의 주인 계정(sotong_owner)으로 "
                    "sotong migrate를 먼저 실행해 주세요."
                ) from error
            if state != _LOCKED or tries == _TRIES:
                raise
            log.warning("migration_waits", tries=tries)
        else:
            return
        await asyncio.sleep(_PAUSE)


def _move(connection: Connection, to: str, back: bool) -> None:
    from alembic import command  # noqa: PLC0415 - slow to import, and a database is seldom behind
    from alembic.config import Config  # noqa: PLC0415

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        connection.execute(text(f"SET LOCAL lock_timeout = '{_WAITS}'"))
    if not back and _revision(connection) >= to:
        return  # another program was quicker
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    (command.downgrade if back else command.upgrade)(config, to)


def _revision(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found or ""
