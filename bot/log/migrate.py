"""Brings a database to the schema of this version."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, make_url, text

from bot.log.engine import open_engine

NEWEST = "0021"
"""Revision of this version's schema: the last of `migrations/versions`."""


async def migrate(url: str) -> None:
    """Create or upgrade the tables; the folder of a new SQLite file is made too.

    Raises `sqlalchemy.exc.SQLAlchemyError` if the database cannot be reached or changed, and
    `OSError` if the folder cannot be made.
    """
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = open_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()


def upgrade(connection: Connection) -> None:
    """Run every migration that this database has not had."""
    if _revision(connection) == NEWEST:
        return
    from alembic import command  # noqa: PLC0415 - slow to import, and a database is seldom behind
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found
