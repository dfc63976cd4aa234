"""Dumps of SQLite, by its own online backup (https://www.sqlite.org/backup.html)."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal

from sqlalchemy import make_url

from bot.backup.archive import Tell
from bot.backup.store import Dumped, DumpFailed

_PAGES = 2000
"""Copied at once."""


class SqliteStore:
    """A database file, and what SQLite lays beside it."""

    kind: Literal["sqlite"] = "sqlite"
    file = "database.sqlite"

    def __init__(self, url: str) -> None:
        self._path = Path(make_url(url).database or "")

    async def size(self) -> int:
        """As `Store`."""
        return self._path.stat().st_size if self._path.exists() else 0

    async def dump(self, into: Path, tell: Tell) -> Dumped:
        """As `Store`."""
        if not self._path.exists():
            raise DumpFailed(f"데이터베이스가 없어요: {self._path}")
        return await asyncio.to_thread(self._dump, into, tell)

    async def check(self, dump: Path) -> Dumped:
        """As `Store`."""
        return await asyncio.to_thread(_checked, dump)

    async def used_by(self) -> Sequence[str]:
        """As `Store`: whoever has the file open keeps it from leaving its mode."""
        if not self._path.exists():
            return ()
        try:
            with closing(sqlite3.connect(self._path, timeout=0)) as database:
                database.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError:
            return (f"{self._path} 파일을 열어 둔 프로그램",)
        except sqlite3.DatabaseError:  # not a database any more: nobody works with it
            return ()
        return ()

    async def load(self, dump: Path, kept: Path) -> str:
        """As `Store`."""
        return await asyncio.to_thread(self._load, dump, kept)

    def _dump(self, into: Path, tell: Tell) -> Dumped:
        told = 0

        def progress(_status: int, remaining: int, total: int) -> None:
            nonlocal told
            tell((total - remaining - told) * size)
            told = total - remaining

        with closing(sqlite3.connect(self._path)) as source, closing(sqlite3.connect(into)) as copy:
            size = source.execute("PRAGMA page_size").fetchone()[0]
            # A view that is held from the first page to the last: what is written meanwhile is not copied,
            # and does not make the copying begin again.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(copy, pages=_PAGES, progress=progress)
            copy.execute("PRAGMA journal_mode = DELETE")
        os.chmod(into, 0o600)
        return _checked(into)

    def _load(self, dump: Path, kept: Path) -> str:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_name(f".{self._path.name}.{os.getpid()}.new")
        shutil.copyfile(dump, new)
        with new.open("rb") as file:
            os.fsync(file.fileno())
        before = ""
        for name in (self._path, *(self._path.with_name(self._path.name + end) for end in ("-wal", "-shm"))):
            if name.exists():
                kept.mkdir(parents=True, exist_ok=True)
                shutil.copy2(name, kept / name.name)
                before = before or str(kept / name.name)
                if name != self._path:
                    name.unlink()
        new.replace(self._path)
        return before


def _checked(path: Path) -> Dumped:
    """What a dump shows, read from the first page to the last. Raises `DumpFailed`."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            [found] = database.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise DumpFailed(f"데이터베이스의 사본이 상했어요: {found}")
            if database.execute("PRAGMA foreign_key_check").fetchone():
                raise DumpFailed("데이터베이스의 사본에 서로 맞지 않는 줄이 있어요.")
            names = [
                name
                for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                if not name.startswith("sqlite_")
            ]
            rows = {
                name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - its own names
                for name in names
            }
            revision = database.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise DumpFailed(f"데이터베이스의 사본을 읽을 수 없어요: {error}") from error
    return Dumped(revision[0] if revision else "", rows)
