"""A draft and what was changed by hand meanwhile, brought together; a person settles the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.content.problem import Problem
from bot.studio.answer_text import TOPIC, read_answer, write_answer
from bot.studio.drafts import Draft
from bot.studio.merging import Clash, merge_fields, merge_texts
from bot.studio.yaml_text import same


@dataclass(frozen=True)
class Conflict:
    """A draft that does not fit what stands in the files by now."""

    item: str
    title: str
    kind: str
    """fields (of an answer) or lines (of a file): both changed them. gone: it is not in the files any more.
    unreadable: the file cannot be read."""
    clashes: tuple[Clash, ...] = ()
    problem: Problem | None = None
    """Why it cannot be read."""


@dataclass(frozen=True)
class Settled:
    """What both come to; where they conflict, what the draft says."""

    text: str | None
    """None: the item goes."""
    conflict: Conflict | None = None


def settle_answer(draft: Draft, now: str | None) -> Settled:
    """`now`: the answer as it stands, as a draft's text. Raises `bot.content.document.Unreadable`."""
    if now in (draft.base, draft.text):
        return Settled(draft.text)
    if draft.text is not None and now is None:
        return Settled(draft.text, Conflict(draft.item, draft.title, "gone"))
    merged, clashes = merge_fields(*map(_fields, (draft.base, draft.text, now)))
    conflict = Conflict(draft.item, draft.title, "fields", clashes) if clashes else None
    if draft.text is None:
        return Settled(None, conflict)
    return Settled(write_answer(str(merged.pop(TOPIC, "")), merged, now), conflict)


def settle_file(draft: Draft, now: str | None) -> Settled:
    """`now`: the file's text as it stands."""
    if now in (draft.base, draft.text):
        return Settled(draft.text)
    if draft.base is None or draft.text is None or now is None:
        kind = "gone" if now is None else "lines"
        whole = (Clash("", draft.base, draft.text, now),)
        return Settled(draft.text, Conflict(draft.item, draft.title, kind, whole))
    text, clashes = merge_texts(draft.base, draft.text, now)
    return Settled(text, Conflict(draft.item, draft.title, "lines", clashes) if clashes else None)


def differing(one: str | None, other: str | None) -> list[str]:
    """Names of the fields in which two texts of an answer differ. Raises `Unreadable`."""
    first, second = _fields(one), _fields(other)
    names = dict.fromkeys([*first, *second])
    return [name for name in names if not same(first.get(name), second.get(name))]


def _fields(text: str | None) -> Mapping[str, Any]:
    if text is None:
        return {}
    written = read_answer(text)
    return {TOPIC: written.topic, **written.fields}
