"""The scorecards that were published, as they stand in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import changing, looking
from bot.openness.card import Accuracy, Figures
from bot.openness.tables import OpenScorecard

MOST = 520
"""Weeks that are listed: ten years."""


@dataclass(frozen=True)
class Published:
    """A week's scorecard."""

    week: date
    """Its Monday."""
    made_at: datetime
    figures: Figures
    accuracy: Accuracy | None


class Scorecards:
    """Reads and keeps them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def newest(self, limit: int = MOST) -> Sequence[Published]:
        """The newest first."""
        query = select(OpenScorecard.__table__).order_by(OpenScorecard.week.desc()).limit(limit)
        async with looking(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [_published(row) for row in rows]

    async def of(self, monday: date) -> Published | None:
        """That of one week."""
        query = select(OpenScorecard.__table__).where(OpenScorecard.week == monday)
        async with looking(self._engine) as connection:
            row = (await connection.execute(query)).one_or_none()
        return _published(row) if row else None

    async def keep(self, monday: date, figures: Figures, now: datetime) -> None:
        """Publish a week; one that is published stays as it is."""
        async with changing(self._engine) as connection:
            insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            row = insert(OpenScorecard).values(
                week=monday, made_at=now, figures=figures.model_dump(mode="json")
            )
            await connection.execute(row.on_conflict_do_nothing())

    async def keep_accuracy(self, monday: date, accuracy: Accuracy) -> None:
        """Add what the questions came to; what is there stays."""
        mine = update(OpenScorecard).where(OpenScorecard.week == monday, OpenScorecard.accuracy.is_(None))
        async with changing(self._engine) as connection:
            await connection.execute(mine.values(accuracy=accuracy.model_dump(mode="json")))


def _published(row: Row[Any]) -> Published:
    figures = Figures.model_validate(row.figures)
    accuracy = Accuracy.model_validate(row.accuracy) if row.accuracy else None
    return Published(row.week, row.made_at, figures, accuracy)
