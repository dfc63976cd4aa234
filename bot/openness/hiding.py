"""Which counts of a week may be published, so that nobody is found in them.

A count of fewer than K people is not published, and none can be reckoned from what is. Two means: small parts
are put together until everything that is shown, and what is left of it, is of K people or more; and where a
table has a total above and beside, as many cells stay empty as it takes that those who know all the others
still cannot tell. Weeks do not overlap and are never counted again, so two of them tell no more than one.
Pure; a cell is what was counted, and of whom.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

K = 10
"""People; see docs/open-data.md."""


@dataclass(frozen=True)
class Cell:
    """Questions, and whose they are."""

    count: int = 0
    people: frozenset[int] = frozenset()

    def __add__(self, other: Cell) -> Cell:
        return Cell(self.count + other.count, self.people | other.people)

    @property
    def shown(self) -> bool:
        """Whether it may be published by itself: nobody is in it, or enough are."""
        return not self.count or len(self.people) >= K


def total(cells: Iterable[Cell]) -> Cell:
    """All of them together."""
    people: set[int] = set()
    count = 0
    for cell in cells:
        people |= cell.people
        count += cell.count
    return Cell(count, frozenset(people))


def fold(cells: Mapping[str, Cell], rest: Cell = Cell()) -> tuple[dict[str, Cell], Cell]:
    """Those that may be published, the largest first, and the others together with `rest`.

    The others are nobody, or enough people too. All together must be `shown`.
    """
    counted = {name: cell for name, cell in cells.items() if cell.count}
    order = sorted(counted, key=lambda name: (-counted[name].count, name))
    kept = [name for name in order if counted[name].shown]
    rest += total(cell for name, cell in counted.items() if name not in kept)
    while kept and not rest.shown:
        rest += counted[kept.pop()]
    return {name: counted[name] for name in kept}, rest


def splits(rows: Mapping[str, tuple[Cell, Cell]]) -> set[str] | None:
    """The rows whose two cells may be published, where all rows' and both columns' totals are.

    The rows that stay whole hide one another: for each of them there are K people or more of the others in
    either column, so that even who knows a cell of another row to be empty cannot tell. None when that cannot
    be had: then the rows must not be published beside the columns.
    """
    shown = {name for name, pair in rows.items() if all(cell.shown for cell in pair)}
    hidden = set(rows) - shown
    smallest_first = sorted(shown, key=lambda name: (sum(cell.count for cell in rows[name]), name))
    while hidden and not _hide_each_other([rows[name] for name in hidden]):
        if not smallest_first:
            return None
        hidden.add(smallest_first.pop(0))
    return set(rows) - hidden


def _hide_each_other(pairs: list[tuple[Cell, Cell]]) -> bool:
    for place in range(len(pairs)):
        others = [*pairs[:place], *pairs[place + 1 :]]
        for column in (0, 1):
            if len(total(pair[column] for pair in others).people) < K:
                return False
    return True
