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

from bot.content.models import Answer

_PLAIN = re.compile(r"[가-힣A-Za-z(][가-힣A-Za-z0-9 .,()/?!~·%+_-]*")
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
        yield "    answer: |"
        for line in answer.answer.split("\n"):
            yield f"      {line}".rstrip()
        if answer.owner:
            yield f"    owner: {_scalar(answer.owner)}"
        yield "    source:"
        yield f"      title: {_scalar(answer.source.title)}"
        if answer.source.url:
            yield f"      url: {_scalar(answer.source.url)}"
        if answer.confirmed_on:
            yield f"    confirmed_on: {answer.confirmed_on.isoformat()}"
        yield ""


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


def write(folder: Path, topics: Mapping[str, Sequence[Answer]], names: Mapping[str, str]) -> None:
    """Write every topic's file into `folder`."""
    for topic, answers in topics.items():
        (folder / names[topic]).write_text(render(topic, answers), encoding="utf-8", newline="\n")
