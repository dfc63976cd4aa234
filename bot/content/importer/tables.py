"""Reading the rows of a CSV, XLSX or JSONL file as text, each with its line number."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils.cell import range_boundaries
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.xml.functions import iterparse

LIST_MARK = "\x1f"
"""Between the items of a JSON list of texts, e.g. several questions."""
MAX_CELL = 10_000_000
"""Characters of one CSV cell."""
MAX_ROWS = 100_000
MAX_COLUMNS = 500
MAX_UNPACKED = 300_000_000
"""Bytes of all that an Excel file holds."""
_MAX_PARTS = 2_000
_MAX_MERGED = 10 * MAX_ROWS
"""Rows of all merged fields together."""


class ImportRefused(Exception):
    """The file cannot be imported at all; `str()` says why and what to do."""


@dataclass(frozen=True)
class Row:
    """One row."""

    line: int
    """Where it starts: line of the file, or row of the sheet."""
    cells: tuple[str, ...]
    note: str = ""
    """What was done to read it."""


@dataclass(frozen=True)
class Unread:
    """A row that could not even be read."""

    line: int
    reason: str


Rows = list[Row | Unread]


def read_rows(path: Path) -> tuple[Rows, tuple[str, ...] | None]:
    """All rows of a file, and its columns where the format names them for each row (JSONL).

    Raises ImportRefused.
    """
    kind = path.suffix.lower()
    if not path.is_file():
        raise ImportRefused(f"{path} 파일이 없어요. 경로를 확인해 주세요.")
    if kind in {".csv", ".tsv", ".txt"}:
        return list(_csv(decode(path.read_bytes(), path.name))), None
    if kind in {".xlsx", ".xlsm"}:
        return [*_xlsx(path)], None
    if kind in {".jsonl", ".ndjson"}:
        return _jsonl(decode(path.read_bytes(), path.name))
    hint = " 엑셀에서 ‘.xlsx’로 다시 저장해 주세요." if kind == ".xls" else ""
    raise ImportRefused(f"‘{kind}’ 파일은 읽을 수 없어요. CSV, XLSX, JSONL을 받아요.{hint}")


def decode(raw: bytes, name: str) -> str:
    """Text of a file in UTF-8 (with or without BOM), UTF-16 with BOM, or CP949."""
    wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    encodings = ["utf-16"] if wide else ["utf-8-sig", "cp949"]
    line = 1
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError as error:
            line = max(line, raw.count(b"\n", 0, error.start) + 1)
    raise ImportRefused(f"{name}의 {line}행 즈음에 알아볼 수 없는 글자가 있어요. UTF-8로 다시 저장해 주세요.")


def _csv(text: str) -> Iterator[Row]:
    lines = io.StringIO(text, newline="")
    before = csv.field_size_limit(MAX_CELL)
    reader = csv.reader(lines, delimiter=delimiter(text), strict=True)
    start = 1
    try:
        for cells in reader:
            yield Row(start, tuple(cell.replace(LIST_MARK, "\n") for cell in cells))
            start = reader.line_num + 1
    except csv.Error as error:
        raise ImportRefused(
            f"{start}행에서 시작하는 칸의 따옴표 짝이 맞지 않아요 ({error}). 그 줄의 큰따옴표를 봐 주세요."
        ) from error
    finally:
        csv.field_size_limit(before)


def delimiter(text: str) -> str:
    """The delimiter that gives the first filled line the most columns; a comma when none does."""

    def columns(mark: str) -> int:
        try:
            rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
            return len(next((row for row in rows if any(cell.strip() for cell in row)), ()))
        except csv.Error:
            return 0

    return max(",;\t|", key=columns)


def _xlsx(path: Path) -> list[Row]:
    """The first sheet that has something in it.

    Read row by row, and merged fields beside them: a small file can say that it has cells without end, and
    openpyxl would make every one of a merged field.
    """
    try:
        _look_inside(path)
        with closing(load_workbook(path, read_only=True, data_only=True)) as book:
            for sheet in book.worksheets:
                if isinstance(sheet, ReadOnlyWorksheet):  # no chart
                    sheet.reset_dimensions()  # some programs write a wrong size, and rows would be lost
                    rows = list(_sheet_rows(sheet.iter_rows(values_only=True)))
                    if any(any(row.cells) for row in rows):
                        part: str = sheet._worksheet_path  # type: ignore[attr-defined]
                        return _spread(rows, _merged(path, part))
    except ImportRefused:
        raise
    except Exception as error:  # openpyxl fails in whatever way the XML of a damaged file leads it to
        raise ImportRefused(
            f"{path.name}은 열 수 없는 엑셀 파일이에요. 암호를 풀고 ‘.xlsx’로 다시 저장해 주세요."
        ) from error
    return []


def _look_inside(path: Path) -> None:
    """Raises ImportRefused for a file that unpacks to too much."""
    with zipfile.ZipFile(path) as packed:
        size = sum(part.file_size for part in packed.infolist())
        if size > MAX_UNPACKED or len(packed.infolist()) > _MAX_PARTS:
            raise ImportRefused(
                f"{path.name}은 풀면 {size // 1_000_000:,}MB라서 열지 않았어요. "
                "필요한 시트만 CSV로 저장해 주세요."
            )


def _sheet_rows(values: Iterable[tuple[object, ...]]) -> Iterator[Row]:
    for number, row in enumerate(values, start=1):
        if number > MAX_ROWS:
            raise ImportRefused(f"줄이 {MAX_ROWS:,}개가 넘어요. 파일을 나눠 주세요.")
        width = next((place for place in range(len(row), 0, -1) if row[place - 1] is not None), 0)
        if width > MAX_COLUMNS:
            raise ImportRefused(f"{number}행의 열이 {MAX_COLUMNS}개가 넘어요. 필요한 열만 남겨 주세요.")
        yield Row(number, tuple(_text(value) for value in row[:width]))


def _merged(path: Path, part: str) -> list[tuple[int, int, int, int]]:
    """The merged fields of a sheet: left, top, right, bottom. Raises ImportRefused for far too many."""
    fields: list[tuple[int, int, int, int]] = []
    rows = 0
    with zipfile.ZipFile(path) as packed, packed.open(part) as sheet:
        for _, element in iterparse(sheet):
            if element.tag.rpartition("}")[2] == "mergeCell":
                left, top, right, bottom = range_boundaries(element.get("ref", ""))
                if left is None or top is None or right is None or bottom is None:
                    continue  # whole columns or rows, as no program merges them
                fields.append((left, top, right, bottom))
                rows += max(min(bottom, MAX_ROWS) - top, 0) + 1
                if rows > _MAX_MERGED:
                    raise ImportRefused("합쳐진 칸이 너무 많아요. 칸을 나누거나 CSV로 저장해 주세요.")
            element.clear()
    return fields


def _spread(rows: list[Row], fields: Iterable[tuple[int, int, int, int]]) -> list[Row]:
    """Every cell of a merged field holds what the field shows: the topic of several rows, mostly."""
    for left, top, _, bottom in fields:
        if top > len(rows) or left > MAX_COLUMNS:
            continue
        text = "".join(rows[top - 1].cells[left - 1 : left])
        for place in range(top - 1, min(bottom, len(rows))):
            cells = list(rows[place].cells)
            if bottom > top and text:
                cells += [""] * (left - len(cells))
                cells[left - 1] = text
            note = f"{top}~{bottom}행에 합쳐진 칸의 글 ‘{text[:20]}’을 줄마다 넣었어요"
            first = place == top - 1
            told = rows[place].note if first or not text else note
            rows[place] = Row(rows[place].line, tuple(cells), told)
    return rows


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).replace("_x000D_", "")  # how Excel writes a carriage return


def _jsonl(text: str) -> tuple[Rows, tuple[str, ...]]:
    read: list[tuple[int, dict[str, str]] | Unread] = []
    columns: dict[str, None] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            read.append(Unread(number, "JSON이 아니에요"))
            continue
        if not isinstance(found, dict):
            read.append(Unread(number, "JSON 묶음 {…}이 아니에요"))
            continue
        cells = {name: _json_text(value) for name, value in found.items()}
        columns |= dict.fromkeys(cells)
        read.append((number, cells))
    names = tuple(columns)
    rows: Rows = [
        item if isinstance(item, Unread) else Row(item[0], tuple(item[1].get(name, "") for name in names))
        for item in read
    ]
    return rows, names


def _json_text(value: object) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return LIST_MARK.join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else _text(value)
