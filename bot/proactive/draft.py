"""A wish on its way: what is known of it while the citizen is still asked, as one text in a slot."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

from bot.proactive.wish import Wish

Missing = Literal["", "when", "dong", "number", "service", "event", "event_date"]


class Draft(BaseModel):
    """What the citizen wants, as far as they said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    aim: Literal["subscribe", "life_event"]
    wish: Wish | None = None
    missing: Missing = ""
    """What is to be asked next."""
    fault: str = ""
    """What was wrong with the last answer; a key of the persona follows from it."""
    said: str = ""
    """The words that were no good: an unknown place, a service nobody knows."""
    choices: dict[str, str] = {}
    """Services that may be meant, by id."""
    change: int | None = None
    """The subscription that is to have this wish instead."""
    event: str = ""
    on: date | None = None
    """Day of the life event."""
    unknown_day: bool = False
    """The citizen does not know it yet."""
    step: str = ""
    mark: Literal["", "done", "skipped", "open"] = ""
    show: Literal["", "all"] = ""
    resume: bool = False
    """It came in the middle of a service, which is to be gone on with afterwards."""
