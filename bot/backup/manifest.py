"""What a backup says of itself: the last member of its archive."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, NonNegativeInt

from bot.messages import Frozen

NAME = "manifest.json"


class Damaged(Exception):
    """The file is no backup, or not a whole one. The text says what is wrong, in Korean."""


class Part(Frozen):
    """One file in the archive."""

    size: NonNegativeInt
    """Bytes."""
    sha256: str


class Manifest(Frozen):
    """Without it an archive is no backup: it was cut off."""

    format: Literal[1] = 1
    made_at: AwareDatetime
    version: str
    """Of the program."""
    kind: Literal["sqlite", "postgresql"]
    revision: str
    """Of the database's schema (`bot.log.migrate`)."""
    rows: dict[str, NonNegativeInt]
    """By table, at the moment that the dump shows."""
    parts: dict[str, Part]
    """By the file's name in the archive."""
    keys: dict[str, str]
    """By name: what shows whether one has the same secret (`bot.backup.keys`)."""
    settings: tuple[str, ...]
    """Names of the settings in force that are no defaults; their values stay where they are."""
