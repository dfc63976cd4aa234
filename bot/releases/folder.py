"""The files of the content in a folder, and candidates: copies that remember what they were made from."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

PARTS = ("config.yml", "domain.yml", "data")
"""What a release holds, seen from the project's root."""
BASE = "base.json"
"""In a candidate: the fingerprint of every file as it was when the candidate was made."""

Prints = dict[str, str]
"""Path from the project's root, with slashes → SHA-256 of the file."""


def content_paths(root: Path) -> list[str]:
    """All files of the content below `root`, sorted; editors' hidden and backup files are left out."""
    found = [name for name in PARTS if (root / name).is_file()]
    for folder, folders, files in os.walk(root / "data", followlinks=True):
        folders[:] = [name for name in folders if _counts(name)]
        at = Path(folder).relative_to(root)
        found += [(at / name).as_posix() for name in files if _counts(name)]
    return sorted(found)


def _counts(name: str) -> bool:
    return not (
        name.startswith((".", "~", "#")) or name.endswith(("~", ".swp", ".tmp")) or name == "__pycache__"
    )


def prints(root: Path) -> Prints:
    """The fingerprint of every file; one that goes away meanwhile is left out."""
    found = {}
    for path in content_paths(root):
        try:
            found[path] = digest((root / path).read_bytes())
        except FileNotFoundError:
            continue
    return found


def digest(content: bytes) -> str:
    """64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def whole(files: Mapping[str, str]) -> str:
    """One fingerprint for all files of a content."""
    return digest("\n".join(f"{path} {files[path]}" for path in sorted(files)).encode())


def take(root: Path, into: Path) -> Prints:
    """Make a candidate in the empty folder `into`: a copy of the content, and what it is a copy of.

    Change the copy's files, never links to the originals: what is judged must not change under the judge.
    Returns the fingerprints. Raises `OSError`.
    """
    into.mkdir(parents=True, exist_ok=True)
    base: Prints = {}
    for path in content_paths(root):
        source, target = root / path, into / path
        target.parent.mkdir(parents=True, exist_ok=True)
        content = source.read_bytes()
        target.write_bytes(content)
        shutil.copystat(source, target)
        base[path] = digest(content)
    (into / BASE).write_text(json.dumps(base), encoding="utf-8")
    return base


def base_of(candidate: Path) -> Prints:
    """What a candidate was made from. Raises `FileNotFoundError` for a folder that `take` did not make."""
    base: Prints = json.loads((candidate / BASE).read_text(encoding="utf-8"))
    return base


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """Paths that are not the same in both, sorted."""
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))


def replace(path: Path, content: bytes | None) -> None:
    """Write a file so that a reader sees all of it or what was before; None removes it.

    The file's mode stays; a link is followed.
    """
    path = path.resolve()
    if content is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
