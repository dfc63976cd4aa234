"""Small workbooks that would grow without end: refused before they have eaten the gateway's memory."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from bot.content.importer.tables import MAX_COLUMNS, ImportRefused, read_rows

_NAMES = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_CELL = '<row r="{0}"><c r="{1}{0}" t="inlineStr"><is><t>{2}</t></is></c></row>'
_LAUGHS = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))


def workbook(folder: Path, sheet: str, before: str = "") -> Path:
    """A file whose one sheet has this inside."""
    plain, packed = io.BytesIO(), folder / "table.xlsx"
    Workbook().save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            mine = f"{before}<worksheet {_NAMES}>{sheet}</worksheet>"
            target.writestr(name, mine if name == "xl/worksheets/sheet1.xml" else source.read(name))
    return packed


def merged(*fields: str) -> str:
    cells = "".join(f'<mergeCell ref="{field}"/>' for field in fields)
    return f'<mergeCells count="{len(fields)}">{cells}</mergeCells>'


def data(*rows: tuple[int, str, str]) -> str:
    return f"<sheetData>{''.join(_CELL.format(*row) for row in rows)}</sheetData>"


@pytest.fixture
def memory() -> Iterator[None]:
    """What follows may take 200 MB at most."""
    tracemalloc.start()
    yield
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 200_000_000


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize(
    ("sheet", "before"),
    [
        (data(*((row, "XFD", "값") for row in range(1, 500))), ""),
        (data((1, "A", "값"), (20_000, "XFD", "값")) + merged("A1:B1"), ""),
        (data((1, "A", "값")) + merged(*["A1:A90000"] * 20), ""),
        (data((1, "A", "값")) + merged("nonsense"), ""),
        (data((1, "A", "&x;")), '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        (data((1, "A", "&a9;")), f"<!DOCTYPE x [{_LAUGHS}]>"),
    ],
    ids=["wide", "far and merged", "merged often", "no field", "another file", "laughs"],
)
def test_is_refused(tmp_path: Path, sheet: str, before: str) -> None:
    packed = workbook(tmp_path, sheet, before)
    assert packed.stat().st_size < 20_000
    with pytest.raises(ImportRefused):
        read_rows(packed)


@pytest.mark.usefixtures("memory")
def test_a_field_over_the_whole_sheet_is_no_more_than_its_text(tmp_path: Path) -> None:
    rows, _ = read_rows(workbook(tmp_path, data((1, "A", "여권")) + merged("A1:XFD1048576")))
    assert [row.cells for row in rows] == [("여권",)]  # type: ignore[union-attr]


_PLACES = st.tuples(st.integers(1, 40), st.integers(1, 3))


@given(st.lists(st.tuples(_PLACES, _PLACES), max_size=6), st.integers(1, 30))
@settings(max_examples=15, deadline=None)
def test_whatever_is_merged_rows_stay_rows(
    tmp_path_factory: pytest.TempPathFactory, fields: list[tuple[tuple[int, int], tuple[int, int]]], last: int
) -> None:
    corners = [((min(r, q), min(a, b)), (max(r, q), max(a, b))) for (r, a), (q, b) in fields]
    names = [f"{chr(64 + a)}{r}:{chr(64 + b)}{q}" for (r, a), (q, b) in corners]
    sheet = data(*((row, "B", f"글{row}") for row in range(1, last + 1))) + merged(*names)
    rows, _ = read_rows(workbook(tmp_path_factory.mktemp("merged"), sheet))
    assert [row.line for row in rows] == list(range(1, last + 1))
    assert all(len(row.cells) <= MAX_COLUMNS for row in rows)  # type: ignore[union-attr]
