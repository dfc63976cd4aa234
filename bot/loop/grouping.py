"""Lines of the inbox grouped by meaning: a new one joins the group it is like, the rest make new groups.

A group is the sum of its lines' vectors, so that "how alike on average" is one product and no line is read
twice. What is like nothing waits in a group of its own for the next that means the same.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sklearn.cluster import AgglomerativeClustering
from sqlalchemy import Select, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.encoder.encoder import Encoder
from bot.encoder.table import Vectors
from bot.log.engine import changing, reading
from bot.log.tables import Words
from bot.loop.tables import InboxGroup, InboxLine, Settlement
from bot.messages import utc_now
from bot.text.normalise import normalise

ALIKE = 0.5
"""Mean cosine from which lines are one group. With it the questions of this repository's answers come apart
into groups 95 % pure; more makes two groups of one question, less throws questions together."""
_MASKED = re.compile(r"\[[^\[\]]*\]")
"""What stands for personal data says nothing about what was asked."""
_BATCH = 1000
_SAMPLE = 50
"""Lines by which a group is known again when the encoder has changed."""


@dataclass
class Group:
    """A group in the making."""

    id: int | None
    total: Vectors
    size: int
    title_id: int | None
    title: str
    lines: list[int]
    """Ids of the lines that join."""


class Grouping:
    """Groups what is not grouped. Takes seconds of computing: not for the process that answers citizens."""

    def __init__(
        self, engine: AsyncEngine, encoder: Encoder, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._engine = engine
        self._encoder = encoder
        self._clock = clock

    async def run(self) -> int:
        """Group all that waits for it; how many lines."""
        done = 0
        while new := await self._waiting():
            groups = await self._known()
            changed = join(groups, new, self._vectors(list(new.values())))
            self._name(changed, new)
            async with changing(self._engine, quick=False) as connection:
                for group in changed:
                    await self._write(connection, group)
            done += len(new)
        await self._tidy()
        return done

    async def _waiting(self) -> dict[int, str]:
        query = (
            select(InboxLine.message_id, Words.text)
            .join(Words, Words.message_id == InboxLine.message_id)
            .where(InboxLine.group_id.is_(None))
            .order_by(InboxLine.message_id)
            .limit(_BATCH)
        )
        async with reading(self._engine) as session:
            return {row.message_id: row.text for row in await session.execute(query)}

    async def _known(self) -> list[Group]:
        """Every group, its vectors those of the present encoder."""
        query = select(InboxGroup, Words.text).outerjoin(Words, Words.message_id == InboxGroup.title_id)
        async with reading(self._engine) as session:
            rows = (await session.execute(query)).all()
        return [
            Group(
                group.id,
                np.frombuffer(group.vector, np.float32).copy()
                if group.encoder == self._encoder.name
                else await self._anew(group),
                group.size,
                group.title_id,
                text or "",
                [],
            )
            for group, text in rows
        ]

    async def _anew(self, group: InboxGroup) -> Vectors:
        """A group's sum by another encoder than the one it was made with."""
        query = (
            select(Words.text)
            .join(InboxLine, InboxLine.message_id == Words.message_id)
            .where(InboxLine.group_id == group.id)
            .limit(_SAMPLE)
        )
        async with reading(self._engine) as session:
            texts = (await session.scalars(query)).all()
        vectors = self._vectors(texts or [""])
        total: Vectors = vectors.mean(axis=0) * group.size
        async with changing(self._engine) as connection:
            values = {"vector": total.astype(np.float32).tobytes(), "encoder": self._encoder.name}
            await connection.execute(update(InboxGroup).where(InboxGroup.id == group.id).values(values))
        return total

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        return self._encoder.encode([normalise(_MASKED.sub(" ", text)) for text in texts])

    def _name(self, groups: Sequence[Group], texts: Mapping[int, str]) -> None:
        """The most central line of what was the title and what joined is the title."""
        titles = self._vectors([group.title for group in groups])
        for group, before in zip(groups, titles, strict=True):
            named = [(group.title_id, before)] if group.title_id is not None else []
            joined = self._vectors([texts[line] for line in group.lines])
            candidates = [*named, *zip(group.lines, joined, strict=True)]
            group.title_id = max(candidates, key=lambda pair: float(pair[1] @ group.total))[0]

    async def _write(self, connection: AsyncConnection, group: Group) -> None:
        values = {
            "encoder": self._encoder.name,
            "vector": group.total.astype(np.float32).tobytes(),
            "size": group.size,
            "title_id": group.title_id,
        }
        if group.id is None:
            made = insert(InboxGroup).values(**values, created_at=self._clock()).returning(InboxGroup.id)
            group.id = await connection.scalar(made)
        else:
            await connection.execute(update(InboxGroup).where(InboxGroup.id == group.id).values(values))
        pending = await connection.scalar(_settled_with(group.id))
        joins = update(InboxLine).where(InboxLine.message_id == bindparam("line"))
        await connection.execute(
            joins.values(group_id=group.id, settlement_id=func.coalesce(InboxLine.settlement_id, pending)),
            [{"line": line} for line in group.lines],
        )

    async def _tidy(self) -> None:
        """Groups and settlements of which no line is left go; a title that was erased is replaced."""
        line = select(InboxLine.message_id)
        empty = ~line.where(InboxLine.group_id == InboxGroup.id).exists()
        keeping = select(Settlement.id).where(Settlement.group_id == InboxGroup.id, Settlement.keep)
        settled = ~line.where(InboxLine.settlement_id == Settlement.id).exists()
        newest = select(func.max(InboxLine.message_id)).where(InboxLine.group_id == InboxGroup.id)
        untitled = update(InboxGroup).where(InboxGroup.title_id.is_(None))
        async with changing(self._engine, quick=False) as connection:
            done = Settlement.done_at.is_not(None)
            await connection.execute(delete(Settlement).where(done, ~Settlement.keep, settled))
            await connection.execute(delete(InboxGroup).where(empty, ~keeping.exists()))
            await connection.execute(untitled.values(title_id=newest.scalar_subquery()))


