"""Citizens who want to be told when there is an answer: kept until they are, or no longer want it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import changing, reading
from bot.log.tables import Conversation, Message, Words
from bot.loop.tables import AnswerWait, InboxLine, Settlement
from bot.messages import utc_now
from bot.proactive.subscriptions import Reach, count_pushes, reachable
from bot.rights.purposes import Purpose
from bot.rights.tables import ConsentRow

KIND = "answer"
"""Under which messages about answers are counted among those said unasked."""
NOT_NOW = frozenset({"crisis", "emergency", "abuse"})
"""Nobody who said one of these lately is offered anything."""
LATELY = timedelta(hours=6)
_LOOKED_BACK = 20
_GRACE = timedelta(hours=1)
"""A consent that is just being given is not ended."""


@dataclass(frozen=True)
class Waiting:
    """Who waits, and for what."""

    id: int
    conversation_id: int
    channel: str
    question: str
    expected: frozenset[str]
    """Ids of answers that staff wrote or changed for this very line."""


@dataclass(frozen=True)
class Asked:
    """The question that stayed unanswered just now."""

    conversation_id: int
    message_id: int
    question: str


class Waits:
    """Writes and reads them. Every method is one transaction and bears being run again."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    async def calm(self, channel: str, user_id: str) -> bool:
        """Whether the citizen may be offered to wait: they are in the log, and in no distress of late."""
        mine = (Conversation.channel == channel, Conversation.user_id == user_id)
        async with reading(self._engine) as session:
            id_ = await session.scalar(select(Conversation.id).where(*mine))
            lately = (
                Message.conversation_id == id_,
                Message.intent.in_(NOT_NOW),
                Message.at > self._clock() - LATELY,
            )
            return id_ is not None and not await session.scalar(select(exists().where(*lately)))

    async def asked(self, channel: str, user_id: str) -> Asked | None:
        """What a citizen asked before they were offered to wait: the last words of their own."""
        mine = (Conversation.channel == channel, Conversation.user_id == user_id)
        query = (
            select(Message.id, Message.conversation_id, Message.content, Words.text)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .join(Words, Words.message_id == Message.id)
            .where(*mine, Message.direction == "in", Message.turn_state == "done")
            .order_by(Message.seq.desc())
            .limit(_LOOKED_BACK)
        )
        async with reading(self._engine) as session:
            for row in await session.execute(query):
                if row.content.get("payload") is None and row.content.get("text", "").strip():
                    return Asked(row.conversation_id, row.id, row.text)
        return None

    async def add(self, asked: Asked) -> bool:
        """Write down that a citizen wants to be told; False when it stood already.

        Raises `sqlalchemy.exc.IntegrityError` if there is no such conversation.
        """
        row = {
            "conversation_id": asked.conversation_id,
            "message_id": asked.message_id,
            "question": asked.question,
            "created_at": self._clock(),
            "looked": "",
        }
        async with changing(self._engine) as connection:
            insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            new = insert(AnswerWait).values(row)
            new = new.on_conflict_do_nothing(index_elements=["conversation_id", "message_id"])
            return (await connection.execute(new)).rowcount > 0

    async def of(self, conversation_id: int) -> list[str]:
        """The questions a citizen waits to be answered, oldest first."""
        mine = (AnswerWait.conversation_id == conversation_id, AnswerWait.told_at.is_(None))
        query = select(AnswerWait.question).where(*mine).order_by(AnswerWait.id)
        async with reading(self._engine) as session:
            return list(await session.scalars(query))

    async def end(self, conversation_id: int) -> int:
        """The citizen no longer wants to be told of anything; how many questions that were."""
        mine = (AnswerWait.conversation_id == conversation_id, AnswerWait.told_at.is_(None))
        async with changing(self._engine) as connection:
            ended = (await connection.execute(delete(AnswerWait).where(*mine))).rowcount
            consent = (ConsentRow.conversation_id == conversation_id, *_standing())
            await connection.execute(update(ConsentRow).where(*consent).values(withdrawn_at=self._clock()))
        return ended

    async def due(self, look: str, reach: Reach, limit: int) -> list[Waiting]:
        """Who can be told now and for whom no answer was looked for under the mark `look`."""
        agreed = exists(
            select(ConsentRow.id).where(
                ConsentRow.conversation_id == AnswerWait.conversation_id, *_standing()
            )
        )
        query = (
            select(AnswerWait, Conversation.channel)
            .join(Conversation, Conversation.id == AnswerWait.conversation_id)
            .where(
                AnswerWait.told_at.is_(None),
                AnswerWait.looked != look,
                Conversation.state.in_(("bot", "closed")),
                Conversation.left_at.is_(None),
                Conversation.erasing.is_(False),
                reachable(reach),
                agreed,
            )
            .order_by(AnswerWait.id)
            .limit(limit)
        )
        async with reading(self._engine) as session:
            rows = (await session.execute(query)).all()
            targets = (
                select(InboxLine.message_id, Settlement.target)
                .join(Settlement, Settlement.id == InboxLine.settlement_id)
                .where(
                    InboxLine.message_id.in_([wait.message_id for wait, _ in rows]),
                    Settlement.target.startswith("answer:"),
                )
            )
            made = {row.message_id: row.target for row in await session.execute(targets)}
        return [
            Waiting(
                wait.id,
                wait.conversation_id,
                channel,
                wait.question,
                frozenset({made[wait.message_id].removeprefix("answer:")} if wait.message_id in made else ()),
            )
            for wait, channel in rows
        ]

    async def any(self) -> bool:
        """Whether somebody waits, or agreed to be told."""
        waiting = select(AnswerWait.id).where(AnswerWait.told_at.is_(None))
        agreed = select(ConsentRow.id).where(*_standing())
        async with reading(self._engine) as session:
            return bool(await session.scalar(select(or_(waiting.exists(), agreed.exists()))))

    async def looked(self, wait_id: int, look: str) -> None:
        """There is no answer yet."""
        async with changing(self._engine) as connection:
            await connection.execute(update(AnswerWait).where(AnswerWait.id == wait_id).values(looked=look))

    async def told(self, waiting: Waiting, messages: int, day: date) -> None:
        """The citizen has been told, by so many messages on the city's `day`."""
        mine = (AnswerWait.id == waiting.id, AnswerWait.told_at.is_(None))
        async with changing(self._engine) as connection:
            done = await connection.execute(update(AnswerWait).where(*mine).values(told_at=self._clock()))
            if done.rowcount:
                await count_pushes(connection, day, waiting.channel, KIND, messages)

    async def tidy(self) -> None:
        """A consent ends with the last question that was waited for."""
        more = exists(
            select(AnswerWait.id).where(
                AnswerWait.conversation_id == ConsentRow.conversation_id, AnswerWait.told_at.is_(None)
            )
        )
        now = self._clock()
        ended = update(ConsentRow).where(*_standing(), ~more, ConsentRow.given_at < now - _GRACE)
        async with changing(self._engine) as connection:
            await connection.execute(ended.values(withdrawn_at=now))


def _standing() -> tuple[ColumnElement[bool], ...]:
    return ConsentRow.purpose == Purpose.ANSWER, ConsentRow.withdrawn_at.is_(None)
