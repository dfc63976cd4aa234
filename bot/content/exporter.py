"""Answers as a table that `bot.content.importer` reads: CSV, XLSX or JSONL, every field in a column."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from bot.content.importer.cells import guarded
from bot.content.importer.flat import cells_of
from bot.content.importer.mapping import FIELDS, header
from bot.content.models import Department

KINDS = ("xlsx", "csv", "jsonl")
_LONGEST = 32_767
"""Characters that an Excel cell holds."""
_WIDE = frozenset({"question", "variants", "answer", "plain"})


class CannotExport(Exception):
    """The table cannot hold the answers; `str()` says why and what to do."""


@dataclass(frozen=True)
class Entry:
    """An answer to write down."""

    id: str
    topic: str
    fields: Mapping[str, Any]
    """As `bot.content.document` reads them."""


def table(entries: Iterable[Entry], kind: str, departments: Sequence[Department] = ()) -> bytes:
    """The file. Owners are written by their departments' names. Raises CannotExport."""
    names = {each.id: each.name for each in departments}
    rows = [_row(entry, names) for entry in entries]
    if kind == "jsonl":
        return "".join(json.dumps(_filled(row), ensure_ascii=False) + "\n" for row in rows).encode()
    return _xlsx(rows) if kind == "xlsx" else _csv(rows)


def kind_of(path: Path) -> str:
    """The kind of file that a name asks for. Raises CannotExport."""
    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise CannotExport(f"‘{path.suffix}’ 파일은 만들 수 없어요. .csv, .xlsx, .jsonl 가운데 골라 주세요.")
    return kind


def _row(entry: Entry, names: Mapping[str, str]) -> dict[str, str]:
    cells = {"id": entry.id, "topic": entry.topic, **cells_of(entry.fields)}
    cells["owner"] = names.get(cells["owner"], cells["owner"])
    return {field: cells[field] for field in FIELDS}


def _filled(row: Mapping[str, str]) -> dict[str, str]:
    return {field: cell for field, cell in row.items() if cell}


def _csv(rows: Iterable[Mapping[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(map(header, FIELDS))
    writer.writerows([guarded(cell) for cell in row.values()] for row in rows)
    return text.getvalue().encode("utf-8-sig")  # without the mark Excel reads CP949


def _xlsx(rows: Iterable[Mapping[str, str]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("답변")
    sheet.freeze_panes = "B2"
    for place, field in enumerate(FIELDS, start=1):
        wide = field in _WIDE or field.endswith("_answer")
        sheet.column_dimensions[get_column_letter(place)].width = 50 if wide else 18
    head = [WriteOnlyCell(sheet, header(field)) for field in FIELDS]
    for cell in head:
        cell.font = Font(bold=True)
    sheet.append(head)
    for row in rows:
        if long := next((field for field, cell in row.items() if len(cell) > _LONGEST), ""):
            said = f"‘{row['id']}’의 {header(long)}이 엑셀 칸에 담기지 않아요 ({len(row[long]):,}자)."
            raise CannotExport(f"{said} CSV로 내보내 주세요.")
        cells = []
        for text in row.values():
            cell = WriteOnlyCell(sheet, guarded(text))
            cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
