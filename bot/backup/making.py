"""A backup of a bot that may be running: database, content, models, and what shows which secrets it needs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.backup.archive import Tell, silent, unpack, writing
from bot.backup.content import files
from bot.backup.keys import checks
from bot.backup.manifest import Damaged, Manifest
from bot.backup.store import DumpFailed, open_store
from bot.messages import utc_now
from bot.releases.live import alone, open_live
from bot.settings import Settings


async def size(settings: Settings) -> int:
    """Bytes that `make` will read, more or less: each of them twice, into a dump and into the archive."""
    open_live(settings)
    content = await asyncio.to_thread(lambda: sum(path.stat().st_size for _, path in files(settings)))
    return content + 2 * await open_store(settings.database).size()


async def make(settings: Settings, out: Path, tell: Tell = silent) -> Manifest:
    """Write the archive `out`; citizens are answered meanwhile.

    The content is taken first: a release that is published in between is in the dump, and the next start
    makes the files follow it. Raises `bot.backup.store.DumpFailed`, `SQLAlchemyError`, and `OSError`,
    `FileExistsError` among them.
    """
    open_live(settings)
    store = open_store(settings.database)
    with (
        TemporaryDirectory(prefix=".sotong-backup-", dir=_folder(out.parent)) as folder,
        writing(out, tell) as archive,
    ):
        async with alone(settings):  # nobody publishes half of a content meanwhile
            for name, path in await asyncio.to_thread(lambda: list(files(settings))):
                await asyncio.to_thread(archive.add, name, path)
        began = utc_now()
        dump = Path(folder) / store.file
        shown = await store.dump(dump, tell)
        await asyncio.to_thread(archive.add, store.file, dump)
        manifest = Manifest(
            made_at=began,
            version=version("sotong"),
            kind=store.kind,
            revision=shown.revision,
            rows=shown.rows,
            parts=dict(archive.parts),
            keys=checks(settings),
            settings=tuple(sorted(_name(settings, field) for field in settings.model_fields_set)),
        )
        archive.finish(manifest)
    return manifest


@dataclass(frozen=True)
class Verified:
    """A backup that is whole."""

    manifest: Manifest
    lacking: dict[str, bool]
    """Secrets that this installation has not: name → whether something is lost without it."""


async def verify(settings: Settings, path: Path, tell: Tell = silent) -> Verified:
    """Read a backup to its end and try its dump. Raises `bot.backup.manifest.Damaged` and `OSError`."""
    from bot.backup.keys import lacking  # noqa: PLC0415

    with TemporaryDirectory(prefix=".sotong-verify-", dir=path.parent) as folder:
        manifest = await asyncio.to_thread(unpack, path, Path(folder), tell)
        await tried(manifest, Path(folder))
    return Verified(manifest, lacking(settings, manifest.keys))


async def tried(manifest: Manifest, folder: Path) -> None:
    """Look whether an unpacked dump is what the manifest says. Raises `Damaged`."""
    store = open_store(f"{manifest.kind}:///nowhere")
    try:
        shown = await store.check(folder / store.file)
    except DumpFailed as error:
        raise Damaged(str(error)) from error
    if shown is not None and (shown.rows, shown.revision) != (manifest.rows, manifest.revision):
        raise Damaged("데이터베이스의 사본이 백업할 때와 달라요.")


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def _name(settings: Settings, field: str) -> str:
    """As it stands in the environment."""
    alias = type(settings).model_fields[field].validation_alias
    first = getattr(alias, "choices", [None])[0]
    return str(first) if first else f"SOTONG_{field.upper()}"
