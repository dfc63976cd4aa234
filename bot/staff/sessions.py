"""Browsers that are logged in. They live in Redis: all gateways know them, and losing them costs a log-in."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.identity.seal import Broken, Seal
from bot.log.engine import reading
from bot.log.tables import Operator
from bot.messages import Frozen

IDLE = timedelta(minutes=30)
"""Without a request for so long, a person has to log in again."""
LONGEST = timedelta(hours=12)
"""And after so long in any case."""
TOUCH = timedelta(seconds=30)
"""That somebody was here is written at most this often."""
_AGENT = 300
"""Characters of a browser's name that are kept."""
_PREFIX = "sotong:staff:"


class SessionsAway(ConnectionError):
    """Redis does not answer: nobody can be known now."""


@dataclass(frozen=True)
class LoggedIn:
    """Who sends a request."""

    operator_id: int
    login: str
    name: str
    roles: frozenset[str]
    """Values of `bot.staff.roles.Role`."""
    departments: frozenset[str]
    """Of an editor: ids, or `bot.staff.roles.ALL`."""
    must_change_password: bool
    must_add_factor: bool
    """Their roles ask for a second factor, and they have none yet."""
    csrf: str
    """What every form sends back: whose page it was."""
    expires_at: datetime
    device: str
    """Which of the person's devices this is."""


@dataclass(frozen=True)
class Device:
    """One of the browsers in which a person is logged in."""

    id: str
    agent: str
    address: str
    opened_at: datetime
    seen_at: datetime


class _Kept(Frozen):
    operator_id: int
    csrf: str
    opened_at: AwareDatetime
    seen_at: AwareDatetime
    address: str
    agent: str
    external: bool

    def ends(self) -> datetime:
        return min(self.seen_at + IDLE, self.opened_at + LONGEST)


class Sessions:
    """Sealed, under the hash of what the cookie holds: who reads or writes Redis becomes nobody by it."""

    def __init__(
        self,
        redis: Redis,
        seal: Seal,
        engine: AsyncEngine,
        clock: Callable[[], datetime],
        factor_roles: Collection[str] = (),
    ) -> None:
        self._redis = redis
        self._seal = seal
        self._engine = engine
        self._clock = clock
        self._factor_roles = frozenset(factor_roles)

    async def open(
        self, operator_id: int, *, address: str = "", agent: str = "", external: bool = False
    ) -> str:
        """Log a person in; the token goes into a cookie. Raises `SessionsAway`."""
        token, now = secrets.token_urlsafe(32), self._clock()
        kept = _Kept(
            operator_id=operator_id,
            csrf=f"{operator_id}.{secrets.token_urlsafe(24)}",
            opened_at=now,
            seen_at=now,
            address=address,
            agent=agent[:_AGENT],
            external=external,
        )
        device = _hash(token)
        try:
            await self._put(device, kept)
            await self._redis.sadd(_devices(operator_id), device)
            await self._redis.expire(_devices(operator_id), LONGEST)
        except (RedisError, OSError) as error:
            raise SessionsAway(type(error).__name__) from error
        return token

    async def find(self, token: str, *, active: bool) -> LoggedIn | None:
        """Who a token belongs to; None when it is unknown, has run out, or the person has left.

        `active`: the person did something. A page that refreshes itself does not keep them logged in.
        Raises `SessionsAway`.
        """
        device, now = _hash(token), self._clock()
        kept = await self._get(device)
        if kept is None:
            return None
        async with reading(self._engine) as session:
            person = await session.get(Operator, kept.operator_id)
        if person is None or not person.active:
            return None
        if active and now - kept.seen_at >= TOUCH:
            kept = kept.model_copy(update={"seen_at": now})
            try:
                await self._put(device, kept, again=True)
            except (RedisError, OSError) as error:
                raise SessionsAway(type(error).__name__) from error
        needs_factor = bool(self._factor_roles & set(person.roles)) and not kept.external
        return LoggedIn(
            operator_id=person.id,
            login=person.login,
            name=person.name,
            roles=frozenset(person.roles),
            departments=frozenset(person.departments),
            must_change_password=person.must_change_password and not kept.external,
            must_add_factor=needs_factor and person.totp_secret is None,
            csrf=kept.csrf,
            expires_at=kept.ends(),
            device=device,
        )

    async def devices(self, operator_id: int) -> list[Device]:
        """Where a person is logged in, the latest first. Raises `SessionsAway`."""
        found = []
        for device in await self._members(operator_id):
            kept = await self._get(device)
            if kept is not None and kept.operator_id == operator_id:
                found.append(Device(device, kept.agent, kept.address, kept.opened_at, kept.seen_at))
        return sorted(found, key=lambda each: each.seen_at, reverse=True)

    async def close(self, token: str) -> None:
        """Log one browser out. Raises `SessionsAway`."""
        await self._drop([_hash(token)])

    async def close_all(self, operator_id: int, *, but: str = "") -> int:
        """Log a person out everywhere, or everywhere but on one device; how many. Raises `SessionsAway`."""
        return await self._drop([each for each in await self._members(operator_id) if each != but])

    async def close_device(self, operator_id: int, device: str) -> bool:
        """Log a person out on one device; False when it is none of theirs. Raises `SessionsAway`."""
        theirs = device in await self._members(operator_id)
        return theirs and await self._drop([device]) > 0

    async def _members(self, operator_id: int) -> list[str]:
        try:
            members = await self._redis.smembers(_devices(operator_id))
        except (RedisError, OSError) as error:
            raise SessionsAway(type(error).__name__) from error
        return sorted(each.decode() if isinstance(each, bytes) else each for each in members)

    async def _get(self, device: str) -> _Kept | None:
        try:
            sealed: Any = await self._redis.get(_place(device))
        except (RedisError, OSError) as error:
            raise SessionsAway(type(error).__name__) from error
        if sealed is None:
            return None
        try:
            kept = _Kept.model_validate_json(self._seal.open(sealed, _place(device)))
        except (Broken, ValidationError, ValueError):  # another key, or another version of the program
            return None
        return kept if kept.ends() > self._clock() else None

    async def _put(self, device: str, kept: _Kept, *, again: bool = False) -> None:
        place = _place(device)
        lasts = max(kept.ends() - self._clock(), timedelta(seconds=1))
        # `again`: a session that was closed a moment ago is not to come back
        await self._redis.set(place, self._seal.close(kept.model_dump_json(), place), px=lasts, xx=again)

    async def _drop(self, devices: Collection[str]) -> int:
        if not devices:
            return 0
        try:
            return int(await self._redis.delete(*map(_place, devices)))
        except (RedisError, OSError) as error:
            raise SessionsAway(type(error).__name__) from error


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _place(device: str) -> str:
    return f"{_PREFIX}session:{device}"


def _devices(operator_id: int) -> str:
    return f"{_PREFIX}devices:{operator_id}"
