"""From rows to answers: cleaned, numbered, each refusal with its reason."""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from pydantic import ValidationError

from bot.content.importer.tables import LIST_MARK, Row, Unread
from bot.content.models import Answer, Department

MAX_TOPIC = 60
OTHER = "기타"
"""Topic of rows that name none."""
Progress = Callable[[int, int], None]
"""Called with rows done and rows in all."""


class Refusal(NamedTuple):
    """A row that was not imported, or (in notes) something of it that was not."""

    line: int
    reason: str


@dataclass
class Converted:
    """What the rows gave."""

    topics: dict[str, list[Answer]] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    notes: list[Refusal] = field(default_factory=list)
    empty: int = 0


class Refused(Exception):
    """A row cannot be imported; `str()` is the reason."""


_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});")
_NEWLINE = re.compile("\r\n|[\r\v\f\x1c-\x1f\x85\u2028\u2029]")
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x9f\u200b\u2060\ufeff\ud800-\udfff\ufffe\uffff]")
_BLANK = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_SLUG = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}")
_DATE = re.compile(r"(\d{4})\s*[-./년]?\s*(\d{1,2})\s*[-./월]?\s*(\d{1,2})\s*[.일]?(?:[T ].*)?")


def clean(text: str) -> str:
    """Text that YAML and people can live with; words, signs and indentation stay as they are.

    Character references are resolved (exports escape them several times over: `&amp;amp;apos;`), odd
    spaces and line ends made plain, invisible characters and blank edges dropped, at most one blank
    line kept.
    """
    for _ in range(8):
        plain = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
        if plain == text:
            break
        text = plain
    text = _BLANK.sub(" ", _UNWANTED.sub("", _NEWLINE.sub("\n", text)))
    text = "\n".join(line.rstrip() for line in unicodedata.normalize("NFC", text).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def topics_of(rows: Iterable[Row | Unread], columns: Mapping[str, int]) -> list[str]:
    """The topics that rows name, in order; those that would be refused are left out."""
    place = columns.get("topic", -1)
    named = (
        _one_line(row.cells[place]) if 0 <= place < len(row.cells) else ""
        for row in rows
        if isinstance(row, Row) and any(cell.strip() for cell in row.cells)
    )
    return list(dict.fromkeys(topic or OTHER for topic in named if len(topic) <= MAX_TOPIC))


def convert(
    rows: Iterable[Row | Unread],
    columns: Mapping[str, int],
    width: int,
    file_name: str,
    taken: Mapping[str, str],
    departments: Sequence[Department],
    progress: Progress | None,
) -> Converted:
    """Turn rows into answers. `width` = columns of the header; `taken` = ids in use → where."""
    rows = list(rows)
    result = Converted()
    converter = _Converter(columns, width, file_name, taken, departments, result)
    converter.reserve(rows)
    for done, row in enumerate(rows, start=1):
        if isinstance(row, Unread):
            result.refused.append(Refusal(row.line, row.reason))
        elif not any(cell.strip() for cell in row.cells):
            result.empty += 1
        else:
            try:
                topic, answer = converter.answer(row)
                result.topics.setdefault(topic, []).append(answer)
            except Refused as refusal:
                result.refused.append(Refusal(row.line, str(refusal)))
        if progress and (done % 50 == 0 or done == len(rows)):
            progress(done, len(rows))
    return result


class _Converter:
    """What must be remembered from row to row."""

    def __init__(
        self,
        columns: Mapping[str, int],
        width: int,
        file_name: str,
        taken: Mapping[str, str],
        departments: Sequence[Department],
        result: Converted,
    ) -> None:
        self._columns, self._width, self._file_name = columns, width, file_name
        self._used = dict(taken)
        self._reserved: set[str] = set()
        self._owners = {_squeeze(name): one.id for one in departments for name in (one.name, one.id)}
        self._seen: dict[tuple[str, str], int] = {}
        self._result = result
        stem = re.sub(r"[^a-z0-9]+", "-", file_name.rsplit(".", 1)[0].lower()).strip("-")[:40]
        self._prefix = stem or "import"

    def reserve(self, rows: Iterable[Row | Unread]) -> None:
        """Keep ids that rows bring themselves from being made up for others."""
        self._reserved = {clean(self._cell(row, "id")) for row in rows if isinstance(row, Row)}

    def answer(self, row: Row) -> tuple[str, Answer]:
        """Topic and answer of a row. Raises Refused."""
        if any(cell.strip() for cell in row.cells[self._width :]):
            raise Refused(
                f"칸이 {len(row.cells)}개로 머리글({self._width}개)보다 많아요. 따옴표를 확인해 주세요"
            )
        questions = [_one_line(part) for part in self._cell(row, "question").split(LIST_MARK)]
        questions = list(dict.fromkeys(part for part in questions if part))
        text = clean(self._cell(row, "answer"))
        if not questions:
            raise Refused("질문이 비어 있어요")
        if not text:
            raise Refused("답변이 비어 있어요")
        topic = _one_line(self._cell(row, "topic")) or OTHER
        if len(topic) > MAX_TOPIC:
            raise Refused(f"주제가 {len(topic)}자로 너무 길어요 (최대 {MAX_TOPIC}자)")
        entry = {
            "id": self._id(row, questions[0], text),
            "questions": questions,
            "answer": text,
            "owner": self._owner(row),
            "source": {
                "title": _one_line(self._cell(row, "source")) or f"{self._file_name} {row.line}행",
                "url": _one_line(self._cell(row, "url")) or None,
            },
            "confirmed_on": self._date(row),
        }
        try:
            answer = Answer.model_validate(entry)
        except ValidationError as error:
            raise Refused(_plain(error)) from error
        self._used[answer.id] = f"{row.line}행"
        return topic, answer

    def _cell(self, row: Row, name: str) -> str:
        place = self._columns.get(name)
        return row.cells[place] if place is not None and place < len(row.cells) else ""

    def _id(self, row: Row, question: str, text: str) -> str:
        given = _one_line(self._cell(row, "id"))
        if given:
            key = ("id", given)
            first = self._seen.setdefault(key, row.line)
            if first != row.line:
                raise Refused(f"번호 ‘{given}’은 {first}행에서 이미 나왔어요")
            if _SLUG.fullmatch(given):
                if given in self._used:
                    raise Refused(f"번호 ‘{given}’은 {self._used[given]}에서 이미 쓰고 있어요")
                return given
            self._note(row, f"번호 ‘{given[:40]}’은 id로 쓸 수 없어 새로 지었어요")
        else:
            first = self._seen.setdefault((question, text), row.line)
            if first != row.line:
                raise Refused(f"{first}행과 질문과 답변이 같아요")
        base = f"{self._prefix}-{hashlib.blake2b(question.encode(), digest_size=4).hexdigest()}"
        made, count = base, 1
        while made in self._used or made in self._reserved:
            count += 1
            made = f"{base}-{count}"
        return made

    def _owner(self, row: Row) -> str | None:
        given = _one_line(self._cell(row, "owner"))
        if not given:
            return None
        owner = self._owners.get(_squeeze(given))
        if owner is None and not self._owners and _SLUG.fullmatch(given):
            return given
        if owner is None:
            self._note(row, f"담당 부서 ‘{given[:40]}’을 departments.yml에서 찾지 못해 비워 두었어요")
        return owner

    def _date(self, row: Row) -> date | None:
        given = _one_line(self._cell(row, "confirmed_on"))
        if not given:
            return None
        match = _DATE.fullmatch(given)
        try:
            if match:
                return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            pass  # a day that no calendar has: noted below like any other
        self._note(row, f"날짜 ‘{given[:40]}’을 알아볼 수 없어 비워 두었어요")
        return None

    def _note(self, row: Row, text: str) -> None:
        self._result.notes.append(Refusal(row.line, text))


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())


def _squeeze(name: str) -> str:
    return "".join(name.split()).casefold()


def _plain(error: ValidationError) -> str:
    names = {"questions": "질문", "answer": "답변", "source": "출처"}
    first = error.errors(include_url=False)[0]
    name = names.get(str(first["loc"][0]), str(first["loc"][0]))
    if first["type"] == "string_too_long":
        size, limit = len(str(first["input"])), first["ctx"]["max_length"]
        return f"{name}이 {size}자로 너무 길어요 (최대 {limit}자)"
    return f"{name}: {first['msg']}"
