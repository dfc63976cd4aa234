"""Entities marked in an example, as Rasa writes them: `[소파](item)`, `[쇼파]{"entity": "item", …}`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from bot.studio.intents_text import NotEditable

_MARK = re.compile(
    r"\[(?P<words>[^\[\]]+)\](?:\((?P<name>[^():]+)(?::(?P<value>[^()]*))?\)|(?P<more>\{[^{}]*\}))"
)


@dataclass(frozen=True)
class Mark:
    """Words of an example that stand for an entity; places are in the example without marks."""

    start: int
    end: int
    entity: str
    rest: str
    """What stands behind the words, as it is written: `(item)`."""


def unmarked(example: str) -> str:
    """The words of an example, as a citizen writes them."""
    return _MARK.sub(lambda found: found["words"], example)


def read_marks(example: str) -> tuple[str, list[Mark]]:
    """The words of an example, and what is marked in them, from left to right."""
    plain, marks, position = "", [], 0
    for found in _MARK.finditer(example):
        plain += example[position : found.start()]
        start = len(plain)
        plain += found["words"]
        rest = example[found.end("words") + 1 : found.end()]
        marks.append(Mark(start, len(plain), _entity(found), rest))
        position = found.end()
    return plain + example[position:], marks


def mark(example: str, start: int, end: int, entity: str) -> str:
    """The example with the words from `start` to `end` (places without marks) marked.

    Spaces around them are left out. Raises `NotEditable` for no words, for words that are marked already,
    and for brackets among them.
    """
    plain, marks = read_marks(example)
    words = plain[max(start, 0) : end]
    start = max(start, 0) + len(words) - len(words.lstrip())
    end = start + len(words.strip())
    if start >= end:
        raise NotEditable("표시할 낱말을 골라 주세요.")
    if any(one.start < end and start < one.end for one in marks):
        raise NotEditable("이미 표시한 낱말이 들어 있어요. 그 표시를 먼저 지워 주세요.")
    if re.search(r"[\[\]]", plain[start:end]):
        raise NotEditable("대괄호가 든 곳은 표시할 수 없어요.")
    return _write(plain, sorted([*marks, Mark(start, end, entity, f"({entity})")], key=lambda one: one.start))


def unmark(example: str, start: int) -> str:
    """The example without the mark that begins at `start`. Raises `NotEditable` when there is none."""
    plain, marks = read_marks(example)
    if all(one.start != start for one in marks):
        raise NotEditable("그 표시가 더는 없어요. 화면을 새로 고쳐 주세요.")
    return _write(plain, [one for one in marks if one.start != start])


def _write(plain: str, marks: list[Mark]) -> str:
    out, position = "", 0
    for one in marks:
        out += f"{plain[position : one.start]}[{plain[one.start : one.end]}]{one.rest}"
        position = one.end
    return out + plain[position:]


def _entity(found: re.Match[str]) -> str:
    if found["name"]:
        return found["name"].strip()
    try:
        return str(json.loads(found["more"]).get("entity", ""))
    except (ValueError, RecursionError, AttributeError):
        return ""
