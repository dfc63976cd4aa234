"""How far each operator has read: what the unread marks of the board go by."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.board.tables import Seen
from bot.feed import Feed
from bot.log.engine import changing, looking
from bot.log.tables import Conversation

_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class SeenMarks:
    """Safe to use from several processes at once; a mark never goes back."""

    def __init__(self, engine: AsyncEngine, feed: Feed) -> None:
        self._engine = engine
        self._feed = feed

    async def of(self, operator_id: int, ids: Collection[int]) -> dict[int, int]:
        """Conversation → the newest line of it that an operator has seen; without those never opened."""
        query = select(Seen.conversation_id, Seen.seq).where(
            Seen.operator_id == operator_id, Seen.conversation_id.in_(ids)
        )
        async with looking(self._engine) as connection:
            return {row.conversation_id: row.seq for row in await connection.execute(query)}

    async def mark(self, operator_id: int, conversation_id: int, seq: int) -> None:
        """An operator has seen a line; their other pages hear of it. A conversation that is gone has none."""
        insert = _INSERT[self._engine.dialect.name]
        async with changing(self._engine) as connection:
            newest = await connection.scalar(
                select(Conversation.last_seq)
                .where(Conversation.id == conversation_id)
                .with_for_update(read=True, key_share=True)
            )
            if newest is None:
                return
            seen = min(seq, newest)
            row = insert(Seen).values(operator_id=operator_id, conversation_id=conversation_id, seq=seen)
            await connection.execute(
                row.on_conflict_do_update(
                    index_elements=[Seen.operator_id, Seen.conversation_id],
                    set_={"seq": row.excluded.seq},
                    where=Seen.seq < row.excluded.seq,
                )
            )
        event = {"kind": "seen", "to": operator_id, "conversation": conversation_id, "seq": seen}
        await self._feed.publish("console", event)
