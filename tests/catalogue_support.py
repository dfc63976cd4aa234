"""A database with the demo's public services in it, and the fake of their API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from aiohttp.test_utils import TestServer
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.catalogue.client import Gov24
from bot.catalogue.publish import Report
from bot.catalogue.sync import synchronise
from bot.log.engine import open_engine
from bot.log.migrate import migrate
from demo.gov24.app import Faults, create_app
from demo.gov24.seed import Catalogue, Row, catalogue, load

KEY = "test+key/with=signs"
NIGHT = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)


def rows(count: int, **fields: str) -> list[Row]:
    """Entries of so many services, in the demo's form."""
    return [
        {"서비스ID": f"{number:012d}", "서비스명": f"서비스 {number}", "소관기관명": "한빛시", **fields}
        for number in range(1, count + 1)
    ]


def served(entries: list[Row]) -> Catalogue:
    """What the fake serves of them."""
    return catalogue(entries)


@asynccontextmanager
async def api(
    services: Catalogue, faults: Faults | None = None, key: str = KEY, pause: float = 0.01
) -> AsyncIterator[Gov24]:
    """A client of a fake that serves these."""
    async with TestServer(create_app(services, KEY, faults)) as server, aiohttp.ClientSession() as session:
        yield Gov24(session, str(server.make_url("/api")), key, pause=pause)


@asynccontextmanager
async def empty_database(folder: Path) -> AsyncIterator[AsyncEngine]:
    """A SQLite database of its own."""
    url = f"sqlite+aiosqlite:///{folder}/sotong.db"
    await migrate(url)
    engine = open_engine(url)
    try:
        yield engine
    finally:
        await engine.dispose()


async def seed(folder: Path) -> Report:
    """The demo's services in the database of an installation whose `var_dir` is `folder`."""
    async with empty_database(folder) as engine, api(load()) as client:
        return await synchronise(engine, client, lambda: NIGHT)
