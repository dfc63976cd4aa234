"""`sotong user`: people from the command line, taken down in the audit log."""

import asyncio
import re

import pytest

from bot.cli import users
from bot.log.engine import open_engine
from bot.settings import Settings
from bot.staff.accounts import Account, Accounts
from bot.staff.trail import Entry, Search, Trail


def look(settings: Settings, login: str) -> tuple[Account | None, list[Entry]]:
    async def ask() -> tuple[Account | None, list[Entry]]:
        engine = open_engine(settings.database)
        try:
            rows = await Trail(engine).find(Search(), before=None, limit=20)
            return await Accounts(engine).find(login), rows
        finally:
            await engine.dispose()

    return asyncio.run(ask())


def test_somebodys_whole_time_here(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert users.add_user(settings, "boss", "박바다", ["administrator"], ()) == 0
    assert users.add_user(settings, "kim", "김하늘", ["editor"], ["tax"]) == 0
    assert users.set_roles(settings, "kim", ["editor", "approver"], ()) == 0
    assert users.reset_user(settings, "kim", factor=True) == 0
    assert users.lock_user(settings, "kim", locked=True) == 0
    assert users.list_users(settings) == 0
    said = capsys.readouterr().out
    assert len(re.findall(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}", said)) == 3
    assert re.search(r"kim +김하늘 +편집자, 승인자 +tax +잠김", said)
    assert users.lock_user(settings, "kim", locked=False) == 0
    account, rows = look(settings, "kim")
    assert account
    assert (account.roles, account.departments, account.locked_until) == (
        {"editor", "approver"},
        {"tax"},
        None,
    )
    assert [row.action for row in rows] == [
        "person_unlocked",
        "person_locked",
        "factor_reset",
        "password_reset",
        "person_changed",
        "person_invited",
        "person_invited",
    ]


@pytest.mark.parametrize(
    ("roles", "why"), [(["king"], "역할은"), (["editor"], "부서를 골라"), (["viewer"], "이미 있어요")]
)
def test_what_cannot_be_done_is_said(
    settings: Settings, capsys: pytest.CaptureFixture[str], roles: list[str], why: str
) -> None:
    users.add_user(settings, "boss", "박바다", ["administrator"], ())
    assert users.add_user(settings, "boss", "박바다", roles, ()) == 1
    assert users.lock_user(settings, "boss", locked=True) == 1
    assert users.set_roles(settings, "nobody", ["viewer"], ()) == 1
    said = capsys.readouterr().out
    assert why in said
    assert "마지막 관리자" in said
    assert "nobody 은(는) 없어요" in said
