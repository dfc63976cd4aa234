"""What a citizen wants to be told, and when: the form in which it is asked back, kept and carried out."""

from __future__ import annotations

from datetime import date, time
from typing import Literal

from pydantic import BaseModel, ConfigDict

Part = Literal["general", "food", "recycling"]
PARTS: dict[Part, str] = {"general": "일반 쓰레기", "food": "음식물", "recycling": "재활용"}
"""Kinds of waste, as the city's API and citizens call them."""

SCHEDULE, COLLECTION, DEADLINE, CASE, NEWS, CHECKLIST = (
    "schedule", "collection", "deadline", "case", "news", "checklist",
)  # fmt: skip
"""Kinds of wish; each has one class that carries it out (`bot.proactive.kinds`)."""

MORNING = time(9)
EVENING = time(19)


class Wish(BaseModel):
    """One wish; what a kind does not need stays empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    about: str = ""
    """What to be told of, in the citizen's (masked) words; the name of a service or a case."""
    rule: str = ""
    """Recurrence (RFC 5545 RRULE) of the days on which to tell."""
    day: date | None = None
    """The one day on which to tell; of a deadline, the last day to apply."""
    at: time = MORNING
    """City time."""
    chosen: bool = False
    """The citizen named the hour: it holds also where we would not write unasked."""
    ahead: int | None = None
    """Days before the event that are told of; None: the usual ones of the kind."""
    start: date | None = None
    """Day from which a recurrence counts."""
    dong: str = ""
    waste: tuple[Part, ...] = ()
    service_id: str = ""
    """Of the catalogue."""
    answer_id: str = ""
    """Of the answers."""
    number: str = ""
    """Receipt number of a case."""
    event: str = ""
    """Id of a life event."""


class Nothing(Exception):
    """There is nothing to tell any more, or not yet: the day is past, the service has no known deadline."""


class NotNow(Exception):
    """It cannot be worked out at the moment: the city's API is down. To be tried again."""
