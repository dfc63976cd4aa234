"""Which package imports which: a matrix, for the arrows of forty packages would be a knot."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from docs.pictures.svg import ROOT, box, line, sheet, text

_TOPS = ("bot", "connectors", "actions", "demo")
_NAME = rf"((?:{'|'.join(_TOPS)})\b[\w.]*)"
_IMPORT = re.compile(rf"^[ \t]*(?:from {_NAME} import (\([^)]*\)|.*)|import {_NAME})", re.MULTILINE)
_CELL = 17
_LEFT = 150
_MANY = 8
"""Modules: a picture that knew their number would be out of date every day."""


def imports(root: Path = ROOT) -> dict[tuple[str, str], int]:
    """(importing package, imported package) → 1 where one module does, 2 where some do, 3 where many."""
    found: Counter[tuple[str, str]] = Counter()
    for top in _TOPS:
        for path in sorted((root / top).rglob("*.py")):
            own = package(path.relative_to(root).with_suffix("").parts, root)
            for other in {package(tuple(name.split(".")), root) for name in _names(path)} - {own}:
                found[own, other] += 1
    return {pair: 1 + (modules > 1) + (modules > _MANY) for pair, modules in found.items()}


def package(module: tuple[str, ...], root: Path = ROOT) -> str:
    """Where a module belongs: `bot.log`, `bot` for those right below it, `actions`."""
    if module[0] == "bot" and len(module) > 1 and (root / "bot" / module[1]).is_dir():
        return f"bot.{module[1]}"
    return module[0]


def ordered(found: Mapping[tuple[str, str], int]) -> list[str]:
    """What is needed before who needs it, as far as that goes.

    Those come first that are needed most and need least of the rest: the rule of Eades, Lin and Smyth for few
    arrows that point back (doi:10.1016/0020-0190(93)90079-O).
    """
    left, order = {name for pair in found for name in pair}, []
    while left:
        needs = Counter(dict.fromkeys(left, 0))
        for (own, other), strength in found.items():
            if own in left and other in left:
                needs[own] += strength
                needs[other] -= strength
        order.append(min(left, key=lambda name: (needs[name], name)))
        left.remove(order[-1])
    return order


def picture() -> str:
    """Rows import columns; a mark right of the diagonal is a need of something that stands later."""
    found = imports()
    names = ordered(found)
    top, size = 150, _CELL * len(names)
    parts = []
    for place, name in enumerate(names):
        at = top + place * _CELL
        parts.append(line(_LEFT, at, _LEFT + size, at))
        parts.append(line(_LEFT + place * _CELL, top, _LEFT + place * _CELL, top + size))
        parts.append(text(_LEFT - 8, at + 13, name, "end"))
        parts.append(text(_LEFT + place * _CELL + 13, top - 8, name, turned=True))
        parts.append(box(_LEFT + place * _CELL + 1, at + 1, _CELL - 2, _CELL - 2, "head"))
    for (own, other), strength in sorted(found.items()):
        row, column = names.index(own), names.index(other)
        side = (_CELL - 4) * strength / 3
        x = _LEFT + column * _CELL + (_CELL - side) / 2
        y = top + row * _CELL + (_CELL - side) / 2
        kind = "mark" if column < row else "back"
        parts.append(box(x, y, side, side, kind, f"{own} → {other}"))
    foot = top + size + 24
    parts.append(
        text(_LEFT, foot, "A row imports the columns that are marked; larger: more modules do.", "soft")
    )
    parts.append(text(_LEFT, foot + 18, "Orange: something that stands later.", "soft"))
    return sheet(_LEFT + size + 20, foot + 36, "Which package imports which", parts)


def _names(path: Path) -> Iterator[str]:
    for whole, names, plain in _IMPORT.findall(path.read_text("utf-8")):
        if plain:
            yield plain
        elif whole in _TOPS:
            yield from (f"{whole}.{name.strip()}" for name in names.strip("()").split(","))
        else:
            yield whole
