"""An installation with something in every part of it, and everything it holds, to be compared."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.log.engine import open_engine
from bot.log.log import ConversationLog
from bot.messages import Reply
from bot.releases.releases import Releases
from bot.rights.forgetting import Forgetting
from bot.rights.pseudonym import Pseudonyms
from bot.rights.tombstones import Tombstones
from bot.settings import ROOT, Settings
from tests.log_support import NOON, database, inbound
from tests.releases_support import PASSED, PASSPORT, Editor, answer, candidate, city
from tests.rights_support import known

Rows = dict[str, list[str]]
"""Table → its rows, as texts, sorted."""


@dataclass
class Office:
    """The installation. What is outside of it (secrets, tombstones) lies in `safe`."""

    settings: Settings
    safe: Path

    @property
    def everything(self) -> tuple[Path, ...]:
        """Folders in which an office keeps something."""
        return (self.settings.var_dir, self.settings.data_dir.parent, self.settings.models_dir)

    def destroy(self) -> None:
        """The server is gone; what lay elsewhere is not."""
        shutil.copytree(self.settings.var_dir / "secrets", self.safe / "secrets")
        for folder in self.everything:
            shutil.rmtree(folder)
        (self.safe.parent / "log.db").unlink(missing_ok=True)

    def secrets_back(self) -> None:
        shutil.copytree(self.safe / "secrets", self.settings.var_dir / "secrets", dirs_exist_ok=True)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(settings.database)
    try:
        yield engine
    finally:
        await engine.dispose()


async def office(folder: Path, url: str) -> Office:
    """Two citizens of whom something stands in every table, one in the midst of a talk, and a release."""
    safe = folder / "safe"
    safe.mkdir()
    settings = city(folder, ROOT, database_url=url, tombstones=safe / "erased.jsonl")
    settings.models_dir.mkdir()
    (settings.models_dir / "sotong-0123456789ab.tar.gz").write_bytes(b"a model" * 1000)
    async with database(url) as engine:
        for user in ("kim", "lee"):
            await known(engine, user)
        made = candidate(settings, folder / "candidate", {PASSPORT: answer("5만 3천 원이에요.")})
        await Releases(engine, settings, lambda: NOON).publish(made, Editor(), "올랐어요", PASSED)
    return Office(settings, safe)


async def write(engine: AsyncEngine, user: str, text: str) -> int:
    """A message of a citizen; the conversation's id."""
    stored = await ConversationLog(engine).receive(inbound(text, user=user, message=text))
    assert stored is not None
    await ConversationLog(engine).finish_turn(stored.id, Reply(messages=(), outcome="ignored"), 1)
    return stored.conversation_id


async def erase(settings: Settings, channel: str, user: str) -> None:
    """A citizen is erased as the gateway does it."""
    async with opened(settings) as engine:
        log, stones = ConversationLog(engine), Tombstones(settings.tombstones_file)
        forgetting = Forgetting(engine, Pseudonyms(settings.var_dir), stones, ())
        found = await log.find(channel, user)
        assert found is not None
        receipt = forgetting.receipt(channel, user)
        await log.erase(found.id, receipt=receipt)
        await forgetting.settle(receipt)


async def rows(settings: Settings) -> Rows:
    """Everything in the database."""
    engine = create_async_engine(settings.database)
    try:
        async with engine.connect() as connection:
            found = MetaData()
            await connection.run_sync(found.reflect)
            return {
                table.name: sorted(repr(tuple(row)) for row in await connection.execute(select(table)))
                for table in found.sorted_tables
            }
    finally:
        await engine.dispose()


async def run(url: str, *statements: str) -> list[Any]:
    """Statements outside of a transaction; the first column of the last."""
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            for statement in statements:
                result = await connection.execute(text(statement))
            return list(result.scalars()) if result.returns_rows else []
    finally:
        await engine.dispose()


def apart(work: Coroutine[Any, Any, Any]) -> Any:
    """Do it in a loop of its own, for fixtures that many tests share."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
