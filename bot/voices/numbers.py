"""Numbers that citizens are given for what they raised."""

from __future__ import annotations

import secrets
from datetime import datetime

REPORT, IDEA = "H", "P"


def new_number(kind: str, now: datetime) -> str:
    """`H-26-483920`: kind, year, six digits drawn at random, so that nobody learns how many there are.

    Two may be alike: the database refuses the second and another is drawn.
    """
    return f"{kind}-{now:%y}-{secrets.randbelow(1_000_000):06}"
