"""Searches that people keep: for themselves, or for everybody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.history.tables import SavedSearch
from bot.log.engine import changing
from bot.log.tables import Operator
from bot.masking import find

MOST = 50
"""Searches of one person."""
LONGEST_NAME = 80


class NotSaved(Exception):
    """The search was not kept; `why` is `personal`, `many` or `name`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Saved:
    """A search that somebody kept."""

    id: int
    name: str
    query: str
    shared: bool
    operator_id: int
    by: str


class SavedSearches:
    """Keeps the question only: whoever is erased is found by no saved search either."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    async def of(self, operator_id: int) -> Sequence[Saved]:
        """A person's own and those that others share, by name."""
        query = (
            select(
                SavedSearch.id,
                SavedSearch.name,
                SavedSearch.query,
                SavedSearch.shared,
                SavedSearch.operator_id,
                Operator.name.label("by"),
            )
            .join(Operator, Operator.id == SavedSearch.operator_id)
            .where(or_(SavedSearch.operator_id == operator_id, SavedSearch.shared))
            .order_by(SavedSearch.name, SavedSearch.id)
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        return [Saved(row.id, row.name, row.query, row.shared, row.operator_id, row.by) for row in rows]

    async def save(self, operator_id: int, name: str, words: str, query: str, shared: bool) -> int:
        """Keep a search; one of the same name is replaced. Its id.

        Raises `NotSaved` for words with personal data in them: a saved search outlives whom it is about.
        """
        name = " ".join(name.split())
        if not name or len(name) > LONGEST_NAME:
            raise NotSaved("name")
        if find(words) or find(name):
            raise NotSaved("personal")
        mine = SavedSearch.operator_id == operator_id
        change = {"query": query, "shared": shared}
        async with changing(self._engine) as connection:
            replaced = update(SavedSearch).where(mine, SavedSearch.name == name).values(change)
            if (same := await connection.scalar(replaced.returning(SavedSearch.id))) is not None:
                return int(same)
            if len((await connection.scalars(select(SavedSearch.id).where(mine))).all()) >= MOST:
                raise NotSaved("many")
            row = {"operator_id": operator_id, "name": name, "created_at": self._clock(), **change}
            try:
                made = await connection.scalar(insert(SavedSearch).values(row).returning(SavedSearch.id))
            except IntegrityError as error:  # the same person, at the same moment
                raise NotSaved("name") from error
        return int(made or 0)

    async def drop(self, id_: int, operator_id: int) -> str | None:
        """Forget one of a person's own; its name, or None when they have none of this id."""
        mine = delete(SavedSearch).where(SavedSearch.id == id_, SavedSearch.operator_id == operator_id)
        async with changing(self._engine) as connection:
            gone: str | None = await connection.scalar(mine.returning(SavedSearch.name))
        return gone
