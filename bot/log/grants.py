"""PostgreSQL: what the account may do that the bot runs with, where the tables belong to another one.

Such an installation has two accounts (`deploy/sql/roles.sql`): the owner, who migrates, and this one, which
reads and writes rows. It cannot change a table, empty one, or touch what is in the audit log.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.log.engine import changing

APP = "sotong_app"
"""Name of the account."""
ADD_ONLY = ("audit", "audit_ends", "audit_checks")
"""Rows of these tables are added and read."""
READ_ONLY = ("alembic_version",)


async def grant(engine: AsyncEngine) -> bool:
    """Give the account what it needs, and nothing beside; False where there is no such account.

    For the tables' owner, after every migration. Raises `sqlalchemy.exc.SQLAlchemyError`.
    """
    if engine.dialect.name != "postgresql":
        return False
    async with changing(engine, quick=False) as connection:
        there = await connection.scalar(
            text("SELECT count(*) FROM pg_roles WHERE rolname = :app AND rolname <> current_user"),
            {"app": APP},
        )
        if there:
            await _grant(connection)
    return bool(there)


async def _grant(connection: AsyncConnection) -> None:
    schema = await connection.scalar(text("SELECT current_schema()"))
    there = set(
        await connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = :name"), {"name": schema}
        )
    )
    added = [name for name in ADD_ONLY if name in there]
    for statement in (
        f'REVOKE CREATE ON SCHEMA "{schema}" FROM PUBLIC',
        f'GRANT USAGE ON SCHEMA "{schema}" TO {APP}',
        f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "{schema}" TO {APP}',
        f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA "{schema}" TO {APP}',
        f"REVOKE UPDATE, DELETE ON {', '.join(added)} FROM {APP}",
        f"REVOKE INSERT, UPDATE, DELETE ON {', '.join(READ_ONLY)} FROM {APP}",
        "REVOKE ALL ON FUNCTION audit_expire(bigint) FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION audit_expire(bigint) TO {APP}",
    ):
        await connection.execute(text(statement))
