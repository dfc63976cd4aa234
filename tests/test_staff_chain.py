"""Nobody changes the audit log without its being seen: not its rows, not its beginning, not its end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from bot.cli.commands import app
from bot.log.engine import changing, open_engine
from bot.log.log import ConversationLog
from bot.log.migrate import migrate
from bot.messages import Inbound, utc_now
from bot.settings import Settings
from bot.staff.audit import AuditTrail
from bot.staff.chain import cut
from bot.staff.checking import AuditChecks, Broken
from bot.staff.tables import AuditCheck
from tests.console_support import text as page_of
from tests.console_support import world
from tests.staff_support import person
from tests.test_staff_migration import to

NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


class Office:
    """A log with a clock of the test's own, and somebody who can write into its database as they like."""

    def __init__(self, engine: AsyncEngine, seals: Path) -> None:
        self.engine, self.now = engine, NOON
        self.trail = AuditTrail(engine, lambda: self.now)
        self.checks = AuditChecks(engine, seals, lambda: self.now)

    async def note(self, *actions: str) -> None:
        for action in actions:
            await self.trail.note(None, action, "answer:여권", before={"t": "앞"}, after={"t": "뒤"})

    async def fault(self) -> tuple[str, int | None]:
        found = await self.checks.check()
        return found.fault, found.fault_id

    async def tamper(self, *statements: str) -> None:
        """What the triggers keep the program from doing, done by the owner of the database."""
        switches = ("audit_no_change", "audit_no_removal")
        async with changing(self.engine, quick=False) as connection:
            if self.engine.dialect.name == "postgresql":
                await connection.execute(text("SET LOCAL session_replication_role = replica"))
            else:
                for name in switches:
                    await connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
            for statement in statements:
                await connection.execute(text(statement))


@pytest.fixture
def office(engine: AsyncEngine, tmp_path: Path) -> Office:
    return Office(engine, tmp_path / "seals.jsonl")


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (["UPDATE audit SET detail = 'nothing' WHERE id = 2"], ("changed", 2)),
        (["UPDATE audit SET at = '2026-11-23 03:00:01' WHERE id = 2"], ("changed", 2)),
        (["UPDATE audit SET hash = NULL WHERE id = 2"], ("changed", 3)),
        (["DELETE FROM audit WHERE id = 2"], ("changed", 3)),
        (["DELETE FROM audit WHERE id = 1"], ("changed", 2)),
        (["UPDATE audit SET id = 9 WHERE id = 2"], ("changed", 3)),
        (["DELETE FROM audit WHERE id >= 3"], ("gone", 4)),
        (["DELETE FROM audit"], ("gone", 4)),
        (
            [
                "INSERT INTO audit_ends (at, until, last_id, hash)"
                " SELECT '2026-11-23', '2026-11-24', id, hash"
                " FROM audit WHERE id = 4",
                "DELETE FROM audit",
            ],
            ("cut", None),
        ),
    ],
)
async def test_what_is_tampered_with_is_found(
    office: Office, statements: Sequence[str], found: tuple[str, int | None]
) -> None:
    await office.note("a", "b", "c", "d")
    assert await office.fault() == ("", None)
    await office.tamper(*statements)
    assert await office.fault() == found
    with pytest.raises(Broken):
        await office.checks.nightly()


async def test_a_chain_made_anew_is_found_by_what_is_kept_elsewhere(office: Office) -> None:
    await office.note("a", "b")
    await office.checks.nightly()
    await office.tamper("DELETE FROM audit", "DELETE FROM audit_checks")
    await office.note("a", "c", "d")
    assert (await office.fault())[0] == "gone"


async def test_writers_at_once_make_one_chain(office: Office) -> None:
    log = ConversationLog(office.engine)

    async def forgotten(number: int) -> None:
        said = Inbound(
            channel="phone", user_id=f"{number}", message_id=f"{number}", sent_at=NOON, text="안녕"
        )
        stored = await log.receive(said)
        assert stored is not None
        await log.erase(stored.conversation_id)

    await asyncio.gather(
        *(office.note(f"a{number}") for number in range(12)), *(forgotten(number) for number in range(6))
    )
    found = await office.checks.check()
    assert (found.fault, found.rows) == ("", 18)


