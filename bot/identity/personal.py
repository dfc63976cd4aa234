"""What is kept of citizens beside the log, for minutes: who they are, what they typed for a service."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from bot.identity.box import Box
from bot.identity.identities import Identities, Level
from bot.identity.links import Links
from bot.identity.oidc import Client
from bot.identity.ring import Ring
from bot.identity.vault import Vault
from bot.redis_address import open_redis
from bot.settings import Settings

_WITHIN = 0.5
"""Seconds for Redis: a citizen's message is not held up for what is only convenient."""


@dataclass(frozen=True)
class Personal:
    """The parts, over one connection to Redis; every process of an installation may have one."""

    box: Box
    vault: Vault
    identities: Identities
    links: Links

    async def forget(self, key: str) -> None:
        """Log a conversation (`channel:user_id`) out, and throw away its links and its values.

        Raises `bot.identity.box.NotKept`, an `OSError`, when Redis is away.
        """
        await self.box.drop_all(key)

    async def close(self) -> None:
        """Let go of Redis."""
        await self.box.close()


def open_personal(settings: Settings) -> Personal:
    """Raises `OSError` when the secret of a first start cannot be written; connects when it is used."""
    redis = open_redis(
        settings.redis,
        socket_timeout=_WITHIN,
        socket_connect_timeout=_WITHIN,
        retry=Retry(NoBackoff(), 1),
    )
    box = Box(redis, open_seal(settings))

    def possible(level: Level) -> bool:
        return bool(settings.issuer and (level < Level.STRONG or settings.strong_acr))

    return Personal(box, Vault(box), Identities(box), Links(box, settings.address, possible))


def open_seal(settings: Settings) -> Ring:
    """What seals with this installation's key. Raises `OSError` as above."""
    return Ring(settings)


def client(settings: Settings) -> Client:
    """What we are to the provider."""
    return Client(
        settings.issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret.get_secret_value(),
        settings.oidc_scopes,
        settings.strong_acr,
    )


class Subjects:
    """Pseudonyms of persons: nobody without the key can tell who one is, or try out who it might be."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def of(self, issuer: str, sub: str) -> str:
        """The same for the same person, 32 hexadecimal digits."""
        named = f"{issuer}\x00{sub}".encode()
        return hmac.new(self._secret, named, hashlib.sha256).hexdigest()[:32]
