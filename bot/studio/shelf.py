"""All answers as they stand in the files that staff and engineers edit, for lists and searches.

Twenty thousand fit into memory. Of a file that changed only the entries that changed are read.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.content.check_texts import fold
from bot.content.document import Unreadable
from bot.content.load import answer_files
from bot.content.models import Answer
from bot.studio.answer_text import with_topic
from bot.studio.topic_file import Span, TopicFile

_Mark = tuple[int, int, int]


@dataclass(frozen=True)
class Shelved:
    """One answer as it is written in a file."""

    id: str
    file: str
    """Name of the topic's file without its ending."""
    topic: str
    """What the file calls its topic."""
    fields: Mapping[str, Any]
    """As written, without its id."""
    entry: str
    """Its text as it stands in the file, not indented."""
    sound: bool
    """Whether it has the form of an answer."""
    hay: str
    """Everything that a search looks at, without spaces and punctuation."""

    @property
    def title(self) -> str:
        """The first question."""
        return title_of(self.fields) or self.id


@dataclass(frozen=True, eq=False)
class Shelves:
    """What all files held at one moment."""

    answers: Mapping[str, Shelved]
    """By id; of two with the same id the first."""
    topics: Mapping[str, str]
    """What files call their topics, by the files' names."""
    asked: Mapping[str, str]
    """Which answer a question belongs to, by the folded question."""


class Shelf:
    """The answers' folder, read again when it changed. Safe to share between threads."""

    def __init__(self, folder: Path, scan_every: float = 0.3) -> None:
        self._folder = folder
        self._scan_every = scan_every
        self._scanned_at = float("-inf")
        self._lock = threading.Lock()
        self._files: dict[Path, tuple[_Mark, str, tuple[Shelved, ...]]] = {}
        self._now = Shelves({}, {}, {})

    def now(self) -> Shelves:
        """Everything as it stands; the very same object until something changes. May take seconds once."""
        with self._lock:
            if time.monotonic() - self._scanned_at >= self._scan_every:
                if self._scan():
                    self._now = self._shelves()
                self._scanned_at = time.monotonic()
            return self._now

    def text(self, id_: str) -> str | None:
        """An answer as the text of a draft (`bot.studio.answer_text`); None when there is none."""
        found = self.now().answers.get(id_)
        return with_topic(found.file, found.entry) if found else None

    def _scan(self) -> bool:
        paths = answer_files(self._folder) if self._folder.is_dir() else []
        changed = False
        for path in self._files.keys() - set(paths):
            del self._files[path]
            changed = True
        for path in paths:
            stat = path.stat()
            mark = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            known = self._files.get(path)
            if known is None or known[0] != mark:
                topic, answers = _read(path, {each.entry: each for each in known[2]} if known else {})
                self._files[path] = (mark, topic, answers)
                changed = True
        return changed

    def _shelves(self) -> Shelves:
        files = [self._files[path] for path in sorted(self._files)]
        answers: dict[str, Shelved] = {}
        asked: dict[str, str] = {}
        for _, _, entries in files:
            for each in entries:
                if answers.setdefault(each.id, each) is each:
                    for question in _texts(each.fields.get("questions")):
                        asked.setdefault(fold(question), each.id)
        return Shelves(answers, {path.stem: self._files[path][1] for path in sorted(self._files)}, asked)


def title_of(fields: Mapping[str, Any]) -> str:
    """The first question of an answer; empty when there is none."""
    return next(_texts(fields.get("questions")), "")


def hay_of(id_: str, topic: str, fields: Mapping[str, Any]) -> str:
    """What a search looks at."""
    parts = (id_, topic, *_texts(fields.get("questions")), *_texts(fields.get("answer")))
    return "\n".join(map(fold, parts))


def search_for(words: str) -> Callable[[str], bool]:
    """Whether words are in a `hay`: all together however they are spaced, or each of them somewhere."""
    whole, parts = fold(words), [fold(word) for word in words.split()]
    return lambda hay: whole in hay or all(part in hay for part in parts)


def found_in(hay: str, words: str) -> bool:
    """The same for one `hay`."""
    return search_for(words)(hay)


def _read(path: Path, known: Mapping[str, Shelved]) -> tuple[str, tuple[Shelved, ...]]:
    """The topic and the answers of a file; none when it cannot be read, which the checks tell."""
    try:
        file = TopicFile(path.read_bytes().decode(), path)
        topic = file.topic
        try:
            return topic, tuple(_entries(file, file.spans(), known, topic))
        except Unreadable:
            return topic, tuple(_entries(file, file.read_whole(), known, topic))
    except (Unreadable, UnicodeDecodeError):
        return path.stem, ()


def _entries(
    file: TopicFile, spans: tuple[Span, ...], known: Mapping[str, Shelved], topic: str
) -> Iterator[Shelved]:
    for span in spans:
        entry = file.entry(span)
        before = known.get(entry)
        if before and before.topic == topic:
            yield before
            continue
        fields = file.read(span).data
        if isinstance(fields, dict) and isinstance(fields.get("id"), str):
            id_ = fields["id"]
            hay = hay_of(id_, topic, fields)
            yield Shelved(id_, file.path.stem, topic, fields, entry, _is_sound(fields), hay)


def _is_sound(fields: Mapping[str, Any]) -> bool:
    try:
        Answer.model_validate(fields)
    except ValidationError:
        return False
    return True


def _texts(value: Any) -> Iterator[str]:
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, str) and part.strip():
            yield part.strip()