async def test_two_programs_at_once_make_one_chain(office: Office) -> None:
    other = open_engine(office.engine.url.render_as_string(hide_password=False))
    try:
        beside = Office(other, Path("unused"))
        await asyncio.gather(*(one.note(*"abcde") for one in (office, beside)))
    finally:
        await other.dispose()
    found = await office.checks.check()
    assert (found.fault, found.rows) == ("", 10)


async def test_old_rows_go_and_the_chain_goes_on(office: Office) -> None:
    for days in (900, 800, 10, 900, 5):  # one of the clocks was wrong
        office.now = NOON - timedelta(days=days)
        await office.note(f"d{days}")
    office.now = NOON
    assert await office.fault() == ("", None)
    async with changing(office.engine, quick=False) as connection:
        assert await cut(connection, NOON - timedelta(days=730), NOON) == 2
        assert await cut(connection, NOON - timedelta(days=730), NOON) == 0
    assert await office.fault() == ("", None)
    async with changing(office.engine, quick=False) as connection:
        assert await cut(connection, NOON, NOON) == 3
    assert await office.fault() == ("", None)
    await office.note("new")
    found = await office.checks.check()
    assert (found.fault, found.rows) == ("", 1)


async def test_rows_of_an_older_program_are_sealed_with_the_next(office: Office) -> None:
    await office.note("a")
    old = "INSERT INTO audit (at, action, target, detail) VALUES ('2026-11-23 03:00:00', '{}', '', '')"
    async with changing(office.engine, quick=False) as connection:
        for name in ("b", "c"):
            await connection.execute(text(old.format(name)))
    assert await office.fault() == ("", None)
    await office.note("d")
    assert await office.fault() == ("", None)
    await office.tamper("UPDATE audit SET detail = 'x' WHERE action = 'b'")
    assert await office.fault() == ("changed", 4)


async def test_rows_of_before_get_their_seals(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/old.db")
    try:
        await to(engine, "0018")
        async with engine.begin() as connection:
            for number in range(1, 4):
                await connection.execute(
                    text(
                        "INSERT INTO audit (at, action, target, detail, changes) VALUES"
                        f" ('2026-11-2{number} 01:02:03.000400', 'a', '여권', '', '{{}}')"
                    )
                )
            await connection.execute(
                text("INSERT INTO audit_ends (at, until) VALUES ('2026-11-22', '2020-01-01')")
            )
        await to(engine, "head")
        office = Office(engine, tmp_path / "seals.jsonl")
        await office.note("b")
        assert (await office.checks.check()).rows == 4
        assert await office.fault() == ("", None)
        await to(engine, "0018", back=True)
        await to(engine, "head")
        assert (await office.checks.check()).fault == ""
        await office.tamper("DELETE FROM audit WHERE id = 1")
        assert await office.fault() == ("changed", 2)
    finally:
        await engine.dispose()


def test_the_command_says_what_is_wrong(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", settings.database)
    monkeypatch.setenv("SOTONG_VAR_DIR", str(settings.var_dir))

    async def prepared(*statements: str) -> None:
        await migrate(settings.database)
        engine = open_engine(settings.database)
        office = Office(engine, settings.var_dir / "unused")
        await (office.tamper(*statements) if statements else office.note("a", "b"))
        await engine.dispose()

    asyncio.run(prepared())
    verified = CliRunner().invoke(app, ["audit", "verify"])
    assert (verified.exit_code, "기록 2개가 그대로예요" in verified.output) == (0, True)
    asyncio.run(prepared("UPDATE audit SET action = 'x' WHERE id = 1"))
    verified = CliRunner().invoke(app, ["audit", "verify"])
    assert (verified.exit_code, "1번 기록이나" in verified.output) == (1, True)
    verified = CliRunner().invoke(app, ["audit", "verify", "--json"])
    assert '"fault": "changed"' in verified.output


async def test_the_console_shows_the_last_check(tmp_path: Path) -> None:
    async with world(tmp_path) as there, person(there, "boss", "administrator") as boss:
        assert "처음 적힌 그대로" not in await page_of(boss, "/audit")
        for fault, words in (("", "처음 적힌 그대로인 것을"), ("changed", "처음 적힌 그대로가 아니에요")):
            async with changing(there.engine, quick=False) as connection:
                row = {"at": utc_now(), "rows": 3, "last_id": 3, "hash": "", "fault": fault}
                await connection.execute(AuditCheck.__table__.insert().values(**row))
            assert words in await page_of(boss, "/audit")
