"""What a person should see at once about a conversation: a crisis, abuse, a wish for a person, failing again.

The words stand in `data/moods.yml`. Nothing is stored: whoever shows a conversation asks for its last lines.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NamedTuple

import structlog
from pydantic import Field, StringConstraints

from bot.content.live_file import LiveFile
from bot.content.models import Content
from bot.content.problem import ContentError

_Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]

MOST_LINES = 20
"""Lines of a citizen that anything may look back to."""
_NOTHING = re.compile(r"(?!)")

log = structlog.get_logger(__name__)


class Line(NamedTuple):
    """One line of a citizen."""

    text: str
    intent: str | None
    outcome: str | None


class Mood(Content):
    """When a conversation has a mood: `times` of its citizen's last `lines` speak for it."""

    words: tuple[_Word, ...] = ()
    """A space in a word stands for any spaces or none."""
    but: tuple[_Word, ...] = ()
    """Within these a word does not count."""
    intents: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    lines: Annotated[int, Field(ge=1, le=MOST_LINES)] = 6
    times: Annotated[int, Field(ge=1, le=MOST_LINES)] = 1


class MoodFile(Content):
    """`data/moods.yml`, the gravest first."""

    crisis: Mood = Mood(intents=("crisis", "emergency"), lines=MOST_LINES)
    abuse: Mood = Mood(intents=("abuse",))
    person: Mood = Mood(intents=("talk_to_person",))
    failure: Mood = Mood(outcomes=("unanswered", "clarified", "error_bot", "error_service"), lines=4, times=2)


MOODS = tuple(MoodFile.model_fields)
"""crisis, abuse, person, failure: the gravest first."""


@dataclass(frozen=True)
class _Heard:
    mood: Mood
    words: re.Pattern[str]
    """Group 1 is a word that counts; a match without it is one of `but`."""

    def has(self, text: str) -> bool:
        return any(hit[1] is not None for hit in self.words.finditer(text))

    def holds(self, lines: Sequence[Line]) -> bool:
        mood, found = self.mood, 0
        for line in lines[-mood.lines :]:
            if line.intent in mood.intents or line.outcome in mood.outcomes or self.has(_flat(line.text)):
                found += 1
                if found == mood.times:
                    return True
        return False


class Moods:
    """Reads `data/moods.yml` as it stands on disk; microseconds for a line."""

    def __init__(self, file: Callable[[], MoodFile]) -> None:
        self._file = file
        self._of: MoodFile | None = None
        self._heard: dict[str, _Heard] = {}

    def of(self, text: str) -> frozenset[str]:
        """The moods whose words are in a text."""
        flat = _flat(text)
        return frozenset(name for name, heard in self._current().items() if heard.has(flat))

    def told(self, lines: Sequence[Line]) -> tuple[str, ...]:
        """The moods of a conversation by what its citizen said last, oldest first; the gravest first."""
        return tuple(name for name, heard in self._current().items() if heard.holds(lines))

    def _current(self) -> dict[str, _Heard]:
        file = self._file()
        if file is not self._of:
            moods: dict[str, Mood] = {name: getattr(file, name) for name in MOODS}
            self._heard = {name: _Heard(mood, _pattern(mood)) for name, mood in moods.items()}
            self._of = file
        return self._heard


def open_moods(data_dir: Path) -> Moods:
    """The moods of a content folder. Where the file was never good, intents and outcomes still count."""
    file, plain = LiveFile(data_dir / "moods.yml", MoodFile), MoodFile()
    told = False

    def current() -> MoodFile:
        nonlocal told
        try:
            return file.current()
        except ContentError as error:
            if not told:
                log.error("moods_without_words", error=str(error))
                told = True
            return plain

    return Moods(current)


def _pattern(mood: Mood) -> re.Pattern[str]:
    """Found from the left: whatever begins earlier, and at one place what is to be left out, comes first."""
    if not mood.words:
        return _NOTHING
    left_out = [_spaced(word) for word in mood.but]
    return re.compile("|".join([*left_out, "(" + "|".join(map(_spaced, mood.words)) + ")"]))


def _spaced(word: str) -> str:
    return r"\s*".join(re.escape(part) for part in _flat(word).split())


def _flat(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
