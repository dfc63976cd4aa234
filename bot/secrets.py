"""Secrets an installation makes at its first start, kept in `var/secrets` and readable by it alone.

A secret that is being replaced has several lines: the first is in use, the others are still believed.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path


def own_secret(var_dir: Path, name: str) -> str:
    """The secret of that name (64 hexadecimal digits), made when there is none yet.

    Raises `OSError` when the folder cannot be written.
    """
    path = secret_file(var_dir, name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        value = new_secret()
        file.write(value)
    return value


def new_secret() -> str:
    """256 bits, as 64 hexadecimal digits."""
    return secrets.token_hex(32)


def secret_file(var_dir: Path, name: str) -> Path:
    """Where a secret is."""
    return var_dir / "secrets" / name


def secret_names(var_dir: Path) -> list[str]:
    """All that there are, sorted."""
    folder = var_dir / "secrets"
    return sorted(path.name for path in folder.glob("[!.]*") if path.is_file()) if folder.is_dir() else []


def keep_secrets(var_dir: Path, name: str, lines: Sequence[str]) -> None:
    """Replace a secret; who reads the file meanwhile gets it as it was or as it is. Raises `OSError`."""
    path = secret_file(var_dir, name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_name(f".{name}.{os.getpid()}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write("\n".join(lines))
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
