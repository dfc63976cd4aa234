"""Browsers that are logged in."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import reading, writing
from bot.log.tables import Login, Operator

IDLE = timedelta(minutes=30)
"""Without a request for so long, an operator has to log in again."""
LONGEST = timedelta(hours=12)
"""And after so long in any case."""
TOUCH = timedelta(seconds=30)
"""`seen_at` is written at most this often."""


@dataclass(frozen=True)
class LoggedIn:
    """Who sends a request."""

    operator_id: int
    login: str
    name: str
    role: str
    must_change_password: bool
    csrf: str
    """What every form must send back."""
    expires_at: datetime


class Sessions:
    """Kept in SQL, so that a restart logs nobody out; the database never holds a usable cookie."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    async def open(self, operator_id: int) -> str:
        """Log an operator in; the token goes into a cookie. Old sessions are swept out."""
        token, now = secrets.token_urlsafe(32), self._clock()
        async with writing(self._engine) as session:
            await session.execute(delete(Login).where(Login.seen_at < now - IDLE))
            await session.execute(
                insert(Login).values(
                    token_hash=_hash(token),
                    operator_id=operator_id,
                    csrf=secrets.token_urlsafe(32),
                    created_at=now,
                    seen_at=now,
                )
            )
        return token

    async def find(self, token: str, *, active: bool) -> LoggedIn | None:
        """Who a token belongs to; None when it is unknown or has run out.

        `active`: the operator did something. A page that refreshes itself does not keep them
        logged in.
        """
        now = self._clock()
        query = (
            select(Login, Operator)
            .join(Operator, Operator.id == Login.operator_id)
            .where(
                Login.token_hash == _hash(token),
                Login.seen_at > now - IDLE,
                Login.created_at > now - LONGEST,
            )
        )
        async with reading(self._engine) as session:
            row = (await session.execute(query)).one_or_none()
        if row is None:
            return None
        login, operator = row
        seen_at = login.seen_at
        if active and now - seen_at >= TOUCH:
            seen_at = now
            async with writing(self._engine) as session:
                await session.execute(
                    update(Login).where(Login.token_hash == login.token_hash).values(seen_at=now)
                )
        return LoggedIn(
            operator_id=operator.id,
            login=operator.login,
            name=operator.name,
            role=operator.role,
            must_change_password=operator.must_change_password,
            csrf=login.csrf,
            expires_at=min(seen_at + IDLE, login.created_at + LONGEST),
        )

    async def close(self, token: str) -> None:
        """Log one browser out."""
        async with writing(self._engine) as session:
            await session.execute(delete(Login).where(Login.token_hash == _hash(token)))

    async def close_all(self, operator_id: int) -> None:
        """Log an operator out everywhere."""
        async with writing(self._engine) as session:
            await session.execute(delete(Login).where(Login.operator_id == operator_id))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
