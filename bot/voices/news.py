"""What citizens are to be told about what they raised: kept with the change, said by the gateway, once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.content.persona import Voice
from bot.log.engine import changing, reading
from bot.messages import Outbound
from bot.voices.tables import VoiceNews

_AT_ONCE = 100

log = structlog.get_logger(__name__)

Tell = Callable[[int, Sequence[Outbound], str], Awaitable[bool]]
"""`Gateway.tell`."""


@dataclass(frozen=True)
class News:
    """A sentence of the persona and what fills it in."""

    once: str
    """The same news is told under it only once to a citizen."""
    line: str
    details: Mapping[str, str]


async def add(session: AsyncSession, conversation_id: int, news: News, now: datetime) -> None:
    """Write news down in the transaction of the change it tells of; what is there already stays as it is."""
    mine = VoiceNews.conversation_id == conversation_id
    if await session.scalar(select(VoiceNews.id).where(mine, VoiceNews.once == news.once)) is None:
        session.add(
            VoiceNews(
                conversation_id=conversation_id,
                once=news.once,
                line=news.line,
                details=dict(news.details),
                at=now,
            )
        )


class Teller:
    """Tells what is to be told; run again after a crash it repeats nothing."""

    def __init__(
        self, engine: AsyncEngine, tell: Tell, voice: Callable[[], Voice], clock: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._tell = tell
        self._voice = voice
        self._clock = clock

    async def run(self) -> int:
        """Tell all that is untold, the oldest first; returns how much that was."""
        async with reading(self._engine) as session:
            query = select(VoiceNews).where(VoiceNews.told_at.is_(None)).order_by(VoiceNews.id)
            untold = (await session.scalars(query.limit(_AT_ONCE))).all()
        for news in untold:
            text = self._voice().say(news.line, f"{news.conversation_id}:{news.once}", **_texts(news.details))
            try:
                await self._tell(news.conversation_id, [Outbound(text=text)], f"voices:{news.once}")
            except LookupError:
                log.info("nobody to tell", news=news.id)  # the citizen was forgotten meanwhile
            async with changing(self._engine) as connection:
                told = update(VoiceNews).where(VoiceNews.id == news.id).values(told_at=self._clock())
                await connection.execute(told)
        return len(untold)


def _texts(details: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in details.items()}
