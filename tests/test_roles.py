"""PostgreSQL: what the account that the bot runs with may do, and what it may not."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.backup import making
from bot.backup.postgres import program
from bot.backup.restoring import restore
from bot.cli.migrate import migrate as command
from bot.content.live_file import LiveFile
from bot.log.engine import open_engine
from bot.log.grants import grant
from bot.log.log import ConversationLog
from bot.log.migrate import NEWEST, NotAllowed, migrate, move
from bot.log.schema import Base
from bot.messages import utc_now
from bot.rights.retention import Retention, RetentionFile
from bot.rights.tombstones import Tombstones
from bot.settings import ROOT, Settings
from bot.staff.accounts import Accounts
from bot.staff.audit import AuditTrail
from tests.backup_support import apart, run, write
from tests.databases import emptied

ROLES = ROOT / "deploy/sql/roles.sql"


@pytest.fixture(scope="module")
def owner(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address, for its owner, of a database made by `deploy/sql/roles.sql` and migrated."""
    url = make_url(postgres)
    apart(removed(postgres))
    psql = [program("psql"), "-X", "-q", "-h", str(url.query["host"]), "-U", "sotong", "-d", "postgres"]
    given = ["-v", "owner_password=owner", "-v", "app_password=app", "-f", ROLES]
    made = subprocess.run([*psql, *given], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    mine = url.set(username="sotong_owner", database="sotong").render_as_string(hide_password=False)
    var_dir = tmp_path_factory.mktemp("owner")
    assert command(Settings(_env_file=None, var_dir=var_dir, database_url=mine), "", yes=False) == 0
    yield mine
    apart(removed(postgres))


async def removed(postgres: str) -> None:
    await run(
        postgres,
        "DROP DATABASE IF EXISTS sotong WITH (FORCE)",
        "DROP ROLE IF EXISTS sotong_app",
        "DROP ROLE IF EXISTS sotong_owner",
    )


@pytest.fixture
async def app(owner: str) -> AsyncIterator[AsyncEngine]:
    """A connection as the bot has it, to empty tables."""
    url = make_url(owner).set(username="sotong").render_as_string(hide_password=False)
    emptying = open_engine(url)
    await emptied(emptying)
    await emptying.dispose()
    engine = open_engine(owner.replace("sotong_owner", "sotong_app"))
    yield engine
    await engine.dispose()


async def refused(engine: AsyncEngine, statement: str) -> str:
    """The SQLSTATE with which it is refused; empty when it is not."""
    async with engine.connect() as connection:
        try:
            await connection.execute(text(statement))
        except DBAPIError as error:
            return str(getattr(error.orig, "sqlstate", "?"))
    return ""


async def test_the_bot_works_with_the_rights_it_has(app: AsyncEngine) -> None:
    await migrate(app.url.render_as_string(hide_password=False))  # what a gateway does when it starts
    conversation = await write(app, "kim", "여권 얼마예요")
    assert len(await ConversationLog(app).history(conversation)) == 1
    await Accounts(app).create("boss", "박바다", ["administrator"])
    await AuditTrail(app, utc_now).note(None, "view", "conversation:1")
    assert await ConversationLog(app).erase(conversation) == 1
    for table in Base.metadata.sorted_tables:
        assert await refused(app, f'SELECT count(*) FROM "{table.name}"') == "", table.name


async def test_it_may_neither_change_tables_nor_the_past(app: AsyncEngine) -> None:
    await AuditTrail(app, utc_now).note(None, "view", "conversation:1")
    for statement in (
        "UPDATE audit SET detail = 'nothing happened'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "DELETE FROM audit_ends",
        "UPDATE audit_checks SET fault = ''",
        "UPDATE alembic_version SET version_num = '0001'",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_no_change ON audit",
        "CREATE TABLE mine (id int)",
        "ALTER TABLE messages ADD COLUMN mine int",
        "DROP TABLE messages",
        "TRUNCATE messages",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SET ROLE sotong_owner",
        "SET session_replication_role = replica",
        "COPY messages TO '/tmp/all'",
    ):
        assert await refused(app, statement) == "42501", statement


async def test_old_audit_rows_leave_and_those_of_the_last_year_stay(
    app: AsyncEngine, settings: Settings, tmp_path: Path
) -> None:
    now = utc_now()
    for days in (800, 400, 200, 1):
        await AuditTrail(app, lambda days=days: now - timedelta(days=days)).note(None, "view", f"{days}")  # type: ignore[misc]
    file, stones = tmp_path / "retention.yml", Tombstones(tmp_path / "erased.jsonl")
    for kept, left in ((730, ["400", "200", "1"]), (30, ["200", "1"])):
        file.write_text(
            (settings.data_dir / "retention.yml").read_text().replace("audit: 730", f"audit: {kept}")
        )
        await Retention(app, LiveFile(file, RetentionFile), 30, stones, lambda: now).run()
        async with app.connect() as connection:
            assert list(await connection.scalars(text("SELECT target FROM audit ORDER BY id"))) == left
    async with app.begin() as connection:  # whatever a thief with this account writes down
        await connection.execute(text("INSERT INTO audit_ends (at, until) VALUES (now(), now() + '1 day')"))
        await connection.execute(text("SELECT audit_expire(1000000)"))
        assert list(await connection.scalars(text("SELECT target FROM audit ORDER BY id"))) == ["200", "1"]


async def test_a_schema_that_is_behind_is_not_the_bots_to_change(app: AsyncEngine, owner: str) -> None:
    engine = open_engine(owner)
    await move(engine, "0020", back=True)
    try:
        with pytest.raises(NotAllowed, match="sotong migrate"):
            await migrate(app.url.render_as_string(hide_password=False))
    finally:
        await move(engine, NEWEST)
        await grant(engine)
        await engine.dispose()


async def test_the_owner_backs_up_and_restores_for_the_bot(
    app: AsyncEngine, owner: str, settings: Settings, tmp_path: Path
) -> None:
    await write(app, "kim", "여권 얼마예요")
    await app.dispose()
    mine = settings.model_copy(update={"database_url": owner, "models_dir": tmp_path / "models"})
    await making.make(mine, tmp_path / "one.tar.gz")
    await restore(mine, tmp_path / "one.tar.gz")
    await write(app, "kim", "또 물어봐요")
    assert await refused(app, "DELETE FROM audit") == "42501"
