"""The vault's keys: one seals, several open. Replacing the first loses nothing and stops nobody.

Keys stand in the settings, or in the installation's own secret `vault`, one a line. Of the file every process
hears by itself: it looks whether it is another one before each use.
"""

from __future__ import annotations

from pathlib import Path

from bot.identity.seal import Broken, Seal
from bot.secrets import own_secret, secret_file
from bot.settings import Settings

NAME = "vault"
SHORTEST = 32
"""Characters of a key."""


def vault_keys(settings: Settings) -> tuple[str, ...]:
    """The key that seals, then those that open only. Raises `OSError` when one cannot be made or read."""
    given = settings.vault_key.get_secret_value()
    older = _several(settings.vault_old_key.get_secret_value())
    path = secret_file(settings.var_dir, NAME)
    kept = own_secret(settings.var_dir, NAME).split() if path.exists() or not given else []
    first, *others = [given, *older, *kept] if given else [*kept, *older]
    return (first, *(key for key in dict.fromkeys(others) if key != first))


class Ring(Seal):
    """A seal with the keys as they are now."""

    def __init__(self, settings: Settings) -> None:
        """Raises `OSError` as `vault_keys`."""
        self._settings = settings
        self._path = secret_file(settings.var_dir, NAME)
        super().__init__(*vault_keys(settings))
        self._seen = _seen(self._path)

    def close(self, value: str, place: str) -> bytes:
        """As `Seal`."""
        self._look()
        return super().close(value, place)

    def open(self, sealed: bytes, place: str) -> str:
        """As `Seal`."""
        self._look()
        return super().open(sealed, place)

    def again(self, sealed: bytes, place: str) -> bytes | None:
        """The same value sealed with the first key; None when it is already. Raises `Broken`."""
        self._look()
        try:
            self.only_first().open(sealed, place)
        except Broken:
            return super().close(super().open(sealed, place), place)
        return None

    def _look(self) -> None:
        seen = _seen(self._path)
        if seen != self._seen:
            self.change(*vault_keys(self._settings))
            self._seen = seen


def _several(text: str) -> list[str]:
    """Keys with blanks between them; a text with shorter pieces is one key that has blanks."""
    pieces = text.split()
    return pieces if all(len(piece) >= SHORTEST for piece in pieces) else [text]


def _seen(path: Path) -> tuple[int, int, int] | None:
    """What is different after the file was replaced; None without one."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
