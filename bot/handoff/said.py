"""A line of a talk between a citizen and a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Said:
    """One line; its personal data is masked."""

    by: Literal["citizen", "operator"]
    text: str
