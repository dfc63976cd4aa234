"""A flow drawn as SVG: boxes in rows from top to bottom, readable in black and white."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass

from markupsafe import Markup

from bot.studio.flow import Box, Flow

WIDTH = 150
"""Pixels of a box."""
_LINE = 19
_PAD = 11
_ACROSS = 14
_DOWN = 46
_PER_LINE = 17
"""Columns of text in a line of a box; a syllable takes two."""
_FITS = 3
"""Boxes beside each other that have room beside the text; more are scrolled to."""
_MARKS = {"start": "▶", "says": "“", "does": "→", "form": "?", "condition": "◇", "end": "■"}


@dataclass(frozen=True)
class _Place:
    x: float
    y: float
    height: float
    lines: tuple[str, ...]


def picture(flow: Flow, number: int) -> Markup:
    """The drawing; `number` keeps the ids of several on one page apart. Its words are `Flow.sentences`."""
    rows = _rows(flow)
    lines = {box.key: _lines(box) for box in flow.boxes}
    widest = max(len(row) for row in rows)
    width = widest * WIDTH + (widest - 1) * _ACROSS + 2 * _PAD + (30 if _loops(flow, rows) else 0)
    places: dict[str, _Place] = {}
    y = float(_PAD)
    for row in rows:
        height = float(max(len(lines[box.key]) for box in row) * _LINE + 2 * _PAD)
        span = len(row) * WIDTH + (len(row) - 1) * _ACROSS
        x = (widest * WIDTH + (widest - 1) * _ACROSS - span) / 2 + _PAD
        for box in row:
            places[box.key] = _Place(x, y, height, lines[box.key])
            x += WIDTH + _ACROSS
        y += height + _DOWN
    height = y - _DOWN + _PAD
    parts = [
        Markup(
            '<svg class="{kind}" role="img" viewBox="0 0 {w:g} {h:g}" width="{w:g}" height="{h:g}" '
            'aria-labelledby="flow-{n}-title" aria-describedby="flow-{n}-words">'
        ).format(kind="flow broad" if widest > _FITS else "flow", w=width, h=height, n=number),
        Markup('<title id="flow-{n}-title">{title}</title>').format(n=number, title=flow.title),
        Markup(
            '<defs><marker id="tip-{n}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
            'orient="auto"><path d="M0 0 8 4 0 8z" class="tip"/></marker></defs>'
        ).format(n=number),
    ]
    parts += [_arrow(places[one.source], places[one.target], one.label, number, width) for one in flow.arrows]
    parts += [_box(box, places[box.key]) for box in flow.boxes]
    return Markup("").join([*parts, Markup("</svg>")])


def _rows(flow: Flow) -> list[list[Box]]:
    """Boxes by how many steps they are from the start; an arrow back counts for nothing."""
    order = {box.key: at for at, box in enumerate(flow.boxes)}
    depth: dict[str, int] = defaultdict(int)
    for arrow in sorted(flow.arrows, key=lambda one: (order[one.source], order[one.target])):
        if order[arrow.source] < order[arrow.target]:
            depth[arrow.target] = max(depth[arrow.target], depth[arrow.source] + 1)
    rows: dict[int, list[Box]] = defaultdict(list)
    for box in flow.boxes:
        rows[depth[box.key]].append(box)
    return [rows[at] for at in sorted(rows)]


def _loops(flow: Flow, rows: list[list[Box]]) -> bool:
    at = {box.key: place for place, row in enumerate(rows) for box in row}
    return any(at[arrow.source] >= at[arrow.target] for arrow in flow.arrows)


def _box(box: Box, place: _Place) -> Markup:
    """Each kind has a shape of its own: round ends, sharp corners, a double line, a slanted side."""
    x, y, width, height = place.x, place.y, WIDTH, place.height
    if box.kind == "condition":
        cut = 12
        shape = Markup('<path d="M{a:g} {y:g}H{b:g}L{c:g} {m:g} {b:g} {d:g}H{a:g}L{x:g} {m:g}z"/>').format(
            a=x + cut, b=x + width - cut, c=x + width, d=y + height, x=x, y=y, m=y + height / 2
        )
    else:
        radius = {"start": height / 2, "end": height / 2, "says": 14}.get(box.kind, 3)
        shape = _rect(x, y, width, height, min(radius, 22))
        if box.kind == "form":
            shape += _rect(x + 4, y + 4, width - 8, height - 8, 2)
    middle = x + width / 2
    first = y + height / 2 - (len(place.lines) - 1) * _LINE / 2 + 5
    text = Markup("").join(
        Markup('<tspan x="{x:g}" y="{y:g}">{line}</tspan>').format(x=middle, y=first + at * _LINE, line=line)
        for at, line in enumerate(place.lines)
    )
    return Markup('<g class="box {kind}">{shape}<text text-anchor="middle">{text}</text></g>').format(
        kind=box.kind, shape=shape, text=text
    )


def _rect(x: float, y: float, width: float, height: float, radius: float) -> Markup:
    return Markup('<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="{r:g}"/>').format(
        x=x, y=y, w=width, h=height, r=radius
    )


def _arrow(source: _Place, target: _Place, label: str, number: int, width: float) -> Markup:
    x1, y1 = source.x + WIDTH / 2, source.y + source.height
    x2, y2 = target.x + WIDTH / 2, target.y
    if y2 > y1:
        middle = (y1 + y2) / 2
        path = f"M{x1:g} {y1:g}V{middle:g}H{x2:g}V{y2 - 1:g}" if x1 != x2 else f"M{x1:g} {y1:g}V{y2 - 1:g}"
        at = (x2 + 6, y2 - 10)
    else:  # back up, along the right side
        right, y1, y2 = width - _PAD, source.y + source.height / 2, target.y + target.height / 2
        path = f"M{source.x + WIDTH:g} {y1:g}H{right:g}V{y2:g}H{target.x + WIDTH + 1:g}"
        at = (target.x + WIDTH + 4, (y1 + y2) / 2)
    drawn = Markup('<path class="arrow" d="{path}" marker-end="url(#tip-{n})"/>').format(path=path, n=number)
    if not label:
        return drawn
    return drawn + Markup('<text class="when" x="{x:g}" y="{y:g}">{label}</text>').format(
        x=at[0], y=at[1], label=label
    )


def _lines(box: Box) -> tuple[str, ...]:
    """The label in lines that fit, broken between words where that is possible."""
    lines, line = [], _MARKS[box.kind]
    for word in box.label.split(" "):
        for piece in _fitting(word):
            if _columns(line) + 1 + _columns(piece) > _PER_LINE:
                lines.append(line)
                line = piece
            else:
                line = f"{line} {piece}"
    return tuple([*lines, line][:6])


def _fitting(word: str) -> list[str]:
    pieces = [""]
    for letter in word:
        if _columns(pieces[-1] + letter) > _PER_LINE - 2:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def words(flow: Flow, number: int) -> Markup:
    """The text that stands for the drawing where it cannot be seen."""
    items = Markup("").join(Markup("<li>{}</li>").format(line) for line in flow.sentences())
    return Markup('<ol class="flow-words" id="flow-{n}-words">{items}</ol>').format(n=number, items=items)
