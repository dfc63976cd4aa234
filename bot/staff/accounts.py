"""The people who use the console: who they are and what they may do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.log.engine import reading, writing
from bot.log.tables import Operator
from bot.messages import utc_now
from bot.staff.passwords import Passwords, one_time_password, weakness
from bot.staff.roles import Role

FAILURES = 5
"""Wrong passwords or codes in a row until an account is locked …"""
LOCKED = timedelta(minutes=10)
"""… for this long."""
FOR_GOOD = datetime(9999, 12, 31, tzinfo=UTC)
"""Until then an account is locked that an administrator locked."""
_LONGEST_LOGIN, _LONGEST_NAME = 80, 80


class AccountError(ValueError):
    """An account or password cannot be taken; the text is for the person who typed it."""


class LastAdministrator(AccountError):
    """Nobody could administer the console any more."""


@dataclass(frozen=True)
class Account:
    """One person, as the list of people shows them."""

    id: int
    login: str
    name: str
    roles: frozenset[str]
    departments: frozenset[str]
    active: bool
    locked_until: datetime | None
    must_change_password: bool
    second_factor: bool
    external: bool
    """They log in at the office's own provider."""
    created_at: datetime
    seen_at: datetime | None

    def noted(self) -> dict[str, Any]:
        """What the audit log compares."""
        return {
            "login": self.login,
            "name": self.name,
            "roles": sorted(self.roles),
            "departments": sorted(self.departments),
            "active": self.active,
            "locked": self.locked_until == FOR_GOOD,
            "second_factor": self.second_factor,
        }


