"""Releases as they stand in SQL."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.log.engine import looking
from bot.releases.folder import Prints, digest
from bot.releases.tables import (
    ReleaseActivation,
    ReleaseBlob,
    ReleaseFile,
    ReleasePointer,
    ReleaseRow,
)

KEPT = 50
"""Releases kept at least, the newest first."""
_AT_ONCE = 200
_LEVEL = 6


@dataclass(frozen=True)
class Release:
    """A release, without its files."""

    number: int
    at: datetime
    operator_id: int | None
    who: str
    why: str
    follows: int | None
    content: str
    verdict: Mapping[str, Any]
    overruled: str
    model: str
    model_sha256: str | None


@dataclass(frozen=True)
class Pointer:
    """Which release is active; number None: none, what staff edit is live."""

    number: int | None
    counter: int


@dataclass(frozen=True)
class Activation:
    """Once that a release became active: `first`, `publish` or `rollback`."""

    at: datetime
    number: int
    kind: str
    operator_id: int | None
    who: str
    why: str


class Damaged(Exception):
    """A file in SQL is not what its fingerprint says, or is gone; the text names it."""


async def pointer(engine: AsyncEngine) -> Pointer:
    """Which release is active."""
    try:
        async with looking(engine) as connection:
            row = (await connection.execute(_POINTER)).one_or_none()
    except (OperationalError, ProgrammingError):
        # the gateway makes the tables, and has not been there yet
        async with engine.connect() as connection:
            if await connection.run_sync(_has_tables):
                raise
        return Pointer(None, 0)
    return Pointer(row.number, row.counter) if row else Pointer(None, 0)


_POINTER = select(ReleasePointer.number, ReleasePointer.counter).where(ReleasePointer.id == 1)


def _has_tables(connection: Any) -> bool:
    found: bool = connection.dialect.has_table(connection, ReleasePointer.__tablename__)
    return found


async def releases(engine: AsyncEngine, limit: int | None = None) -> list[Release]:
    """The newest first."""
    async with engine.connect() as connection:
        query = select(ReleaseRow.__table__).order_by(ReleaseRow.number.desc()).limit(limit)
        return [_release(row) for row in await connection.execute(query)]


async def release(engine: AsyncEngine, number: int) -> Release | None:
    """One release."""
    async with looking(engine) as connection:
        query = select(ReleaseRow.__table__).where(ReleaseRow.number == number)
        row = (await connection.execute(query)).one_or_none()
    return _release(row) if row else None


async def activations(engine: AsyncEngine, limit: int | None = None) -> list[Activation]:
    """What became active when, the newest first."""
    async with engine.connect() as connection:
        query = select(ReleaseActivation.__table__).order_by(ReleaseActivation.id.desc()).limit(limit)
        rows = await connection.execute(query)
        return [Activation(row.at, row.number, row.kind, row.operator_id, row.who, row.why) for row in rows]


async def files(engine: AsyncEngine, number: int) -> Prints:
    """The files of a release."""
    async with engine.connect() as connection:
        query = select(ReleaseFile.path, ReleaseFile.sha256).where(ReleaseFile.number == number)
        return {row.path: row.sha256 for row in await connection.execute(query)}


async def contents(engine: AsyncEngine, wanted: Iterable[str]) -> dict[str, bytes]:
    """The bytes of files by their fingerprints. Raises `Damaged`."""
    found: dict[str, bytes] = {}
    async with engine.connect() as connection:
        for some in _pieces(wanted):
            query = select(ReleaseBlob.sha256, ReleaseBlob.packed).where(ReleaseBlob.sha256.in_(some))
            for row in await connection.execute(query):
                found[row.sha256] = _whole(row.sha256, row.packed)
            if missing := set(some) - found.keys():
                raise Damaged(f"저장된 파일 {min(missing)[:12]}이(가) 데이터베이스에 없어요")
    return found


def _whole(sha256: str, packed: bytes) -> bytes:
    try:
        content = zlib.decompress(packed)
    except zlib.error as error:
        raise Damaged(f"저장된 파일 {sha256[:12]}을(를) 풀 수 없어요 ({error})") from error
    if digest(content) != sha256:
        raise Damaged(f"저장된 파일 {sha256[:12]}의 내용이 달라졌어요")
    return content


async def advance(connection: AsyncConnection, seen: int) -> bool:
    """Take hold of the pointer until the transaction ends; False when it moved since `seen`.

    Whoever stores or removes anything of a release does this first: they are alone then, on PostgreSQL too.
    """
    held = update(ReleasePointer).where(ReleasePointer.id == 1, ReleasePointer.counter == seen)
    done = await connection.execute(held.values(counter=seen + 1))
    if done.rowcount or seen:
        return bool(done.rowcount)
    try:
        await connection.execute(insert(ReleasePointer).values(id=1, number=None, counter=1))
    except IntegrityError:
        return False
    return True


async def point(connection: AsyncConnection, made: Activation) -> None:
    """Make a release active."""
    await connection.execute(update(ReleasePointer).values(number=made.number))
    await connection.execute(insert(ReleaseActivation).values(**vars(made)))


async def next_number(connection: AsyncConnection) -> int:
    """The number of the next release."""
    return (await connection.scalar(select(func.max(ReleaseRow.number))) or 0) + 1


async def unknown(connection: AsyncConnection, prints: Collection[str]) -> set[str]:
    """Those of the fingerprints whose bytes are not stored yet."""
    known: set[str] = set()
    for some in _pieces(prints):
        query = select(ReleaseBlob.sha256).where(ReleaseBlob.sha256.in_(some))
        known.update(await connection.scalars(query))
    return set(prints) - known


def packed(content: bytes) -> dict[str, Any]:
    """A row of `release_blobs`."""
    return {
        "sha256": digest(content),
        "size": len(content),
        "packed": zlib.compress(content, _LEVEL),
    }


async def store(connection: AsyncConnection, new: Release, prints: Prints) -> None:
    """Keep a release, whose bytes are stored already."""
    await connection.execute(insert(ReleaseRow).values(**vars(new)))
    rows = [{"number": new.number, "path": path, "sha256": sha256} for path, sha256 in prints.items()]
    await connection.execute(insert(ReleaseFile), rows)


async def keep_model(connection: AsyncConnection, number: int, blob: Mapping[str, Any]) -> None:
    """Keep the model that was trained for a release later."""
    if await unknown(connection, [blob["sha256"]]):
        await connection.execute(insert(ReleaseBlob).values(**blob))
    mine = update(ReleaseRow).where(ReleaseRow.number == number)
    await connection.execute(mine.values(model_sha256=blob["sha256"]))


async def forget_old(connection: AsyncConnection, kept: int = KEPT) -> int:
    """Remove all releases but the newest `kept` and the active one, and bytes that none has; how many."""
    newest = select(ReleaseRow.number).order_by(ReleaseRow.number.desc()).limit(kept)
    staying = set(await connection.scalars(newest))
    staying.update(await connection.scalars(select(ReleasePointer.number)))
    old = set(await connection.scalars(select(ReleaseRow.number))) - staying
    if not old:
        return 0
    await connection.execute(delete(ReleaseFile).where(ReleaseFile.number.in_(old)))
    await connection.execute(delete(ReleaseRow).where(ReleaseRow.number.in_(old)))
    used = select(ReleaseFile.sha256)
    models = select(ReleaseRow.model_sha256).where(ReleaseRow.model_sha256.is_not(None))
    lost = delete(ReleaseBlob).where(ReleaseBlob.sha256.not_in(used), ReleaseBlob.sha256.not_in(models))
    await connection.execute(lost)
    return len(old)


def _pieces(prints: Iterable[str]) -> Iterator[list[str]]:
    ordered = sorted(set(prints))
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]


def _release(row: Any) -> Release:
    return Release(**row._mapping)
