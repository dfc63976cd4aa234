"""The tables of the database, by the package that they belong to."""

from __future__ import annotations

from sqlalchemy import Column, Table

from bot.log.schema import Base
from docs.pictures.svg import box, sheet, text

_WIDE, _ROW, _COLUMNS = 270, 15, 4


def picture() -> str:
    """Each table with its columns: what is its key, what it points at, and what leaves with a citizen."""
    heights, parts = [44.0] * _COLUMNS, []
    for package, table in owned():
        column = heights.index(min(heights))
        x, y = 16 + column * (_WIDE + 16), heights[column]
        high = 40 + _ROW * len(table.columns)
        parts += [box(x, y, _WIDE, high), box(x, y, _WIDE, 34, "head")]
        parts.append(text(x + 8, y + 15, table.name, "bold"))
        parts.append(text(x + 8, y + 28, package, "small soft"))
        for row, each in enumerate(table.columns):
            at = y + 48 + row * _ROW
            parts.append(text(x + 8, at, each.name, "small bold" if each.primary_key else "small"))
            parts.append(text(x + _WIDE - 8, at, said(each), "small soft end"))
        heights[column] += high + 14
    head = (
        "Bold: the key. → points at a row of. †: goes with it, as a citizen's rows go when a talk is erased. "
    )
    parts.append(text(16, 26, f"{head}∅: stays, and no longer says whose it is."))
    return sheet(16 + _COLUMNS * (_WIDE + 16), max(heights) + 8, "The tables", parts)


def owned() -> list[tuple[str, Table]]:
    """Every table with the module that declares it, the log's own first."""
    found = [(mapper.class_.__module__, mapper.local_table) for mapper in Base.registry.mappers]
    named = [(module, table) for module, table in found if isinstance(table, Table)]
    rest = [table for table in Base.metadata.tables.values() if table not in {each for _, each in named}]
    named += [("", table) for table in rest]
    return sorted(named, key=lambda each: (each[0] != "bot.log.tables", each[0], each[1].name))


def said(column: Column[object]) -> str:
    """The type of a column, or what it points at and what becomes of it."""
    for key in column.foreign_keys:
        fate = {"CASCADE": " †", "SET NULL": " ∅"}.get(key.ondelete or "", "")
        return f"→ {key.column.table.name}{fate}"
    return str(column.type).lower().partition("(")[0]
