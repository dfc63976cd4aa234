"""What a sentence of the bot is for, and which placeholders it has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """A thing the bot may have to say."""

    use: str
    """When it is said, for the people who write it."""
    values: frozenset[str] = frozenset()
    """Placeholders the program always fills in; a wording may leave some out."""
    sometimes: frozenset[str] = frozenset()
    """Placeholders that may stay empty; the line of the wording they stand in is then left out."""


def line(use: str, *values: str, sometimes: tuple[str, ...] = ()) -> Line:
    """A line with its placeholders."""
    return Line(use, frozenset(values), frozenset(sometimes))
