"""Tables of any length as a file, written piece by piece: CSV, JSON, or a workbook (ECMA-376, as XLSX).

openpyxl keeps a workbook on disk until it is whole and takes ten times as long for a row; here a piece goes
out as soon as it is written, and nothing of it stays.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from typing import IO, Protocol
from xml.sax.saxutils import escape

Cell = str | int | float | None
ROWS = 1_000_000
"""A sheet of a workbook may have 1,048,576; what is more goes on another."""
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet reckon (CWE-1236)."""


class Sheet(Protocol):
    """A file in the making. Every method gives the bytes that are ready."""

    content_type: str

    def begin(self, columns: Sequence[str]) -> bytes:
        """The head."""

    def rows(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        """Some more rows, each as long as the head."""

    def end(self) -> bytes:
        """What closes the file."""


class CsvSheet:
    """RFC 4180, as Excel reads it."""

    content_type = "text/csv; charset=utf-8"

    def begin(self, columns: Sequence[str]) -> bytes:
        """The head, after the mark without which Excel does not read UTF-8."""
        return b"\xef\xbb\xbf" + self.rows([columns])

    def rows(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        """Some rows."""
        text = io.StringIO()
        csv.writer(text).writerows([["" if each is None else harmless(each) for each in row] for row in rows])
        return text.getvalue().encode()

    def end(self) -> bytes:
        """Nothing."""
        return b""


class JsonSheet:
    """One array of objects."""

    content_type = "application/json; charset=utf-8"

    def __init__(self) -> None:
        self._columns: Sequence[str] = ()
        self._between = "\n"

    def begin(self, columns: Sequence[str]) -> bytes:
        """The bracket."""
        self._columns = columns
        return b"["

    def rows(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        """An object a row."""
        out = []
        for row in rows:
            out.append(
                self._between + json.dumps(dict(zip(self._columns, row, strict=True)), ensure_ascii=False)
            )
            self._between = ",\n"
        return "".join(out).encode()

    def end(self) -> bytes:
        """The other bracket."""
        return b"\n]\n"


class _Pipe(io.RawIOBase):
    """A file that cannot be gone back in: what was written is taken out of it at once."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: object) -> int:
        """Keep until taken."""
        part = bytes(data)  # type: ignore[call-overload]
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        """Everything since the last time."""
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REFS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_RELATIONS = "application/vnd.openxmlformats-package.relationships+xml"
_FORMAT = "application/vnd.openxmlformats-officedocument.spreadsheetml"


class XlsxSheet:
    """A workbook with as many sheets as there must be; the head stands on each."""

    content_type = f"{_FORMAT}.sheet"

    def __init__(self, most: int = ROWS) -> None:
        self._most = most
        self._pipe = _Pipe()
        self._zip = zipfile.ZipFile(self._pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._columns: Sequence[str] = ()
        self._sheet: IO[bytes] | None = None
        self._sheets = self._written = 0

    def begin(self, columns: Sequence[str]) -> bytes:
        """The first sheet's head."""
        self._columns = columns
        self._open()
        return self._pipe.take()

    def rows(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        """Some rows; another sheet where one is full."""
        for start in range(0, len(rows), 500):
            some = rows[start : start + 500]
            while some:
                room = self._most - self._written
                self._write(some[:room])
                some = some[room:]
                if some:
                    self._shut()
                    self._open()
        return self._pipe.take()

    def end(self) -> bytes:
        """What says which sheets there are."""
        self._shut()
        numbers = range(1, self._sheets + 1)
        parts = {
            "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_REFS}"><sheets>'
            + "".join(f'<sheet name="{n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
            + "</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
            + "".join(
                f'<Relationship Id="rId{n}" Type="{_REFS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
                for n in numbers
            )
            + "</Relationships>",
            "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_REFS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
            f'<Default Extension="rels" ContentType="{_RELATIONS}"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_FORMAT}.sheet.main+xml"/>'
            + "".join(
                f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_FORMAT}.worksheet+xml"/>'
                for n in numbers
            )
            + "</Types>",
        }
        for name, text in parts.items():
            self._zip.writestr(name, _HEAD + text)
        self._zip.close()
        return self._pipe.take()

    def _open(self) -> None:
        self._sheets, self._written = self._sheets + 1, 0
        self._sheet = self._zip.open(f"xl/worksheets/sheet{self._sheets}.xml", "w", force_zip64=True)
        self._sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
        self._write([self._columns])

    def _write(self, rows: Sequence[Sequence[Cell]]) -> None:
        if self._sheet is None:
            raise ValueError("the workbook has not begun, or has ended")
        self._written += len(rows)
        text = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
        self._sheet.write(text.encode())

    def _shut(self) -> None:
        if self._sheet is not None:
            self._sheet.write(b"</sheetData></worksheet>")
            self._sheet.close()
            self._sheet = None


SHEETS: dict[str, type[CsvSheet] | type[JsonSheet] | type[XlsxSheet]] = {
    "csv": CsvSheet,
    "xlsx": XlsxSheet,
    "json": JsonSheet,
}
"""By the ending of the file's name."""


def harmless(cell: Cell) -> Cell:
    """A text that a spreadsheet shows and does not reckon."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell


def _cell(value: Cell) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(_printable(value))}</t></is></c>'
    return f"<c><v>{value}</v></c>"


def _printable(text: str) -> str:
    """XML 1.0 knows no other control characters."""
    return "".join(c for c in text if c >= " " or c in "\t\n\r")
