"""The bot's reply made fit for a public place, with what that needs to know of the conversation."""

from __future__ import annotations

from collections.abc import Callable

from bot.channel import Capabilities
from bot.content.persona import Voice
from bot.log.log import ConversationLog
from bot.log.records import StoredInbound
from bot.messages import Reply
from bot.public import in_public, public_words


class PublicReplies:
    """`link` is the address of the private chat that citizens are invited to."""

    def __init__(self, conversation_log: ConversationLog, persona: Callable[[], Voice], link: str) -> None:
        self._log = conversation_log
        self._persona = persona
        self._link = link

    async def of(self, stored: StoredInbound, reply: Reply, capabilities: Capabilities) -> Reply:
        """What of a reply is said where everybody reads it."""
        words = public_words(self._persona(), f"{stored.channel}:{stored.user_id}:{stored.seq}", self._link)
        said = await self._log.said(stored.conversation_id)
        return in_public(stored.inbound, reply, words, capabilities, said)
