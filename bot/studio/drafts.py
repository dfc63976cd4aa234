"""What staff are editing: nothing of a draft is live, and nobody's work is overwritten by another's."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.log.engine import reading, writing
from bot.log.tables import Operator
from bot.studio.tables import DraftRow, DraftVersion

STEP = timedelta(seconds=30)
"""What one person changes within so long is one step of undoing."""
STEPS = 50
"""So many steps are kept of each draft."""

_ITEM = re.compile(
    r"answer:[a-z0-9][a-z0-9_.-]{0,79}|file:(?:config\.yml|domain\.yml|data(?:/[^/\x00-\x1f.][^/\x00-\x1f]*)+)"
)


@dataclass(frozen=True)
class Draft:
    """One item that is being edited."""

    id: int
    item: str
    """`answer:<id>` or `file:<path from the project's root>`."""
    title: str
    base: str | None
    """The item's text when editing began (an answer: `bot.studio.answer_text`); None: there was none."""
    text: str | None
    """The item's text as it is to be; None: it is to go."""
    version: int
    """What `save` wants to be told; counts up."""
    operator_id: int
    """Who changed it last."""
    operator: str
    """Their name."""
    department: str | None
    updated_at: datetime
    note: str
    dropped_at: datetime | None = None

    @property
    def kind(self) -> str:
        """new, changed or gone."""
        return "new" if self.base is None else "gone" if self.text is None else "changed"


@dataclass(frozen=True)
class Version:
    """An earlier state of a draft."""

    version: int
    text: str | None
    operator: str
    at: datetime


