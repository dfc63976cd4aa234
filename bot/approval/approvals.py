"""Replies that wait for a person's yes, in the database: held once, decided once.

    waiting ──yes──▶ approved   ──words of their own──▶ edited   ──no──▶ refused
       └──the time is up──▶ late      └──a person has the conversation──▶ dropped

A decision and what is said by it are one transaction, so nobody is told twice, and nothing is said over a
person who has taken the conversation meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.approval.tables import Approval, ApprovalTopic
from bot.log.engine import changing, looking, reading
from bot.log.outgoing import append
from bot.log.tables import Conversation, Message, Operator, Words
from bot.messages import Outbound, Reply, utc_now

State = Literal["approved", "edited", "refused", "late"]
Fallback = Literal["answer", "person"]


@dataclass(frozen=True)
class Rule:
    """What holds for a topic."""

    topic: str
    minutes: int
    fallback: Fallback


@dataclass(frozen=True)
class Held:
    """A reply with what one needs to know to decide."""

    id: int
    conversation_id: int
    channel: str
    topic: str
    question: str
    """Empty when the citizen's words are gone."""
    reply: Reply
    fallback: Fallback
    state: str
    operator: str
    """Who decided; empty: nobody yet, or the clock."""
    created_at: datetime
    due_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True)
class Decision:
    """What is done with a held reply."""

    state: State
    messages: Sequence[Outbound]
    outcome: str
    """Of the citizen's turn from now on."""
    calls: bool = False
    """A person is to be called."""


