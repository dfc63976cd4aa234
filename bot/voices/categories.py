"""What citizens may report and propose: the form of `data/voices.yml`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal, TypeVar

from pydantic import Field, StringConstraints, field_validator

from bot.content.hours import holiday
from bot.content.models import Content, Line, Slug

OTHER = "other"
"""Category and topic of whatever fits no other."""
_SATURDAY = 5
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=14)]


class Topic(Content):
    """A kind of idea."""

    id: Slug
    name: Label
    words: tuple[Line, ...] = ()
    """What citizens call such things."""
    department: Slug


class Category(Topic):
    """A kind of problem."""

    days: Annotated[int, Field(ge=1, le=365)]
    """Working days until it is to be dealt with."""
    urgent: Literal["", "119", "112"] = ""
    """Number to call first."""
    delivery: Literal["api", "queue"] = "queue"


T = TypeVar("T", bound=Topic)


class Voices(Content):
    """The whole file."""

    most_a_day: Annotated[int, Field(ge=1, le=1000)] = 20
    """Reports that one citizen can file within 24 hours."""
    categories: tuple[Category, ...]
    topics: tuple[Topic, ...]

    @field_validator("categories", "topics")
    @classmethod
    def _has_other(cls, entries: tuple[Topic, ...]) -> tuple[Topic, ...]:
        ids = [entry.id for entry in entries]
        if OTHER not in ids or len(set(ids)) != len(ids):
            raise ValueError(f"ids must differ, and one must be {OTHER}")
        return entries

    def category(self, id_: str) -> Category:
        """The category of that id; `OTHER` when staff have removed it."""
        return _of(self.categories, id_)

    def topic(self, id_: str) -> Topic:
        """The topic of that id; `OTHER` when staff have removed it."""
        return _of(self.topics, id_)

    def category_in(self, text: str) -> Category | None:
        """The category whose longest word occurs in a text; one with a number to call first goes ahead."""
        found = _named(self.categories, text)
        urgent = [pair for pair in found if pair[1].urgent]
        best = max(urgent or found, key=lambda pair: len(pair[0]), default=None)
        return best[1] if best else None

    def topic_of(self, text: str) -> Topic:
        """The topic whose longest word occurs in a text."""
        best = max(_named(self.topics, text), key=lambda pair: len(pair[0]), default=None)
        return best[1] if best else self.topic(OTHER)


def _of(entries: Sequence[T], id_: str) -> T:
    known = {entry.id: entry for entry in entries}
    return known.get(id_, known[OTHER])


def _named(entries: Sequence[T], text: str) -> list[tuple[str, T]]:
    squeezed = squeeze(text)
    return [(word, entry) for entry in entries for word in map(squeeze, entry.words) if word in squeezed]


def squeeze(text: str) -> str:
    """A text without spaces and case."""
    return "".join(text.split()).casefold()


def due(since: datetime, days: int) -> datetime:
    """The same hour so many working days later: the first day, Saturdays, Sundays and public holidays are
    not counted (민원 처리에 관한 법률 제19조). `since` is in the city's zone.
    """
    day = since
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < _SATURDAY and holiday(day.date()) is None
    return day