class DraftTaken(Exception):
    """Somebody else saved the draft meanwhile; nothing was changed."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(draft.item)
        self.by = draft.operator
        self.draft = draft
        """As it is now."""


class NoDraft(Exception):
    """There is no such draft, or no such version of it."""


class Drafts:
    """All drafts, kept in SQL."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    async def list(self) -> list[Draft]:
        """All of them, the one changed last first."""
        query = _drafts().where(DraftRow.dropped_at.is_(None)).order_by(DraftRow.updated_at.desc())
        async with reading(self._engine) as session:
            return [_draft(row) for row in await session.execute(query)]

    async def find(self, item: str) -> Draft | None:
        """The draft of an item."""
        async with reading(self._engine) as session:
            found = await _find(session, item)
        return found if found and found.dropped_at is None else None

    async def save(
        self,
        item: str,
        title: str,
        base: str | None,
        text: str | None,
        version: int,
        who: int,
        *,
        department: str | None = None,
        note: str = "",
    ) -> Draft:
        """Begin a draft or change it. The same text again changes nothing.

        `version` is that of the draft the editor has seen, 0 when there was none; `who` the operator's id.
        Raises `DraftTaken` when there is another version by now, and ValueError for no item of ours.
        """
        if not _ITEM.fullmatch(item) or ".." in item:
            raise ValueError(f"no item: {item}")
        values = {
            "title": title,
            "base": base,
            "text": text,
            "operator_id": who,
            "department": department,
            "note": note,
            "updated_at": self._clock(),
            "dropped_at": None,
        }
        try:
            async with writing(self._engine) as session:
                return await self._save(session, item, version, values)
        except IntegrityError:  # two began it in the same moment
            async with reading(self._engine) as session:
                there = await _find(session, item)
            if there is None:
                raise
            raise DraftTaken(there) from None

    async def history(self, item: str) -> Sequence[Version]:
        """Earlier states of a draft and the one it is in, the newest first."""
        query = (
            select(DraftVersion, Operator.name)
            .join(DraftRow, DraftRow.id == DraftVersion.draft_id)
            .join(Operator, Operator.id == DraftVersion.operator_id)
            .where(DraftRow.item == item)
            .order_by(DraftVersion.version.desc())
        )
        async with reading(self._engine) as session:
            return [
                Version(row.version, row.text, name, row.at) for row, name in await session.execute(query)
            ]

    async def undo(self, item: str, to: int, version: int, who: int) -> Draft:
        """Give a draft the text of an earlier version `to`; that is a change like any other.

        Raises `NoDraft` and `DraftTaken`.
        """
        draft = await self.find(item)
        earlier = next((each for each in await self.history(item) if each.version == to), None)
        if draft is None or earlier is None:
            raise NoDraft(item)
        return await self.save(
            item,
            draft.title,
            draft.base,
            earlier.text,
            version,
            who,
            department=draft.department,
            note=draft.note,
        )

    async def discard(self, item: str, version: int) -> None:
        """Give a draft up; `restore` takes it up again. Raises `NoDraft` and `DraftTaken`."""
        await self._mark(item, version, self._clock())

    async def restore(self, item: str, version: int) -> Draft:
        """Take a draft up that was given up. Raises `NoDraft`, and `DraftTaken` when it was begun anew."""
        return await self._mark(item, version, None)

    async def drop(self, items: Collection[str]) -> None:
        """Remove drafts with their history: they were published."""
        async with writing(self._engine) as session:
            await session.execute(delete(DraftRow).where(DraftRow.item.in_(items)))

    async def _save(self, session: AsyncSession, item: str, version: int, values: Mapping[str, Any]) -> Draft:
        there = await _find(session, item, lock=True)
        begins = there is None or there.dropped_at is not None
        if there is not None and version != there.version and not (begins and version == 0):
            raise DraftTaken(there)
        if there is None:
            row = DraftRow(item=item, version=1, **values)
            session.add(row)
            await session.flush()
            draft_id, number = row.id, 1
        else:
            same = all(getattr(there, name) == values[name] for name in ("title", "base", "text", "note"))
            if same and not begins:
                return there
            draft_id, number = there.id, there.version + 1
            if begins:
                await session.execute(delete(DraftVersion).where(DraftVersion.draft_id == draft_id))
            await session.execute(
                update(DraftRow).where(DraftRow.id == draft_id).values(version=number, **values)
            )
        await self._remember(session, draft_id, number, values)
        query = _drafts().where(DraftRow.id == draft_id).execution_options(populate_existing=True)
        return _draft((await session.execute(query)).one())

    async def _remember(
        self, session: AsyncSession, draft_id: int, number: int, values: Mapping[str, Any]
    ) -> None:
        """Keep the state for undoing; what one person changes within a short time is one step."""
        now = self._clock()
        newest = (
            await session.scalars(
                select(DraftVersion)
                .where(DraftVersion.draft_id == draft_id)
                .order_by(DraftVersion.version.desc())
                .limit(1)
            )
        ).one_or_none()
        at = now
        if newest and newest.operator_id == values["operator_id"] and now - newest.at < STEP:
            at = newest.at
            await session.delete(newest)
            await session.flush()
        session.add(
            DraftVersion(
                draft_id=draft_id,
                version=number,
                text=values["text"],
                operator_id=values["operator_id"],
                at=at,
            )
        )
        await session.flush()
        kept = (
            select(DraftVersion.version)
            .where(DraftVersion.draft_id == draft_id)
            .order_by(DraftVersion.version.desc())
            .limit(STEPS)
        )
        oldest = min((await session.scalars(kept)).all())
        await session.execute(
            delete(DraftVersion).where(DraftVersion.draft_id == draft_id, DraftVersion.version < oldest)
        )

    async def _mark(self, item: str, version: int, dropped_at: datetime | None) -> Draft:
        async with writing(self._engine) as session:
            there = await _find(session, item, lock=True)
            if there is None:
                raise NoDraft(item)
            if there.version != version:
                raise DraftTaken(there)
            await session.execute(
                update(DraftRow).where(DraftRow.id == there.id).values(dropped_at=dropped_at)
            )
        return there


async def _find(session: AsyncSession, item: str, *, lock: bool = False) -> Draft | None:
    query = _drafts().where(DraftRow.item == item)
    if lock:
        query = query.with_for_update(of=DraftRow)
    row = (await session.execute(query.execution_options(populate_existing=True))).one_or_none()
    return _draft(row) if row else None


def _drafts() -> Select[DraftRow, str]:
    return select(DraftRow, Operator.name).join(Operator, Operator.id == DraftRow.operator_id)


def _draft(found: Row[DraftRow, str]) -> Draft:
    row, name = found
    return Draft(
        id=row.id,
        item=row.item,
        title=row.title,
        base=row.base,
        text=row.text,
        version=row.version,
        operator_id=row.operator_id,
        operator=name,
        department=row.department,
        updated_at=row.updated_at,
        note=row.note,
        dropped_at=row.dropped_at,
    )
