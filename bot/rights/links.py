"""A short link that gives a citizen's data away: to whoever has it, for a quarter of an hour, once."""

from __future__ import annotations

import hashlib
import secrets

from bot.identity.box import Box

LASTS = 900
"""Seconds."""


class Links:
    """Made by the action server, used up at the gateway; sealed in Redis, and gone with an erasure."""

    def __init__(self, box: Box, base: str) -> None:
        self._box = box
        self._base = base

    async def make(self, key: str) -> str:
        """The address for a conversation (`channel:user_id`). Raises `bot.identity.box.NotKept`."""
        code = secrets.token_urlsafe(16)
        await self._box.put(_place(code), key, key, LASTS)
        return f"{self._base}/mine/{code}"

    async def good(self, code: str) -> bool:
        """Whether a code would still give something."""
        return await self._box.get(_place(code)) is not None

    async def use(self, code: str) -> str | None:
        """Whose data it gives, once; None for a code that is no good, or when Redis is away."""
        return await self._box.take(_place(code))


def _place(code: str) -> str:
    return f"mine:{hashlib.sha256(code.encode()).hexdigest()}"
