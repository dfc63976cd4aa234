"""A value found in a text, and the choice among values found in the same place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Found:
    """A stretch of the text that says a value."""

    start: int
    end: int
    entity: str
    """`date`, `time`, `period`, `duration`, `money`, `age` …"""
    value: str
    """`2026-11-25`, `15:30`, `2026-11-01/2026-11-30`, `P3M`, `50000` …"""


def apart(candidates: Iterable[Found]) -> list[Found]:
    """In order, none overlapping another: the first, and of those that begin together the longest."""
    found: list[Found] = []
    for candidate in sorted(candidates, key=lambda one: (one.start, -one.end)):
        if not found or candidate.start >= found[-1].end:
            found.append(candidate)
    return found
