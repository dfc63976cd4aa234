"""For whom a public service is: the codes of its support conditions.

Codes and their meanings: operation `supportConditions` of
행정안전부 「대한민국 공공서비스(혜택) 정보」 (gov24/v3).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Conditions:
    """What one service states; a group of which nothing is stated limits nobody."""

    flags: frozenset[str] = frozenset()
    """Codes that are marked: `JA0101`, `JA0327` …"""
    age_from: int | None = None
    """Years of age, inclusive (JA0110)."""
    age_to: int | None = None
    """Years of age, inclusive (JA0111)."""
