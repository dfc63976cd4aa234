"""A backup laid in the place of what is there, which is kept; who was erased since is erased again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.backup import making
from bot.backup.archive import Tell, silent, unpack
from bot.backup.content import STONES, put_back
from bot.backup.keys import lacking
from bot.backup.manifest import Manifest
from bot.backup.store import Store, open_store
from bot.log import migrate
from bot.log.engine import open_engine
from bot.log.grants import grant
from bot.messages import utc_now
from bot.releases.live import open_live
from bot.releases.starting import start_live
from bot.rights.pseudonym import Pseudonyms
from bot.rights.tombstones import Replayed, Tombstones, replay
from bot.settings import Settings
from bot.staff.checking import seals_file


class Refused(Exception):
    """Nothing was changed. The text says why, and what to do, in Korean."""


@dataclass(frozen=True)
class Restored:
    """What was done."""

    manifest: Manifest
    replayed: Replayed
    """Erasures from after the backup."""
    kept: Sequence[str]
    """Where that is which was there before, in words."""
    lacking: dict[str, bool]
    """Secrets that are not here: name → whether something is lost without it."""
    seals: Path | None
    """Where the seals of the audit log that was there are now; None when there were none."""


async def restore(
    settings: Settings, path: Path, *, without_keys: bool = False, tell: Tell = silent
) -> Restored:
    """Lay a backup in its place. With `without_keys` also where sealed values stay shut for ever.

    Everything is unpacked and looked at before anything is changed; the database is changed last, at once.
    Raises `Refused`, `bot.backup.manifest.Damaged`, `bot.backup.store.DumpFailed`, `SQLAlchemyError` and
    `OSError`.
    """
    store = open_store(settings.database)
    await _idle(store)
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    kept = settings.var_dir / f"before-restore-{utc_now():%Y%m%d-%H%M%S}"
    with TemporaryDirectory(prefix=".restore-", dir=settings.var_dir) as name:
        folder = Path(name)
        manifest = await asyncio.to_thread(unpack, path, folder, tell)
        missing = _fitting(settings, store, manifest, without_keys)
        await making.tried(manifest, folder)
        await _idle(store)
        stones = Tombstones(settings.tombstones_file)
        known = stones.read()
        stones.add(
            stone for number, stone in Tombstones(folder / STONES).read().items() if number not in known
        )
        open_live(settings)
        await asyncio.to_thread(put_back, folder, settings, kept)
        before = await store.load(folder / store.file, kept)
    seals = _aside(seals_file(settings), kept.name)
    await migrate.migrate(settings.database)
    engine = open_engine(settings.database)
    try:
        await grant(engine)
        replayed = await replay(engine, stones, Pseudonyms(settings.var_dir), utc_now())
    finally:
        await engine.dispose()
    await start_live(settings)
    places = [place for place in (before, str(kept) if kept.exists() else "") if place]
    return Restored(manifest, replayed, places, missing, seals)


def _aside(seals: Path, why: str) -> Path | None:
    """Seals of rows from after the backup would say of the log that came back that somebody has cut it."""
    if not seals.exists():
        return None
    return seals.rename(seals.with_name(f"{seals.stem}-{why}{seals.suffix}"))


async def _idle(store: Store) -> None:
    if users := await store.used_by():
        raise Refused(
            "봇이 켜져 있거나 누가 데이터베이스를 쓰고 있어요. 모두 멈춘 뒤에 다시 해 주세요: "
            + ", ".join(users[:5])
        )


def _fitting(settings: Settings, store: Store, manifest: Manifest, without_keys: bool) -> dict[str, bool]:
    """The secrets that are not here. Raises `Refused` where the backup is not for this installation."""
    if manifest.kind != store.kind:
        raise Refused(
            f"{manifest.kind}의 백업인데 지금 설정(DATABASE_URL)은 {store.kind}이에요. "
            "같은 종류의 데이터베이스를 적어 주세요."
        )
    if manifest.revision > migrate.NEWEST:
        raise Refused(f"더 새로운 소통({manifest.version})의 백업이에요. 그 판을 설치한 뒤에 되살려 주세요.")
    missing = lacking(settings, manifest.keys)
    lost = sorted(name for name, loss in missing.items() if loss)
    if lost and not without_keys:
        raise Refused(
            f"백업할 때의 비밀 값이 여기에 없어요: {', '.join(lost)}. {settings.var_dir / 'secrets'} 폴더를 "
            "되돌려 놓고(vault는 SOTONG_VAULT_KEY에 적어도 돼요) 다시 해 주세요. 영영 잃었으면 "
            "--without-keys를 붙여 주세요. 무엇을 잃는지는 sotong keys list에 있어요."
        )
    return missing
