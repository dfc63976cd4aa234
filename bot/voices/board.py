"""Ideas with their numbers of voices, as lists show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import reading
from bot.voices.ideas import PUBLIC
from bot.voices.tables import Idea, IdeaVote


@dataclass(frozen=True)
class Wanted:
    """Which ideas are looked at; empty = all."""

    states: tuple[str, ...] = PUBLIC
    topic: str = ""
    number: str = ""
    newest: bool = False
    """The newest first, else those that most citizens want."""


@dataclass(frozen=True)
class Counted:
    """An idea and how many want it."""

    idea: Idea
    voices: int


class Board:
    """Reads only."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def page(self, wanted: Wanted, skip: int, limit: int) -> tuple[Sequence[Counted], int]:
        """A page of ideas and how many there are in all."""
        voices = func.count(IdeaVote.id)
        chosen: list[ColumnElement[bool]] = [Idea.state.in_(wanted.states)]
        if wanted.topic:
            chosen.append(Idea.topic == wanted.topic)
        if wanted.number:
            chosen.append(Idea.number == wanted.number)
        query = select(Idea, voices).outerjoin(IdeaVote).where(*chosen).group_by(Idea.id)
        order = (Idea.created_at.desc(), Idea.id.desc())
        query = query.order_by(*order) if wanted.newest else query.order_by(voices.desc(), *order)
        async with reading(self._engine) as session:
            total = await session.scalar(select(func.count()).select_from(Idea).where(*chosen))
            rows = (await session.execute(query.offset(skip).limit(limit))).all()
        return [Counted(idea, count) for idea, count in rows], total or 0

    async def leading(self, number: str) -> str | None:
        """The number of the public idea that a merged one leads to."""
        async with reading(self._engine) as session:
            merged = select(Idea.merged_into).where(Idea.number == number, Idea.state == "merged")
            query = select(Idea.number).where(Idea.id == merged.scalar_subquery(), Idea.state.in_(PUBLIC))
            return await session.scalar(query)

    async def counts(self, of: Sequence[int]) -> Mapping[int, int]:
        """How many want each of these ideas."""
        query = select(IdeaVote.idea_id, func.count()).where(IdeaVote.idea_id.in_(of))
        async with reading(self._engine) as session:
            rows = (await session.execute(query.group_by(IdeaVote.idea_id))).all()
            return {row[0]: row[1] for row in rows}
