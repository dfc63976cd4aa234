"""What the tests of log, desk and console share: a fresh database and messages to put into it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.history.query import Query
from bot.history.search import History
from bot.log.engine import open_engine
from bot.log.migrate import migrate
from bot.log.queries import Transcripts
from bot.messages import Inbound

NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def inbound(text: str = "안녕하세요", *, user: str = "u1", message: str = "m1", **more: object) -> Inbound:
    values = {
        "channel": "webchat",
        "user_id": user,
        "message_id": message,
        "sent_at": NOON,
        "text": text,
        **more,
    }
    return Inbound.model_validate(values)


async def found(log: Transcripts, *words: str) -> list[str]:
    """The messages that a search for words finds, the newest first."""
    page = await History(log._engine).search(Query(words), limit=60)
    return [hit.entry.text for hit in page.hits]


@asynccontextmanager
async def database(url: str) -> AsyncIterator[AsyncEngine]:
    await migrate(url)
    engine = open_engine(url)
    try:
        yield engine
    finally:
        await engine.dispose()


def postgres_programs() -> Path | None:
    """Folder with initdb and pg_ctl, or None where PostgreSQL is not installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return installed[-1].parent if installed else None


@contextmanager
def postgres_server(programs: Path) -> Iterator[str]:
    """A PostgreSQL of our own, reachable only by a socket in a temporary folder."""
    with TemporaryDirectory(prefix="pg", dir="/tmp") as folder:
        as_user: dict[str, object] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            account = pwd.getpwnam("postgres")
            os.chown(folder, account.pw_uid, account.pw_gid)
            as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

        def call(name: str, *arguments: str) -> None:
            subprocess.run(
                [programs / name, *arguments],
                check=True,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                **as_user,
            )

        data = f"{folder}/data"
        call("initdb", "-D", data, "-U", "sotong", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        call("pg_ctl", "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield f"postgresql+asyncpg://sotong@/postgres?host={folder}"
        finally:
            call("pg_ctl", "-D", data, "-m", "immediate", "stop")
