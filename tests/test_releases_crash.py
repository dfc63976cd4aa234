"""A process that dies while it publishes: at every point the next one finds, or makes, a whole state."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.releases.activating import bring_live
from bot.releases.live import live_number, open_live
from bot.releases.releases import Releases
from bot.settings import ROOT
from tests.log_support import database
from tests.releases_support import PASSED, PASSPORT, Editor, answer, candidate, city, live, place

OTHER = "data/answers/other.yml"
_DYING = """
import asyncio, os, signal, sys
from pathlib import Path
from bot.log.engine import open_engine
from bot.releases import {module} as module
from bot.releases.releases import Releases
from bot.settings import Settings
from tests.releases_support import PASSED, Editor

calls = {calls}

def dying(*given, **named):
    global calls
    calls -= 1
    if calls < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*given, **named)

real, module.{name} = module.{name}, dying
folder = Path(sys.argv[1])
settings = Settings(_env_file=None, data_dir=folder / "project" / "data", var_dir=folder / "var",
                    models_dir=folder / "models", database_url=f"sqlite+aiosqlite:///{{folder / 'log.db'}}")
asyncio.run(Releases(open_engine(settings.database), settings).publish(
    folder / "candidate", Editor(), "둘", PASSED))
"""
"""Publishes, and is killed when `name` is called for the last time but one, and so on."""
POINTS = {
    "before it is intended": ("settling", "intend", 0, False),
    "before the transaction": ("releases", "blobs", 0, False),
    "inside the transaction": ("packing", "insert", 3, False),
    "before the commit": ("stored", "forget_old", 0, False),
    "before the link is turned": ("activating", "turn", 1, True),
    "before the first file": ("settling", "replace", 1, True),
    "between two files": ("settling", "replace", 2, True),
    "before it is noted": ("settling", "replace", 3, True),
}


@pytest.mark.parametrize("point", POINTS)
async def test_killed(tmp_path: Path, point: str) -> None:
    module, name, calls, committed = POINTS[point]
    settings = city(tmp_path, ROOT)
    async with database(settings.database) as engine:
        old, new = answer("5만 원이에요."), answer("5만 3천 원이에요.")
        other = answer("다른 답").replace("passport-fee", "other")
        open_live(settings)
        candidate(settings, tmp_path / "candidate", {PASSPORT: new, OTHER: other})
        code = _DYING.format(module=module, name=name, calls=calls)
        died = subprocess.run(
            [sys.executable, "-c", code, tmp_path], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert died.returncode == -signal.SIGKILL, died.stderr[-2000:]
        releases = Releases(engine, settings)
        active = await releases.active()
        assert (active.number if active else None) == (2 if committed else None)

        await bring_live(engine, settings, writes=True)
        if committed:
            assert live_number(settings) == 2
            assert live(settings) == place(settings, PASSPORT).read_text("utf-8") == new
            assert place(settings, OTHER).read_text("utf-8") == other
            assert await releases.unpublished() == []
            back, by_hand = await releases.rollback(1, Editor(), "되돌려요")
            assert (back.number, by_hand) == (1, ())
            assert live(settings) == place(settings, PASSPORT).read_text("utf-8") == old
        else:
            assert live_number(settings) is None
            assert place(settings, PASSPORT).read_text("utf-8") == old
            assert not place(settings, OTHER).exists()
            await releases.publish(tmp_path / "candidate", Editor(), "다시", PASSED)
            assert live(settings) == place(settings, PASSPORT).read_text("utf-8") == new
