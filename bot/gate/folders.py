"""Content on disk, as the gate reads it: where the parts are, and what differs between two of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from bot.content.document import Unreadable
from bot.content.load import AnswersFile, Placed, answer_files, read_answers, read_departments
from bot.content.problem import ContentError

Read = Callable[[Path], AnswersFile]

LEARNED = ("nlu", "thesaurus", "services")
"""Folders of `data` by which intents are learned, beside `config.yml` and `domain.yml`."""


class KeptFiles:
    """Reads files of answers, those with the same bytes once: of two contents most are the same."""

    def __init__(self) -> None:
        self._known: dict[bytes, AnswersFile] = {}

    def __call__(self, path: Path) -> AnswersFile:
        """As `read_answers`."""
        mark = hashlib.sha256(path.read_bytes()).digest()
        known = self._known.get(mark)
        if known is None:
            known = self._known[mark] = read_answers(path)
        return known if known.path == path else _elsewhere(known, path)


def _elsewhere(file: AnswersFile, path: Path) -> AnswersFile:
    """The same file at another place."""
    document = replace(file.entries[0].document, path=path) if file.entries else None
    entries = tuple(replace(placed, document=document) for placed in file.entries) if document else ()
    problems = tuple(replace(problem, path=path) for problem in file.problems)
    return replace(file, path=path, entries=entries, problems=problems)


@dataclass(frozen=True)
class Content:
    """A folder with `data`, `config.yml` and `domain.yml`; reading is put off until it is asked for."""

    root: Path
    """Paths are told from here."""
    data: Path
    answers: Path
    config: Path
    domain: Path
    read: Read = read_answers

    @classmethod
    def at(cls, root: Path, answers: Path | None = None, read: Read = read_answers) -> Content:
        """A release or a candidate."""
        return cls(root, root / "data", answers or root / "data" / "answers", root / "config.yml",
                   root / "domain.yml", read)  # fmt: skip

    @cached_property
    def files(self) -> tuple[AnswersFile, ...]:
        """Every file of answers."""
        return tuple(map(self.read, answer_files(self.answers))) if self.answers.is_dir() else ()

    @cached_property
    def entries(self) -> tuple[Placed, ...]:
        """Every good answer; of two with one id the first, as citizens get them."""
        first: dict[str, Placed] = {}
        for file in self.files:
            for placed in file.entries:
                first.setdefault(placed.answer.id, placed)
        return tuple(first.values())

    @cached_property
    def department_names(self) -> Mapping[str, str]:
        """Id → name; empty when the file is broken, which the content check tells."""
        try:
            departments = read_departments(self.data / "departments.yml")[0].departments
        except (Unreadable, ContentError):
            return {}
        return {department.id: department.name for department in departments}

    def shown(self, path: Path) -> str:
        """A path as it is told: from the root, whatever the folder of the content is called."""
        if path.is_relative_to(self.data):
            return f"data/{path.relative_to(self.data).as_posix()}"
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.as_posix()

    def place(self, shown: str) -> Path:
        """Where a path as it is told is."""
        return self.data / shown.removeprefix("data/") if shown.startswith("data/") else self.root / shown

    def texts(self) -> Iterator[tuple[str, bytes]]:
        """Every text file but the answers: (path as told, content)."""
        known = [self.config, self.domain]
        known += sorted(path for path in self.data.rglob("*") if path.suffix in {".yml", ".yaml", ".tsv"})
        for path in known:
            if path.is_file() and path.parent.resolve() != self.answers.resolve():
                yield self.shown(path), path.read_bytes()

    def mark(self, *folders: str, files: tuple[str, ...] = ()) -> str:
        """Changes with everything in these folders of `data`, and in these files beside it."""
        total = hashlib.sha256()
        starts = tuple(f"data/{name}/" for name in folders)
        for name, content in self.texts():
            if name.startswith(starts) or name in files:
                total.update(f"{name}\0{len(content)}\0".encode())
                total.update(content)
        return total.hexdigest()

    def learned(self) -> str:
        """Changes with everything by which intents are learned."""
        return self.mark(*LEARNED, files=("config.yml", "domain.yml"))


@dataclass(frozen=True)
class Change:
    """What differs between two contents."""

    items: tuple[str, ...]
    """`answer:<id>` and `file:<path>`, sorted."""
    questions: frozenset[tuple[str, str]]
    """(answer id, question) that were not there before."""
    learned: bool
    """Whether intents are learned from something else now."""


def change(now: Content, before: Content) -> Change:
    """What publishing `now` would change of `before`."""
    old = {placed.answer.id: placed.answer for placed in before.entries}
    new = {placed.answer.id: placed.answer for placed in now.entries}
    items = {f"answer:{id_}" for id_ in old.keys() | new.keys() if old.get(id_) != new.get(id_)}
    files, others = dict(now.texts()), dict(before.texts())
    items |= {f"file:{name}" for name in files.keys() | others.keys() if files.get(name) != others.get(name)}
    questions = {
        (id_, question)
        for id_, answer in new.items()
        for question in answer.questions
        if id_ not in old or question not in old[id_].questions
    }
    return Change(tuple(sorted(items)), frozenset(questions), now.learned() != before.learned())
