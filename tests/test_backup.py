"""A backup of a bot at work brings back an office of which nothing is left."""

from __future__ import annotations

import asyncio
import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bot.backup import making
from bot.backup.archive import unpack, writing
from bot.backup.manifest import NAME, Damaged, Manifest
from bot.backup.restoring import Refused, restore
from bot.cli import backup as command
from bot.identity.personal import open_seal
from bot.log.log import ConversationLog
from bot.log.migrate import NEWEST, migrate, move, revision
from bot.messages import utc_now
from bot.releases.live import live_number
from bot.rights.forgetting import Forgetting
from bot.rights.pseudonym import Pseudonyms
from bot.rights.tombstones import Tombstones
from bot.staff.accounts import Accounts
from bot.staff.audit import AuditTrail
from bot.staff.checking import audit_checks
from bot.staff.factors import Factors
from tests.backup_support import Office, apart, erase, office, opened, rows, run, write
from tests.releases_support import answer, live, place, say, words
from tests.rights_support import left

BOTH = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="module")
def migrated(postgres: str) -> Iterator[str]:
    """A PostgreSQL in which the database `migrated` has had every migration: a copy of it is made quicker."""
    apart(run(postgres, "DROP DATABASE IF EXISTS migrated WITH (FORCE)", "CREATE DATABASE migrated"))
    apart(migrate(postgres.replace("/postgres?", "/migrated?")))
    yield postgres
    apart(run(postgres, "DROP DATABASE migrated"))


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a database is to be, or is."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'log.db'}"
        return
    shared: str = request.getfixturevalue("migrated")
    apart(run(shared, "CREATE DATABASE office TEMPLATE migrated"))
    yield shared.replace("/postgres?", "/office?")
    apart(run(shared, "DROP DATABASE office WITH (FORCE)"))


@pytest.fixture
async def there(url: str, tmp_path: Path) -> Office:
    """An office on a database of its own."""
    return await office(tmp_path, url)


