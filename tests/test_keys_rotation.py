"""The vault's key is replaced under a running bot: nothing stays shut, nobody is logged out."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import time
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from bot.cli import keys as command
from bot.identity.personal import open_personal, open_seal
from bot.identity.ring import vault_keys
from bot.identity.seal import Broken, Seal
from bot.log.engine import changing, open_engine, reading
from bot.log.migrate import migrate
from bot.log.tables import Operator
from bot.messages import utc_now
from bot.secrets import secret_file
from bot.settings import ROOT, Settings
from bot.staff.accounts import Accounts
from bot.staff.factors import Factors
from bot.staff.trail import Search, Trail
from bot.voices.contact import PLACE
from bot.voices.tables import Report
from tests.rights_support import known

KIM = "telegram:11"
OLD, OLDER, NEW = "old-" * 8, "older" * 8, "new-" * 8


async def sealed(settings: Settings) -> None:
    """A report's contact, and a person's second factor."""
    await migrate(settings.database)
    engine = open_engine(settings.database)
    await known(engine)
    contact = base64.b64encode(open_seal(settings).close("010-1234-5678", PLACE)).decode()
    async with changing(engine) as connection:
        await connection.execute(update(Report).values(contact=contact))
        await connection.execute(update(Operator).values(totp_secret=None))
    await Accounts(engine).create("boss", "박바다", ["administrator"])
    factors = Factors(engine, open_seal(settings), utc_now)
    secret = factors.new_secret()
    assert await factors.begin(2, secret, pyotp.TOTP(secret).now())
    await engine.dispose()


async def contact(settings: Settings) -> str:
    engine = open_engine(settings.database)
    async with reading(engine) as session:
        kept = await session.scalar(select(Report.contact))
    await engine.dispose()
    assert kept
    return kept


async def test_running_processes_go_on_with_the_new_key(settings: Settings) -> None:
    await sealed(settings)
    gateway, actions = open_personal(settings), open_personal(settings)
    token = await gateway.vault.put(KIM, "mobile", "010-1234-5678")
    before = await contact(settings)
    [first] = vault_keys(settings)

    assert await rotated(settings) == 0
    newest, older = vault_keys(settings)
    assert older == first != newest
    assert await actions.vault.open(KIM, token) == "010-1234-5678"
    fresh = await gateway.vault.put(KIM, "mobile", "010-9999-9999")
    assert await actions.vault.open(KIM, fresh) == "010-9999-9999"
    raw = await gateway.box._redis.get("sotong:" + next(iter(await gateway.box.places(KIM))))
    assert raw
    after = await contact(settings)
    assert after != before
    assert Seal(newest).open(base64.b64decode(after), PLACE) == "010-1234-5678"
    with pytest.raises(Broken):
        Seal(first).open(base64.b64decode(after), PLACE)
    assert secret_file(settings.var_dir, "vault").stat().st_mode & 0o777 == 0o600
    await gateway.close()
    await actions.close()


async def rotated(settings: Settings) -> int:
    """`sotong keys rotate`, which runs its own loop."""
    return await asyncio.to_thread(command.rotate, settings)


async def test_an_old_key_goes_when_nothing_needs_it(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    await sealed(settings)
    assert await rotated(settings) == 0
    newest, first = vault_keys(settings)
    assert await asyncio.to_thread(command.retire, settings) == 1  # somebody may be logged in with it
    path = secret_file(settings.var_dir, "vault")
    hours_ago = time.time() - timedelta(hours=13).total_seconds()
    os.utime(path, (hours_ago, hours_ago))
    again = base64.b64encode(Seal(first).close("010-1234-5678", PLACE)).decode()
    await put(settings, again)
    assert await asyncio.to_thread(command.retire, settings) == 1  # and something is sealed with it
    assert vault_keys(settings) == (newest, first)
    assert await rotated(settings) == 0
    third, *_ = vault_keys(settings)
    os.utime(path, (hours_ago, hours_ago))
    assert await asyncio.to_thread(command.retire, settings) == 0
    assert vault_keys(settings) == (third,)
    said = capsys.readouterr().err
    for part in ("로그인이 아직", "남아 있어요", "쓰던 열쇠를 버렸어요"):
        assert part in said
    engine = open_engine(settings.database)
    noted = await Trail(engine).find(Search(), before=None, limit=10)
    await engine.dispose()
    assert [row.action for row in noted][:3] == ["keys_retired", "keys_rotated", "keys_rotated"]


async def put(settings: Settings, kept: str) -> None:
    engine = open_engine(settings.database)
    async with changing(engine) as connection:
        await connection.execute(update(Report).values(contact=kept))
    await engine.dispose()


async def test_keys_of_the_settings_are_replaced_in_two_rounds(settings: Settings) -> None:
    """First every process learns the new key, then the first of them seals with it: all are opened by all."""

    def having(key: str, *older: str) -> Settings:
        both = {"vault_key": SecretStr(key), "vault_old_key": SecretStr(" ".join(older))}
        return settings.model_copy(update=both)

    await sealed(having(OLD, OLDER))
    for one, other in (
        (having(OLD, OLDER), having(OLD, NEW, OLDER)),
        (having(OLD, NEW, OLDER), having(NEW, OLD, OLDER)),
    ):
        for first, second in ((one, other), (other, one)):
            value = open_seal(first).close("010-1234-5678", PLACE)
            assert open_seal(second).open(value, PLACE) == "010-1234-5678"
    assert await rotated(having(NEW, OLD, OLDER)) == 0
    assert open_seal(having(NEW)).open(base64.b64decode(await contact(settings)), PLACE) == "010-1234-5678"


def test_a_key_of_the_file_still_opens_after_one_came_into_the_settings(settings: Settings) -> None:
    value = open_seal(settings).close("010-1234-5678", PLACE)
    moved = settings.model_copy(update={"vault_key": SecretStr(NEW)})
    assert open_seal(moved).open(value, PLACE) == "010-1234-5678"
    assert vault_keys(moved)[0] == NEW


def test_secrets_are_listed_and_not_shown(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    [key] = vault_keys(settings)
    assert command.list_keys(settings) == 0
    said = capsys.readouterr().out
    assert "vault" in said
    assert "pseudonyms" in said
    assert key not in said


def test_every_secret_of_the_program_is_explained() -> None:
    """A new secret is to be named in `sotong keys list`."""
    named = re.compile(r'own_secret\((?:self\._)?(?:settings\.)?var_dir,\s*"([a-z-]+)"\)')
    found = {
        name
        for folder in ("bot", "connectors", "actions", "demo")
        for path in (ROOT / folder).rglob("*.py")
        for name in named.findall(path.read_text("utf-8"))
    }
    assert found
    assert found <= set(command.KEYS)
