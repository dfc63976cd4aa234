"""Settings that a platform hands over as files instead of in the environment. For both Pythons.

One file for each setting, called as its environment variable is: `SOTONG_VAULT_KEY`, `DATABASE_URL`. So do
Docker's and Kubernetes' secrets (`/run/secrets`) and systemd's `LoadCredential=` (systemd.exec(5)).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_FOLDERS = ("SOTONG_SECRETS_DIR", "CREDENTIALS_DIRECTORY")
"""Environment variables that name the folder: ours, and the one that systemd sets."""
_USUAL = "/run/secrets"


def secret_folder(environ: Mapping[str, str]) -> Path | None:
    """Where the files are; None where there are none.

    Raises `NotADirectoryError` when the environment names a folder that is not there.
    """
    for name in _FOLDERS:
        if environ.get(name):
            folder = Path(environ[name])
            if not folder.is_dir():
                raise NotADirectoryError(f"{name}={folder}: 비밀 값 파일을 둔 폴더가 없어요.")
            return folder
    usual = Path(_USUAL)
    return usual if usual.is_dir() else None


def given(environ: Mapping[str, str], name: str) -> str:
    """A setting out of the environment, else out of its file; empty when it is in neither."""
    if environ.get(name):
        return environ[name]
    folder = secret_folder(environ)
    file = folder / name if folder else None
    return file.read_text("utf-8").strip() if file and file.is_file() else ""