def join(groups: Sequence[Group], new: Mapping[int, str], vectors: Vectors) -> list[Group]:
    """Put every new line into a group; the groups that changed, new ones among them."""
    changed: dict[int, Group] = {}
    rest: list[int] = []
    near = _nearest(groups, vectors)
    for place, line in enumerate(new):
        at = near[place]
        if at is None:
            rest.append(place)
        else:
            changed[at] = _add(groups[at], line, vectors[place])
    lines, made = list(new), defaultdict[int, list[int]](list)
    for place, label in zip(rest, _clusters(vectors[rest]), strict=True):
        made[label].append(place)
    fresh = []
    for places in made.values():
        group = Group(None, np.zeros_like(vectors[0]), 0, None, "", [])
        for place in places:
            _add(group, lines[place], vectors[place])
        fresh.append(group)
    return [*changed.values(), *fresh]


def _add(group: Group, line: int, vector: Vectors) -> Group:
    group.total = group.total + vector
    group.size += 1
    group.lines.append(line)
    return group


def _nearest(groups: Sequence[Group], vectors: Vectors) -> list[int | None]:
    """The group each vector belongs to. Lines of which nothing is understood are alike."""
    if not groups:
        return [None] * len(vectors)
    totals = np.stack([group.total for group in groups])
    sizes = np.array([group.size for group in groups], np.float32)
    nothing = np.flatnonzero(~totals.any(axis=1))
    scores = vectors @ totals.T / sizes
    best = scores.argmax(axis=1)
    found: list[int | None] = []
    for place, vector in enumerate(vectors):
        if not vector.any():
            found.append(int(nothing[0]) if nothing.size else None)
        else:
            found.append(int(best[place]) if scores[place, best[place]] >= ALIKE else None)
    return found


def _clusters(vectors: Vectors) -> list[int]:
    """A label for each of some vectors; equal labels mean the same."""
    labels = [-1] * len(vectors)
    some = np.flatnonzero(vectors.any(axis=1)) if len(vectors) else np.array([], int)
    if len(some) == 1:
        labels[some[0]] = 0
    elif len(some):
        made = AgglomerativeClustering(
            n_clusters=None, metric="cosine", linkage="average", distance_threshold=1 - ALIKE
        ).fit_predict(vectors[some])
        for place, label in zip(some, made, strict=True):
            labels[place] = int(label)
    return labels


def _settled_with(group_id: int | None) -> Select[int]:
    """What a line that joins a group is settled with: an answer to come, or what was to stay settled."""
    mine = (Settlement.group_id == group_id, or_(Settlement.done_at.is_(None), Settlement.keep))
    return select(Settlement.id).where(*mine).order_by(Settlement.id.desc()).limit(1)
