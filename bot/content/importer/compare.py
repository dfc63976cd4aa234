"""What a table would change in the answers there are: new, changed field by field, unchanged, refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.content.check_texts import fold
from bot.content.importer.convert import OTHER, Progress, Read, Refusal, Refused, RowReader, validated
from bot.content.importer.flat import PARTS, cells_of
from bot.content.importer.tables import Row, Unread
from bot.content.models import LANGUAGES, Department

Kind = Literal["new", "changed", "unchanged", "refused"]
_EVERY = 50


@dataclass(frozen=True)
class There:
    """An answer that is there."""

    topic: str
    """Name of its file without its ending."""
    fields: Mapping[str, Any]
    """As `bot.content.document` reads them."""


@dataclass(frozen=True)
class Change:
    """What one row would change."""

    line: int
    kind: Kind
    id: str = ""
    title: str = ""
    reason: str = ""
    """Why it is refused."""
    differing: tuple[tuple[str, str, str], ...] = ()
    """(name of `FIELDS`, cell before, cell after)."""
    topic: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """All fields of the answer as it is to be."""


@dataclass(frozen=True)
class Compared:
    """What a table would change."""

    changes: tuple[Change, ...]
    notes: tuple[Refusal, ...]
    empty: int


def compare(
    rows: Sequence[Row | Unread],
    columns: Mapping[str, int],
    width: int,
    file_name: str,
    there: Mapping[str, There],
    asked: Mapping[str, str],
    departments: Sequence[Department],
    may: Callable[[str | None], bool],
    progress: Progress | None = None,
) -> Compared:
    """Compare rows with the answers `there`, by id; a row without an id by its question (`asked`, folded).

    A cell that is empty empties the field, a column that is not in the table changes nothing. `may` says
    whether answers of a department may be changed by whoever imports.
    """
    notes: list[Refusal] = []
    work = _Comparison(RowReader(columns, width, file_name, departments, rows, notes), there, asked, may)
    changes: list[Change] = []
    empty = 0
    for done, row in enumerate(rows, start=1):
        if isinstance(row, Unread):
            changes.append(Change(row.line, "refused", reason=row.reason))
        elif not any(cell.strip() for cell in row.cells):
            empty += 1
        else:
            changes.append(work.change(row))
        if progress and (done % _EVERY == 0 or done == len(rows)):
            progress(done, len(rows))
    return Compared(tuple(changes), tuple(notes), empty)


class _Comparison:
    """What must be remembered from row to row."""

    def __init__(
        self,
        reader: RowReader,
        there: Mapping[str, There],
        asked: Mapping[str, str],
        may: Callable[[str | None], bool],
    ) -> None:
        self._reader, self._there, self._asked, self._may = reader, there, asked, may
        self._used = dict.fromkeys(there, "다른 답변")
        self._lines: dict[str, int] = {}

    def change(self, row: Row) -> Change:
        title = ""
        try:
            read = self._reader.read(row)
            title = "".join((read.fields.get("questions") or [])[:1])
            id_ = read.id or self._known(read)
            if id_ in self._lines:
                raise Refused(f"{self._lines[id_]}행과 같은 답변(‘{id_}’)이에요")
            change = self._changed(row, read, id_) if id_ in self._there else self._new(row, read)
            self._lines[change.id] = row.line
            return change
        except Refused as refusal:
            return Change(row.line, "refused", title=title, reason=str(refusal))

    def _known(self, read: Read) -> str:
        return next(
            (
                self._asked[fold(each)]
                for each in read.fields.get("questions") or ()
                if fold(each) in self._asked
            ),
            "",
        )

    def _new(self, row: Row, read: Read) -> Change:
        answer = self._reader.answer(row, read, self._used)
        self._demand(answer.owner)
        fields = answer.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        cells = cells_of(fields)
        differing = tuple((name, "", cell) for name, cell in cells.items() if cell)
        return Change(
            row.line, "new", answer.id, answer.questions[0], "", differing, read.topic or OTHER, fields
        )

    def _changed(self, row: Row, read: Read, id_: str) -> Change:
        there = self._there[id_]
        wanted = merged(there.fields, self._with_variants(there.fields, read.fields))
        before, after = cells_of(there.fields), cells_of(wanted)
        differing = tuple((name, before[name], after[name]) for name in PARTS if before[name] != after[name])
        fields = {**there.fields, "id": id_}
        for name, _, _ in differing:
            _take(fields, wanted, PARTS[name])
        title = after["question"] or before["question"]
        if not differing:
            return Change(row.line, "unchanged", id_, title, topic=there.topic)
        for name, said in (("question", "질문"), ("answer", "답변")):
            if not after[name]:
                raise Refused(f"{said}이 비어 있어요")
        self._demand(there.fields.get("owner"))
        owner = validated(fields).owner
        self._demand(owner)
        return Change(row.line, "changed", id_, title, "", differing, there.topic, fields)

    def _with_variants(self, there: Mapping[str, Any], given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Where the table has only the title, the other questions stay as they are."""
        known = there.get("translations") or {}
        twins = {
            language: said if self._reader.lists(language) else _titled(known.get(language) or {}, said)
            for language, said in (given.get("translations") or {}).items()
        }
        whole = given if self._reader.lists() else _titled(there, given)
        return {**whole, "translations": twins} if twins else whole

    def _demand(self, owner: str | None) -> None:
        if not self._may(owner):
            whose = f"‘{owner}’ 부서의 답변이라" if owner else "담당 부서가 없는 답변이라"
            raise Refused(f"{whose} 고칠 수 없어요. 그 부서나 승인자에게 부탁해 주세요")


def _titled(there: Mapping[str, Any], given: Mapping[str, Any]) -> Mapping[str, Any]:
    title, others = given.get("questions") or [], list(there.get("questions") or ())[1:]
    return {**given, "questions": list(dict.fromkeys([*title, *others]))} if len(title) == 1 else given


def merged(there: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """An answer's fields with what a table gives: None empties, parts of parts stay as they were."""
    whole = {**there, **{name: value for name, value in given.items() if name not in _NESTED}}
    if "source" in given:
        source = {**(there.get("source") or {}), **given["source"]}
        if not source.get("title"):
            source["title"] = (there.get("source") or {}).get("title")
        whole["source"] = _filled(source)
    if "plain" in given:
        plain = _filled({**(there.get("plain") or {}), **given["plain"]})
        whole["plain"] = plain if plain.get("answer") else None
    if "translations" in given:
        said = dict(there.get("translations") or {})
        for language in LANGUAGES:
            twin = _filled({**(said.get(language) or {}), **given["translations"].get(language, {})})
            said[language] = twin if twin.keys() - {"verified_on"} else None
        whole["translations"] = _filled(said)
    return _filled(whole)


_NESTED = frozenset({"source", "plain", "translations"})


def _take(fields: dict[str, Any], wanted: Mapping[str, Any], part: tuple[str, ...]) -> None:
    """Set a part of an answer to what it is in another one, or remove it."""
    name, *inner = part
    if inner:
        below = dict(fields.get(name) or {})
        _take(below, wanted.get(name) or {}, tuple(inner))
        wanted = {name: below} if below else {}
    if name in wanted:
        fields[name] = wanted[name]
    else:
        fields.pop(name, None)


def _filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}
