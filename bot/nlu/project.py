"""What a model is made from, and its name. For both Pythons: nothing of Rasa is imported."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Collection, Dict, Iterable, Iterator, Tuple

CONTENT = (
    "config.yml",
    "domain.yml",
    "data/nlu",
    "data/rules",
    "data/stories",
    "data/thesaurus",
    "data/services",
)
"""What staff edit, seen from the project's root."""
DATA = ("data/nlu", "data/rules", "data/stories")
"""The part of it that Rasa reads as training data."""
CODE = ("bot/nlu", "bot/text", "bot/encoder", "requirements/rasa.txt")
"""What computes a model."""
_READ = {".yml", ".py", ".txt", ".tsv", ".json", ".safetensors"}
_HOME = Path(__file__).resolve().parents[2]
_KEPT = 3
"""Models kept, the newest first."""


def files(root: Path, names: Iterable[str]) -> Iterator[Path]:
    """The files of a project under `names`, in order."""
    for name in names:
        path = root / name
        if path.is_file():
            yield path
        else:
            yield from sorted(found for found in path.rglob("*") if found.suffix in _READ)


def digest(root: Path, names: Iterable[str]) -> str:
    """64 hexadecimal digits that change with names and contents of the files."""
    total = hashlib.sha256()
    for file in files(root, names):
        total.update(str(file.relative_to(root)).encode())
        total.update(file.read_bytes())
    return total.hexdigest()


def stamps(root: Path) -> Dict[Path, Tuple[int, int]]:
    """Time of change and size of all that staff edit: differs after every save, and is cheap to ask for."""
    found = {}
    for file in files(root, CONTENT):
        try:
            status = file.stat()
        except FileNotFoundError:  # an editor is just replacing it
            continue
        found[file] = (status.st_mtime_ns, status.st_size)
    return found


def code_digest() -> str:
    """64 hexadecimal digits that change with what computes a model."""
    return digest(_HOME, CODE)


def model_name(root: Path, code: str) -> str:
    """File name of the model that the present content gives with code of this digest."""
    both = digest(root, CONTENT) + code
    return f"sotong-{hashlib.sha256(both.encode()).hexdigest()[:12]}.tar.gz"


def forget_old(models_dir: Path, keep: Collection[str] = ()) -> None:
    """Remove all models but the latest few and those named in `keep`: what is live needs its own."""
    models = sorted(models_dir.glob("sotong-*.tar.gz"), key=lambda path: -path.stat().st_mtime)
    for old in models[_KEPT:]:
        if old.name not in keep:
            old.unlink(missing_ok=True)
