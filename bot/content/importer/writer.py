"""Answer files as a person would write them, and a folder that changes all at once or not at all."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bot.content.models import Answer, Link, Twin

_PLAIN = re.compile(r"[가-힣A-Za-z(][가-힣A-Za-z0-9 .,()/?!~·%+_-]*")
IN_ONE_FILE = 300
"""Answers of one file: what one edit has to read again."""
_SPECIAL = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def render(topic: str, answers: Iterable[Answer]) -> str:
    """A topic file: block texts, no quotes where none are needed, entries apart by a blank line."""
    return "\n".join([f"topic: {_scalar(topic)}", "entries:", *_entries(answers)]) + "\n"


def _entries(answers: Iterable[Answer]) -> Iterator[str]:
    for answer in answers:
        yield f"  - id: {_scalar(answer.id)}"
        yield "    questions:"
        for question in answer.questions:
            yield f"      - {_scalar(question)}"
        yield from _block(answer.answer, 4)
        if answer.owner:
            yield f"    owner: {_scalar(answer.owner)}"
        yield "    source:"
        yield f"      title: {_scalar(answer.source.title)}"
        if answer.source.url:
            yield f"      url: {_scalar(answer.source.url)}"
        yield from _links(answer.links, 4)
        for name in ("confirmed_on", "valid_from", "valid_until"):
            if day := getattr(answer, name):
                yield f"    {name}: {day.isoformat()}"
        if answer.example:
            yield "    example: true"
        yield from _twins(answer)
        yield ""


def _twins(answer: Answer) -> Iterator[str]:
    if answer.plain:
        yield "    plain:"
        yield from _block(answer.plain.answer, 6)
        yield from _verified(answer.plain, 6)
    if answer.translations:
        yield "    translations:"
    for language, twin in answer.translations.items():
        yield f"      {language}:"
        yield "        questions:"
        for question in twin.questions:
            yield f"          - {_scalar(question)}"
        yield from _block(twin.answer, 8)
        yield from _links(twin.links, 8)
        yield from _verified(twin, 8)


def _block(text: str, indent: int) -> Iterator[str]:
    yield f"{' ' * indent}answer: |"
    for line in text.split("\n"):
        yield f"{' ' * (indent + 2)}{line}".rstrip()


def _links(links: Sequence[Link], indent: int) -> Iterator[str]:
    if links:
        yield f"{' ' * indent}links:"
    for link in links:
        yield f"{' ' * (indent + 2)}- label: {_scalar(link.label)}"
        yield f"{' ' * (indent + 4)}url: {_scalar(link.url)}"


def _verified(twin: Twin, indent: int) -> Iterator[str]:
    if twin.verified_on:
        yield f"{' ' * indent}verified_on: {twin.verified_on.isoformat()}"


def _scalar(text: str) -> str:
    """One line of text: as it is when YAML cannot misread it, else in double quotes."""
    if _PLAIN.fullmatch(text) and not text.endswith(" ") and text.casefold() not in _SPECIAL:
        return text
    return json.dumps(text, ensure_ascii=False)


def file_names(topics: Sequence[str]) -> dict[str, str]:
    """Topic → file name, safe on every system, all different even where case does not count."""
    names: dict[str, str] = {}
    used: set[str] = set()
    for topic in topics:
        plain = unicodedata.normalize("NFC", topic)
        base = re.sub(r"[^0-9A-Za-z가-힣]+", "-", plain).strip("-")[:60] or "topic"
        name, count = base, 1
        while name.casefold() in used:
            count += 1
            name = f"{base}-{count}"
        used.add(name.casefold())
        names[topic] = f"{name}.yml"
    return names


@contextmanager
def swapped(target: Path) -> Iterator[Path]:
    """A working copy of a folder, which takes the folder's place when the block ends well.

    The copy lies beside the folder, so the change is a rename: readers see the old folder or the
    new one. When the block raises, nothing has changed. Raises OSError, as file systems do.
    """
    target = target.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    new, old = work / "new", work / "old"
    try:
        if target.exists():
            shutil.copytree(target, new, symlinks=True)
        else:
            new.mkdir()
        yield new
        if target.exists():
            target.rename(old)
        try:
            new.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
    finally:
        shutil.rmtree(work)


def write(folder: Path, topics: Mapping[str, Sequence[Answer]], names: Mapping[str, str]) -> list[str]:
    """Write every topic's files into `folder`; returns their names. A large topic gets several."""
    written = []
    for topic, answers in topics.items():
        for number, start in enumerate(range(0, len(answers), IN_ONE_FILE), start=1):
            name = names[topic] if number == 1 else part_name(names[topic], number)
            text = render(topic, answers[start : start + IN_ONE_FILE])
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
            written.append(name)
    return written


def part_name(name: str, number: int) -> str:
    """The file of a topic's later answers: `복지.2.yml`."""
    return f"{name.removesuffix('.yml')}.{number}.yml"
