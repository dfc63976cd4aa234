"""Ratings written down and looked up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Row, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.log.engine import changing, looking, reading
from bot.log.tables import Conversation, Handoff
from bot.messages import utc_now
from bot.ratings.tables import Rating

_LAST = select(Rating.message_id, Rating.id, Rating.asked_at).where(
    Rating.conversation_id == bindparam("of_conversation"), Rating.about == "answer"
)
_LAST = _LAST.order_by(Rating.asked_at.desc()).limit(1)


@dataclass(frozen=True)
class Rated:
    """A rating that a citizen gave."""

    id: int
    about: str
    message_id: int | None


@dataclass(frozen=True)
class EndedTalk:
    """A talk with a person that is over."""

    handoff_id: int
    conversation_id: int
    operator_id: int | None
    channel: str


class Ratings:
    """Every method is one transaction and bears being run again."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    async def ask(
        self, conversation_id: int, turn_id: int, channel: str, topic: str, days: int
    ) -> int | None:
        """Write down that an answer is asked about; its id, None if the citizen was asked within `days`."""
        now = self._clock()
        async with looking(self._engine) as connection:
            last = (await connection.execute(_LAST, {"of_conversation": conversation_id})).one_or_none()
        if last is not None and last.message_id == turn_id:
            return int(last.id)
        if last is not None and last.asked_at > now - timedelta(days=days):
            return None
        values = {
            "conversation_id": conversation_id,
            "message_id": turn_id,
            "about": "answer",
            "channel": channel,
            "topic": topic[:80],
            "asked_at": now,
        }
        return await self._new(values)

    async def ask_about(self, talk: EndedTalk) -> int | None:
        """Write down that a talk is asked about; its id, None if it was before."""
        values = {
            "conversation_id": talk.conversation_id,
            "handoff_id": talk.handoff_id,
            "about": "talk",
            "operator_id": talk.operator_id,
            "channel": talk.channel,
            "topic": "",
            "asked_at": self._clock(),
        }
        async with looking(self._engine) as connection:
            there = select(Rating.id).where(Rating.handoff_id == talk.handoff_id)
            known: int | None = await connection.scalar(there)
        return known if known is not None else await self._new(values)

    async def rate(self, rating_id: int, conversation_id: int, score: int) -> Rated | None:
        """What a citizen thinks; None if they were never asked that. They may change their mind."""
        values = {"score": score, "rated_at": self._clock()}
        async with changing(self._engine) as connection:
            mine = update(Rating).where(Rating.id == rating_id, Rating.conversation_id == conversation_id)
            rated = await connection.execute(
                mine.values(values).returning(Rating.id, Rating.about, Rating.message_id)
            )
            row = rated.one_or_none()
        return Rated(row.id, row.about, row.message_id) if row else None

    async def want_comment(self, rating_id: int, conversation_id: int, wanted: bool) -> bool:
        """A citizen wants to add something, or no longer does; False if they were never asked."""
        at = self._clock() if wanted else None
        async with changing(self._engine) as connection:
            mine = update(Rating).where(Rating.id == rating_id, Rating.conversation_id == conversation_id)
            return (await connection.execute(mine.values(comment_wanted_at=at))).rowcount > 0

    async def comment(self, rating_id: int, text: str) -> None:
        """What they add."""
        async with changing(self._engine) as connection:
            mine = update(Rating).where(Rating.id == rating_id)
            await connection.execute(mine.values(comment=text, comment_wanted_at=None))

    async def awaited(self, since: datetime) -> Mapping[int, int]:
        """Whose next words are a comment: conversation → rating."""
        query = select(Rating.conversation_id, Rating.id).where(Rating.comment_wanted_at > since)
        async with looking(self._engine) as connection:
            rows = (await connection.execute(query.order_by(Rating.comment_wanted_at))).all()
        return {row.conversation_id: row.id for row in rows if row.conversation_id is not None}

    async def ended_talks(self, since: datetime) -> list[EndedTalk]:
        """Talks that a person closed since a moment, and whose citizen has not written again."""
        query = (
            select(Handoff.id, Handoff.conversation_id, Handoff.operator_id, Conversation.channel)
            .join(Conversation, Conversation.id == Handoff.conversation_id)
            .where(
                Handoff.ended_at > since,
                Handoff.claimed_at.is_not(None),
                Handoff.ended_how == "closed",
                Conversation.state == "closed",
                Conversation.left_at.is_(None),
                Conversation.erasing.is_(False),
            )
            .order_by(Handoff.id)
        )
        async with reading(self._engine) as session:
            rows = (await session.execute(query)).all()
        return [EndedTalk(row.id, row.conversation_id, row.operator_id, row.channel) for row in rows]

    async def page(self, worst: bool, offset: int, limit: int) -> tuple[Sequence[Rating], int]:
        """Ratings that were given, the latest first; of the bad ones alone; and how many there are."""
        where: list[ColumnElement[bool]] = [Rating.rated_at.is_not(None)]
        if worst:
            where.append(Rating.score <= 2)
        query = select(Rating).where(*where).order_by(Rating.rated_at.desc()).offset(offset).limit(limit)
        async with reading(self._engine) as session:
            total = await session.scalar(select(func.count()).select_from(Rating).where(*where)) or 0
            return (await session.scalars(query)).all(), total

    async def mean(self, since: datetime) -> Sequence[Row[tuple[str, int, float]]]:
        """Since a moment: (about, how many, mean score)."""
        query = select(Rating.about, func.count(), func.avg(Rating.score)).where(Rating.rated_at > since)
        async with reading(self._engine) as session:
            return (await session.execute(query.group_by(Rating.about).order_by(Rating.about))).all()

    async def _new(self, values: Mapping[str, object]) -> int | None:
        async with changing(self._engine) as connection:
            made = _insert(connection)(Rating).values(values).on_conflict_do_nothing().returning(Rating.id)
            id_: int | None = (await connection.execute(made)).scalar_one_or_none()
        return id_


def _insert(connection: AsyncConnection) -> type[postgresql.Insert] | type[sqlite.Insert]:
    return postgresql.Insert if connection.dialect.name == "postgresql" else sqlite.Insert
