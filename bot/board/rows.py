"""What the board shows of each conversation, read from the log."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ScalarSelect, Select, bindparam, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import aliased

from bot.board.moods import MOST_LINES, Line, Moods
from bot.log.engine import looking, reading
from bot.log.tables import Conversation, Message, Operator, Words
from bot.mutes.tables import Mute

Group = Literal["waiting", "operator", "bot", "closed"]
GROUPS: tuple[Group, ...] = ("waiting", "operator", "bot", "closed")
MOST: Mapping[Group, int] = {"waiting": 1000, "operator": 1000, "bot": 300, "closed": 100}
"""So many of each stand on the board, the newest."""
BACK = 2 * MOST_LINES
"""Lines of either side in which the citizen's last ones are looked for."""


@dataclass(frozen=True)
class Row:
    """A conversation on the board."""

    id: int
    group: Group
    channel: str
    operator_id: int | None
    operator: str | None
    """Name of who holds it."""
    reason: str | None
    """Why a person was asked for."""
    waiting_since: datetime | None
    wanted_id: int | None
    """For whom it waits, after a transfer."""
    wanted: str | None
    """That person's name."""
    department: str | None
    """For whose people it waits, after a transfer."""
    snoozed_until: datetime | None
    owed_since: datetime | None
    """Since when the citizen waits for the words of the person who holds it."""
    last_at: datetime
    last_seq: int
    last_text: str
    last_author: str
    heard: int
    """Seq of the citizen's newest line; 0 when it is long ago."""
    moods: tuple[str, ...]
    muted_until: datetime | None
    """The citizen is not answered before."""
    intent: str | None
    """Of the newest turn."""
    outcome: str | None


class Rows:
    """Reads them; two statements, however many they are."""

    def __init__(self, engine: AsyncEngine, moods: Moods, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._moods = moods
        self._clock = clock

    async def all(self) -> dict[int, Row]:
        """Everything that stands on the board."""
        newest = union_all(*(_newest(group) for group in GROUPS)).subquery()
        ids = select(newest.c.id).scalar_subquery()
        async with reading(self._engine) as session:
            return await self._read(await session.connection(), ids)

    async def of(self, ids: Collection[int]) -> dict[int, Row]:
        """Some conversations; those that are gone are left out."""
        async with looking(self._engine) as connection:
            return await self._read(connection, list(ids))

    async def older(self, group: Group, before: tuple[datetime, int], limit: int) -> list[Row]:
        """What follows in a group after a row with `(last_at, id)`, the newest first."""
        at, number = before
        query = (
            select(Conversation.id)
            .where(
                Conversation.state == group,
                (Conversation.last_at < at) | ((Conversation.last_at == at) & (Conversation.id < number)),
            )
            .order_by(Conversation.last_at.desc(), Conversation.id.desc())
            .limit(limit)
        )
        async with reading(self._engine) as session:
            ids = list(await session.scalars(query))
            rows = await self._read(await session.connection(), ids)
        return [rows[id_] for id_ in ids if id_ in rows]

    async def _read(
        self, connection: AsyncConnection, ids: Collection[int] | ScalarSelect[int]
    ) -> dict[int, Row]:
        lines: defaultdict[int, deque[tuple[int, Line]]] = defaultdict(lambda: deque(maxlen=MOST_LINES))
        for id_, seq, text, intent, outcome in await connection.execute(
            _LINES.where(Conversation.id.in_(ids))
        ):
            lines[id_].append((seq, Line(text, intent, outcome)))
        query = _CONVERSATIONS.where(Conversation.id.in_(ids))
        found = await connection.execute(query, {"now": self._clock()})
        return {row.id: self._row(row, lines.get(row.id, ())) for row in found}

    def _row(self, found: Any, lines: Sequence[tuple[int, Line]]) -> Row:
        said = [line for _, line in lines]
        turn = next((line for line in reversed(said) if line.outcome is not None), None)
        return Row(
            id=found.id,
            group=found.state,
            channel=found.channel,
            operator_id=found.operator_id,
            operator=found.holder,
            reason=found.handoff_reason,
            waiting_since=found.waiting_since,
            wanted_id=found.wanted_operator_id,
            wanted=found.wanted,
            department=found.department_id,
            snoozed_until=found.snoozed_until,
            owed_since=found.owed_since,
            last_at=found.last_at,
            last_seq=found.last_seq,
            last_text=found.last_text,
            last_author=found.last_author,
            heard=lines[-1][0] if lines else 0,
            moods=self._moods.told(said),
            muted_until=found.muted_until,
            intent=turn.intent if turn else None,
            outcome=turn.outcome if turn else None,
        )


def _newest(group: Group) -> Select[tuple[int]]:
    """SQLite takes a limit in a part of a UNION only below a SELECT of its own."""
    of_group = (
        select(Conversation.id)
        .where(Conversation.state == group)
        .order_by(Conversation.last_at.desc(), Conversation.id.desc())
        .limit(MOST[group])
        .subquery()
    )
    return select(of_group.c.id)


_holder, _wanted = aliased(Operator), aliased(Operator)
_MUTED = (
    select(func.max(Mute.until))
    .where(
        Mute.conversation_id == Conversation.id,
        Mute.ended_at.is_(None),
        Mute.until > bindparam("now", type_=Mute.until.type),
    )
    .correlate(Conversation)
    .scalar_subquery()
)
_CONVERSATIONS = (
    select(
        Conversation.id,
        Conversation.channel,
        Conversation.state,
        Conversation.operator_id,
        Conversation.handoff_reason,
        Conversation.waiting_since,
        Conversation.wanted_operator_id,
        Conversation.department_id,
        Conversation.snoozed_until,
        Conversation.owed_since,
        Conversation.last_at,
        Conversation.last_seq,
        Conversation.last_text,
        Conversation.last_author,
        _holder.name.label("holder"),
        _wanted.name.label("wanted"),
        _MUTED.label("muted_until"),
    )
    .outerjoin(_holder, _holder.id == Conversation.operator_id)
    .outerjoin(_wanted, _wanted.id == Conversation.wanted_operator_id)
)
_LINES = (
    select(Message.conversation_id, Message.seq, Words.text, Message.intent, Message.outcome)
    .join(Conversation, Conversation.id == Message.conversation_id)
    .join(Words, Words.message_id == Message.id)
    .where(Message.seq > Conversation.last_seq - BACK, Message.direction == "in")
    .order_by(Message.conversation_id, Message.seq)
)
"""What citizens said lately."""
