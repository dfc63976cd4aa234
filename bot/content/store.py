"""The content in use, always as it stands on disk: an edit is seen within a second, a fault never."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from bot.content.check_city import check_calendar, check_departments, check_persona
from bot.content.document import Unreadable
from bot.content.hours import with_calendar
from bot.content.live_file import read_file
from bot.content.load import AnswersFile, answer_files, merge, read_answers, read_departments, read_persona
from bot.content.models import Answer, CalendarFile, Department, DepartmentFile
from bot.content.persona import Voice
from bot.content.problem import ContentError, Problem
from bot.settings import Settings

_Mark = tuple[int, int, int]
"""Time of change, size and inode: differs when a file was written or replaced."""

_SETTLED = 50_000_000
"""Nanoseconds without a change after which a file counts as saved: many editors empty it first."""


class ContentStore:
    """Answers, departments and persona for one process.

    Asking looks at the files' marks at most every `scan_every` seconds and re-reads what changed.
    A broken file keeps its last good version, a broken entry its own; `problems()` tells of both.
    Safe to share between threads.
    """

    def __init__(self, settings: Settings, scan_every: float = 0.3) -> None:
        self._answers_dir = settings.live_answers
        self._departments_path = settings.live_data / "departments.yml"
        self._calendar_path = settings.live_data / "calendar.yml"
        self._persona_path = settings.live_data / "persona.yml"
        self._answer_days = settings.answer_days
        self._scan_every = scan_every
        self._lock = threading.Lock()
        self._scanned_at = float("-inf")
        self._marks: dict[Path, _Mark] = {}
        self._digests: dict[Path, bytes] = {}
        self._files: dict[Path, AnswersFile] = {}
        self._answers: tuple[Answer, ...] = ()
        self._topics: Mapping[str, str] = {}
        self._topic_names: Mapping[str, str] = {}
        self._own_departments: DepartmentFile | None = None
        """As they stand in their file."""
        self._calendar = CalendarFile()
        self._departments: DepartmentFile | None = None
        self._voice: Voice | None = None
        self._problems: dict[str, tuple[Problem, ...]] = {}
        self._version = 0

    @property
    def version(self) -> int:
        """Counts up with every change seen; equal numbers mean equal content."""
        with self._lock:
            self._scan()
            return self._version

    def answers(self) -> tuple[Answer, ...]:
        """Every good answer; the very same tuple until something changes."""
        with self._lock:
            self._scan()
            return self._answers

    def topics(self) -> Mapping[str, str]:
        """Id of an answer → its topic, the name of its file; the same object until something changes."""
        with self._lock:
            self._scan()
            return self._topics

    def topic_names(self) -> Mapping[str, str]:
        """Topic → what staff call it, in the order of the files."""
        with self._lock:
            self._scan()
            return self._topic_names

    def departments(self) -> DepartmentFile:
        """The departments. Raises ContentError when no good version was ever read."""
        with self._lock:
            self._scan()
            if self._departments is None:
                raise ContentError(self._problems["departments"])
            return self._departments

    def call_centre(self) -> Department:
        """The default department: who to call when nobody better is known, and whose hours count."""
        file = self.departments()
        return next(department for department in file.departments if department.id == file.default)

    def persona(self) -> Voice:
        """The bot's voice. Raises ContentError when no good version was ever read."""
        with self._lock:
            self._scan()
            if self._voice is None:
                raise ContentError((*self._problems["departments"], *self._problems["persona"]))
            return self._voice

    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the files as they stand now."""
        with self._lock:
            self._scan()
            return tuple(problem for found in self._problems.values() for problem in found)

    def _scan(self) -> None:
        now = time.monotonic()
        if now - self._scanned_at < self._scan_every:
            return
        self._scanned_at = now
        first = not self._problems
        changed = self._scan_answers(first)
        departments_new = self._is_new(self._departments_path) or first
        if departments_new:
            self._read("departments", self._read_departments)
            changed = True
        waits = departments_new and self._voice is None  # for the default department's phone
        if self._is_new(self._calendar_path) or departments_new:
            self._read("calendar", self._read_calendar)
            changed = True
        if self._is_new(self._persona_path) or waits:
            self._read("persona", self._read_persona)
            changed = True
        if changed:
            self._version += 1

    def _is_new(self, path: Path) -> bool:
        """Whether a file differs from when it was last looked at. The mark is taken before reading.

        A file that was replaced by one of the same text, as when the first release goes live, is not new.
        """
        try:
            stat = path.stat()
            mark = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if path in self._marks and (self._marks[path] == mark or _is_being_saved(stat.st_mtime_ns)):
                return False
            digest = _digest(path)
        except FileNotFoundError:
            self._digests.pop(path, None)
            return self._marks.pop(path, None) is not None
        self._marks[path] = mark
        before, self._digests[path] = self._digests.get(path), digest
        return before != digest

    def _scan_answers(self, first: bool) -> bool:
        try:
            paths = answer_files(self._answers_dir)
        except (FileNotFoundError, NotADirectoryError):
            gone = Problem(
                self._answers_dir, 1, "no-folder", "답변 폴더가 없어요", "폴더를 되살리면 다시 읽어요."
            )
            known = self._problems.get("answers", ())
            self._problems["answers"] = (gone,)
            return first or known != (gone,)
        new = [path for path in paths if self._is_new(path)]
        gone_paths = self._files.keys() - set(paths)
        returned = any(problem.rule == "no-folder" for problem in self._problems.get("answers", ()))
        if not (new or gone_paths or first or returned):
            return False
        for path in gone_paths:
            del self._files[path]
            self._marks.pop(path, None)
            self._digests.pop(path, None)
        for path in new:
            before = self._files.get(path)
            self._files[path] = _keep_same(_keep_good(read_answers(path), before), before)
        loaded = merge(self._files[path] for path in paths if path in self._files)
        for answer in loaded.answers:
            answer.trust(self._answer_days)
        self._answers, self._problems["answers"] = loaded.answers, loaded.problems
        self._topics, self._topic_names = _topics(self._files)
        return True

    def _read(self, part: str, read: Callable[[], None]) -> None:
        try:
            read()
        except Unreadable as error:
            self._problems[part] = (error.problem,)
        except ContentError as error:
            self._problems[part] = error.problems
        else:
            self._problems[part] = ()

    def _read_departments(self) -> None:
        departments, document = read_departments(self._departments_path)
        _refuse_errors(check_departments(departments, document))
        self._own_departments = departments
        self._departments = with_calendar(departments, self._calendar)
        if self._voice is not None:
            self._voice = replace(self._voice, phone=_default_phone(departments))

    def _read_calendar(self) -> None:
        """A city without the file keeps its ordinary hours and the public holidays."""
        if self._own_departments is None:
            return
        if self._calendar_path.exists():
            calendar, document = read_file(self._calendar_path, CalendarFile)
            _refuse_errors(check_calendar(calendar, self._own_departments, document))
        else:
            calendar = CalendarFile()
        self._calendar = calendar
        self._departments = with_calendar(self._own_departments, calendar)

    def _read_persona(self) -> None:
        persona, document = read_persona(self._persona_path)
        _refuse_errors(check_persona(persona, document))
        if self._departments is None:
            raise ContentError(())
        self._voice = Voice(persona, _default_phone(self._departments))


def _topics(files: Mapping[Path, AnswersFile]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    names: dict[str, str] = {}
    of: dict[str, str] = {}
    for path in sorted(files):
        for placed in files[path].entries:
            names[path.stem] = str(placed.document.data.get("topic", "")) or path.stem
            of.setdefault(placed.answer.id, path.stem)
    return of, names


def _is_being_saved(changed_at: int) -> bool:
    """Whether a file may be half written still. A time in the future, of another clock, says nothing."""
    return 0 <= time.time_ns() - changed_at < _SETTLED


def _digest(path: Path) -> bytes:
    """Differs with the text; empty for a file that cannot be read, which the reader says."""
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except FileNotFoundError:
        raise
    except OSError:
        return b""


def _refuse_errors(problems: list[Problem]) -> None:
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise ContentError(errors)


def _default_phone(file: DepartmentFile) -> str:
    return next(department.phone for department in file.departments if department.id == file.default)


def _keep_good(now: AnswersFile, before: AnswersFile | None) -> AnswersFile:
    """The file as it is now, with the last good version of whatever in it is broken."""
    if before is None or (now.readable and not now.broken_ids):
        return now
    if not now.readable:
        return replace(now, entries=before.entries)
    whole = {placed.answer.id for placed in now.entries}
    kept = [
        placed
        for placed in before.entries
        if placed.answer.id in now.broken_ids and placed.answer.id not in whole
    ]
    return replace(now, entries=(*now.entries, *kept))


def _keep_same(now: AnswersFile, before: AnswersFile | None) -> AnswersFile:
    """The file with the very same answers as before where they say the same: nobody reads those again."""
    known = {placed.answer.id: placed.answer for placed in before.entries} if before else {}
    return replace(
        now,
        entries=tuple(
            replace(placed, answer=known[placed.answer.id])
            if known.get(placed.answer.id) == placed.answer
            else placed
            for placed in now.entries
        ),
    )
