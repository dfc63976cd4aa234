"""`data/life_events/*.yml`: what there is to do when people move, marry, have a child, across departments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from bot.content.live_file import LiveFile
from bot.content.models import Content, Line, Link, Slug, Source
from bot.content.problem import ContentError
from bot.text.calendar import month_end, months_later

Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=14)]


class Due(Content):
    """Until when, counted from the day of the event."""

    days: int | None = None
    """Negative: before the event."""
    months: int | None = None
    counts_first: bool = False
    """The event's day is the first (가족관계등록법 제37조); else it is not counted (민법 제157조)."""
    from_month_end: bool = False
    """Counted from the last day of the event's month, as taxes on inheritance are."""
    legal: bool = True
    """A law sets it; else it is advice."""
    late: str = ""
    """What happens to those who are late: 과태료 5만 원 이하."""

    def on(self, event: date) -> date:
        """The last day, or the day by which it is best done."""
        start = month_end(event) if self.from_month_end else event
        if self.months is not None:
            last = months_later(start, self.months)
            last = month_end(last) if self.from_month_end else last
        else:
            last = start + timedelta(days=self.days or 0)
        return last - timedelta(days=self.counts_first)


class Step(Content):
    """One thing to do."""

    id: Slug
    title: Line
    when: Line | None = None
    """For whom it is: 차가 있으면."""
    what: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    where: Line
    online: Link | None = None
    documents: tuple[Line, ...] = ()
    due: Due | None = None
    department: Slug | None = None
    """Whom to ask, of departments.yml."""
    agency: Line | None = None
    """Whose business it is where it is not the city's: 국세청 (126)."""
    answer: Slug | None = None
    """Answer that explains it."""
    source: Source


class LifeEvent(Content):
    """One file."""

    id: Slug
    name: Line
    """이사."""
    words: Annotated[tuple[Line, ...], Field(min_length=1)]
    """What citizens say of it."""
    ask: Line
    """Asks for its day: 언제 이사하세요?"""
    day: Line
    """What that day is called: 이사하는 날."""
    direction: Literal["ahead", "past", "any"] = "any"
    """Whether the day is still to come when people ask."""
    gentle: bool = False
    """Sad: no cheerful word."""
    confirmed_on: date
    steps: Annotated[tuple[Step, ...], Field(min_length=2)]

    def step(self, id_: str) -> Step | None:
        """The step of that id."""
        return next((step for step in self.steps if step.id == id_), None)


class LifeEvents:
    """The folder, as it stands on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[Path, LiveFile[LifeEvent]] = {}

    def all(self) -> Mapping[str, LifeEvent]:
        """By id; a file of which no good version was ever read is left out, which `sotong check` tells."""
        found = {}
        for path in sorted(self._folder.glob("*.yml")):
            file = self._files.setdefault(path, LiveFile(path, LifeEvent))
            try:
                event = file.current()
            except ContentError:
                continue
            found[event.id] = event
        return found

    def named(self, text: str) -> LifeEvent | None:
        """The event whose longest word occurs in a text."""
        squeezed = "".join(text.split())
        hits = [
            (len(word), event)
            for event in self.all().values()
            for each in event.words
            if (word := "".join(each.split())) in squeezed
        ]
        return max(hits, key=lambda hit: hit[0])[1] if hits else None