class Approvals:
    """Writes and reads them. Every method is one transaction and bears being run again."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    async def rules(self) -> dict[str, Rule]:
        """The topics whose answers wait."""
        async with looking(self._engine) as connection:
            rows = await connection.execute(
                select(ApprovalTopic.topic, ApprovalTopic.minutes, ApprovalTopic.fallback)
            )
            return {row.topic: Rule(row.topic, row.minutes, row.fallback) for row in rows}

    async def set_rule(self, rule: Rule, operator_id: int) -> None:
        """Answers about a topic wait from now on."""
        values: dict[str, Any] = {"minutes": rule.minutes, "fallback": rule.fallback}
        values |= {"operator_id": operator_id, "at": self._clock()}
        async with changing(self._engine) as connection:
            upsert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            new = upsert(ApprovalTopic).values(topic=rule.topic, **values)
            await connection.execute(new.on_conflict_do_update(index_elements=["topic"], set_=values))

    async def end_rule(self, topic: str) -> bool:
        """They do not any more; those that wait already still do. False when they did not."""
        async with changing(self._engine) as connection:
            ended = await connection.execute(delete(ApprovalTopic).where(ApprovalTopic.topic == topic))
            return ended.rowcount > 0

    async def hold(self, conversation_id: int, turn_id: int, rule: Rule, reply: Reply) -> datetime:
        """Keep a reply until somebody decides; by when they must. The same for the same turn."""
        now = self._clock()
        row: dict[str, Any] = {
            "conversation_id": conversation_id,
            "turn_id": turn_id,
            "topic": rule.topic,
            "reply": reply.model_dump(mode="json"),
            "fallback": rule.fallback,
            "state": "waiting",
            "created_at": now,
            "due_at": now + timedelta(minutes=rule.minutes),
            "calls": False,
        }
        async with changing(self._engine) as connection:
            known = await connection.scalar(select(Approval.due_at).where(Approval.turn_id == turn_id))
            if known is not None:
                return known
            await connection.execute(insert(Approval).values(row))
        due: datetime = row["due_at"]
        return due

    async def decide(self, approval_id: int, decision: Decision, operator_id: int | None) -> bool:
        """Do it, once; False when it was decided before, or a person has the conversation by now."""
        async with changing(self._engine) as connection:
            found = (
                await connection.execute(
                    select(Approval.conversation_id, Approval.turn_id).where(Approval.id == approval_id)
                )
            ).one_or_none()
            if found is None:
                return False
            # Takes hold of the conversation: nobody claims it between this look and what is said.
            owner = select(Conversation.state).where(Conversation.id == found.conversation_id)
            state = await connection.scalar(owner.with_for_update())
            dropped = state == "operator"
            values = {
                "state": "dropped" if dropped else decision.state,
                "operator_id": None if dropped else operator_id,
                "decided_at": self._clock(),
                "calls": decision.calls and not dropped,
            }
            decided = await connection.execute(
                update(Approval).where(Approval.id == approval_id, Approval.state == "waiting").values(values)
            )
            if not decided.rowcount or dropped:
                return False
            now = self._clock()
            await append(connection, found.conversation_id, decision.messages, now=now, author="bot")
            turn = update(Message).where(Message.id == found.turn_id, Message.outcome == "held")
            await connection.execute(turn.values(outcome=decision.outcome))
            return True

    async def get(self, approval_id: int) -> Held | None:
        """One of them."""
        async with reading(self._engine) as session:
            row = (await session.execute(_held().where(Approval.id == approval_id))).one_or_none()
        return _view(row) if row else None

    async def waiting(self) -> list[Held]:
        """Those to decide, the most urgent first; not those of conversations that a person has."""
        query = _held().where(*_waits()).order_by(Approval.due_at, Approval.id)
        return await self._all(query)

    async def waiting_in(self, conversation_id: int) -> list[Held]:
        """Those of one conversation."""
        where = (Approval.conversation_id == conversation_id, *_waits())
        return await self._all(_held().where(*where).order_by(Approval.id))

    async def late(self) -> list[Held]:
        """Those whose time is up, and those of which a person has the conversation by now."""
        over = (Approval.due_at <= self._clock()) | (Conversation.state == "operator")
        return await self._all(_held().where(Approval.state == "waiting", over).order_by(Approval.id))

    async def decided(self, limit: int) -> list[Held]:
        """The latest decisions."""
        ended = Approval.state != "waiting"
        return await self._all(_held().where(ended).order_by(Approval.decided_at.desc()).limit(limit))

    async def count(self) -> int:
        """How many wait."""
        query = (
            select(func.count())
            .select_from(Approval)
            .join(Conversation, Conversation.id == Approval.conversation_id)
            .where(*_waits())
        )
        async with reading(self._engine) as session:
            return await session.scalar(query) or 0

    async def to_call(self) -> list[tuple[int, int]]:
        """Approval and conversation where a person is still to be called."""
        async with looking(self._engine) as connection:
            rows = await connection.execute(select(Approval.id, Approval.conversation_id).where(_CALLS))
            return [(row.id, row.conversation_id) for row in rows]

    async def called(self, approval_id: int) -> None:
        """They were."""
        async with changing(self._engine) as connection:
            await connection.execute(update(Approval).where(Approval.id == approval_id).values(calls=False))

    async def _all(self, query: Any) -> list[Held]:
        async with reading(self._engine) as session:
            return [_view(row) for row in await session.execute(query)]


_CALLS = Approval.state.in_(("refused", "late")) & Approval.calls.is_(True)


def _waits() -> tuple[ColumnElement[bool], ...]:
    return Approval.state == "waiting", Conversation.state != "operator"


def _held() -> Any:
    return (
        select(Approval, Conversation.channel, Words.text, Operator.name)
        .join(Conversation, Conversation.id == Approval.conversation_id)
        .outerjoin(Words, Words.message_id == Approval.turn_id)
        .outerjoin(Operator, Operator.id == Approval.operator_id)
    )


def _view(row: Any) -> Held:
    held: Approval = row.Approval
    return Held(
        held.id,
        held.conversation_id,
        row.channel,
        held.topic,
        row.text or "",
        Reply.model_validate(held.reply),
        "answer" if held.fallback == "answer" else "person",
        held.state,
        row.name or "",
        held.created_at,
        held.due_at,
        held.decided_at,
    )
