"""The database as a backup sees it: one dump of one moment, laid in its place again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from sqlalchemy import make_url

from bot.backup.archive import Tell


class DumpFailed(Exception):
    """The database cannot be dumped or laid in its place. The text says why, in Korean."""


@dataclass(frozen=True)
class Dumped:
    """What a dump shows."""

    revision: str
    rows: dict[str, int]
    """By table."""


class Store(Protocol):
    """SQLite or PostgreSQL."""

    @property
    def kind(self) -> Literal["sqlite", "postgresql"]:
        """Which of them."""

    @property
    def file(self) -> str:
        """Name of the dump in the archive."""

    async def size(self) -> int:
        """Bytes, more or less."""

    async def dump(self, into: Path, tell: Tell) -> Dumped:
        """Write a dump; whoever uses the database goes on.

        Raises `DumpFailed`, `SQLAlchemyError` and `OSError`.
        """

    async def check(self, dump: Path) -> Dumped | None:
        """Look whether a dump can be laid in its place. Raises `DumpFailed`.

        Returns what it shows, None where only laying it in its place tells.
        """

    async def used_by(self) -> Sequence[str]:
        """Who uses the database now."""

    async def load(self, dump: Path, kept: Path) -> str:
        """Lay a dump in its place, wholly or not at all; what was there is kept. Raises as `dump`.

        Returns where that is, in words; empty when there was nothing. `kept` is a folder for it.
        """


def open_store(url: str) -> Store:
    """The store at an address of SQLAlchemy's."""
    from bot.backup.postgres import PostgresStore  # noqa: PLC0415 - only one of the two is needed
    from bot.backup.sqlite import SqliteStore  # noqa: PLC0415

    return SqliteStore(url) if make_url(url).get_backend_name() == "sqlite" else PostgresStore(url)
