"""New and changed answers, as releases brought them: what the feed tells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content.document import Unreadable, parse_document
from bot.content.load import answers_of
from bot.content.models import Answer
from bot.log.engine import changing, looking
from bot.loop.marks import Marks
from bot.openness.tables import OpenChange
from bot.releases import stored
from bot.releases.changes import ANSWERS
from bot.releases.folder import differing
from bot.releases.tables import ReleaseActivation

EVERY = 30.0
"""Seconds between two looks for releases that became active."""
SHOWN = 100
"""Changes in the feed."""
_KEPT = 2000
_MARK = "open changes"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Changed:
    """A change of an answer."""

    id: int
    at: datetime
    release: int
    answer_id: str
    kind: str
    """added, changed or removed."""
    title: str
    text: str


class Changes:
    """Keeps the history of answers, which outlives the releases that are forgotten."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self._marks = Marks(engine)

    async def latest(self, limit: int = SHOWN) -> Sequence[Changed]:
        """The newest first."""
        query = select(OpenChange.__table__).order_by(OpenChange.id.desc()).limit(limit)
        async with looking(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [
            Changed(row.id, row.at, row.release, row.answer_id, row.kind, row.title, row.text) for row in rows
        ]

    async def run(self) -> int:
        """Take in what became active since the last run; how many changes."""
        seen = int(await self._marks.mark(_MARK) or 0)
        told = 0
        query = select(ReleaseActivation.__table__).order_by(ReleaseActivation.id)
        async with looking(self._engine) as connection:
            every = (await connection.execute(query)).all()
        before: int | None = None
        for row in every:
            if row.id > seen:
                if before is not None and before != row.number:
                    told += await self._take(before, row.id, row.number, row.at)
                await self._marks.set(_MARK, str(row.id), self._clock())
            before = row.number
        return told

    async def _take(self, before: int, activation: int, number: int, at: datetime) -> int:
        sides = await self._sides(before, number)
        if sides is None:
            return 0
        changed = await asyncio.to_thread(compare, *sides)
        rows = [{**change, "activation": activation, "at": at, "release": number} for change in changed]
        async with changing(self._engine, quick=False) as connection:
            await connection.execute(delete(OpenChange).where(OpenChange.activation == activation))
            if rows:
                await connection.execute(insert(OpenChange), rows)
            old = select(OpenChange.id).order_by(OpenChange.id.desc()).offset(_KEPT).limit(1)
            oldest = await connection.scalar(old)
            if oldest is not None:
                await connection.execute(delete(OpenChange).where(OpenChange.id <= oldest))
        return len(rows)

    async def _sides(self, before: int, number: int) -> list[dict[str, bytes]] | None:
        """The files of answers that differ between two releases; None when one has been forgotten."""
        one, other = [await stored.files(self._engine, each) for each in (before, number)]
        if not one or not other:
            log.warning("release_gone", before=before, number=number)
            return None
        paths = [path for path in differing(one, other) if path.startswith(ANSWERS)]
        sides = [{path: side[path] for path in paths if path in side} for side in (one, other)]
        wanted = {sha256 for side in sides for sha256 in side.values()}
        try:
            contents = await stored.contents(self._engine, wanted)
        except stored.Damaged as error:
            log.error("changes_not_told", before=before, number=number, error=str(error))
            return None
        return [{path: contents[sha256] for path, sha256 in side.items()} for side in sides]


def compare(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[dict[str, str]]:
    """What a citizen would notice between two contents (path → text of a file of answers).

    New and removed answers, and other words, in the order of ids. A file that cannot be read in one of them
    tells nothing.
    """
    one, other = _read(before), _read(after)
    unread = one.unread | other.unread
    found = []
    for id_ in sorted(one.answers.keys() | other.answers.keys()):
        was, now = one.answers.get(id_), other.answers.get(id_)
        known = [each for each in (now, was) if each is not None]
        if unread & {path for path, _ in known} or (was and now and _noticed(was[1]) == _noticed(now[1])):
            continue
        kind = "changed" if was and now else "added" if now else "removed"
        text = now[1].answer if now else ""
        found.append({"answer_id": id_, "kind": kind, "title": known[0][1].questions[0], "text": text})
    return found


@dataclass(frozen=True)
class _Content:
    answers: Mapping[str, tuple[str, Answer]]
    """By id: the file's path and the answer."""
    unread: frozenset[str]


def _read(files: Mapping[str, bytes]) -> _Content:
    found: dict[str, tuple[str, Answer]] = {}
    unread = set()
    for path in sorted(files):
        try:
            document = parse_document(files[path].decode("utf-8-sig"), Path(path))
        except (Unreadable, UnicodeDecodeError):
            unread.add(path)
            continue
        for placed in answers_of(document).entries:
            found.setdefault(placed.answer.id, (path, placed.answer))
    return _Content(found, frozenset(unread))


def _noticed(answer: Answer) -> tuple[object, ...]:
    return (answer.questions[0], answer.answer, answer.owner, answer.source, answer.links, answer.plain)
