"""The files of an installation that a backup holds, and where they belong."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from bot.releases.folder import content_paths
from bot.settings import Settings

STONES = "erased.jsonl"
"""The tombstones (`bot.rights.tombstones`), which are never put back, only added to."""
_CONTENT, _ANSWERS, _MODELS, _ENCODER = "content", "answers", "models", "encoder"


def files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Everything but the database: name in the archive → where it is."""
    for path in content_paths(settings.working):
        yield f"{_CONTENT}/{path}", settings.working / path
    if settings.answers_dir is not None:
        yield from _below(_ANSWERS, settings.answers_dir)
    yield from _below(_MODELS, settings.models_dir)
    yield from _below(_ENCODER, settings.var_dir / "encoder")
    if settings.tombstones_file.is_file():
        yield STONES, settings.tombstones_file


def put_back(unpacked: Path, settings: Settings, kept: Path) -> None:
    """Lay the files where they belong; what staff had edited there is moved into `kept`. Raises `OSError`."""
    content = unpacked / _CONTENT
    if (content / "data").is_dir():
        _instead(content / "data", settings.data_dir.resolve(), kept / "data")
    names = [name for name in ("config.yml", "domain.yml") if (content / name).is_file()]
    if not all(_same(content / name, settings.project / name) for name in names):
        for name in names:  # beside the data both of them count
            target = settings.data_dir.resolve().parent / name
            if target.exists():
                kept.mkdir(parents=True, exist_ok=True)
                shutil.copy2(target, kept / name)
            _copy(content / name, target)
    if settings.answers_dir is not None and (unpacked / _ANSWERS).is_dir():
        _instead(unpacked / _ANSWERS, settings.answers_dir.resolve(), kept / "answers")
    # A model's name says what it was made from: one that is there is the same.
    for source in _files(unpacked / _MODELS):
        target = settings.models_dir / source.relative_to(unpacked / _MODELS)
        if not target.exists():
            _copy(source, target)
    if (unpacked / _ENCODER).is_dir():
        _instead(unpacked / _ENCODER, settings.var_dir / "encoder", kept / "encoder")
    redis = settings.var_dir / "redis"
    if redis.is_dir():  # what it remembers is of talks that may not have been yet
        _move(redis, kept / "redis")


def _below(name: str, folder: Path) -> Iterator[tuple[str, Path]]:
    for path in _files(folder):
        yield f"{name}/{path.relative_to(folder).as_posix()}", path


def _files(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.rglob("[!.]*") if path.is_file() and path.suffix not in (".tmp", ".new")
    )


def _instead(source: Path, target: Path, kept: Path) -> None:
    """What `target` holds goes to `kept`, then `source` comes into it; `target` itself may be a mount."""
    if target.is_dir():
        _move(target, kept)
    for path in _files(source):
        _copy(path, target / path.relative_to(source))


def _move(folder: Path, into: Path) -> None:
    into.mkdir(parents=True, exist_ok=True)
    for child in list(folder.iterdir()):
        shutil.move(child, into / child.name)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(f".{target.name}.{os.getpid()}.new")
    shutil.copyfile(source, new)
    os.chmod(new, 0o644)
    new.replace(target)


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()
