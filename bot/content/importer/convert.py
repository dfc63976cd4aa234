"""From rows to answers: cleaned, numbered, each refusal with its reason."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import ValidationError

from bot.content.importer.cells import BadCell, clean, day, flag, lines, links, one_line, unguarded
from bot.content.importer.tables import LIST_MARK, Row, Unread
from bot.content.models import LANGUAGES, Answer, Department

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


_SLUG = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}")


def topics_of(rows: Iterable[Row | Unread], columns: Mapping[str, int]) -> list[str]:
    """The topics that rows name, in order; those that would be refused are left out."""
    place = columns.get("topic", -1)
    named = (
        one_line(row.cells[place]) if 0 <= place < len(row.cells) else ""
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
    reader = RowReader(columns, width, file_name, departments, rows, result.notes)
    used = dict(taken)
    for done, row in enumerate(rows, start=1):
        if isinstance(row, Unread):
            result.refused.append(Refusal(row.line, row.reason))
        elif not any(cell.strip() for cell in row.cells):
            result.empty += 1
        else:
            try:
                read = reader.read(row)
                answer = reader.answer(row, read, used)
                result.topics.setdefault(read.topic or OTHER, []).append(answer)
            except Refused as refusal:
                result.refused.append(Refusal(row.line, str(refusal)))
        if progress and (done % 50 == 0 or done == len(rows)):
            progress(done, len(rows))
    return result


@dataclass(frozen=True)
class Read:
    """What a row says."""

    id: str
    """As it is given; empty when none is, or none that can be used."""
    topic: str
    fields: Mapping[str, Any]
    """Fields of an answer (`bot.content.models.Answer`) whose columns the table has, as plain values.

    None where the cell is empty; what cannot be read is left out, with a note. `source`, `plain` and
    `translations` hold only what the table has of them.
    """


class RowReader:
    """Reads rows of one table."""

    def __init__(
        self,
        columns: Mapping[str, int],
        width: int,
        file_name: str,
        departments: Sequence[Department],
        rows: Iterable[Row | Unread],
        notes: list[Refusal],
    ) -> None:
        """`rows` are all of the table: ids they bring are not made up for others."""
        self._columns, self._width, self._file_name = columns, width, file_name
        self._owners = {_squeeze(name): one.id for one in departments for name in (one.name, one.id)}
        self._seen: dict[tuple[str, str], int] = {}
        self._notes = notes
        self._given = {clean(self._cell(row, "id")) for row in rows if isinstance(row, Row)}
        stem = re.sub(r"[^a-z0-9]+", "-", file_name.rsplit(".", 1)[0].lower()).strip("-")[:40]
        self._prefix = stem or "import"

    def lists(self, language: str = "") -> bool:
        """Whether the table has a column for other questions, of the answer or of its twin in a language."""
        return self._has(f"{language}_variants" if language else "variants")

    def read(self, row: Row) -> Read:
        """What a row says. Raises Refused."""
        if any(cell.strip() for cell in row.cells[self._width :]):
            raise Refused(
                f"칸이 {len(row.cells)}개로 머리글({self._width}개)보다 많아요. 따옴표를 확인해 주세요"
            )
        if row.note:
            self._note(row, row.note)
        topic = one_line(self._cell(row, "topic"))
        if len(topic) > MAX_TOPIC:
            raise Refused(f"주제가 {len(topic)}자로 너무 길어요 (최대 {MAX_TOPIC}자)")
        id_ = clean(self._cell(row, "id"))
        if id_ and not _SLUG.fullmatch(id_):
            self._note(row, f"번호 ‘{id_[:40]}’은 id로 쓸 수 없어 새로 지었어요")
            id_ = ""
        fields: dict[str, Any] = {}
        questions = self._questions(row, "question", "variants")
        if questions is not None:
            fields["questions"] = questions
        if self._has("answer"):
            fields["answer"] = clean(self._cell(row, "answer")) or None
        if self._has("owner"):
            self._owner(row, fields)
        if source := self._some(row, source="title", url="url"):
            fields["source"] = source
        for name in ("confirmed_on", "valid_from", "valid_until"):
            self._day(row, name, fields, name)
        if self._has("links"):
            fields["links"] = self._links(row, "links")
        if self._has("example"):
            fields["example"] = flag(self._cell(row, "example")) or None
        if twin := self._twin(row, "plain", "plain_verified_on"):
            fields["plain"] = twin
        if translations := {each: said for each in LANGUAGES if (said := self._translation(row, each))}:
            fields["translations"] = translations
        return Read(id_, topic, fields)

    def answer(self, row: Row, read: Read, used: dict[str, str]) -> Answer:
        """A new answer of what a row says; its id is added to those `used`. Raises Refused."""
        fields = {name: value for name, value in read.fields.items() if value is not None}
        questions = fields.get("questions")
        if not questions:
            raise Refused("질문이 비어 있어요")
        if not fields.get("answer"):
            raise Refused("답변이 비어 있어요")
        source = {name: value for name, value in fields.get("source", {}).items() if value}
        fields["id"] = self.new_id(row, read, used)
        fields["source"] = {"title": f"{self._file_name} {row.line}행", **source}
        answer = validated(fields)
        used[answer.id] = f"{row.line}행"
        return answer

    def new_id(self, row: Row, read: Read, used: Mapping[str, str]) -> str:
        """The id that a row gives, or one made up for it. Raises Refused."""
        if read.id:
            if read.id in used:
                raise Refused(f"번호 ‘{read.id}’은 {used[read.id]}에서 이미 쓰고 있어요")
            return read.id
        question, text = read.fields["questions"][0], read.fields["answer"]
        first = self._seen.setdefault((question, text), row.line)
        if first != row.line:
            raise Refused(f"{first}행과 질문과 답변이 같아요")
        base = f"{self._prefix}-{hashlib.blake2b(question.encode(), digest_size=4).hexdigest()}"
        made, count = base, 1
        while made in used or made in self._given:
            count += 1
            made = f"{base}-{count}"
        return made

    def _has(self, name: str) -> bool:
        return name in self._columns

    def _cell(self, row: Row, name: str) -> str:
        place = self._columns.get(name, len(row.cells))
        return unguarded(row.cells[place]) if place < len(row.cells) else ""

    def _questions(self, row: Row, title: str, variants: str) -> list[str] | None:
        if not self._has(title):
            return None
        parts = [one_line(part) for part in self._cell(row, title).split(LIST_MARK)]
        return list(dict.fromkeys(part for part in (*parts, *lines(self._cell(row, variants))) if part))

    def _some(self, row: Row, **names: str) -> dict[str, str | None]:
        return {to: one_line(self._cell(row, name)) or None for name, to in names.items() if self._has(name)}

    def _twin(self, row: Row, answer: str, verified_on: str) -> dict[str, Any]:
        said: dict[str, Any] = {}
        if self._has(answer):
            said["answer"] = clean(self._cell(row, answer)) or None
        self._day(row, verified_on, said, "verified_on")
        return said

    def _translation(self, row: Row, language: str) -> dict[str, Any]:
        said = self._twin(row, f"{language}_answer", f"{language}_verified_on")
        questions = self._questions(row, f"{language}_question", f"{language}_variants")
        if questions is not None:
            said["questions"] = questions
        if self._has(f"{language}_links"):
            said["links"] = self._links(row, f"{language}_links")
        return said

    def _owner(self, row: Row, into: dict[str, Any]) -> None:
        given = one_line(self._cell(row, "owner"))
        owner = self._owners.get(_squeeze(given))
        if owner is None and _SLUG.fullmatch(given) and not self._owners:
            owner = given
        if given and owner is None:
            self._note(row, f"담당 부서 ‘{given[:40]}’을 departments.yml에서 찾지 못해 비워 두었어요")
        else:
            into["owner"] = owner

    def _day(self, row: Row, name: str, into: dict[str, Any], field: str) -> None:
        if self._has(name):
            try:
                into[field] = day(self._cell(row, name))
            except BadCell as error:
                self._note(row, f"{error} 비워 두었어요")

    def _links(self, row: Row, name: str) -> list[dict[str, str]] | None:
        try:
            return links(self._cell(row, name)) or None
        except BadCell as error:
            raise Refused(str(error)) from error

    def _note(self, row: Row, text: str) -> None:
        self._notes.append(Refusal(row.line, text))


def validated(fields: Mapping[str, Any]) -> Answer:
    """The answer that plain values make; twins without words are none. Raises Refused."""
    whole = dict(fields)
    if "plain" in whole and not (whole["plain"] or {}).get("answer"):
        del whole["plain"]
    if "translations" in whole:
        said = {name: _filled(twin) for name, twin in (whole["translations"] or {}).items()}
        whole["translations"] = {name: twin for name, twin in said.items() if twin.keys() - {"verified_on"}}
    if isinstance(whole.get("plain"), Mapping):
        whole["plain"] = _filled(whole["plain"])
    try:
        return Answer.model_validate(whole)
    except ValidationError as error:
        raise Refused(_plain(error)) from error


def _filled(twin: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in twin.items() if value}


def _squeeze(name: str) -> str:
    return "".join(name.split()).casefold()


def _plain(error: ValidationError) -> str:
    names = {"questions": "질문", "answer": "답변", "source": "출처", "links": "링크"}
    names |= {"translations": "옮긴 글", "plain": "쉬운 말", "label": "링크 이름"}
    first = error.errors(include_url=False)[0]
    said = [names.get(str(step), str(step)) for step in first["loc"] if not isinstance(step, int)]
    name = " ".join(said) or "값"
    if first["type"] == "string_too_long":
        size, limit = len(str(first["input"])), first["ctx"]["max_length"]
        return f"{name}이 {size}자로 너무 길어요 (최대 {limit}자)"
    if first["type"] == "missing":
        return f"{name}이 비어 있어요"
    return f"{name}: {first['msg']}"
