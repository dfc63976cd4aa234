"""Words as rows: what is said for what (synonyms), lists of names (lookups), and the thesaurus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.content.document import Unreadable, parse_document
from bot.studio import splice
from bot.studio.intents_text import NotEditable

THESAURUS = "data/thesaurus"


@dataclass(frozen=True)
class Term:
    """A row of the thesaurus."""

    path: str
    topic: str
    official: str
    everyday: tuple[str, ...]


def read_terms(path: str, text: str) -> tuple[str, list[Term]]:
    """A file's topic and its rows. Raises `NotEditable` when it cannot be read."""
    data = _data(path, text)
    topic = str(data.get("topic") or Path(path).stem)
    rows = [row for row in data.get("words") or [] if isinstance(row, dict)]
    return topic, [
        Term(path, topic, str(row.get("official", "")), tuple(map(str, row.get("everyday") or ())))
        for row in rows
    ]


def set_term(path: str, text: str, old: str, official: str, everyday: Sequence[str]) -> str:
    """The text with a row changed, or added where `old` is empty; comments stay. Raises `NotEditable`."""
    official, said = official.strip(), tuple(dict.fromkeys(word.strip() for word in everyday if word.strip()))
    if not official or not said:
        raise NotEditable("행정 용어와 시민의 말을 모두 적어 주세요.")
    data = _data(path, text)
    rows = list(data.get("words") or [])
    names = [str(row.get("official", "")) for row in rows]
    if official != old and official in names:
        raise NotEditable(f"‘{official}’은 이 파일에 이미 있어요.")
    if old and old not in names:
        raise NotEditable(f"‘{old}’이 더는 없어요. 화면을 새로 고쳐 주세요.")
    row = {"official": official, "everyday": list(said)}
    if old:
        at = names.index(old)
        rows[at] = {**rows[at], **row}
    else:
        rows.append(row)
    return splice.change(text, {**data, "words": rows})


def remove_term(path: str, text: str, official: str) -> str:
    """The text without a row. Raises `NotEditable`, also for the last one."""
    data = _data(path, text)
    rows = [row for row in data.get("words") or [] if str(row.get("official", "")) != official]
    if len(rows) == len(data.get("words") or []):
        raise NotEditable(f"‘{official}’이 더는 없어요. 화면을 새로 고쳐 주세요.")
    if not rows:
        raise NotEditable("마지막 하나는 지울 수 없어요.")
    return splice.change(text, {**data, "words": rows})


def _data(path: str, text: str) -> Mapping[str, Any]:
    try:
        data = parse_document(text, Path(path)).data
    except Unreadable as error:
        raise NotEditable("파일의 꼴이 어긋나서 읽을 수 없어요. ‘흐름과 낱말’에서 고쳐 주세요.") from error
    if not isinstance(data, dict):
        raise NotEditable("낱말 파일이 아니에요.")
    return data


def split(text: str) -> list[str]:
    """Words typed with commas or on lines of their own."""
    return [word.strip() for line in text.splitlines() for word in line.split(",") if word.strip()]
