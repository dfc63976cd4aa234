"""Lays a release out as a folder; what is as it was in another one is the very same file on the disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from bot.releases.folder import Prints, digest

_SPARE = 3
"""Folders kept beside the live one: a roll back to one of them unpacks nothing."""
_READ_ONLY = 0o444


def whole(folder: Path, prints: Prints) -> bool:
    """Whether a release lies there with exactly these files."""
    return folder.is_dir() and all(_same(folder / path, sha256) for path, sha256 in prints.items())


def at_hand(folders: list[Path], prints: Prints) -> dict[str, Path]:
    """Files of the release that lie unchanged in one of `folders`: path → where."""
    found: dict[str, Path] = {}
    for path, sha256 in prints.items():
        for folder in folders:
            if _same(folder / path, sha256):
                found[path] = folder / path
                break
    return found


def lay_out(folder: Path, prints: Prints, links: Mapping[str, Path], contents: Mapping[str, bytes]) -> None:
    """Make `folder` at once, of hard links and of `contents` (by fingerprint). Raises `OSError`."""
    building = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(building, ignore_errors=True)
    try:
        for path, sha256 in prints.items():
            target = building / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if path in links:
                os.link(links[path], target)
            else:
                target.write_bytes(contents[sha256])
                target.chmod(_READ_ONLY)
        if folder.exists():  # a damaged one
            folder.replace(building.with_name(f"{building.name}.old"))
        building.replace(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
        shutil.rmtree(building.with_name(f"{building.name}.old"), ignore_errors=True)


def unpacked(content: Path) -> list[Path]:
    """The folders of releases below `content`, the newest number first."""
    found = [path for path in content.iterdir() if path.name.isdecimal()] if content.is_dir() else []
    return sorted(found, key=lambda path: -int(path.name))


def tidy(content: Path, live: int | None) -> None:
    """Remove folders of releases that nobody reads any more, the least recently used first."""
    others = [path for path in unpacked(content) if path.name != str(live)]
    others.sort(key=lambda path: -path.stat().st_mtime)
    for path in others[_SPARE:]:
        shutil.rmtree(path)


def _same(path: Path, sha256: str) -> bool:
    try:
        return digest(path.read_bytes()) == sha256
    except OSError:
        return False
