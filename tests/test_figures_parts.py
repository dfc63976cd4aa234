"""What the figures are reckoned and drawn with, for any numbers; and files of any length."""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from bot.figures.drawing import HEIGHT, TOP, columns, nice
from bot.figures.histogram import bucket, middle, quantile
from bot.figures.kinds import Group
from bot.figures.period import Period, hour_of
from bot.figures.reading import answer_rate, grouped
from bot.figures.said import counted, telling
from bot.figures.sheets import SHEETS, Cell, Sheet, XlsxSheet
from tests.log_support import NOON
from tests.test_figures import SEOUL

_TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)


def written(sheet: Sheet, columns: list[str], rows: list[list[Cell]]) -> bytes:
    return sheet.begin(columns) + b"".join(sheet.rows([row]) for row in rows) + sheet.end()


@settings(max_examples=25)
@given(st.lists(st.tuples(_TEXTS, st.integers(-(10**9), 10**9)), max_size=12))
def test_every_file_holds_every_row(rows: list[tuple[str, int]]) -> None:
    cells: list[list[Cell]] = [list(row) for row in rows]
    read = json.loads(written(SHEETS["json"](), ["글", "수"], cells))
    assert read == [{"글": text, "수": n} for text, n in rows]
    table = written(SHEETS["csv"](), ["글", "수"], cells).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(table, newline="")))
    assert [int(n) for _, n in lines[1:]] == [n for _, n in rows]
    assert not any(text.startswith(("=", "+", "-", "@")) for text, _ in lines[1:])
    book = load_workbook(io.BytesIO(written(SHEETS["xlsx"](), ["글", "수"], cells)), read_only=True)
    sheet = list(book["1"].iter_rows(values_only=True))
    assert sheet == [("글", "수"), *((text or None, n) for text, n in rows)]


def test_a_workbook_goes_on_on_another_sheet_and_keeps_nothing() -> None:
    sheet = XlsxSheet(most=1000)
    out = sheet.begin(["수"])
    largest = 0
    for begin in range(0, 5000, 500):
        part = sheet.rows([[n] for n in range(begin, begin + 500)])
        largest = max(largest, len(part))
        out += part
    out += sheet.end()
    book = load_workbook(io.BytesIO(out), read_only=True)
    assert len(book.sheetnames) == 6
    rows = [row[0] for name in book.sheetnames for row in book[name].iter_rows(values_only=True)]
    assert [n for n in rows if n != "수"] == list(range(5000))
    assert largest < len(out) / 2  # it goes out while it is made


@given(st.lists(st.floats(1, 3_600_000), min_size=1, max_size=200), st.sampled_from([0.5, 0.9, 0.95, 1.0]))
def test_quantiles_are_within_five_percent(values: list[float], share: float) -> None:
    buckets = Counter(map(bucket, values))
    exact = sorted(values)[max(1, math.ceil(len(values) * share)) - 1]
    told = quantile(buckets, share)
    assert told is not None
    assert abs(told - exact) <= 0.05 * exact + 1


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=40))
def test_nothing_is_drawn_outside(values: list[int]) -> None:
    parts = [Counter({Group.ANSWERED: n, Group.UNANSWERED: n // 3}) for n in values]
    picture = columns(parts, list(Group), [float(n) for n in values])
    for column in picture.columns:
        assert 0 <= column.x <= column.x + column.width <= 100.1
        assert all(
            TOP - 0.1 <= each.y <= each.y + each.height <= TOP + HEIGHT + 0.1 for each in column.blocks
        )
    assert len(picture.labels) <= 7
    assert nice(max(values)) >= max(values)


@given(st.integers(1, 800), st.integers(0, 3000))
def test_parts_make_up_the_period(days: int, offset: int) -> None:
    since = date(2020, 1, 1) + timedelta(days=offset)
    period = Period(since, since + timedelta(days=days - 1), SEOUL)
    parts = period.parts()
    assert (parts[0].begin, parts[-1].end) == (period.begin, period.end)
    assert all(one.end == other.begin for one, other in pairwise(parts))
    assert period.before.end == period.begin
    assert period.before.days == days


def test_words_are_counted_by_conversations() -> None:
    lines = [(1, "단수 단수"), (1, "단수예요"), (2, "단수인가요"), (3, "수도요금"), (4, "수도요금이요")]
    counts = counted(lines)
    assert counts["단수"] == 2
    assert "단수예" not in counts  # of one citizen alone
    assert set(telling({k: n for k, n in counts.items() if k.startswith("수도")})) == {"수도요금"}
    assert middle(bucket(1000)) == pytest.approx(1000, rel=0.05)
    assert hour_of(NOON + timedelta(minutes=59), SEOUL) == NOON


def test_who_got_no_answer_of_the_bot_asked_all_the_same() -> None:
    outcomes = {"answered_faq": 2, "held": 1, "switched_off": 1, "chatted": 9}
    assert answer_rate(outcomes) == 0.5
    assert grouped(outcomes) == {Group.ANSWERED: 2, Group.HANDED: 1, Group.FAILED: 1, Group.OTHER: 9}
