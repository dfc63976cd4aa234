"""What a citizen is told once, ahead of the first answer: that a program answers, and what is kept.

AI 기본법 (Framework Act on Artificial Intelligence, in force 2026-01-22) asks for the first, PIPA art. 28-8
and 30 for the rest. A text that has changed is shown again; so is every text to who was erased.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.channel import Channel
from bot.log.engine import changing, looking
from bot.log.records import StoredInbound
from bot.messages import Outbound, Reply, utc_now
from bot.public import is_danger
from bot.rights.tables import NoticeShown
from bot.rights.wordings import Text, Wordings, keep

_KNOWN = select(NoticeShown.version).where(NoticeShown.conversation_id == bindparam("of_conversation"))
"""Every message asks: to build a statement costs more than to run it."""


class Notices:
    """Adds the notice to replies, and remembers who has seen which version of it."""

    def __init__(
        self,
        engine: AsyncEngine,
        wordings: Wordings,
        channels: Mapping[str, Channel],
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._engine = engine
        self._wordings = wordings
        self._channels = channels
        self._clock = clock

    async def ahead(self, stored: StoredInbound, reply: Reply) -> tuple[Reply, Sequence[Text]]:
        """The reply with what has still to be told ahead of it, and those texts for `shown`.

        Help in danger comes without: the notice then goes with the next reply. Raises `ContentError` when
        data/notices.yml was never good.
        """
        channel, messages = self._channels[stored.channel], reply.messages
        if stored.inbound.public or reply.erase or not messages or any(map(is_danger, messages)):
            return reply, ()
        texts = [self._wordings.first()]
        if channel.abroad:
            texts.append(self._wordings.abroad())
        known = await self._known(stored.conversation_id)
        due = [text for text in texts if text.version not in known]
        if not due or channel.own_notice:
            return reply, due
        notice = Outbound(text="\n".join(text.text for text in due))
        return reply.model_copy(update={"messages": (notice, *messages)}), due

    async def shown(self, conversation_id: int, texts: Sequence[Text]) -> None:
        """Note that a citizen was told."""
        now = self._clock()
        async with changing(self._engine) as connection:
            insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            for text in texts:
                await keep(connection, text, now)
                row = {"conversation_id": conversation_id, "version": text.version, "at": now}
                await connection.execute(insert(NoticeShown).values(row).on_conflict_do_nothing())

    async def _known(self, conversation_id: int) -> frozenset[str]:
        async with looking(self._engine) as connection:
            found = await connection.scalars(_KNOWN, {"of_conversation": conversation_id})
            return frozenset(found.all())
