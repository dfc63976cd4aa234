"""The people who use the console, and their passwords."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.console.audit import AuditTrail
from bot.console.sessions import Sessions
from bot.log.engine import reading, writing
from bot.log.tables import Operator
from bot.messages import utc_now

ROLES = ("admin", "operator")
FAILURES = 5
"""Wrong passwords in a row until an account is locked …"""
LOCKED = timedelta(minutes=10)
"""… for this long."""
SHORTEST = 10
"""Characters a password must have."""


class OperatorError(ValueError):
    """An account or password cannot be taken; the text is for the person who typed it."""


class Operators:
    """Accounts of the console. `sessions` and `audit` belong to them and share their database."""

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Callable[[], datetime] = utc_now,
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        self.sessions = Sessions(engine, clock)
        self.audit = AuditTrail(engine, clock)

    async def first_operator(self) -> tuple[str, str] | None:
        """Create `admin` if there is no operator yet: (login, one-time password), else None."""
        async with reading(self._engine) as session:
            if await session.scalar(select(func.count()).select_from(Operator)):
                return None
        return "admin", await self.create("admin", "관리자", "admin")

    async def create(self, login: str, name: str, role: str = "operator") -> str:
        """Add an operator; returns the one-time password to change at the first login.

        Raises `OperatorError` if the login is taken or empty, or the role does not exist.
        """
        login, name = login.strip(), name.strip()
        if not login or not name:
            raise OperatorError("아이디와 이름을 모두 적어 주세요.")
        if role not in ROLES:
            raise OperatorError(f"역할은 {', '.join(ROLES)} 가운데 하나여야 해요.")
        password = one_time_password()
        hashed = await self._hash(password)
        try:
            async with writing(self._engine) as session:
                await session.execute(
                    insert(Operator).values(
                        login=login,
                        name=name,
                        role=role,
                        password_hash=hashed,
                        must_change_password=True,
                        failed_logins=0,
                        created_at=self._clock(),
                    )
                )
        except IntegrityError as error:
            raise OperatorError(f"아이디 {login} 은(는) 이미 있어요. 다른 아이디를 써 주세요.") from error
        return password

    async def verify(self, login: str, password: str) -> int | None:
        """The operator's id if login and password fit and the account is not locked, else None.

        Takes equally long whether the login exists or not. Five failures lock the account.
        """
        async with reading(self._engine) as session:
            operator = await session.scalar(select(Operator).where(Operator.login == login.strip()))
        if operator is None:
            await self._hash(password)
            return None
        right = await self._fits(operator.password_hash, password)
        now = self._clock()
        open_now = or_(Operator.locked_until.is_(None), Operator.locked_until <= now)
        mine = update(Operator).where(Operator.id == operator.id, open_now)
        async with writing(self._engine) as session:
            if right:
                unlocked = mine.values(failed_logins=0, locked_until=None).returning(Operator.id)
                return await session.scalar(unlocked)
            failures = await session.scalar(
                mine.values(failed_logins=Operator.failed_logins + 1).returning(Operator.failed_logins)
            )
            if failures is not None and failures >= FAILURES:
                await session.execute(mine.values(failed_logins=0, locked_until=now + LOCKED))
        return None

    async def change_password(self, operator_id: int, old: str, new: str) -> None:
        """Set a password of the operator's own and log them out everywhere.

        Raises `OperatorError` if the old one is wrong or the new one too weak.
        """
        async with reading(self._engine) as session:
            operator = await session.get_one(Operator, operator_id)
        if not await self._fits(operator.password_hash, old):
            raise OperatorError("지금 비밀번호가 맞지 않아요. 다시 확인해 주세요.")
        if len(new) < SHORTEST:
            raise OperatorError(f"새 비밀번호는 {SHORTEST}자 이상이어야 해요.")
        if new == old:
            raise OperatorError("지금 비밀번호와 다른 비밀번호를 써 주세요.")
        if operator.login.lower() in new.lower():
            raise OperatorError("새 비밀번호에 아이디를 넣지 마세요.")
        if len(set(new)) < 5:
            raise OperatorError("같은 글자가 너무 많아요. 서로 다른 글자를 5개 이상 써 주세요.")
        hashed = await self._hash(new)
        async with writing(self._engine) as session:
            await session.execute(
                update(Operator)
                .where(Operator.id == operator_id)
                .values(password_hash=hashed, must_change_password=False)
            )
        await self.sessions.close_all(operator_id)

    async def names(self) -> dict[int, str]:
        """Name of every operator by id."""
        async with reading(self._engine) as session:
            return {row.id: row.name for row in await session.execute(select(Operator.id, Operator.name))}

    async def _hash(self, password: str) -> str:
        return await asyncio.to_thread(self._hasher.hash, password)

    async def _fits(self, hashed: str, password: str) -> bool:
        try:
            return await asyncio.to_thread(self._hasher.verify, hashed, password)
        except VerifyMismatchError:
            return False


def one_time_password() -> str:
    """Like `k7mx-9tqd-hw4n`: 59 bits, no letters that look alike."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(3))
