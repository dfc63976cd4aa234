"""From when on abuse is no longer answered (`data/mutes.yml`)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from bot.content.models import Content

LONGEST = timedelta(days=7)
"""Nobody is left without answers for longer, by rule or by hand."""
_Minutes = Annotated[int, Field(ge=1, le=int(LONGEST.total_seconds() // 60))]
_Times = Annotated[int, Field(ge=1, le=100)]


class MuteFile(Content):
    """`data/mutes.yml`."""

    by_rule: bool = True
    window_minutes: Annotated[int, Field(ge=1, le=1440)] = 30
    """Only abuse within them counts."""
    warn_at: _Times = 2
    """The how manieth is met with a warning."""
    mute_at: _Times = 4
    """The how manieth is the last, if there was a warning before it."""
    minutes: Annotated[tuple[_Minutes, ...], Field(min_length=1)] = (10, 60, 1440)
    """How long: the first time, the second, and so on; the last for all that follow."""
    within_days: Annotated[int, Field(ge=1, le=365)] = 30
    """Times before that no longer count."""

    @model_validator(mode="after")
    def _warned_first(self) -> Self:
        if self.mute_at <= self.warn_at:
            raise ValueError("mute_at은 warn_at보다 커야 해요: 먼저 알리고 나서 쉬어요")
        return self

    def duration(self, before: int) -> timedelta:
        """How long it is for who was muted so many times before."""
        return timedelta(minutes=self.minutes[min(before, len(self.minutes) - 1)])
