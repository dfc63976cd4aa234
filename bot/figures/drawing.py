"""Where things stand in a picture: widths in percent of it, heights in pixels, so that letters keep their
size however wide it is. The templates draw it (`_figures.html`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.figures.kinds import Group

HEIGHT = 180.0
"""Pixels of the space between the lowest and the highest value."""
TOP = 24.0
"""Pixels above it, for marks."""
_LABELS = 7
"""At most so many words below: they must fit side by side on a phone."""


@dataclass(frozen=True)
class Tick:
    """A line across."""

    y: float
    value: float


@dataclass(frozen=True)
class Label:
    """Words below."""

    x: float
    place: int
    """Which column."""
    anchor: str


@dataclass(frozen=True)
class Block:
    """A part of a column."""

    group: Group
    y: float
    height: float


@dataclass(frozen=True)
class Column:
    """One part of the period."""

    x: float
    width: float
    middle: float
    total: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Columns:
    """Columns in which groups are stacked, with a line of other values over them."""

    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]
    labels: tuple[Label, ...]
    line: str
    """Points of a polyline in a square of 100 × 100; empty when there is none."""


@dataclass(frozen=True)
class Line:
    """Values that belong together, cut where one is missing."""

    name: str
    pieces: tuple[str, ...]
    """Points in a square of 100 × 100."""
    dots: tuple[tuple[float, float], ...]
    """(x in percent, y in pixels) of values that stand alone."""


@dataclass(frozen=True)
class Lines:
    """Several lines over one axis."""

    lines: tuple[Line, ...]
    ticks: tuple[Tick, ...]
    labels: tuple[Label, ...]


@dataclass(frozen=True)
class Square:
    """One hour of one day of the week: its size is its value."""

    day: int
    hour: int
    n: int
    x: float
    y: float
    width: float
    height: float


def nice(most: float) -> float:
    """The least round number (1, 2, 2.5 or 5 with noughts) times four that is not below a value."""
    if most <= 0:
        return 4.0
    step = most / 4
    power = 10.0 ** math.floor(math.log10(step))
    return 4 * next(each * power for each in (1, 2, 2.5, 5, 10) if each * power >= step - 1e-12)


def columns(parts: Sequence[Mapping[Group, int]], groups: Sequence[Group], line: Sequence[float]) -> Columns:
    """`parts` are counts by group, the oldest first; `groups` are stacked in this order from below."""
    totals = [sum(part.get(group, 0) for group in groups) for part in parts]
    most = nice(max([*totals, *line], default=0))
    wide = 100 / max(1, len(parts))
    gap = wide * (0.16 if len(parts) < 40 else 0.1)
    found = []
    for place, part in enumerate(parts):
        y, blocks = TOP + HEIGHT, []
        for group in groups:
            height = part.get(group, 0) / most * HEIGHT
            if height > 0:
                y -= height
                blocks.append(Block(group, round(y, 2), round(height, 2)))
        x = place * wide
        found.append(
            Column(
                round(x + gap / 2, 3),
                round(wide - gap, 3),
                round(x + wide / 2, 3),
                totals[place],
                tuple(blocks),
            )
        )
    points = " ".join(
        f"{(place + 0.5) * wide:.2f},{100 - value / most * 100:.2f}" for place, value in enumerate(line)
    )
    return Columns(tuple(found), _ticks(most), _labels(len(parts)), points)


def lines(series: Mapping[str, Sequence[float | None]]) -> Lines:
    """Lines by name; all are equally long."""
    most = nice(max((value for values in series.values() for value in values if value), default=0))
    length = max((len(values) for values in series.values()), default=0)
    wide = 100 / max(1, length)
    drawn = []
    for name, values in series.items():
        pieces: list[list[tuple[float, float]]] = [[]]
        for place, value in enumerate(values):
            if value is None:
                pieces.append([])
            else:
                pieces[-1].append(((place + 0.5) * wide, value / most))
        drawn.append(
            Line(
                name,
                tuple(
                    " ".join(f"{x:.2f},{100 - share * 100:.2f}" for x, share in piece)
                    for piece in pieces
                    if len(piece) > 1
                ),
                tuple(
                    (round(x, 2), round(TOP + HEIGHT * (1 - share), 2))
                    for piece in pieces
                    for x, share in piece
                    if len(piece) == 1 or length <= 31
                ),
            )
        )
    return Lines(tuple(drawn), _ticks(most), _labels(length))


def squares(counts: Mapping[tuple[int, int], int], row: float = 24.0, left: float = 7.0) -> list[Square]:
    """A week of hours: `row` pixels a day, `left` percent for the days' names."""
    most, wide = max(counts.values(), default=0), (100 - left) / 24
    found = []
    for day in range(7):
        for hour in range(24):
            n = counts.get((day, hour), 0)
            side = math.sqrt(n / most) if most else 0.0
            found.append(
                Square(
                    day,
                    hour,
                    n,
                    round(left + wide * (hour + (1 - side) / 2), 3),
                    round(row * (day + (1 - side) / 2), 2),
                    round(wide * side, 3),
                    round(row * side, 2),
                )
            )
    return found


def _ticks(most: float) -> tuple[Tick, ...]:
    return tuple(Tick(round(TOP + HEIGHT * (1 - n / 4), 2), most * n / 4) for n in range(5))


def _labels(length: int) -> tuple[Label, ...]:
    if not length:
        return ()
    step = -(-length // _LABELS)
    wide = 100 / length
    return tuple(
        Label(round((place + 0.5) * wide, 3), place, "start" if place == 0 and length > _LABELS else "middle")
        for place in range(0, length, step)
    )
