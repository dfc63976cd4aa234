"""The answers that a release holds, read from the release itself."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content.document import Unreadable
from bot.content.load import read_answers, read_departments
from bot.content.models import Answer, Department
from bot.content.problem import ContentError
from bot.releases import stored
from bot.releases.changes import ANSWERS

MOST = 30
"""Answers given of one release."""
_DEPARTMENTS = "data/departments.yml"


@dataclass(frozen=True)
class Held:
    """An answer as a release holds it."""

    answer: Answer
    topic: str
    owner: Department | None
    """As the release names it; None when it names none."""


@dataclass(frozen=True)
class Kept:
    """What is known of a release."""

    held: tuple[Held, ...]
    more: int
    """Answers left out."""
    there: bool
    """False: the release is not kept any more, or its files are damaged."""


async def held(engine: AsyncEngine, number: int, words: Sequence[str], ids: Collection[str]) -> Kept:
    """The answers of a release in which all words stand, and those of some ids; the latter first."""
    prints = await stored.files(engine, number)
    paths = [path for path in prints if path.startswith(ANSWERS) and path.endswith((".yml", ".yaml"))]
    if not paths:
        return Kept((), 0, False)
    wanted = [*paths, _DEPARTMENTS] if _DEPARTMENTS in prints else paths
    try:
        contents = await stored.contents(engine, {prints[path] for path in wanted})
    except stored.Damaged:
        return Kept((), 0, False)
    bytes_of = {path: contents[prints[path]] for path in wanted}
    found = await asyncio.to_thread(_matching, bytes_of, [_flat(word) for word in words], frozenset(ids))
    return Kept(tuple(found[:MOST]), max(0, len(found) - MOST), True)


def _matching(contents: Mapping[str, bytes], words: Sequence[str], ids: Collection[str]) -> list[Held]:
    found: list[Held] = []
    with TemporaryDirectory(prefix="sotong-replay-") as folder:
        departments, default = _departments(Path(folder), contents)
        for path, content in sorted(contents.items()):
            text = _flat(content.decode("utf-8", "replace"))
            if path == _DEPARTMENTS or not (_all(words, text) or any(id_ in text for id_ in ids)):
                continue
            file = Path(folder, Path(path).name)
            file.write_bytes(content)
            for placed in read_answers(file).entries:
                answer = placed.answer
                if answer.id in ids or _all(words, _flat("\n".join((*answer.questions, answer.answer)))):
                    owner = departments.get(answer.owner or default)
                    found.append(Held(answer, str(placed.document.data.get("topic", "")), owner))
    return sorted(found, key=lambda each: (each.answer.id not in ids, each.topic, each.answer.questions[0]))


def _departments(folder: Path, contents: Mapping[str, bytes]) -> tuple[dict[str, Department], str]:
    if _DEPARTMENTS not in contents:
        return {}, ""
    file = folder / "departments.yml"
    file.write_bytes(contents[_DEPARTMENTS])
    try:
        read, _ = read_departments(file)
    except (Unreadable, ContentError):
        return {}, ""
    return {each.id: each for each in read.departments}, read.default


def _all(words: Sequence[str], text: str) -> bool:
    """Whether there are words, and all of them stand in the text."""
    return bool(words) and all(word in text for word in words)


def _flat(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()
