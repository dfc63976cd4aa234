"""Who a citizen has shown to be: for half an hour, in one conversation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import IntEnum

from pydantic import AwareDatetime, ValidationError

from bot.identity.box import Box, who
from bot.messages import Frozen, utc_now

LASTS = timedelta(minutes=30)


class Level(IntEnum):
    """How sure it is who somebody is."""

    LOGIN = 1
    """Logged in at the provider."""
    STRONG = 2
    """Logged in anew, in the way that the settings name for sensitive services."""


class Identity(Frozen):
    """A logged-in citizen, as little of them as services need."""

    subject: str
    """A pseudonym made from issuer and subject: the same for the same person, safe to write down."""
    sub: str
    """The provider's name for the person: for the city's own systems, never written down or said."""
    level: Level
    name: str = ""
    """`김○○`; empty when the provider gave none."""
    until: AwareDatetime


class Identities:
    """Which conversation (`channel:user_id`) is whose. Lives in Redis: every process may ask."""

    def __init__(self, box: Box, clock: Callable[[], datetime] = utc_now) -> None:
        self._box = box
        self._clock = clock

    async def of(self, key: str) -> Identity | None:
        """Who has logged in in a conversation; None when nobody has, or it is over."""
        kept = await self._box.get(_place(key))
        if kept is None:
            return None
        try:
            identity = Identity.model_validate_json(kept)
        except ValidationError:  # of another version of the program
            return None
        return identity if identity.until > self._clock() else None

    async def bind(self, key: str, subject: str, sub: str, level: Level, name: str) -> Identity:
        """The conversation is this person's from now on. Raises `bot.identity.box.NotKept`."""
        identity = Identity(subject=subject, sub=sub, level=level, name=name, until=self._clock() + LASTS)
        await self._box.put(_place(key), identity.model_dump_json(), key, int(LASTS.total_seconds()))
        return identity

    async def logout(self, key: str) -> bool:
        """Forget who it is; False when nobody was logged in. Raises `bot.identity.box.NotKept`."""
        return await self._box.drop(_place(key))


def _place(key: str) -> str:
    return f"identity:{who(key)}"
