"""Secrets an installation makes at its first start, kept in `var/secrets` and readable by it alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def own_secret(var_dir: Path, name: str) -> str:
    """The secret of that name (64 hexadecimal digits), made when there is none yet.

    Raises `OSError` when the folder cannot be written.
    """
    path = var_dir / "secrets" / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        value = secrets.token_hex(32)
        file.write(value)
    return value
