"""Notes beside a conversation, and the colleagues whom they call."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.handoff.tables import MentionRow, NoteRow
from bot.log.engine import looking, reading, writing
from bot.log.tables import Conversation, Operator
from bot.masking import mask

LONGEST_NOTE = 2000
"""Characters."""


@dataclass(frozen=True)
class Note:
    """What a colleague left beside a conversation."""

    id: int
    conversation_id: int
    operator_id: int
    after_seq: int
    kind: str
    """note or transfer."""
    text: str
    passed_to: str
    at: datetime
    called: tuple[str, ...]
    """Names of the people it calls."""


@dataclass(frozen=True)
class Call:
    """A note that calls somebody, for their list."""

    note: Note
    author: str
    seen: bool


class Notes:
    """Writes and reads notes. Their personal data is masked as a citizen's is."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    async def add(
        self,
        conversation_id: int,
        operator_id: int,
        text: str,
        *,
        calls: Collection[int] = (),
    ) -> list[int]:
        """Write one; whom it calls: `calls`, and every active person whose name or login follows an `@`.

        Raises `LookupError` if there is no such conversation.
        """
        async with writing(self._engine) as session:
            return await write_note(session, conversation_id, operator_id, text, self._clock(), calls=calls)

    async def of(self, conversation_id: int) -> list[Note]:
        """The notes of a conversation, oldest first."""
        query = select(NoteRow).where(NoteRow.conversation_id == conversation_id).order_by(NoteRow.id)
        async with reading(self._engine) as session:
            rows = (await session.scalars(query)).all()
            called = await session.execute(
                select(MentionRow.note_id, Operator.name)
                .join(Operator, Operator.id == MentionRow.operator_id)
                .where(MentionRow.note_id.in_([row.id for row in rows]))
                .order_by(Operator.name)
            )
            names = list(called)
        return [_note(row, (name for note, name in names if note == row.id)) for row in rows]

    async def calls_of(self, operator_id: int, limit: int = 100) -> list[Call]:
        """The notes that call a person, what they have not seen first, then the newest."""
        query = (
            select(NoteRow, Operator.name, MentionRow.seen_at)
            .join(MentionRow, MentionRow.note_id == NoteRow.id)
            .join(Operator, Operator.id == NoteRow.operator_id)
            .where(MentionRow.operator_id == operator_id)
            .order_by(MentionRow.seen_at.is_not(None), NoteRow.id.desc())
            .limit(limit)
        )
        async with reading(self._engine) as session:
            rows = await session.execute(query)
            return [Call(_note(row, ()), name, seen_at is not None) for row, name, seen_at in rows]

    async def unseen(self, operator_id: int) -> int:
        """How many notes call a person who has not looked yet."""
        query = select(func.count()).where(
            MentionRow.operator_id == operator_id, MentionRow.seen_at.is_(None)
        )
        async with looking(self._engine) as connection:
            return await connection.scalar(query) or 0

    async def see(self, operator_id: int, conversation_id: int) -> bool:
        """A person looks at a conversation: what calls them there is seen; False if nothing did."""
        calling = (
            MentionRow.operator_id == operator_id,
            MentionRow.seen_at.is_(None),
            MentionRow.note_id.in_(select(NoteRow.id).where(NoteRow.conversation_id == conversation_id)),
        )
        async with looking(self._engine) as connection:
            if await connection.scalar(select(MentionRow.note_id).where(*calling).limit(1)) is None:
                return False
        async with writing(self._engine) as session:
            await session.execute(update(MentionRow).where(*calling).values(seen_at=self._clock()))
        return True


async def write_note(
    session: AsyncSession,
    conversation_id: int,
    operator_id: int,
    text: str,
    at: datetime,
    *,
    calls: Collection[int] = (),
    passed_to: str | None = None,
) -> list[int]:
    """Write one in a transaction that does more; whom it calls, as in `Notes.add`.

    `passed_to`: it goes with a transfer. Raises `LookupError` if there is no such conversation.
    """
    seq = await session.scalar(
        select(Conversation.last_seq).where(Conversation.id == conversation_id).with_for_update()
    )
    if seq is None:
        raise LookupError(f"no conversation {conversation_id}")
    people = (
        await session.execute(select(Operator.id, Operator.name, Operator.login).where(Operator.active))
    ).all()
    there = {id_: (name, login) for id_, name, login in people}
    wanted = sorted((named(text, there) | there.keys() & set(calls)) - {operator_id})
    note = NoteRow(
        conversation_id=conversation_id,
        operator_id=operator_id,
        after_seq=seq,
        kind="note" if passed_to is None else "transfer",
        text=mask(text)[0],
        passed_to=passed_to or "",
        at=at,
    )
    session.add(note)
    await session.flush()
    if wanted:
        rows = [{"note_id": note.id, "operator_id": id_} for id_ in wanted]
        await session.execute(insert(MentionRow), rows)
    return wanted


def named(text: str, people: Mapping[int, Collection[str]]) -> set[int]:
    """Who is called by an `@` and one of their names; of two names that fit the longer one counts."""
    names = sorted({name for each in people.values() for name in each if name}, key=len, reverse=True)
    if not names:
        return set()
    found = set(re.findall("@(" + "|".join(map(re.escape, names)) + ")", text))
    return {id_ for id_, each in people.items() if found.intersection(each)}


def _note(row: NoteRow, called: Iterable[str]) -> Note:
    return Note(
        row.id,
        row.conversation_id,
        row.operator_id,
        row.after_seq,
        row.kind,
        row.text,
        row.passed_to,
        row.at,
        tuple(called),
    )
