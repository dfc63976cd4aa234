"""Whose business something is: `data/jurisdiction.yml`, by the words of a question."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_SHORT = 2
"""Syllables of a word that other words may hold."""
_AFTER = "시|도|군|구|에|의|은|는|이|가|를|을|로|랑|과|와|쪽|사는|거주"
"""What may follow a place's name without a space."""
Level = Literal["central", "corporation", "province", "city", "dong"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Office(_Strict):
    """Whom to turn to."""

    name: _Text
    phone: _Text
    url: str | None = Field(default=None, pattern=r"^https?://")
    note: str = ""


class Subject(_Strict):
    """Something citizens ask about, and whose business it is."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
    words: tuple[_Text, ...] = Field(min_length=1)
    """Any of them names the subject; `a + b` when both are there."""
    without: tuple[_Text, ...] = Field(default=(), alias="not")
    """None of them may be there."""
    level: Level
    owner: Office | None = None
    department: str | None = None
    """Ours, by its id in `data/departments.yml`; instead of `owner`."""

    @model_validator(mode="after")
    def _one_owner(self) -> Subject:
        if (self.owner is None) == (self.department is None):
            raise ValueError("owner(다른 기관)와 department(우리 부서) 가운데 하나만 적어 주세요")
        return self


class Elsewhere(_Strict):
    """What belongs to another municipality."""

    phone: _Text
    phone_note: str = ""
    places: tuple[_Text, ...]


class JurisdictionFile(_Strict):
    """`data/jurisdiction.yml`."""

    confirmed_on: date
    subjects: tuple[Subject, ...]
    elsewhere: Elsewhere

    @model_validator(mode="after")
    def _each_once(self) -> JurisdictionFile:
        ids = [subject.id for subject in self.subjects]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"같은 id가 두 번 나와요: {', '.join(twice)}")
        return self


@dataclass(frozen=True)
class Owner:
    """Whose business a question is."""

    subject: Subject | None
    """None: nothing but the place says so."""
    place: str = ""
    """Another municipality that the question names."""


class Jurisdictions:
    """Finds the owner of a question."""

    def __init__(self, file: JurisdictionFile) -> None:
        self.file = file
        self._words = [
            (subject, [_parts(word) for word in subject.words], [_word(word) for word in subject.without])
            for subject in file.subjects
        ]
        self._places = [(place, _place(place)) for place in file.elsewhere.places]

    def resolve(self, text: str) -> Owner | None:
        """The owner by the most specific words that occur; None when nothing says whose business it is."""
        text = text.casefold()
        place = max((place for place, word in self._places if word.search(text)), key=len, default="")
        found = [
            (sum(len(part.pattern) for part in parts), subject)
            for subject, words, without in self._words
            if not any(word.search(text) for word in without)
            for parts in words
            if all(part.search(text) for part in parts)
        ]
        best = max(found, key=lambda pair: pair[0], default=None)
        if best is not None and (not place or best[1].level in ("central", "corporation")):
            return Owner(best[1], place)
        return Owner(None, place) if place else None


def _parts(word: str) -> list[re.Pattern[str]]:
    return [_word(part) for part in word.split("+")]


def _word(word: str) -> re.Pattern[str]:
    """However it is spaced; a short word only where one begins: 기차 is not in 전기차."""
    begins = "" if len(_squeeze(word)) > _SHORT else r"(?<![가-힣a-z0-9])"
    return re.compile(begins + _spaced(word))


def _place(word: str) -> re.Pattern[str]:
    """A name by itself, or with what may follow a place: 전남 is not in 전남친."""
    return re.compile(rf"(?:^|(?<=\s)){_spaced(word)}(?=$|[^가-힣]|{_AFTER})")


def _spaced(word: str) -> str:
    return r"\s*".join(map(re.escape, _squeeze(word)))


def _squeeze(word: str) -> str:
    return "".join(word.split()).casefold()
