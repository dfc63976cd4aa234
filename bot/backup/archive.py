"""One file with everything: a gzipped tar of plain files, the manifest last."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from pydantic import ValidationError

from bot.backup.manifest import NAME, Damaged, Manifest, Part

Tell = Callable[[int], None]
"""Hears of every so many bytes."""
_AT_ONCE = 1024 * 1024
_LEVEL = 3
"""Of gzip: half the time of the usual 6, a twentieth more bytes."""
_LONGEST_MANIFEST = 64 * 1024 * 1024


def silent(_: int) -> None:
    """For who wants to hear nothing."""


class Writer:
    """Adds files and remembers what they are."""

    def __init__(self, tar: tarfile.TarFile, tell: Tell) -> None:
        self._tar = tar
        self._tell = tell
        self.parts: dict[str, Part] = {}

    def add(self, name: str, path: Path) -> None:
        """A file as it is now. Raises `OSError`, also when it shrinks meanwhile."""
        with path.open("rb") as file:
            self._put(name, file, os.fstat(file.fileno()).st_size)

    def finish(self, manifest: Manifest) -> None:
        """The last member."""
        content = manifest.model_dump_json(indent=1).encode()
        self._put(NAME, io.BytesIO(content), len(content))

    def _put(self, name: str, file: BinaryIO, size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        hashing = _Hashing(file, self._tell)
        self._tar.addfile(member, hashing)
        self.parts[name] = Part(size=size, sha256=hashing.total.hexdigest())


class _Hashing(io.RawIOBase):
    """A file whose fingerprint is known when it has been read."""

    def __init__(self, file: BinaryIO, tell: Tell) -> None:
        super().__init__()
        self._file = file
        self._tell = tell
        self.total = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(size)
        self.total.update(content)
        self._tell(len(content))
        return content


@contextmanager
def writing(path: Path, tell: Tell = silent) -> Iterator[Writer]:
    """A new archive: under its name only when it is whole and on the disk, readable by its owner alone.

    Raises `OSError`, `FileExistsError` among them: no backup is written over.
    """
    if path.exists():
        raise FileExistsError(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=_LEVEL) as tar:
                yield Writer(tar, tell)
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, path)  # unlike a renaming it fails where there is something
    finally:
        unfinished.unlink(missing_ok=True)


def unpack(path: Path, into: Path, tell: Tell = silent) -> Manifest:
    """Lay the files out below an empty folder, each compared with its fingerprint.

    Raises `Damaged` (then something may lie there, none of it to be trusted) and `OSError`.
    """
    found: dict[str, Part] = {}
    manifest: Manifest | None = None
    try:
        with gzip.open(path) as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
            for member in tar:
                if not member.isfile() or not _inside(member.name):
                    raise Damaged(f"백업에 있을 수 없는 것이 들어 있어요: {member.name}")
                file = tar.extractfile(member)
                if file is None or member.name in found or manifest is not None:
                    raise Damaged(f"백업의 순서가 맞지 않아요: {member.name}")
                if member.name == NAME:
                    manifest = Manifest.model_validate_json(file.read(_LONGEST_MANIFEST))
                else:
                    found[member.name] = _lay_out(file, into / member.name, tell)
    except (tarfile.TarError, EOFError, zlib.error, ValidationError) as error:
        raise Damaged(f"백업 파일을 끝까지 읽을 수 없어요({type(error).__name__}). {path}") from error
    except OSError as error:
        if isinstance(error, gzip.BadGzipFile):
            raise Damaged(f"소통의 백업 파일이 아니거나 상했어요. {path}") from error
        raise
    if manifest is None:
        raise Damaged(f"백업이 끝까지 만들어지지 않았어요. {path}")
    wrong = sorted(name for name in found | manifest.parts if found.get(name) != manifest.parts.get(name))
    if wrong:
        raise Damaged(f"백업할 때와 다른 파일이 {len(wrong)}개 있어요: {', '.join(wrong[:5])}")
    return manifest


def _lay_out(file: IO[bytes], target: Path, tell: Tell) -> Part:
    target.parent.mkdir(parents=True, exist_ok=True)
    total, size = hashlib.sha256(), 0
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        while content := file.read(_AT_ONCE):
            total.update(content)
            size += len(content)
            out.write(content)
            tell(len(content))
    return Part(size=size, sha256=total.hexdigest())


def _inside(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts
