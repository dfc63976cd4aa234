"""`data/statements/`: what an office publishes about privacy and about accessibility.

The text is the office's own. Tables are filled with what the program does: the page cannot say otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from bot.channel_settings import NEEDED
from bot.content.models import Content, Line, Text
from bot.content.problem import did_you_mean

NAMES = ("privacy", "accessibility")
"""Statements there may be: `data/statements/<name>.yml`, read at `/open/<name>`."""
PLACES = frozenset({"city", "phone", "days", "handoff_days"})
_PLACE = re.compile(r"\{([^{}]*)\}")
_Url = Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=300)]


class Section(Content):
    """A part of a statement."""

    title: Line
    text: Text
    """Blank lines between paragraphs, `- ` before the items of a list."""
    table: Literal["kept", "consents", "messengers", "people", "exceptions"] | None = None
    """What follows the text: days of retention, consents, messengers in use, whom to ask, what is not met."""


class Person(Content):
    """Whom to ask."""

    role: Line
    name: Line
    phone: Line
    mail: Line | None = None


class Messenger(Content):
    """Whose servers a messenger's texts pass through."""

    company: Line
    abroad: Line | None = None
    """Countries in which they are stored; None = in Korea."""
    policy: _Url


class Lack(Content):
    """What is not met yet."""

    what: Line
    why: Line
    instead: Line


class Earlier(Content):
    """A version before this one."""

    until: date
    url: _Url


class Statement(Content):
    """A file of `data/statements/`."""

    title: Line
    example: bool = False
    """The facts are those of an invented city."""
    effective: date
    lead: Text
    sections: Annotated[tuple[Section, ...], Field(min_length=1)]
    people: Annotated[tuple[Person, ...], Field(min_length=1)]
    messengers: Mapping[str, Messenger] = Field(default={})
    """By channel."""
    exceptions: tuple[Lack, ...] = ()
    earlier: tuple[Earlier, ...] = ()

    @model_validator(mode="after")
    def _places(self) -> Statement:
        texts = (self.lead, *(each.text for each in self.sections))
        unknown = {place for text in texts for place in _PLACE.findall(text)} - PLACES
        if unknown:
            raise ValueError(f"모르는 자리가 있어요: {', '.join(sorted(unknown))}")
        for channel in self.messengers.keys() - NEEDED.keys():
            raise ValueError(f"‘{channel}’(이)라는 메신저는 없어요.{did_you_mean(channel, NEEDED)}")
        tables = {each.table for each in self.sections}
        if "people" not in tables:
            raise ValueError("물어볼 곳이 없어요: 한 부분에 table: people을 적어 주세요")
        if self.exceptions and "exceptions" not in tables:
            raise ValueError("exceptions를 보여 줄 부분이 없어요: table: exceptions를 적어 주세요")
        if self.messengers and "messengers" not in tables:
            raise ValueError("messengers를 보여 줄 부분이 없어요: table: messengers를 적어 주세요")
        return self


def filled(text: str, places: Mapping[str, str]) -> str:
    """A text with its places filled in."""
    return _PLACE.sub(lambda place: places[place[1]], text)


def blocks(text: str) -> list[tuple[str, list[str]]]:
    """A text as paragraphs (`p`, its lines) and lists (`ul`, its items)."""
    found: list[tuple[str, list[str]]] = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        for line in paragraph.splitlines():
            item = line.removeprefix("- ")
            kind = "p" if item == line else "ul"
            if found and found[-1][0] == kind and found[-1][1]:
                found[-1][1].append(item)
            else:
                found.append((kind, [item]))
        found.append(("p", []))
    return [block for block in found if block[1]]
