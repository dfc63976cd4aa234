"""What the web chat needs from the rest of the gateway, and nothing more."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

from bot.messages import Inbound, Outbound

Event = dict[str, Any]


class Entry(Protocol):
    """One line of a conversation, as the log keeps it."""

    @property
    def seq(self) -> int:
        """Position in the conversation, from 1, without gaps or repeats."""

    @property
    def author(self) -> str:
        """`bot`, `operator` or `system`; anything else is the citizen."""

    @property
    def text(self) -> str:
        """The text, personal data masked."""

    @property
    def message(self) -> Outbound | None:
        """What was said to the citizen, buttons carrying short ids; None for their own lines."""

    @property
    def at(self) -> datetime:
        """When it was stored."""

    @property
    def platform_id(self) -> str | None:
        """`Inbound.message_id` of the citizen's own lines: how a browser knows its message again."""


class Conversation(Protocol):
    """The state of a conversation."""

    @property
    def id(self) -> int:
        """The log's number of the conversation."""

    @property
    def state(self) -> str:
        """`bot`, `waiting`, `operator` or `closed`."""

    @property
    def last_seq(self) -> int:
        """`seq` of the newest entry."""


class Log(Protocol):
    """The part of `ConversationLog` that is read here."""

    async def find(self, channel: str, user_id: str) -> Conversation | None:
        """The conversation of a citizen; None before their first message."""

    async def history(
        self, conversation_id: int, after: int = 0, before: int | None = None, limit: int = 100
    ) -> Sequence[Entry]:
        """Entries with `after < seq < before`, oldest first."""


class Gateway(Protocol):
    """The one entrance for citizens' messages."""

    async def receive(self, inbound: Inbound) -> bool:
        """Commit a message; False when its id was seen before."""

    async def erase(self, conversation_id: int) -> str:
        """Remove all that is known of a citizen; the number of the receipt."""


class Feed(Protocol):
    """News between the parts of the gateway; what is lost here is found again in the log."""

    async def publish(self, topic: str, event: Event) -> None:
        """Tell everybody who listens to the topic."""

    def subscribe(self, topic: str) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        """Listen to a topic from now on."""


Clock = Callable[[], float]
"""Seconds on a clock that never goes back."""


def topic(user_id: str) -> str:
    """The feed topic on which a citizen's open pages listen."""
    return f"webchat:{user_id}"
