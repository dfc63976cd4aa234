"""What the bot is told of a talk with a person once it has the conversation back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.handoff.said import Said
from bot.log.engine import changing, reading
from bot.log.tables import Conversation, Handoff, Message, Words
from bot.masking import mask
from bot.rasa import BotNotReady

MOST_LINES = 16
"""The last ones of a talk: what was said before is past."""
STILL_MATTERS = timedelta(days=1)
"""A bot that was away for longer need not be told any more."""

log = structlog.get_logger(__name__)


class Bot(Protocol):
    """Whatever answers citizens, as far as it remembers."""

    async def remember(self, key: str, said: Sequence[Said]) -> None:
        """Take a talk into the memory of conversation `key`. Raises `BotNotReady`."""


class Memory:
    """Tells the bot what was said without it: at once, or as soon as it can be reached."""

    def __init__(self, engine: AsyncEngine, bot: Bot, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._bot = bot
        self._clock = clock

    async def catch_up(self, conversation_id: int | None = None) -> int:
        """Tell of every talk that the bot does not know of, or of one conversation's; how many there were."""
        query = (
            select(Handoff.id, Handoff.conversation_id, Handoff.requested_at, Handoff.ended_at)
            .where(Handoff.remembered.is_(False), Handoff.ended_at > self._clock() - STILL_MATTERS)
            .order_by(Handoff.id)
        )
        if conversation_id is not None:
            query = query.where(Handoff.conversation_id == conversation_id)
        async with reading(self._engine) as session:
            talks = (await session.execute(query)).all()
        told = 0
        for handoff_id, number, since, until in talks:
            if until is None:
                continue
            told += await self._tell(handoff_id, number, since, until)
        return told

    async def _tell(self, handoff_id: int, conversation_id: int, since: datetime, until: datetime) -> bool:
        lines = (
            select(Message.author, Words.text)
            .join(Words, Words.message_id == Message.id)
            .where(
                Message.conversation_id == conversation_id,
                Message.author.in_(["citizen", "operator"]),
                Message.at >= since,
                Message.at <= until,
            )
            .order_by(Message.seq.desc())
            .limit(MOST_LINES)
        )
        whose = select(Conversation.channel, Conversation.user_id).where(Conversation.id == conversation_id)
        async with reading(self._engine) as session:
            rows = [(by, text) for by, text in await session.execute(lines) if text]
            channel, user_id = (await session.execute(whose)).one()
        said = [Said("operator" if by == "operator" else "citizen", mask(text)[0]) for by, text in rows[::-1]]
        if any(each.by == "operator" for each in said):
            try:
                await self._bot.remember(f"{channel}:{user_id}", said)
            except BotNotReady as error:
                log.warning("talk_not_remembered", conversation_id=conversation_id, reason=str(error))
                return False
        async with changing(self._engine) as connection:
            await connection.execute(update(Handoff).where(Handoff.id == handoff_id).values(remembered=True))
        return True
