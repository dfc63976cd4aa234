"""Which content a machine's processes read: the link `var/content/live`, and who may turn it.

`live` points at `working` (links to what staff edit, so that an edit counts at once) until something was
published, then at the unpacked release `<number>`. Readers open paths below the link: each file they open is
wholly of one content, and turning the link is one rename.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TextIO

from bot.settings import Settings

WORKING = "working"
_LOCK = "lock"
_AGAIN = 0.02
"""Seconds until the lock is tried again."""


def open_live(settings: Settings) -> Settings:
    """Make the links where they are missing, `live` to what staff edit; the settings that read `live`."""
    folder = content_folder(settings)
    (folder / WORKING).mkdir(parents=True, exist_ok=True)
    for name in ("config.yml", "domain.yml"):
        _link(folder / WORKING / name, (settings.project / name).resolve())
    _link(folder / WORKING / "data", settings.data_dir.resolve())
    if not settings.live.is_symlink():
        turn(settings, None)
    return settings.serving()


def turn(settings: Settings, number: int | None) -> None:
    """Let every process of this machine read another release, or what staff edit."""
    _link(settings.live, Path(WORKING if number is None else str(number)))


def live_number(settings: Settings) -> int | None:
    """The release that the link points at; None for what staff edit."""
    try:
        name = os.readlink(settings.live)
    except OSError:
        return None
    return int(name) if name.isdecimal() else None


def content_folder(settings: Settings) -> Path:
    """Where releases are unpacked."""
    return settings.var_dir.resolve() / "content"


@asynccontextmanager
async def alone(settings: Settings) -> AsyncIterator[None]:
    """While nobody else on this machine turns the link or writes into `data_dir`.

    The system ends it when the process ends, however that may be.
    """
    folder = content_folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("a") as file:
        while not _locked(file):  # noqa: ASYNC110 - another process has it
            await asyncio.sleep(_AGAIN)
        yield


def _locked(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _link(path: Path, target: Path) -> None:
    if path.is_symlink() and os.readlink(path) == str(target):
        return
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.replace(path)
