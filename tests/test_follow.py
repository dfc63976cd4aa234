"""`sotong follow`: a Rasa server that stands alone gets releases, with their models, out of the database."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.cli.follow import follow
from bot.nlu.project import code_digest, model_name
from bot.releases.live import live_number
from bot.releases.releases import Releases
from bot.releases.signing import model_keys
from bot.settings import ROOT, Settings
from tests.log_support import database
from tests.releases_support import PASSED, PASSPORT, Editor, answer, candidate, city, live

KEY = "k" * 64


@dataclass
class Two:
    """Where staff publish, and where Rasa stands alone; they share the database and nothing else."""

    studio: Settings
    alone: Settings
    engine: AsyncEngine
    folder: Path

    async def publish(self, words: str) -> int:
        """A release with another answer; its number."""
        made = candidate(self.studio, self.folder / words, {PASSPORT: answer(words)})
        release = await Releases(self.engine, self.studio).publish(made, Editor(), "수수료", PASSED)
        return release.number


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    studio = city(tmp_path / "studio", ROOT, model_key=SecretStr(KEY))
    away = {"database_url": studio.database, "rasa_url": "http://127.0.0.1:9"}  # nobody is there yet
    alone = city(tmp_path / "alone", ROOT, model_key=SecretStr(KEY), **away)
    async with database(studio.database) as engine:
        yield Two(studio, alone, engine, tmp_path)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.02)


async def test_content_and_model_are_laid_out_once(two: Two) -> None:
    model = two.studio.models_dir / model_name(two.studio.project, code_digest())
    model.parent.mkdir(parents=True, exist_ok=True)
    model.write_bytes(b"what Rasa wrote")
    model_keys(two.studio).sign(model, model.name)
    number = await two.publish("5만 3천 원이에요.")
    assert await follow(two.alone, once=True) == 0
    assert live_number(two.alone) == number
    assert "5만 3천 원이에요." in live(two.alone)
    assert (two.alone.models_dir / model.name).read_bytes() == model.read_bytes()


async def test_rasa_does_not_begin_while_the_database_is_away(
    two: Two, capsys: pytest.CaptureFixture[str]
) -> None:
    away = two.alone.model_copy(update={"database_url": "postgresql+asyncpg://127.0.0.1:9/sotong"})
    assert await follow(away, once=True) == 1
    assert "sotong migrate" in capsys.readouterr().err
    assert live_number(two.alone) is None


async def test_what_is_published_later_comes_too(two: Two) -> None:
    following = asyncio.create_task(follow(two.alone, once=False))
    await until(two.alone.live.is_symlink)
    assert live_number(two.alone) is None
    for fee in ("6만 원이에요.", "7만 원이에요."):
        number = await two.publish(fee)
        await until(lambda wanted=number: live_number(two.alone) == wanted)
        assert fee in live(two.alone)
    os.kill(os.getpid(), signal.SIGTERM)  # as a platform ends it
    assert await asyncio.wait_for(following, 10) == 0
