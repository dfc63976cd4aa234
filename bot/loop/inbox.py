"""The inbox as staff read it: groups of lines that mean the same, with their figures.

Figures are counted when a page is asked for, over one index, so that they are never stale.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.log.engine import reading
from bot.log.tables import Words
from bot.loop.tables import AnswerWait, InboxGroup, InboxLine, Settlement

State = Literal["open", "under_way", "done"]
STATES: tuple[State, ...] = ("open", "under_way", "done")
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Wanted:
    """Which lines; empty = any."""

    state: State = "open"
    why: str = ""
    channel: str = ""
    department: str = ""
    since: datetime | None = None
    words: str = ""
    newest: bool = False
    """The group with the newest line first, rather than the largest."""


@dataclass(frozen=True)
class GroupView:
    """A group, as far as its lines are wanted."""

    id: int
    title: str
    lines: int
    this_week: int
    last_week: int
    last_at: datetime
    department: str
    """Of most lines."""
    channels: tuple[str, ...]
    whys: Mapping[str, int]
    waiting: int
    """Citizens who want to be told."""
    kinds: tuple[str, ...] = ()
    """How its lines were settled."""

    @property
    def trend(self) -> str:
        """`up`, `down` or nothing, against the week before."""
        if self.this_week == self.last_week:
            return ""
        return "up" if self.this_week > self.last_week else "down"


@dataclass(frozen=True)
class Page:
    """Some of the groups, and how many there are."""

    groups: Sequence[GroupView]
    total: int
    ungrouped: int
    """Lines that have not been compared with the others yet."""


class Inbox:
    """Reads. `now` is given by whoever asks."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def page(self, wanted: Wanted, now: datetime, offset: int, limit: int) -> Page:
        """Groups with lines that are wanted, the largest first."""
        plain = [*self._conditions(wanted), InboxLine.group_id.is_not(None)]
        where = [*plain, *self._matching(wanted.words)]
        lines, last = func.count().label("lines"), func.max(InboxLine.at).label("last_at")
        query = (
            select(
                InboxLine.group_id,
                lines,
                last,
                func.count().filter(InboxLine.at > now - WEEK).label("this_week"),
                func.count()
                .filter(InboxLine.at > now - 2 * WEEK, InboxLine.at <= now - WEEK)
                .label("last_week"),
                func.count().over().label("groups"),
            )
            .where(*where)
            .group_by(InboxLine.group_id)
            .order_by(*([last.desc()] if wanted.newest else [lines.desc(), last.desc()]), InboxLine.group_id)
            .offset(offset)
            .limit(limit)
        )
        async with reading(self._engine) as session:
            rows = (await session.execute(query)).all()
            ids = [row.group_id for row in rows]
            more = await self._more(session, ids, plain)
            waits = InboxLine.group_id.is_(None), InboxLine.settlement_id.is_(None)
            ungrouped = await session.scalar(select(func.count()).select_from(InboxLine).where(*waits)) or 0
        groups = [
            GroupView(
                id=row.group_id,
                lines=row.lines,
                this_week=row.this_week,
                last_week=row.last_week,
                last_at=row.last_at,
                **more[row.group_id],
            )
            for row in rows
        ]
        return Page(groups, rows[0].groups if rows else 0, ungrouped)

    async def group(self, group_id: int, now: datetime) -> GroupView | None:
        """One group with all of its lines."""
        mine = [InboxLine.group_id == group_id]
        query = select(
            func.count(),
            func.max(InboxLine.at),
            func.count().filter(InboxLine.at > now - WEEK),
            func.count().filter(InboxLine.at > now - 2 * WEEK, InboxLine.at <= now - WEEK),
        ).where(*mine)
        async with reading(self._engine) as session:
            lines, last, this_week, last_week = (await session.execute(query)).one()
            if not lines:
                return None
            more = await self._more(session, [group_id], mine)
        return GroupView(
            id=group_id,
            lines=lines,
            this_week=this_week,
            last_week=last_week,
            last_at=last,
            **more[group_id],
        )

    async def settlements(self, group_id: int) -> Sequence[Settlement]:
        """What was made of a group's lines, the latest first."""
        query = select(Settlement).where(Settlement.group_id == group_id).order_by(Settlement.id.desc())
        async with reading(self._engine) as session:
            return (await session.scalars(query)).all()

    async def open_groups(self, departments: Sequence[str] | None = None) -> int:
        """How many groups nobody has seen to; of some departments, or of all."""
        where = [InboxLine.settlement_id.is_(None), InboxLine.group_id.is_not(None)]
        if departments is not None:
            where.append(InboxLine.department.in_(departments))
        query = select(func.count(InboxLine.group_id.distinct())).where(*where)
        async with reading(self._engine) as session:
            return await session.scalar(query) or 0

    def _conditions(self, wanted: Wanted) -> list[ColumnElement[bool]]:
        states = {
            "open": InboxLine.settlement_id.is_(None),
            "under_way": InboxLine.settlement_id.in_(_settled(Settlement.done_at.is_(None))),
            "done": InboxLine.settlement_id.in_(_settled(Settlement.done_at.is_not(None))),
        }
        conditions: list[ColumnElement[bool]] = [states[wanted.state]]
        for column, value in (
            (InboxLine.why, wanted.why),
            (InboxLine.channel, wanted.channel),
            (InboxLine.department, wanted.department),
        ):
            if value:
                conditions.append(column == value)
        if wanted.since is not None:
            conditions.append(InboxLine.at >= wanted.since)
        return conditions

    def _matching(self, text: str) -> list[ColumnElement[bool]]:
        """Lines that contain every one of the words."""
        words = unicodedata.normalize("NFC", text).split()
        if not words:
            return []
        like = Words.text.like if self._engine.dialect.name == "sqlite" else Words.text.ilike
        matching = select(Words.message_id).where(
            Words.message_id == InboxLine.message_id,
            *(like(f"%{_literal(word)}%", escape="\\") for word in words),
        )
        return [matching.exists()]

    async def _more(
        self, session: AsyncSession, ids: Sequence[int], where: Sequence[ColumnElement[bool]]
    ) -> Mapping[int, dict[str, Any]]:
        """Titles, channels, reasons and the rest, by group."""
        titles = select(InboxGroup.id, Words.text).outerjoin(Words, Words.message_id == InboxGroup.title_id)
        named = {
            row.id: row.text or "" for row in await session.execute(titles.where(InboxGroup.id.in_(ids)))
        }
        seen: dict[int, dict[str, Counter[str]]] = defaultdict(
            lambda: {"why": Counter(), "channel": Counter(), "department": Counter()}
        )
        parts = (InboxLine.group_id, InboxLine.why, InboxLine.channel, InboxLine.department)
        counted = select(*parts, func.count()).where(*where, InboxLine.group_id.in_(ids)).group_by(*parts)
        for id_, why, channel, department, lines in await session.execute(counted):
            for name, value in (("why", why), ("channel", channel), ("department", department)):
                seen[id_ or 0][name][value] += lines
        waits = (
            select(InboxLine.group_id, func.count())
            .join(AnswerWait, AnswerWait.message_id == InboxLine.message_id)
            .where(AnswerWait.told_at.is_(None), InboxLine.group_id.in_(ids))
            .group_by(InboxLine.group_id)
        )
        waiting = {id_ or 0: lines for id_, lines in await session.execute(waits)}
        kinds: dict[int, list[str]] = defaultdict(list)
        made = select(Settlement.group_id, Settlement.kind).where(Settlement.group_id.in_(ids)).distinct()
        for id_, kind in await session.execute(made):
            kinds[id_ or 0].append(kind)
        return {
            id_: {
                "title": named.get(id_, ""),
                "department": seen[id_]["department"].most_common(1)[0][0],
                "channels": tuple(name for name, _ in seen[id_]["channel"].most_common()),
                "whys": dict(seen[id_]["why"].most_common()),
                "waiting": waiting.get(id_, 0),
                "kinds": tuple(kinds[id_]),
            }
            for id_ in ids
        }


def _settled(condition: ColumnElement[bool]) -> Any:
    return select(Settlement.id).where(condition)


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
