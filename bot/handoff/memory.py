"""What the bot is told of a talk with a person once it has the conversation back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import ColumnElement, select, update
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

    async def remember(self, key: str, said: Sequence[Said]) -> str:
        """Take a talk into the memory of conversation `key`.

        Returns the payload that goes on with what the bot was asking; empty when it asked nothing. Raises
        `BotNotReady`.
        """


class Memory:
    """Tells the bot what was said without it: at once, or as soon as it can be reached."""

    def __init__(self, engine: AsyncEngine, bot: Bot, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._bot = bot
        self._clock = clock

    async def catch_up(self) -> int:
        """Tell of every talk that is over and that the bot does not know of; how many there were."""
        over = (
            Handoff.ended_at > self._clock() - STILL_MATTERS,
            Conversation.state.in_(("bot", "closed")),
        )
        return len(await self._tell_all(*over))

    async def hand_back(self, conversation_id: int) -> str:
        """Tell of what was said in a conversation.

        Returns the payload that goes on with what the bot was asking before; empty when it asked nothing.
        """
        told = await self._tell_all(Handoff.conversation_id == conversation_id)
        return next(filter(None, told), "")

    async def _tell_all(self, *which: ColumnElement[bool]) -> list[str]:
        query = (
            select(Handoff.id, Handoff.conversation_id, Handoff.requested_at, Handoff.ended_at)
            .join(Conversation, Conversation.id == Handoff.conversation_id)
            .where(Handoff.remembered.is_(False), *which)
            .order_by(Handoff.id)
        )
        async with reading(self._engine) as session:
            talks = (await session.execute(query)).all()
        told = [await self._tell(*talk) for talk in talks]
        return [each for each in told if each is not None]

    async def _tell(
        self, handoff_id: int, conversation_id: int, since: datetime, until: datetime | None
    ) -> str | None:
        """What `Bot.remember` gave; None when the bot could not be told."""
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
        try:
            back = await self._bot.remember(f"{channel}:{user_id}", said)
        except BotNotReady as error:
            log.warning("talk_not_remembered", conversation_id=conversation_id, reason=str(error))
            return None
        async with changing(self._engine) as connection:
            await connection.execute(update(Handoff).where(Handoff.id == handoff_id).values(remembered=True))
        return back
