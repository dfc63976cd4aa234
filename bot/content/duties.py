"""Which department a question belongs to."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.content.models import Department, DepartmentFile

OWNERS_ASKED = 5
"""So many of the best hits say whose question this may be."""


def default(file: DepartmentFile) -> Department:
    """The department named when nobody better is known: the call centre."""
    return department(file, file.default)


def department(file: DepartmentFile, id_: str | None) -> Department:
    """The department of that id; the call centre when there is none."""
    known = {each.id: each for each in file.departments}
    return known.get(id_ or "", known[file.default])


def named(file: DepartmentFile, text: str) -> Department | None:
    """The department whose name, or the longest word among what it handles, occurs in the text."""
    squeezed = squeeze(text)
    found = [
        (len(squeeze(word)), each)
        for each in file.departments
        for word in (each.name, *each.handles)
        if squeeze(word) in squeezed
    ]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def likely(file: DepartmentFile, text: str, owners: Sequence[str | None] = ()) -> Department:
    """The department a question with no answer goes to.

    By its words; else the owner of at least half of the best hits (`owners`, best first); else the
    call centre: a guess is worse than somebody who knows all.
    """
    by_words = named(file, text)
    if by_words:
        return by_words
    best = owners[:OWNERS_ASKED]
    for owner in best:
        if owner and best.count(owner) * 2 >= len(best):
            return department(file, owner)
    return default(file)


def squeeze(text: str) -> str:
    """Text without spaces and case, for finding words in it."""
    return re.sub(r"\s+", "", text).casefold()
