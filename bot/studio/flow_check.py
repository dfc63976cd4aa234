"""Checks one file of the content as somebody types it, by the checkers that look at all of it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bot.content.check import FILES, bad_address
from bot.content.check_city import check_departments, check_persona
from bot.content.check_dialogue import check_dialogue
from bot.content.check_life_events import Known, check_life_events
from bot.content.check_texts import personal_data
from bot.content.check_thesaurus import check_thesaurus
from bot.content.document import Unreadable, read_document
from bot.content.live_file import check_file
from bot.content.load import read_departments, read_persona
from bot.content.problem import ContentError, Problem
from bot.services.check import check_services
from bot.studio.intents_marks import unmarked
from bot.studio.intents_text import NotEditable, read_blocks
from bot.studio.texts import Texts

_BESIDE = ("data/departments.yml", "data/persona.yml", "domain.yml")
"""Files that others name things of."""
_IDS = "answers.txt"
_ANSWER = re.compile(r"^\s*-?\s*id: *['\"]?([\w.-]+)", re.MULTILINE)
_TOGETHER = {
    "data/services": ("data/services",),
    "data/life_events": ("data/life_events",),
    "data/rules": ("data/rules", "data/stories"),
    "data/stories": ("data/rules", "data/stories"),
    "domain.yml": ("data/rules", "data/stories"),
}
"""Folders that are looked at whole with a file of the left side."""


def check_text(texts: Texts, path: str, text: str) -> list[Problem]:
    """Every fault of a file if it read like this; paths are from the project's root.

    `texts` are the other files, drafts included. What else the change breaks in another file is told too,
    as a fault of that file.
    """
    with tempfile.TemporaryDirectory(prefix="sotong-check-") as folder:
        root = Path(folder)
        _lay(root, texts, path, text)
        file = root / path
        try:
            read_document(file)
        except Unreadable as error:
            return [_moved(error.problem, root)]
        problems = _kind(path)(root, path)
    found = [_moved(problem, root) for problem in problems]
    return sorted(found, key=lambda one: (str(one.path) != path, str(one.path), one.line))


def check_without(texts: Texts, path: str, *, without: bool = True) -> list[Problem]:
    """Faults of the files that are looked at together with this one: if it were gone, or as things are."""
    with tempfile.TemporaryDirectory(prefix="sotong-check-") as folder:
        root = Path(folder)
        _lay(root, texts, path, texts.read(path).text or "")
        if without:
            (root / path).unlink()
        problems = _kind(path)(root, path) if any((root / path).parent.glob("*.yml")) else []
    found = [_moved(problem, root) for problem in problems]
    return [one for one in found if str(one.path) != path]


def checked(path: str) -> bool:
    """Whether more than a file's form is looked at."""
    return _kind(path) is not _form


def _ids(texts: Texts) -> str:
    """The lines of all answers that name one."""
    found = (texts.read(path).text or "" for path in texts.paths("data/answers"))
    return "\n".join(line for text in found for line in text.splitlines() if "id:" in line)


def _lay(root: Path, texts: Texts, path: str, text: str) -> None:
    """Write the file, and those that it is checked with, below `root`."""
    around = next((folders for begin, folders in _TOGETHER.items() if path.startswith(begin)), ())
    wanted = {*_BESIDE, *(each for folder in around for each in texts.paths(folder))}
    for each in wanted - {path}:
        content = texts.read(each).text
        if content is not None:
            (root / each).parent.mkdir(parents=True, exist_ok=True)
            (root / each).write_text(content, encoding="utf-8")
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")
    if path.startswith("data/life_events/"):
        (root / _IDS).write_text(_ids(texts), encoding="utf-8")


def _kind(path: str) -> Callable[[Path, str], list[Problem]]:
    """What looks at a file of this path."""
    if path == "domain.yml" or path.startswith(("data/rules/", "data/stories/")):
        return lambda root, _: check_dialogue(root / "domain.yml", root / "data")
    if path.startswith("data/services/"):
        return _services
    if path.startswith("data/thesaurus/"):
        return lambda root, _: check_thesaurus(root / "data" / "thesaurus")
    if path.startswith("data/life_events/"):
        return _life_events
    if path.startswith("data/nlu/"):
        return _examples
    if path.removeprefix("data/") in FILES:
        return lambda root, name: check_file(root / name, FILES[name.removeprefix("data/")])
    return {"data/departments.yml": _city, "data/persona.yml": _city}.get(path, _form)


def _form(_root: Path, _path: str) -> list[Problem]:
    return []


def _services(root: Path, _path: str) -> list[Problem]:
    try:
        emoji = frozenset(read_persona(root / "data" / "persona.yml")[0].emoji)
    except (Unreadable, ContentError):
        emoji = frozenset()
    return check_services(root / "data" / "services", _departments(root), emoji)


def _life_events(root: Path, _path: str) -> list[Problem]:
    answers = _ANSWER.findall((root / _IDS).read_text(encoding="utf-8"))
    known = Known(_departments(root), frozenset(answers), bad_address)
    return check_life_events(root / "data" / "life_events", known)


def _departments(root: Path) -> frozenset[str] | None:
    try:
        file, _ = read_departments(root / "data" / "departments.yml")
    except (Unreadable, ContentError):
        return None
    return frozenset(department.id for department in file.departments)


def _city(root: Path, path: str) -> list[Problem]:
    try:
        if path == "data/persona.yml":
            return list(check_persona(*read_persona(root / path)))
        return list(check_departments(*read_departments(root / path)))
    except Unreadable as error:
        return [error.problem]
    except ContentError as error:
        return list(error.problems)


def _examples(root: Path, path: str) -> list[Problem]:
    """Faults of examples; what they mean beside others is told on the intents' own pages."""
    file, found = root / path, []
    try:
        blocks = read_blocks(file.read_text(encoding="utf-8"))
    except NotEditable as error:
        return [Problem(file, 1, "nlu", str(error), "들여쓰기와 따옴표를 봐 주세요.")]
    if not blocks:
        said, remedy = (
            "예문 묶음(nlu:)이 없어요",
            "nlu: 아래에 ‘- intent: 이름’과 ‘examples: |’를 적어 주세요.",
        )
        found.append(Problem(file, 1, "nlu", said, remedy))
    for block in blocks:
        if not block.examples:
            said = f"‘{block.name}’에 예문이 없어요"
            found.append(Problem(file, block.start + 1, "nlu", said, "‘- ’로 시작하는 줄을 적어 주세요."))
        for example in block.examples:
            for one in personal_data(unmarked(example.text)):
                line = example.line + 1
                found.append(Problem(file, line, "personal-data", one.message, one.remedy, one.severity))
    return found


def _moved(problem: Problem, root: Path) -> Problem:
    """The problem with its path from the project's root."""
    path = problem.path
    return replace(problem, path=path.relative_to(root) if path.is_relative_to(root) else path)
