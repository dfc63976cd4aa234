"""Two changes of the same thing brought together: field by field, or line by line."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, TypeVar

from bot.studio.yaml_text import plain, same

T = TypeVar("T", bound=Hashable)

_NOTHING = None
"""A field that is not there."""


@dataclass(frozen=True)
class Clash:
    """A part that both changed, and differently."""

    name: str
    """Of the field; of a file its lines, e.g. `12–14`."""
    base: Any
    mine: Any
    theirs: Any


def merge_fields(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[Clash, ...]]:
    """The fields of both changes, and those that both changed differently: there `mine` is taken.

    A list of texts (questions) is brought together entry by entry where both changed it.
    """
    merged: dict[str, Any] = {}
    clashes: list[Clash] = []
    names = list(dict.fromkeys([*mine, *theirs, *base]))
    for name in names:
        was, my, their = (side.get(name, _NOTHING) for side in (base, mine, theirs))
        value = my
        if same(was, my):
            value = their
        elif not (same(was, their) or same(my, their)):
            value = _merge_lists(was, my, their)
            if value is None:
                value = my
                clashes.append(Clash(name, was, my, their))
        if value is not _NOTHING:
            merged[name] = value
    return merged, tuple(clashes)


def _merge_lists(base: Any, mine: Any, theirs: Any) -> list[str] | None:
    """Lists of texts brought together; None where that cannot be done."""
    sides = [plain(side) for side in (base, mine, theirs)]
    for side in sides:
        if not isinstance(side, list) or not all(isinstance(part, str) for part in side):
            return None
    merged: list[str] = []
    for part in merge3(*sides):
        if isinstance(part, Clash):
            if part.base:
                return None
            merged += [*part.mine, *(each for each in part.theirs if each not in part.mine)]
        else:
            merged += part
    return list(dict.fromkeys(merged))


def merge_texts(base: str, mine: str, theirs: str) -> tuple[str, tuple[Clash, ...]]:
    """The lines of both changes, and those that both changed differently: there `mine` is taken."""
    parts: list[str] = []
    clashes: list[Clash] = []
    line = 1
    for part in merge3(*(side.splitlines(keepends=True) for side in (base, mine, theirs))):
        if isinstance(part, Clash):
            texts = ["".join(side) for side in (part.base, part.mine, part.theirs)]
            last = max(line, line + len(part.mine) - 1)
            clashes.append(Clash(f"{line}–{last}" if last > line else str(line), *texts))
        lines = part.mine if isinstance(part, Clash) else part
        parts += lines
        line += len(lines)
    return "".join(parts), tuple(clashes)


def merge3(base: Sequence[T], mine: Sequence[T], theirs: Sequence[T]) -> Iterator[list[T] | Clash]:
    """What both sides made of `base`, in order; a `Clash` where both changed the same place differently.

    The method: Khanna, Kunal, Pierce, "A formal investigation of diff3" (2007).
    """
    at, my_at, their_at = 0, 0, 0
    for start, end, my_start, their_start in (*_kept_by_both(base, mine, theirs), _ends(base, mine, theirs)):
        was, my, their = base[at:start], mine[my_at:my_start], theirs[their_at:their_start]
        if list(my) == list(was):
            chosen: list[T] | Clash = list(their)
        elif list(their) in (list(was), list(my)):
            chosen = list(my)
        else:
            chosen = Clash("", list(was), list(my), list(their))
        if chosen:
            yield chosen
        if end > start:
            yield list(base[start:end])
        at, my_at, their_at = end, my_start + end - start, their_start + end - start


def _ends(base: Sequence[T], mine: Sequence[T], theirs: Sequence[T]) -> tuple[int, int, int, int]:
    return len(base), len(base), len(mine), len(theirs)


def _kept_by_both(
    base: Sequence[T], mine: Sequence[T], theirs: Sequence[T]
) -> Iterator[tuple[int, int, int, int]]:
    """Stretches of `base` (start, end) that both kept, with where they begin in each."""
    my_place, their_place = _places(base, mine), _places(base, theirs)
    start = 0
    while start < len(base):
        if start not in my_place or start not in their_place:
            start += 1
            continue
        end = start + 1
        while (
            my_place.get(end) == my_place[start] + end - start
            and their_place.get(end) == their_place[start] + end - start
        ):
            end += 1
        yield start, end, my_place[start], their_place[start]
        start = end


def _places(base: Sequence[T], other: Sequence[T]) -> dict[int, int]:
    """Where each part of `base` that was kept stands in `other`."""
    head = 0
    while head < min(len(base), len(other)) and base[head] == other[head]:
        head += 1
    tail = 0
    while tail < min(len(base), len(other)) - head and base[-1 - tail] == other[-1 - tail]:
        tail += 1
    places = {i: i for i in range(head)}
    places |= {len(base) - 1 - i: len(other) - 1 - i for i in range(tail)}
    middle = SequenceMatcher(
        None, base[head : len(base) - tail], other[head : len(other) - tail], autojunk=False
    )
    for i, j, size in middle.get_matching_blocks():
        places |= {head + i + k: head + j + k for k in range(size)}
    return places
