"""A release on its way into SQL: which files it has, where their bytes are, and its model."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.nlu.project import code_digest, model_name
from bot.releases import stored
from bot.releases.folder import Prints, digest, whole
from bot.releases.stored import Activation, Release
from bot.releases.tables import ReleaseBlob


@dataclass(frozen=True)
class Parcel:
    """A release without a number yet."""

    release: Release
    files: Prints
    sources: Mapping[str, Path]
    """Fingerprint → a file with these bytes."""


def parcel(root: Path, files: Prints, about: Release, models_dir: Path) -> Parcel:
    """The content of `root` as a release, with its model where `models_dir` has it."""
    model = models_dir / str(model_name(root, code_digest()))
    sources = {sha256: root / path for path, sha256 in files.items()}
    sha256 = None
    if model.exists():
        sha256 = digest(model.read_bytes())
        sources[sha256] = model
    return Parcel(replace(about, content=whole(files), model=model.name, model_sha256=sha256), files, sources)


def blobs(parcels: Iterable[Parcel], wanted: Collection[str]) -> dict[str, dict[str, Any]]:
    """The rows of `release_blobs` for these fingerprints. Raises `Damaged` when a file changed meanwhile."""
    sources: dict[str, Path] = {}
    for each in parcels:
        sources.update(each.sources)
    rows = {sha256: stored.packed(sources[sha256].read_bytes()) for sha256 in wanted}
    if changed := [sha256 for sha256, row in rows.items() if row["sha256"] != sha256]:
        raise stored.Damaged(f"{sources[changed[0]].name} 파일이 그 사이 바뀌었어요")
    return rows


async def send(
    connection: AsyncConnection, parcels: Iterable[tuple[str, Parcel]], rows: Mapping[str, Mapping[str, Any]]
) -> Release:
    """Store releases in order, each of a kind of activation, and make the last of them active; that one."""
    number = await stored.next_number(connection)
    for row in rows.values():
        if await stored.unknown(connection, [row["sha256"]]):
            await connection.execute(insert(ReleaseBlob).values(**row))
    made = None
    for kind, each in parcels:
        follows = each.release.follows if made is None else made.number
        made = replace(each.release, number=number, follows=follows)
        await stored.store(connection, made, each.files)
        activation = Activation(made.at, number, kind, made.operator_id, made.who, made.why)
        await stored.point(connection, activation)
        number += 1
    if made is None:
        raise ValueError("nothing to send")
    return made
