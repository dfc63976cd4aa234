"""Erasures outlive backups: who was erased stands in a file that is not part of the database.

A backup brings citizens back that were erased after it was made. The file has a line for each erasure:
its number, the citizen's pseudonym and the time, nothing else. An erasure that stands in the file and not in
the database was undone by a restored backup, and is carried out again before anybody reads what came back.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.log.engine import changing, reading
from bot.log.erasure import empty
from bot.log.tables import Conversation, Message
from bot.rights.pseudonym import Pseudonyms
from bot.rights.tables import Erasure

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Tombstone:
    """One line of the file."""

    number: str
    citizen: str
    at: str
    """ISO 8601."""


class Tombstones:
    """The file. It is only ever added to, except by `drop`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, stones: Iterable[Tombstone]) -> None:
        """Write lines that are on the disk when this returns. Raises `OSError`."""
        # A line begins on its own: the one before it may have been cut off.
        lines = "".join(f"\n{json.dumps(asdict(stone))}\n" for stone in stones)
        if not lines:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> dict[str, Tombstone]:
        """By number. A line that a power cut left half written is passed over."""
        stones = {}
        if self._path.exists():
            for line in filter(None, self._path.read_text().splitlines()):
                try:
                    stone = Tombstone(**json.loads(line))
                except (ValueError, TypeError):
                    log.warning("tombstone_unreadable")
                    continue
                stones[stone.number] = stone
        return stones

    def drop(self, before: datetime) -> int:
        """Remove lines that are older; how many went. Raises `OSError`."""
        stones = self.read()
        kept = [stone for stone in stones.values() if datetime.fromisoformat(stone.at) >= before]
        if len(kept) == len(stones):
            return 0
        new = self._path.with_suffix(".new")
        new.unlink(missing_ok=True)
        Tombstones(new).add(kept)
        if kept:
            new.replace(self._path)
        else:
            self._path.unlink()
        return len(stones) - len(kept)


@dataclass(frozen=True)
class Replayed:
    """What a restored backup had brought back."""

    erasures: int
    """So many had been undone."""
    citizens: int
    """So many had come back, and are gone again."""
    rows: dict[str, int]
    """What went of them, by table."""


async def note(engine: AsyncEngine, tombstones: Tombstones, since: datetime) -> None:
    """Write into the file what was erased since then, by other gateways too: any file that is left will do.

    Raises as `replay`.
    """
    async with reading(engine) as session:
        rows = list(await session.scalars(select(Erasure).where(Erasure.at >= since)))
    stones = await asyncio.to_thread(tombstones.read) if rows else {}
    missing = [row for row in rows if row.number not in stones]
    await asyncio.to_thread(tombstones.add, [_stone(row) for row in missing])


def _stone(row: Erasure) -> Tombstone:
    return Tombstone(row.number, row.citizen, row.at.isoformat())


async def replay(
    engine: AsyncEngine, tombstones: Tombstones, pseudonyms: Pseudonyms, now: datetime
) -> Replayed:
    """Make file and database agree: carry out again what a restored backup undid, note what the file lacks.

    Run before citizens' messages are taken; running it again changes nothing. Raises `OSError` and
    `sqlalchemy.exc.SQLAlchemyError`.
    """
    stones = await asyncio.to_thread(tombstones.read)
    async with reading(engine) as session:
        done = {row.number: row for row in await session.scalars(select(Erasure))}
        undone = [stone for number, stone in stones.items() if number not in done]
        people = (
            (await session.execute(select(Conversation.id, Conversation.channel, Conversation.user_id))).all()
            if undone
            else []
        )
    missing = [_stone(row) for number, row in done.items() if number not in stones]
    await asyncio.to_thread(tombstones.add, missing)
    back = {pseudonyms.of(person.channel, person.user_id): person for person in people}
    rows: dict[str, int] = {}
    citizens = set()
    for stone in sorted(undone, key=lambda stone: stone.at):
        person = back.get(stone.citizen)
        async with changing(engine, quick=False) as connection:
            went: dict[str, int] = {}
            if person is not None:
                went = await _erase_again(connection, person.id, datetime.fromisoformat(stone.at), stone, now)
                citizens.add(person.id)
            again = {
                "number": stone.number,
                "citizen": stone.citizen,
                "at": datetime.fromisoformat(stone.at),
                "rows": went,
                "memory_of": f"{person.channel}:{person.user_id}" if person else None,
                "replayed_at": now,
            }
            await connection.execute(insert(Erasure).values(again))
        rows = {name: rows.get(name, 0) + went.get(name, 0) for name in rows | went}
    if undone:
        log.warning("erasures_replayed", erasures=len(undone), citizens=len(citizens))
    return Replayed(len(undone), len(citizens), rows)


async def _erase_again(
    connection: AsyncConnection, conversation_id: int, at: datetime, stone: Tombstone, now: datetime
) -> dict[str, int]:
    """Take away what came back; what the citizen wrote after the erasure stays."""
    since = select(Message.id).where(Message.conversation_id == conversation_id, Message.at > at)
    newer = (await connection.execute(since.limit(1))).first() is not None
    went = await empty(
        connection,
        conversation_id,
        now=now,
        citizen=stone.citizen,
        sparing={"messages": Message.at <= at},
    )
    if not newer:
        await connection.execute(delete(Conversation).where(Conversation.id == conversation_id))
    return went