async def lost(there: Office) -> None:
    """Nothing is left but what was kept elsewhere."""
    there.destroy()
    if there.settings.database.startswith("postgresql"):
        await run(there.settings.database, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")


@BOTH
async def test_an_office_of_which_nothing_is_left_comes_back(there: Office, tmp_path: Path) -> None:
    settings, archive = there.settings, there.safe / "monday.tar.gz"
    secret = pyotp.random_base32()
    async with opened(settings) as engine:
        await Accounts(engine).create("boss", "박바다", ["administrator"])
        factors = Factors(engine, open_seal(settings), utc_now)
        assert await factors.begin(3, secret, pyotp.TOTP(secret).now()) is not None
        people = await Accounts(engine).all()
    before, content = await rows(settings), words(settings.data_dir)
    made = await making.make(settings, archive)
    assert await rows(settings) == before
    assert made.rows == {table: len(found) for table, found in before.items()}
    assert archive.stat().st_mode & 0o777 == 0o600
    await erase(settings, "phone", "kim")

    await lost(there)
    with pytest.raises(Refused, match="pseudonyms, vault"):
        await restore(settings, archive)
    assert not settings.data_dir.exists()
    there.secrets_back()
    done = await restore(settings, archive)

    assert (done.lacking, done.replayed.erasures, done.replayed.citizens) == ({}, 1, 1)
    after = await rows(settings)
    assert {name for name in before if before[name] != after[name]} >= {
        "conversations",
        "messages",
        "erasures",
    }
    assert after["operators"] == before["operators"]
    assert [row for row in after["messages"] if "lee" in row] == [r for r in before["messages"] if "lee" in r]
    assert words(settings.data_dir) == content
    assert (settings.models_dir / "sotong-0123456789ab.tar.gz").read_bytes() == b"a model" * 1000
    assert (live_number(settings), live(settings)) == (2, answer("5만 3천 원이에요."))
    async with opened(settings) as engine:
        assert await Accounts(engine).all() == people
        log = ConversationLog(engine)
        assert await log.find("phone", "kim") is None
        assert await left(engine, 1) == {}
        assert await log.find("phone", "lee")
        sealed = Factors(engine, open_seal(settings), lambda: utc_now().replace(year=2036))
        assert await sealed.check(3, pyotp.TOTP(secret).at(utc_now().replace(year=2036)))
        await write(engine, "park", "다시 왔어요")
    assert (await restore(settings, archive)).replayed.erasures == 1


@BOTH
async def test_it_is_made_while_citizens_write(there: Office) -> None:
    """It holds one moment: no line of a talk without its talk, and every line up to that moment."""
    archive, stop = there.safe / "busy.tar.gz", asyncio.Event()
    async with opened(there.settings) as engine:
        first = await write(engine, "choi", "0")

        async def writes() -> int:
            number = 0
            while not stop.is_set():
                number += 1
                await write(engine, "choi", str(number))
            return number

        writing_ = asyncio.create_task(writes())
        made = await making.make(there.settings, archive)
        stop.set()
        written = await writing_
        assert written > 1
        verified = await making.verify(there.settings, archive)
    assert (verified.manifest, verified.lacking) == (made, {})
    await restore(there.settings, archive)
    async with opened(there.settings) as engine:
        lines = await ConversationLog(engine).history(first, limit=100_000)
    said = [line.text for line in lines]
    assert said == [str(number) for number in range(len(said))]
    assert len(said) <= written + 1


@BOTH
async def test_what_was_there_is_kept(there: Office) -> None:
    settings, archive = there.settings, there.safe / "one.tar.gz"
    await making.make(settings, archive)
    async with opened(settings) as engine:
        await write(engine, "han", "백업 뒤에 쓴 말")
    say(settings, "백업 뒤에 고친 답")
    newer = await rows(settings)
    done = await restore(settings, archive)
    assert place(settings, "data/answers/passport.yml").read_text("utf-8") == answer("5만 3천 원이에요.")
    [folder] = settings.var_dir.glob("before-restore-*")
    assert "백업 뒤에 고친 답" in (folder / "data/answers/passport.yml").read_text("utf-8")
    if settings.database.startswith("sqlite"):
        kept = settings.model_copy(update={"database_url": f"sqlite+aiosqlite:///{folder / 'log.db'}"})
        assert await rows(kept) == newer
    else:
        schema = done.kept[0].rpartition(" ")[2]
        said = await run(settings.database, f"SELECT text FROM {schema}.words WHERE text LIKE '백업 뒤%'")
        assert said == ["백업 뒤에 쓴 말"]


@BOTH
async def test_seals_of_the_log_that_was_there_are_set_aside(
    there: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows from after the backup are gone because somebody wanted it: nobody has tampered with the log."""
    settings, archive = there.settings, there.safe / "one.tar.gz"
    async with opened(settings) as engine:
        await AuditTrail(engine, utc_now).note(None, "answer.edit", "answer:여권")
    await making.make(settings, archive)
    async with opened(settings) as engine:
        await AuditTrail(engine, utc_now).note(None, "answer.edit", "answer:등본")
        checks = audit_checks(settings, engine, utc_now)
        assert (await checks.check()).fault == ""
        seals = settings.var_dir / "audit-seals.jsonl"
        before = seals.read_text("utf-8")
    assert await asyncio.to_thread(command.restore_from, settings, archive, yes=True, without_keys=False) == 0
    said = capsys.readouterr().err
    async with opened(settings) as engine:
        assert (await audit_checks(settings, engine, utc_now).check()).fault == ""
    [aside] = settings.var_dir.glob("audit-seals-before-restore-*.jsonl")
    assert (aside.read_text("utf-8"), str(aside) in said) == (before, True)
    assert seals.read_text("utf-8") not in before


@BOTH
async def test_a_running_bot_is_not_restored_over(there: Office, capsys: pytest.CaptureFixture[str]) -> None:
    settings, archive = there.settings, there.safe / "one.tar.gz"
    await making.make(settings, archive)
    async with opened(settings) as engine:
        await write(engine, "han", "아직 켜져 있어요")
        before = await rows(settings)
        done = await asyncio.to_thread(command.restore_from, settings, archive, yes=True, without_keys=False)
        assert done == 1
        assert "켜져 있" in capsys.readouterr().err
        await write(engine, "han", "그대로예요")
    assert len((await rows(settings))["words"]) == len(before["words"]) + 1
    assert not list(settings.var_dir.glob("before-restore-*"))


async def test_a_backup_of_a_newer_program_or_of_another_kind_is_refused(there: Office) -> None:
    settings, archive = there.settings, there.safe / "one.tar.gz"
    made = await making.make(settings, archive)
    for change, why in (
        ({"revision": "9999"}, "더 새로운 소통"),
        ({"kind": "postgresql" if made.kind == "sqlite" else "sqlite"}, "DATABASE_URL"),
    ):
        other = there.safe / f"{next(iter(change))}.tar.gz"
        _remade(archive, other, made.model_copy(update=change))
        with pytest.raises(Refused, match=why):
            await restore(settings, other)
    before = await rows(settings)
    assert not list(settings.var_dir.glob("before-restore-*"))
    assert await rows(settings) == before


async def test_a_schema_of_an_earlier_version_is_brought_forward(there: Office) -> None:
    async with opened(there.settings) as engine:
        await move(engine, "0018", back=True)
    archive = there.safe / "older.tar.gz"
    assert (await making.make(there.settings, archive)).revision == "0018"
    await restore(there.settings, archive)
    async with opened(there.settings) as engine:
        assert await revision(engine) == NEWEST


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smallest archive."""
    folder = tmp_path_factory.mktemp("archive")
    (folder / "a.txt").write_text("가" * 500)
    path = folder / "whole.tar.gz"
    with writing(path) as archive:
        archive.add("content/a.txt", folder / "a.txt")
        archive.finish(manifest(archive.parts))
    return path


class TestArchive:
    """What is not a whole backup is said to be none, before anything is changed."""

    @hypothesis_settings(max_examples=60)
    @given(data=st.data())
    def test_any_other_byte_is_seen(
        self, whole: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
    ) -> None:
        content = whole.read_bytes()
        at = data.draw(st.integers(0, len(content) - 1))
        cut = data.draw(st.booleans())
        other = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[at]))
        folder = tmp_path_factory.mktemp("damaged")
        (folder / "x.tar.gz").write_bytes(
            content[:at] if cut else content[:at] + bytes([other]) + content[at + 1 :]
        )
        (folder / "out").mkdir()
        try:
            found = unpack(folder / "x.tar.gz", folder / "out")
        except Damaged:
            return
        assert found.parts  # gzip's header holds a time and a name, which nobody reads
        assert (folder / "out/content/a.txt").read_text() == "가" * 500

    @pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "content/../../evil", "link"])
    def test_nothing_is_written_elsewhere(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / "evil.tar.gz"
        with tarfile.open(path, "w:gz") as tar:
            member = tarfile.TarInfo(name)
            if name == "link":
                member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(member, io.BytesIO(b""))
        with pytest.raises(Damaged, match="있을 수 없는"):
            unpack(path, tmp_path / "out")
        assert not (tmp_path / "evil").exists()

    def test_no_backup_is_written_over(self, whole: Path) -> None:
        with pytest.raises(FileExistsError), writing(whole):
            pass
        assert not [name for name in os.listdir(whole.parent) if name.endswith("unfinished")]


def manifest(parts: object) -> Manifest:
    shown = {"made_at": utc_now(), "version": "0", "kind": "sqlite", "revision": "0021", "rows": {}}
    return Manifest.model_validate({**shown, "parts": parts, "keys": {}, "settings": ()})


def _remade(archive: Path, other: Path, manifest: Manifest) -> None:
    """The same backup, which says something else of itself."""
    with tarfile.open(archive) as old, writing(other) as new:
        for member in old:
            file = old.extractfile(member)
            assert file is not None
            if member.name != NAME:
                new._put(member.name, file, member.size)  # type: ignore[arg-type]
        new.finish(manifest)


def test_the_command_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = apart(office(tmp_path, f"sqlite+aiosqlite:///{tmp_path / 'log.db'}"))
    settings = there.settings
    assert command.backup(settings, None) == 0
    [made] = (settings.var_dir / "backups").iterdir()
    assert command.verify(settings, made) == 0
    assert command.backup(settings, made) == 1
    assert command.restore_from(settings, made, yes=True, without_keys=False) == 0
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(made.read_bytes()[:-2000])
    assert command.verify(settings, broken) == 1
    said = capsys.readouterr().err
    for part in ("비밀 값", "온전한 백업이에요", "이미 있는 파일", "되살렸어요", "끝까지"):
        assert part in said


async def test_every_gateway_knows_what_another_erased(tmp_path: Path) -> None:
    """Whichever of their files outlives the database will do."""
    there = await office(tmp_path, f"sqlite+aiosqlite:///{tmp_path / 'log.db'}")
    await erase(there.settings, "phone", "kim")
    mine, theirs = there.settings.tombstones_file, Tombstones(tmp_path / "other" / "erased.jsonl")
    async with opened(there.settings) as engine:
        other = Forgetting(engine, Pseudonyms(there.settings.var_dir), theirs, ())
        await other.follow()
        await other.follow()
    assert theirs.read() == Tombstones(mine).read()
    assert len((tmp_path / "other" / "erased.jsonl").read_text().split()) == len(mine.read_text().split())
