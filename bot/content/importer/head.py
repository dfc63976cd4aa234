"""Where a table's header is: exports often begin with a title."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.content.importer.mapping import columns_of, guess
from bot.content.importer.tables import ImportRefused, Row, Unread

_WITHIN = 10
"""Filled rows among which the header is looked for."""


@dataclass(frozen=True)
class Head:
    """A table's header and what is below it."""

    names: tuple[str, ...]
    columns: Mapping[str, int]
    """Positions of columns by field."""
    body: Sequence[Row | Unread]

    @property
    def width(self) -> int:
        """How many columns have a name."""
        return max((place for place, name in enumerate(self.names, start=1) if name.strip()), default=0)


def find_head(
    rows: Sequence[Row | Unread], names: tuple[str, ...] | None, mapping: Mapping[str, str]
) -> Head:
    """The header with its columns (`columns_of`); `names` where the format has them for each row.

    Raises ImportRefused.
    """
    if names is not None:
        return Head(names, columns_of(names, mapping), rows)
    failure: ImportRefused | None = None
    for place, row in _filled(rows):
        try:
            return Head(row.cells, columns_of(row.cells, mapping), rows[place + 1 :])
        except ImportRefused as error:
            failure = failure or error
    raise failure or _empty()


def likely_head(rows: Sequence[Row | Unread], names: tuple[str, ...] | None) -> Head:
    """The header as far as it can be guessed: a person says the rest. Raises ImportRefused for no table."""
    if names is not None:
        return Head(names, guess(names), rows)
    filled = _filled(rows)
    if not filled:
        raise _empty()

    def worth(found: tuple[int, Row]) -> tuple[int, int]:
        place, row = found
        return len(guess(row.cells)), -place

    place, row = max(filled, key=worth)
    if not guess(row.cells):
        place, row = max(filled, key=lambda found: (sum(map(bool, found[1].cells)), -found[0]))
    return Head(row.cells, guess(row.cells), rows[place + 1 :])


def _filled(rows: Sequence[Row | Unread]) -> list[tuple[int, Row]]:
    """The first rows with anything in them, and their places."""
    found: list[tuple[int, Row]] = []
    for place, row in enumerate(rows):
        if isinstance(row, Row) and any(cell.strip() for cell in row.cells):
            found.append((place, row))
            if len(found) == _WITHIN:
                break
    return found


def _empty() -> ImportRefused:
    return ImportRefused("파일이 비어 있어요. 첫 줄에 열 이름이 있는 표를 넣어 주세요.")