class Accounts:
    """Accounts of the console."""

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Callable[[], datetime] = utc_now,
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._passwords = Passwords(hasher)

    async def first(self) -> tuple[str, str] | None:
        """Create `admin` if there is nobody yet: (login, one-time password), else None."""
        async with reading(self._engine) as session:
            if await session.scalar(select(func.count()).select_from(Operator)):
                return None
        return "admin", await self.create("admin", "관리자", (Role.ADMINISTRATOR,))

    async def create(
        self,
        login: str,
        name: str,
        roles: Collection[str] = (Role.OPERATOR,),
        departments: Collection[str] = (),
    ) -> str:
        """Add a person; returns the one-time password to change at the first login.

        Raises `AccountError` if the login is taken or empty, or the roles make no sense.
        """
        if Role.EDITOR in roles and not departments:
            raise AccountError("편집자가 고칠 부서를 골라 주세요.")
        password = one_time_password()
        await self.add(login, name, roles, departments, password, must_change=True)
        return password

    async def add(
        self,
        login: str,
        name: str,
        roles: Collection[str],
        departments: Collection[str],
        password: str,
        *,
        must_change: bool,
        external: str | None = None,
    ) -> int:
        """The same with a given password; their id. Raises `AccountError`."""
        login, name = login.strip(), name.strip()
        if not login or not name:
            raise AccountError("아이디와 이름을 모두 적어 주세요.")
        if len(login) > _LONGEST_LOGIN or len(name) > _LONGEST_NAME:
            raise AccountError(f"아이디와 이름은 {_LONGEST_NAME}자까지 쓸 수 있어요.")
        values = {
            "login": login,
            "name": name,
            **_standing(roles, departments),
            "password_hash": await self._passwords.hash(password),
            "must_change_password": must_change,
            "failed_logins": 0,
            "created_at": self._clock(),
            "active": True,
            "external": external,
        }
        try:
            async with writing(self._engine) as session:
                made = await session.scalars(insert(Operator).values(values).returning(Operator.id))
                return made.one()
        except IntegrityError as error:
            raise AccountError(f"아이디 {login} 은(는) 이미 있어요. 다른 아이디를 써 주세요.") from error

    async def verify(self, login: str, password: str) -> int | None:
        """The person's id if login and password fit and the account is open, else None.

        Takes equally long whether the login exists or not. Five failures lock the account.
        """
        async with reading(self._engine) as session:
            found = await session.scalar(select(Operator).where(Operator.login == login.strip()))
        if found is None:
            await self._passwords.hash(password)
            return None
        right = await self._passwords.fits(found.password_hash, password)
        if right and found.totp_secret is not None:
            # Half of the way: only the whole of it makes up for earlier failures.
            shut = not found.active or (found.locked_until is not None and found.locked_until > self._clock())
            return None if shut else found.id
        return await self.judge(found.id, right)

    async def judge(self, id_: int, right: bool) -> int | None:
        """Take down whether somebody could show who they are; their id if so and the account is open."""
        now = self._clock()
        mine = update(Operator).where(
            Operator.id == id_,
            Operator.active,
            or_(Operator.locked_until.is_(None), Operator.locked_until <= now),
        )
        async with writing(self._engine) as session:
            if right:
                opened = mine.values(failed_logins=0, locked_until=None).returning(Operator.id)
                return await session.scalar(opened)
            failures = await session.scalar(
                mine.values(failed_logins=Operator.failed_logins + 1).returning(Operator.failed_logins)
            )
            if failures is not None and failures >= FAILURES:
                await session.execute(mine.values(failed_logins=0, locked_until=now + LOCKED))
        return None

    async def change_password(self, id_: int, old: str, new: str) -> None:
        """Set a password of the person's own. Raises `AccountError` if the old one is wrong or the new weak.

        Whoever calls it logs them out everywhere.
        """
        async with reading(self._engine) as session:
            found = await session.get_one(Operator, id_)
        if not await self._passwords.fits(found.password_hash, old):
            raise AccountError("지금 비밀번호가 맞지 않아요. 다시 확인해 주세요.")
        if new == old:
            raise AccountError("지금 비밀번호와 다른 비밀번호를 써 주세요.")
        if why := weakness(new, found.login):
            raise AccountError(why)
        await self._set(id_, password_hash=await self._passwords.hash(new), must_change_password=False)

    async def reset_password(self, id_: int) -> str:
        """A new one-time password; the account is open again. Whoever calls it logs them out everywhere."""
        password = one_time_password()
        hashed = await self._passwords.hash(password)
        await self._set(
            id_, password_hash=hashed, must_change_password=True, failed_logins=0, locked_until=None
        )
        return password

    async def appoint(self, id_: int, roles: Collection[str], departments: Collection[str]) -> None:
        """Give roles and departments. Raises `AccountError`, `LastAdministrator` among them."""
        values = _standing(roles, departments)
        async with writing(self._engine) as session:
            if Role.ADMINISTRATOR not in roles:
                await _somebody_else(session, id_)
            await session.execute(update(Operator).where(Operator.id == id_).values(values))

    async def lock(self, id_: int, locked: bool) -> None:
        """Keep a person out until an administrator lets them in. Raises `LastAdministrator`."""
        async with writing(self._engine) as session:
            if locked:
                await _somebody_else(session, id_)
            values = {"locked_until": FOR_GOOD if locked else None, "failed_logins": 0}
            await session.execute(update(Operator).where(Operator.id == id_).values(values))

    async def activate(self, id_: int, active: bool) -> None:
        """Take a person's access away, or give it back. Raises `LastAdministrator`."""
        async with writing(self._engine) as session:
            if not active:
                await _somebody_else(session, id_)
            await session.execute(update(Operator).where(Operator.id == id_).values(active=active))

    async def rename(self, id_: int, name: str) -> None:
        """How colleagues and citizens read them. Raises `AccountError`."""
        if not name.strip() or len(name.strip()) > _LONGEST_NAME:
            raise AccountError(f"이름을 1자에서 {_LONGEST_NAME}자 사이로 적어 주세요.")
        await self._set(id_, name=name.strip())

    async def seen(self, id_: int) -> None:
        """They have logged in."""
        await self._set(id_, seen_at=self._clock())

    async def all(self) -> list[Account]:
        """Everybody, by name; who has left last."""
        async with reading(self._engine) as session:
            rows = await session.scalars(select(Operator).order_by(Operator.name, Operator.id))
            return sorted(map(_account, rows), key=lambda each: not each.active)

    async def get(self, id_: int) -> Account | None:
        """One person."""
        async with reading(self._engine) as session:
            found = await session.get(Operator, id_)
        return _account(found) if found else None

    async def find(self, login: str) -> Account | None:
        """One person by login."""
        async with reading(self._engine) as session:
            found = await session.scalar(select(Operator).where(Operator.login == login.strip()))
        return _account(found) if found else None

    async def outside(self, external: str) -> Account | None:
        """One person by what the office's provider calls them."""
        async with reading(self._engine) as session:
            found = await session.scalar(select(Operator).where(Operator.external == external))
        return _account(found) if found else None

    async def names(self) -> dict[int, str]:
        """Name of everybody by id."""
        async with reading(self._engine) as session:
            return {row.id: row.name for row in await session.execute(select(Operator.id, Operator.name))}

    async def _set(self, id_: int, **values: Any) -> None:
        async with writing(self._engine) as session:
            await session.execute(update(Operator).where(Operator.id == id_).values(values))


def _account(row: Operator) -> Account:
    return Account(
        id=row.id,
        login=row.login,
        name=row.name,
        roles=frozenset(row.roles),
        departments=frozenset(row.departments),
        active=row.active,
        locked_until=row.locked_until,
        must_change_password=row.must_change_password,
        second_factor=row.totp_secret is not None,
        external=row.external is not None,
        created_at=row.created_at,
        seen_at=row.seen_at,
    )


def _standing(roles: Collection[str], departments: Collection[str]) -> dict[str, Sequence[str]]:
    """The columns of roles and departments. Raises `AccountError`."""
    known = [str(role) for role in Role if role in roles]
    if len(known) != len(set(roles)):
        raise AccountError(f"역할은 {', '.join(Role)} 가운데에서 골라 주세요.")
    return {"roles": known, "departments": sorted(set(departments))}


async def _somebody_else(session: AsyncSession, id_: int) -> None:
    """Make sure that another administrator can still log in; nobody else changes that until the end."""
    rows = await session.scalars(select(Operator).where(Operator.active).with_for_update())
    administrators = {
        row.id for row in rows if Role.ADMINISTRATOR in row.roles and row.locked_until != FOR_GOOD
    }
    if administrators == {id_}:
        raise LastAdministrator("마지막 관리자예요. 다른 사람을 먼저 관리자로 정해 주세요.")
