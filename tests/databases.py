"""Real databases of both kinds."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import open_engine
from bot.log.migrate import migrate
from bot.log.schema import Base
from tests.log_support import database, postgres_programs, postgres_server


@pytest.fixture(scope="session", autouse=True)
def _made_before(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A new SQLite file begins as a copy of one that has had every migration: quicker than to have them."""
    ready = tmp_path_factory.mktemp("ready") / "ready.db"

    def open_copy(url: str) -> AsyncEngine:
        address = make_url(url)
        wanted = Path(address.database or "")
        if address.get_backend_name() == "sqlite" and not wanted.exists() and wanted != ready:
            if not ready.exists():
                make_ready()
            shutil.copyfile(ready, wanted)
        return open_engine(url)

    def make_ready() -> None:
        thread = threading.Thread(target=asyncio.run, args=[migrate(f"sqlite+aiosqlite:///{ready}")])
        thread.start()
        thread.join()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.log.migrate.open_engine", open_copy)
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL of our own; where none is installed, what asks for it is skipped."""
    programs = postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed here: tested on SQLite only.")
    with postgres_server(programs) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path}/log/sotong.db"
    else:
        url = request.getfixturevalue("postgres")
    async with database(url) as opened:
        await emptied(opened)
        yield opened


async def emptied(engine: AsyncEngine) -> None:
    """Take what others left in a PostgreSQL that all share."""
    if engine.dialect.name == "postgresql":
        names = ", ".join(table.name for table in Base.metadata.sorted_tables)
        async with engine.begin() as connection:
            # the audit log refuses to be emptied (migration 0011), except by a superuser who means it
            await connection.execute(text("SET LOCAL session_replication_role = replica"))
            await connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
