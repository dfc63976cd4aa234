"""A report described once, shown three ways: on the terminal, as one HTML file, as Markdown."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table as RichTable

_NUMBER = re.compile(r"[–-]?[\d,.]+( ?(%|배|ms|초|MB|개))?|–")


@dataclass(frozen=True)
class Table:
    """Rows of text under a heading each; the first column names the row."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    folded: bool = False
    """Long: closed in HTML until somebody opens it, cut short on the terminal."""

    @property
    def numbers(self) -> frozenset[int]:
        """The columns, beside the first, that hold figures only."""
        columns = range(1, len(self.head))
        return frozenset(at for at in columns if all(_NUMBER.fullmatch(row[at]) for row in self.rows))


@dataclass(frozen=True)
class Chart:
    """An SVG picture and in words what it shows; its figures also stand in a table beside it."""

    caption: str
    svg: str
    alt: str

    @property
    def source(self) -> str:
        """A `data:` address, so that the page needs no other file and ids of pictures do not meet."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.svg.encode()).decode()


Part = Table | Chart | str
"""A `str` is a paragraph."""


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Report:
    """`facts` are (name, value): when, where and how the figures came about."""

    title: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]


def html(report: Report) -> str:
    """The whole report as one page that loads nothing."""
    return _environment().get_template("report.html.j2").render(report=report)


def show(report: Report, console: Console, longest: int = 6) -> None:
    """Print the sections; of folded tables the first `longest` rows."""
    for section in report.sections:
        console.print()
        console.rule(f"[bold]{escape(section.title)}[/]", align="left")
        for part in section.parts:
            if isinstance(part, Table):
                console.print(_rich(part, longest))
            elif isinstance(part, str):
                console.print(part, markup=False, highlight=False)


def markdown(section: Section, pictures: dict[str, str] | None = None) -> Iterator[str]:
    """Blocks of Markdown; a chart becomes the file that `pictures` names for its caption, or is left out."""
    yield f"## {section.title}"
    for part in section.parts:
        if isinstance(part, str):
            yield part
        elif isinstance(part, Table):
            marks = tuple("--:" if at in part.numbers else "---" for at in range(len(part.head)))
            lines = [part.head, marks, *part.rows]
            yield "\n".join([f"**{part.caption}**", "", *(_line(cells) for cells in lines)])
        elif path := (pictures or {}).get(part.caption):
            yield f"![{part.alt}]({path})"


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _rich(table: Table, longest: int) -> RenderableType:
    shown = table.rows[:longest] if table.folded else table.rows
    left_out = len(table.rows) - len(shown)
    note = f"이 밖에 {left_out}줄은 보고서에 있어요" if left_out else None
    made = RichTable(title=escape(table.caption), caption=note, title_justify="left", title_style="bold")
    for place, name in enumerate(table.head):
        side: Literal["left", "right"] = "right" if place in table.numbers else "left"
        made.add_column(escape(name), justify=side, overflow="fold")
    for row in shown:
        made.add_row(*map(escape, row))
    return made


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("bot.evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.tests["table"] = lambda part: isinstance(part, Table)
    made.tests["chart"] = lambda part: isinstance(part, Chart)
    return made
