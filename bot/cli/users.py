"""People of the console from the command line: for the first start, and when nobody can get in any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from bot.console.action_names import ACTION_NAMES
from bot.console.role_names import ROLE_NAMES
from bot.log.engine import open_engine
from bot.log.migrate import migrate
from bot.messages import utc_now
from bot.redis_address import open_redis
from bot.settings import Settings
from bot.staff.accounts import FOR_GOOD, Account, AccountError
from bot.staff.build import Staff, build_staff
from bot.staff.roles import ALL
from bot.staff.sessions import SessionsAway


@dataclass(frozen=True)
class _Desk:
    staff: Staff
    console: Console

    async def found(self, login: str) -> Account:
        account = await self.staff.accounts.find(login)
        if account is None:
            raise AccountError(f"아이디 {login} 은(는) 없어요. sotong user list 로 확인해 주세요.")
        return account

    async def note(self, action: str, before: Account | None, login: str) -> None:
        """Into the audit log, as done by nobody of the console."""
        after = await self.found(login)
        await self.staff.audit.note(
            None,
            action,
            f"person:{after.id}",
            f"{login} (sotong user)",
            before=before.noted() if before else None,
            after=after.noted(),
        )

    async def log_out(self, account: Account) -> None:
        """Everywhere; without Redis nobody is logged in."""
        try:
            await self.staff.sessions.close_all(account.id)
        except SessionsAway:
            self.console.print("[yellow]![/] Redis가 꺼져 있어서 로그인한 기기는 확인하지 못했어요.")

    def once(self, account: Account, password: str) -> None:
        self.console.print(
            f"[green]✓[/] {account.name}({account.login}) · 한 번만 쓸 수 있는 비밀번호: [bold]{password}[/]",
            highlight=False,
        )

    def done(self, account: Account, action: str) -> None:
        self.console.print(f"[green]✓[/] {account.name}({account.login}) · {ACTION_NAMES[action]}")


def add_user(
    settings: Settings, login: str, name: str, roles: Collection[str], departments: Collection[str]
) -> int:
    """Create a person and print the one-time password; 1 when they cannot be made."""

    async def add(desk: _Desk) -> None:
        password = await desk.staff.accounts.create(login, name, roles, departments)
        await desk.note("person_invited", None, login)
        desk.once(await desk.found(login), password)

    return asyncio.run(_do(settings, add))


def list_users(settings: Settings) -> int:
    """Print everybody."""

    async def show(desk: _Desk) -> None:
        table = Table("아이디", "이름", "역할", "부서", "상태", box=None)
        for each in await desk.staff.accounts.all():
            roles = ", ".join(ROLE_NAMES[role] for role in ROLE_NAMES if role in each.roles)
            departments = "모든 부서" if ALL in each.departments else ", ".join(sorted(each.departments))
            table.add_row(each.login, each.name, roles or "–", departments or "–", _state(each))
        desk.console.print(table)

    return asyncio.run(_do(settings, show))


def set_roles(settings: Settings, login: str, roles: Collection[str], departments: Collection[str]) -> int:
    """Give a person these roles in place of theirs."""

    async def appoint(desk: _Desk) -> None:
        before = await desk.found(login)
        await desk.staff.accounts.appoint(before.id, roles, departments or before.departments)
        await desk.note("person_changed", before, login)
        desk.done(before, "person_changed")

    return asyncio.run(_do(settings, appoint))


def reset_user(settings: Settings, login: str, *, factor: bool) -> int:
    """A new one-time password; with `factor` the second factor goes too."""

    async def reset(desk: _Desk) -> None:
        account = await desk.found(login)
        password = await desk.staff.accounts.reset_password(account.id)
        await desk.log_out(account)
        await desk.note("password_reset", account, login)
        if factor:
            before = await desk.found(login)
            await desk.staff.factors.end(account.id)
            await desk.note("factor_reset", before, login)
        desk.once(account, password)

    return asyncio.run(_do(settings, reset))


def lock_user(settings: Settings, login: str, *, locked: bool) -> int:
    """Keep a person out, or let them in again."""

    async def lock(desk: _Desk) -> None:
        before = await desk.found(login)
        await desk.staff.accounts.lock(before.id, locked)
        if locked:
            await desk.log_out(before)
        action = "person_locked" if locked else "person_unlocked"
        await desk.note(action, before, login)
        desk.done(before, action)

    return asyncio.run(_do(settings, lock))


async def _do(settings: Settings, what: Callable[[_Desk], Awaitable[None]]) -> int:
    async with _open(settings) as desk:
        try:
            await what(desk)
        except AccountError as error:
            desk.console.print(f"[red]✗[/] {error}", highlight=False)
            return 1
    return 0


@asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[_Desk]:
    await migrate(settings.database)
    engine = open_engine(settings.database)
    try:
        async with open_redis(settings.redis, socket_connect_timeout=2, socket_timeout=5) as redis:
            staff = build_staff(settings, engine, redis, utc_now)
            yield _Desk(staff, Console(soft_wrap=True))
    finally:
        await engine.dispose()


def _state(account: Account) -> str:
    if not account.active:
        return "사용 중지"
    if account.locked_until == FOR_GOOD:
        return "잠김"
    return "첫 로그인 전" if account.must_change_password else "사용 중"
