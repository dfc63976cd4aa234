"""Dumps of PostgreSQL, by its own programs; everything is laid in its place in one transaction."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.backup.archive import Tell
from bot.backup.store import Dumped, DumpFailed
from bot.log.engine import open_engine

_LOOK = 0.5
"""Seconds between two looks at how far a dump has come."""
_SSL = {"true": "require", "false": "disable"}
"""asyncpg's words for libpq's `sslmode`, where they differ."""


class PostgresStore:
    """The schema in which the bot's tables are; the account must own them."""

    kind: Literal["postgresql"] = "postgresql"
    file = "database.pgdump"

    def __init__(self, url: str) -> None:
        self._url = url

    async def size(self) -> int:
        """As `Store`."""
        async with self._connected() as connection:
            found = await connection.scalar(text("SELECT pg_database_size(current_database())"))
        return int(found or 0)

    async def dump(self, into: Path, tell: Tell) -> Dumped:
        """As `Store`."""
        async with self._connected() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            snapshot = await connection.scalar(text("SELECT pg_export_snapshot()"))
            schema = await _schema(connection)
            shown = await _shown(connection, schema)
            options = ("--format=custom", "--no-owner", "--no-acl", f"--schema={schema}")
            os.close(os.open(into, os.O_WRONLY | os.O_CREAT, 0o600))
            await self._run(
                "pg_dump", *options, f"--snapshot={snapshot}", f"--file={into}", grows=into, tell=tell
            )
        return shown

    async def check(self, dump: Path) -> None:
        """As `Store`: reads it to the end."""
        await self._run("pg_restore", "--file=/dev/null", str(dump))

    async def used_by(self) -> Sequence[str]:
        """As `Store`."""
        others = text(
            "SELECT concat_ws(' ', usename, host(client_addr), application_name) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend' ORDER BY 1"
        )
        async with self._connected() as connection:
            return list(await connection.scalars(others))

    async def load(self, dump: Path, kept: Path) -> str:
        """As `Store`. What was there is a schema of another name then."""
        async with self._connected() as connection:
            schema = await _schema(connection)
            there = bool((await _shown(connection, schema)).rows)
        name = f"before_restore_{datetime.now(UTC):%Y%m%d_%H%M%S}"
        step = f'ALTER SCHEMA "{schema}" RENAME TO "{name}"' if there else f'DROP SCHEMA IF EXISTS "{schema}"'
        script = dump.with_suffix(".sql")
        try:
            await self._run("pg_restore", "--no-owner", "--no-acl", f"--file={script}", str(dump))
            quiet = ("--no-psqlrc", "--quiet", "--output=/dev/null")
            at_once = (
                "--single-transaction",
                "--set=ON_ERROR_STOP=1",
                f"--command={step}",
                f"--file={script}",
            )
            await self._run("psql", *quiet, *at_once)
        finally:
            script.unlink(missing_ok=True)
        return f"데이터베이스의 스키마 {name}" if there else ""

    def _connected(self) -> _Connected:
        return _Connected(self._url)

    async def _run(
        self, name: str, *arguments: str, grows: Path | None = None, tell: Tell | None = None
    ) -> None:
        """Raises `DumpFailed` with what the program said."""
        process = await asyncio.create_subprocess_exec(
            program(name),
            *arguments,
            env={**os.environ, **_environment(self._url)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        ended, told = asyncio.create_task(process.communicate()), 0
        while not ended.done():
            await asyncio.wait([ended], timeout=_LOOK)
            if grows is not None and tell is not None:
                size = os.stat(grows).st_size
                tell(size - told)
                told = size
        _, said = await ended
        if process.returncode != 0:
            raise DumpFailed(f"{name}: {said.decode(errors='replace').strip()[-600:]}")


class _Connected:
    """One connection, for a moment."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)

    async def __aenter__(self) -> AsyncConnection:
        self._connection = await self._engine.connect()
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()
        await self._engine.dispose()


async def _schema(connection: AsyncConnection) -> str:
    return str(await connection.scalar(text("SELECT coalesce(current_schema(), 'public')")))


async def _shown(connection: AsyncConnection, schema: str) -> Dumped:
    tables = text("SELECT tablename FROM pg_tables WHERE schemaname = :schema ORDER BY 1")
    names = list(await connection.scalars(tables, {"schema": schema}))
    rows = {
        name: int(await connection.scalar(text(f'SELECT count(*) FROM "{schema}"."{name}"')) or 0)  # noqa: S608
        for name in names
    }
    if "alembic_version" not in rows:
        return Dumped("", rows)
    revision = await connection.scalar(text(f'SELECT version_num FROM "{schema}".alembic_version'))  # noqa: S608
    return Dumped(str(revision or ""), rows)


def _environment(url: str) -> dict[str, str]:
    """The address as PostgreSQL's own programs want it: nothing of it stands on a command line."""
    address = make_url(url)
    query = {name: value if isinstance(value, str) else value[0] for name, value in address.query.items()}
    ssl = query.get("ssl", "")
    found = {
        "PGHOST": address.host or query.get("host", ""),
        "PGPORT": str(address.port or query.get("port", "")),
        "PGUSER": address.username or "",
        "PGPASSWORD": str(address.password or ""),
        "PGDATABASE": address.database or "",
        "PGSSLMODE": _SSL.get(ssl.lower(), ssl),
        "PGAPPNAME": "sotong backup",
    }
    return {name: value for name, value in found.items() if value}


def program(name: str) -> str:
    """Path of one of PostgreSQL's own programs. Raises `DumpFailed` where it is not installed."""
    found = shutil.which(name)
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if not found and not installed:
        raise DumpFailed(f"{name} 프로그램이 없어요. apt-get install postgresql-client 로 설치해 주세요.")
    return found or str(installed[-1])
