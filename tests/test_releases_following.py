"""Following what is active: on this machine, on another one, and where a release cannot be used."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from bot.content.store import ContentStore
from bot.messages import utc_now
from bot.nlu.project import code_digest, forget_old, model_name
from bot.nlu.signature import Keys
from bot.releases import processes
from bot.releases.build import fault_in
from bot.releases.follower import Follower
from bot.releases.live import live_number, open_live
from bot.releases.releases import Releases
from bot.releases.signing import model_keys
from bot.releases.starting import start_live
from bot.settings import ROOT, Settings
from tests.log_support import database
from tests.releases_support import PASSED, PASSPORT, Editor, answer, candidate, city, live, place, say

KIM = Editor()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return city(tmp_path, ROOT)


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    async with database(settings.database) as engine:
        yield engine


@pytest.fixture
def releases(engine: AsyncEngine, settings: Settings) -> Releases:
    return Releases(engine, settings)


def elsewhere(folder: Path, settings: Settings) -> Settings:
    """Another machine of the same city: its own files, the same database."""
    return city(folder / "elsewhere", ROOT, database_url=settings.database)


@contextlib.asynccontextmanager
async def following(engine: AsyncEngine, settings: Settings, name: str) -> AsyncIterator[ContentStore]:
    """A process that follows."""
    content = ContentStore(open_live(settings))

    async def load() -> str:
        return await asyncio.to_thread(fault_in, content)

    task = asyncio.create_task(Follower(engine, settings, name, load).follow())
    try:
        yield content
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def told(engine: AsyncEngine, name: str, wanted: int | None = None) -> processes.Seen:
    """What a process says of itself, as soon as it serves this release; without one, as soon as it fails."""
    for _ in range(400):
        for each in await processes.seen(engine, utc_now()):
            said = each.serving
            if said.name == name and (said.number == wanted if wanted else said.fault):
                return each
        await asyncio.sleep(0.05)
    raise AssertionError(f"{name} never told {wanted}")


async def publish(settings: Settings, engine: AsyncEngine, folder: Path, words: str) -> None:
    made = candidate(settings, folder, {PASSPORT: answer(words)})
    await Releases(engine, settings).publish(made, KIM, words, PASSED)


async def test_another_machine_follows_and_keeps_its_own_files(
    engine: AsyncEngine, settings: Settings, tmp_path: Path
) -> None:
    there = elsewhere(tmp_path, settings)
    say(there, "저쪽에서 손으로 고친 것")
    async with following(engine, there, "gateway@there") as content:
        assert content.answers()[0].answer == "저쪽에서 손으로 고친 것"
        await publish(settings, engine, tmp_path / "a", "게시한 것")
        seen = await told(engine, "gateway@there", 2)
        assert not seen.serving.fault
        assert live(there) == answer("게시한 것")
        await asyncio.sleep(0.4)  # the store looks three times a second
        assert content.answers()[0].answer == "게시한 것"
        assert place(there, PASSPORT).read_text("utf-8") == answer("저쪽에서 손으로 고친 것")


async def test_unchanged_files_are_the_same_files(
    engine: AsyncEngine, settings: Settings, releases: Releases, tmp_path: Path
) -> None:
    await publish(settings, engine, tmp_path / "a", "하나")
    nodes = {path: (settings.live / path).stat() for path in await releases.files(2)}
    await publish(settings, engine, tmp_path / "b", "둘")
    changed = [path for path, was in nodes.items() if (settings.live / path).stat().st_ino != was.st_ino]
    assert changed == [PASSPORT]
    assert sum(1 for each in settings.live.resolve().parent.iterdir() if each.name.isdecimal()) == 2


async def test_a_release_that_cannot_be_unpacked_leaves_the_old_one(
    engine: AsyncEngine, settings: Settings, tmp_path: Path
) -> None:
    there = elsewhere(tmp_path, settings)
    await publish(settings, engine, tmp_path / "a", "하나")
    async with following(engine, there, "actions@there"):
        await told(engine, "actions@there", 2)
        made = candidate(settings, tmp_path / "b", {PASSPORT: answer("둘")})
        async with engine.begin() as connection:  # whatever is stored from now on is damaged
            await connection.execute(
                text(
                    "CREATE TRIGGER damage AFTER INSERT ON release_blobs BEGIN "
                    "UPDATE release_blobs SET packed = x'00' WHERE sha256 = NEW.sha256; END"
                )
            )
        await Releases(engine, settings).publish(made, KIM, "둘", PASSED)
        seen = await told(engine, "actions@there")
        assert "풀 수 없어요" in seen.serving.fault
        assert seen.serving.number == 2
        assert live(there) == answer("하나")
        back = await Releases(engine, settings).rollback(1, KIM, "다시")
        assert back[0].number == 1
        seen = await told(engine, "actions@there", 1)
        assert not seen.serving.fault


async def test_a_release_that_nobody_could_read_is_not_turned_to(
    engine: AsyncEngine, settings: Settings, tmp_path: Path
) -> None:
    await publish(settings, engine, tmp_path / "a", "하나")
    broken = candidate(settings, tmp_path / "b", {"data/persona.yml": "name: [이건\n"})
    await Releases(engine, settings).publish(broken, KIM, "깨진 것", {"blocked": True}, "그래도")
    assert live_number(settings) == 2
    async with following(engine, settings, "gateway@here"):
        seen = await told(engine, "gateway@here")
        assert "persona.yml" in seen.serving.fault


async def test_a_fresh_machine_starts_with_what_is_active(
    engine: AsyncEngine, settings: Settings, tmp_path: Path
) -> None:
    await publish(settings, engine, tmp_path / "a", "하나")
    there = elsewhere(tmp_path, settings)
    await start_live(there)
    assert live_number(there) == 2
    assert live(there) == answer("하나")
    damaged = there.live.resolve() / PASSPORT
    damaged.chmod(0o644)
    damaged.write_text("반쪽", "utf-8")
    await start_live(there)
    assert live(there) == answer("하나")


async def test_without_a_database_what_was_live_stays(settings: Settings, tmp_path: Path) -> None:
    lost = settings.model_copy(update={"database_url": f"sqlite+aiosqlite:///{tmp_path}/no/such/folder.db"})
    await start_live(lost)
    assert live(lost) == answer("5만 원이에요.")


async def test_models_travel_with_releases(
    engine: AsyncEngine, settings: Settings, releases: Releases, tmp_path: Path
) -> None:
    open_live(settings)
    code = code_digest()
    first = settings.models_dir / model_name(settings.working, code)
    settings.models_dir.mkdir()
    first.write_bytes(b"a model")
    keys = model_keys(settings)
    keys.sign(first, first.name)
    one = first.read_bytes()
    rule = (settings.data_dir / "rules" / "benefits.yml").read_text("utf-8") + "# 새로\n"
    made = candidate(settings, tmp_path / "a", {"data/rules/benefits.yml": rule})
    await releases.publish(made, KIM, "규칙", PASSED)
    assert (await releases.get(1)).model_sha256
    assert not (await releases.get(2)).model_sha256
    second = settings.models_dir / model_name(settings.live, code)
    assert second != first
    second.write_bytes(b"trained later")
    keys.sign(second, second.name)
    other = second.read_bytes()
    assert await releases.keep_model()
    assert not await releases.keep_model()
    for number in range(5):
        (settings.models_dir / f"sotong-{number}.tar.gz").write_bytes(b"newer")
    forget_old(settings.models_dir, {second.name})
    assert second.exists()
    assert not first.exists()
    await releases.rollback(1, KIM, "되돌려요")
    assert first.read_bytes() == one
    second.unlink()
    await releases.rollback(2, KIM, "다시")
    assert second.read_bytes() == other


async def test_a_model_of_somebody_else_is_not_fetched(
    settings: Settings, releases: Releases, tmp_path: Path
) -> None:
    open_live(settings)
    first = settings.models_dir / model_name(settings.working, code_digest())
    settings.models_dir.mkdir()
    first.write_bytes(b"brought into the database by a stranger")
    Keys("the key of somebody else's models").sign(first, first.name)
    rule = (settings.data_dir / "rules" / "benefits.yml").read_text("utf-8") + "# 새로\n"
    made = candidate(settings, tmp_path / "a", {"data/rules/benefits.yml": rule})
    await releases.publish(made, KIM, "규칙", PASSED)
    first.unlink()
    with capture_logs() as said:
        await releases.rollback(1, KIM, "되돌려요")
    assert live_number(settings) == 1
    assert not first.exists()
    assert [line["model"] for line in said if line["event"] == "model_refused"] == [first.name]
