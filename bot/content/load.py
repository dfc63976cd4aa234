"""Reading the answers: `data/answers/*.yml`, one topic a file, each entry on its own.

A broken entry or file is reported and skipped; the others are loaded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bot.content.document import Document, Unreadable, read_document, schema_problems
from bot.content.models import Answer, DepartmentFile, Line, Persona
from bot.content.problem import ContentError, Problem, did_you_mean

_TOPIC = TypeAdapter(Line)


@dataclass(frozen=True)
class Placed:
    """An answer and where it stands."""

    answer: Answer
    document: Document
    index: int
    """Place in the file's `entries`."""

    def problem(self, rule: str, message: str, remedy: str, *loc: int | str) -> Problem:
        """An error at `loc` inside the entry."""
        return self.document.problem(rule, message, remedy, "entries", self.index, *loc)


@dataclass(frozen=True)
class AnswersFile:
    """What one file gave."""

    path: Path
    readable: bool
    """False when the file as a whole is broken."""
    entries: tuple[Placed, ...] = ()
    broken_ids: tuple[str, ...] = ()
    """Ids of entries that are there but faulty."""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Loaded:
    """All good answers of a folder, in the order of files and entries, and all faults."""

    answers: tuple[Answer, ...]
    problems: tuple[Problem, ...]


def answer_files(folder: Path) -> list[Path]:
    """The topic files of a folder, sorted by name; hidden ones (editors' drafts) are left out.

    Raises OSError when the folder cannot be listed.
    """
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix in {".yml", ".yaml"} and not path.name.startswith((".", "~"))
    )


def load_answers(folder: Path) -> Loaded:
    """Load every answer of a folder; an absent folder is one problem and no answers."""
    if not folder.is_dir():
        remedy = "폴더를 만들거나 설정 SOTONG_ANSWERS_DIR을 고쳐 주세요."
        return Loaded((), (Problem(folder, 1, "no-folder", "답변 폴더가 없어요", remedy),))
    return merge([read_answers(path) for path in answer_files(folder)])


def merge(files: Iterable[AnswersFile]) -> Loaded:
    """Files' answers together; of two with the same id the first is kept."""
    first: dict[str, Placed] = {}
    problems: list[Problem] = []
    for file in files:
        problems += file.problems
        for placed in file.entries:
            earlier = first.setdefault(placed.answer.id, placed)
            if earlier is not placed:
                where = f"{earlier.document.path.name} {earlier.document.line('entries', earlier.index)}행"
                problems.append(
                    placed.problem(
                        "duplicate-id",
                        f"id ‘{placed.answer.id}’는 {where}에서 이미 썼어요",
                        "둘 중 하나의 id를 바꿔 주세요.",
                        "id",
                    )
                )
    return Loaded(tuple(placed.answer for placed in first.values()), tuple(problems))


def read_answers(path: Path) -> AnswersFile:
    """Read one topic file."""
    try:
        document = read_document(path)
    except Unreadable as error:
        return AnswersFile(path, readable=False, problems=(error.problem,))
    return answers_of(document)


def answers_of(document: Document) -> AnswersFile:
    """The answers of a topic file that was read already."""
    path, data = document.path, document.data
    if not isinstance(data, dict) or not isinstance(data.get("entries"), list):
        said = "맨 위에 ‘topic: 주제’와 ‘entries:’ 목록이 있어야 해요"
        problem = document.problem("schema", said, "다른 답변 파일의 첫 줄들을 본떠 고쳐 주세요.")
        return AnswersFile(path, readable=False, problems=(problem,))
    problems = top_problems(document, "entries")
    entries: list[Placed] = []
    broken: list[str] = []
    for index, entry in enumerate(data["entries"]):
        try:
            entries.append(Placed(Answer.model_validate(entry), document, index))
        except ValidationError as error:
            problems += schema_problems(document, error, Answer, ("entries", index))
            if isinstance(entry, dict) and isinstance(entry.get("id"), str):
                broken.append(entry["id"])
    return AnswersFile(path, True, tuple(entries), tuple(broken), tuple(problems))


def top_problems(document: Document, *sections: str) -> list[Problem]:
    """Faults of a topic file's first level: names other than `topic` and `sections`, no topic."""
    known = ("topic", *sections)
    problems = [
        document.problem(
            "unknown-key",
            f"{key}: 모르는 이름이에요.{did_you_mean(key, known)}",
            "이름을 고치거나 이 줄을 지워 주세요.",
            key,
        )
        for key in document.names()
        if key not in known
    ]
    try:
        _TOPIC.validate_python(document.data.get("topic", ""))
    except ValidationError:
        said, remedy = "topic: 주제가 없거나 너무 길어요", "맨 위에 ‘topic: 여권’처럼 적어 주세요."
        problems.append(document.problem("schema", said, remedy, "topic"))
    return problems


def read_departments(path: Path) -> tuple[DepartmentFile, Document]:
    """Read `departments.yml`. Raises `Unreadable` or `ContentError`."""
    document = read_document(path)
    try:
        return DepartmentFile.model_validate(document.data), document
    except ValidationError as error:
        raise ContentError(schema_problems(document, error, DepartmentFile)) from error


def read_persona(path: Path) -> tuple[Persona, Document]:
    """Read `persona.yml`; an emoji with nothing after it is turned off. Raises as above."""
    document = read_document(path)
    data = document.data
    if isinstance(data, dict) and "emoji" in document.names():
        data["emoji"] = dict.fromkeys(document.names("emoji"), "") | data.get("emoji", {})
    try:
        return Persona.model_validate(data), document
    except ValidationError as error:
        raise ContentError(schema_problems(document, error, Persona)) from error
