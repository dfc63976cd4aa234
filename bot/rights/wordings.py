"""The texts citizens must be shown: `data/notices.yml`, each known by what it says."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Annotated

from pydantic import StringConstraints, field_validator, model_validator
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.content.live_file import LiveFile
from bot.content.models import Content, Line
from bot.rights.purposes import Purpose
from bot.rights.tables import Wording

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=600)]
_PLACES = frozenset({"city", "days", "handoff_days"})
_PLACE = re.compile(r"\{([^{}]*)\}")


class ConsentText(Content):
    """What a citizen is asked to agree to."""

    name: Line
    """What it is called in lists."""
    text: _Text


class NoticesFile(Content):
    """`data/notices.yml`."""

    first: _Text
    """Ahead of the first answer: that a program answers, what is kept and for how long."""
    abroad: _Text
    """After it on platforms of foreign companies."""
    consents: dict[Purpose, ConsentText]

    @field_validator("first")
    @classmethod
    def _filled(cls, text: str) -> str:
        unknown = set(_PLACE.findall(text)) - _PLACES
        if unknown:
            raise ValueError(f"모르는 자리가 있어요: {', '.join(sorted(unknown))}")
        if "{days}" not in text:
            raise ValueError("대화를 며칠 보관하는지 {days}로 적어 주세요")
        return text

    @model_validator(mode="after")
    def _every_purpose(self) -> NoticesFile:
        missing = [purpose for purpose in Purpose if purpose not in self.consents]
        if missing:
            raise ValueError(f"consents에 글이 없어요: {', '.join(missing)}")
        return self


@dataclass(frozen=True)
class Text:
    """A text as it is shown."""

    name: str
    """`first`, `abroad` or `consent:<purpose>`."""
    text: str

    @cached_property
    def version(self) -> str:
        """16 letters that stand for these very words."""
        return hashlib.blake2b(f"{self.name}\0{self.text}".encode(), digest_size=8).hexdigest()


class Wordings:
    """The texts as staff have them now. `days` gives what the first notice says is kept for how long."""

    def __init__(
        self, file: LiveFile[NoticesFile], city: Callable[[], str], days: Callable[[], tuple[int, int]]
    ) -> None:
        self._file = file
        self._city = city
        self._days = days

    def first(self) -> Text:
        """What everybody is told. Raises `ContentError` when the file was never good."""
        days, handoff_days = self._days()
        return _first(self._file.current().first, self._city(), days, handoff_days)

    def abroad(self) -> Text:
        """What is said beside that where messages are stored abroad. Raises as above."""
        return Text("abroad", self._file.current().abroad)

    def consent(self, purpose: Purpose) -> Text:
        """What a citizen is asked to agree to. Raises as above."""
        return Text(f"consent:{purpose}", self._file.current().consents[purpose].text)

    def name(self, purpose: Purpose) -> str:
        """What a consent is called. Raises as above."""
        return self._file.current().consents[purpose].name


@lru_cache(maxsize=8)
def _first(words: str, city: str, days: int, handoff_days: int) -> Text:
    """Needed by every message, and the same until staff change something."""
    places = {"city": city, "days": str(days), "handoff_days": str(handoff_days)}
    return Text("first", _PLACE.sub(lambda place: places[place[1]], words))


async def keep(connection: AsyncConnection, text: Text, now: datetime) -> None:
    """Keep the words of a version, so that it can be shown later what somebody was told."""
    if await connection.scalar(select(Wording.version).where(Wording.version == text.version)):
        return
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"version": text.version, "name": text.name, "text": text.text, "first_used_at": now}
    await connection.execute(insert(Wording).values(row).on_conflict_do_nothing())
