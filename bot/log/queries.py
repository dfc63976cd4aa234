"""Reading the log: transcripts and lists of conversations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from bot.log.engine import looking, reading
from bot.log.records import ConversationView, Entry, Filter, Hit, entry
from bot.log.tables import Conversation, Message, Operator, Words

_turn = aliased(Message)
_newest_turn = (
    select(func.max(_turn.seq))
    .where(_turn.conversation_id == Conversation.id, _turn.outcome.is_not(None))
    .correlate(Conversation)
    .scalar_subquery()
)


class Transcripts:
    """Everything that is read from the log; `ConversationLog` adds what is written."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def history(
        self, conversation_id: int, after: int = 0, before: int | None = None, limit: int = 100
    ) -> list[Entry]:
        """Lines with `after < seq < before`, oldest first.

        With `after` the first `limit` of them (what came since), otherwise the last `limit`
        (the newest page; pass the first seq of a page as `before` for the page above it).
        """
        query = _lines().where(Message.conversation_id == conversation_id, Message.seq > after)
        if before is not None:
            query = query.where(Message.seq < before)
        query = query.order_by(Message.seq if after else Message.seq.desc()).limit(limit)
        async with reading(self._engine) as session:
            entries = [entry(row, text) for row, text in await session.execute(query)]
        return entries if after else entries[::-1]

    async def last_said(self, channel: str, user_id: str) -> str:
        """What a citizen wrote last, as it was written down; empty when they have not written."""
        query = (
            select(Words.text)
            .join(Message, Message.id == Words.message_id)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .where(
                Conversation.channel == channel,
                Conversation.user_id == user_id,
                Message.direction == "in",
            )
            .order_by(Message.seq.desc())
            .limit(1)
        )
        async with looking(self._engine) as connection:
            return await connection.scalar(query) or ""

    async def find(self, channel: str, user_id: str) -> ConversationView | None:
        """The conversation of a citizen on a channel."""
        return await self._one(Conversation.channel == channel, Conversation.user_id == user_id)

    async def conversation(self, conversation_id: int) -> ConversationView | None:
        """A conversation by its id."""
        return await self._one(Conversation.id == conversation_id)

    async def recent(
        self, wanted: Filter | None = None, before: tuple[datetime, int] | None = None, limit: int = 50
    ) -> list[ConversationView]:
        """Conversations, the one with the newest message first.

        `before` is `(last_at, id)` of the last one already shown. Outcome, intent and time choose
        conversations in which at least one message matches all of them.
        """
        wanted = wanted or Filter()
        query = _conversations().where(*_of_conversation(wanted))
        if conditions := _of_message(wanted):
            query = query.where(
                exists()
                .where(Message.conversation_id == Conversation.id, *conditions)
                .correlate(Conversation)
            )
        if before is not None:
            at, number = before
            query = query.where(
                or_(
                    Conversation.last_at < at,
                    and_(Conversation.last_at == at, Conversation.id < number),
                )
            )
        query = query.order_by(Conversation.last_at.desc(), Conversation.id.desc()).limit(limit)
        async with reading(self._engine) as session:
            return [_view(row) for row in await session.execute(query)]

    async def waiting(self) -> list[ConversationView]:
        """Everybody who waits for a person, the longest wait first."""
        query = (
            _conversations()
            .where(Conversation.state == "waiting")
            .order_by(Conversation.waiting_since, Conversation.id)
        )
        async with reading(self._engine) as session:
            return [_view(row) for row in await session.execute(query)]

    async def channels(self) -> list[str]:
        """Channels that have conversations, for the filter."""
        return await self._values(Conversation.channel)

    async def intents(self) -> list[str]:
        """Intents that have been understood so far, for the filter."""
        return await self._values(Message.intent)

    async def _values(self, column: InstrumentedAttribute[Any]) -> list[str]:
        """What stands in the first column of an index, in order: a few looks, however many rows there are."""
        found = select(func.min(column).label("value")).cte("found", recursive=True)
        after = select(func.min(column)).where(column > found.c.value).scalar_subquery()
        found = found.union_all(select(after).where(found.c.value.is_not(None)))
        async with reading(self._engine) as session:
            return [each for each in await session.scalars(select(found.c.value)) if each is not None]

    async def _one(self, *conditions: ColumnElement[bool]) -> ConversationView | None:
        async with looking(self._engine) as connection, AsyncSession(connection) as session:
            row = (await session.execute(_conversations().where(*conditions))).one_or_none()
        return _view(row) if row else None


async def hits_of(session: AsyncSession, ids: Sequence[int]) -> list[Hit]:
    """The messages of some ids with their conversations, the newest first."""
    lines = (await session.execute(_lines().where(Message.id.in_(ids)))).all()
    around = await session.execute(
        _conversations().where(Conversation.id.in_({row.conversation_id for row, _ in lines}))
    )
    conversations = {view.id: view for view in map(_view, around)}
    hits = [Hit(entry(row, text), conversations[row.conversation_id]) for row, text in lines]
    return sorted(hits, key=lambda hit: -hit.entry.id)


def _lines() -> Select[Message, str]:
    return select(Message, Words.text).join(Words, Words.message_id == Message.id)


def _conversations() -> Select[Conversation, str, str | None, str | None]:
    return (
        select(Conversation, Operator.name, Message.intent, Message.outcome)
        .outerjoin(Operator, Operator.id == Conversation.operator_id)
        .outerjoin(Message, and_(Message.conversation_id == Conversation.id, Message.seq == _newest_turn))
    )


def _view(row: Row[Conversation, str, str | None, str | None]) -> ConversationView:
    conversation, operator, intent, outcome = row
    return ConversationView(
        id=conversation.id,
        channel=conversation.channel,
        user_id=conversation.user_id,
        state=conversation.state,
        operator_id=conversation.operator_id,
        operator=operator,
        handoff_reason=conversation.handoff_reason,
        waiting_since=conversation.waiting_since,
        created_at=conversation.created_at,
        last_at=conversation.last_at,
        last_seq=conversation.last_seq,
        last_text=conversation.last_text,
        last_author=conversation.last_author,
        intent=intent,
        outcome=outcome,
        department_id=conversation.department_id,
        wanted_operator_id=conversation.wanted_operator_id,
        snoozed_until=conversation.snoozed_until,
        owed_since=conversation.owed_since,
    )


def _of_conversation(wanted: Filter) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.channel:
        conditions.append(Conversation.channel == wanted.channel)
    if wanted.state:
        conditions.append(Conversation.state == wanted.state)
    return conditions


def _of_message(wanted: Filter) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.outcome:
        conditions.append(Message.outcome == wanted.outcome)
    if wanted.intent:
        conditions.append(Message.intent == wanted.intent)
    if wanted.since:
        conditions.append(Message.at >= wanted.since)
    if wanted.until:
        conditions.append(Message.at < wanted.until)
    return conditions
