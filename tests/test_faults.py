"""What dies under load is started again, and everybody has been answered, once, in order: the short form of
`make test-faults`.
"""

from __future__ import annotations

import importlib
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr
from rich.console import Console

from bot.cli.train import train
from bot.log.engine import open_engine
from bot.log.log import ConversationLog
from bot.log.migrate import migrate
from bot.messages import Inbound, Outbound, Reply, utc_now
from bot.releases.signing import model_secret
from bot.settings import ROOT, Settings
from demo.platforms.build import PLATFORMS
from demo.platforms.platform import Shown


@pytest.mark.rasa
@pytest.mark.timeout(500)
async def test_nothing_is_lost_and_nothing_said_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    faults = importlib.import_module("faults")
    key = SecretStr(model_secret(Settings(_env_file=None)))
    model = train(Settings(_env_file=None, var_dir=tmp_path, model_key=key), console=Console(quiet=True))
    assert model is not None
    plan = faults.Plan(seconds=26, rate=6, kills=6, conversations=60, pause=20, full=3, flushes=1, seed=7)
    result = await faults.run(plan, tmp_path, model, lambda _: None)
    assert result.found.notes == []
    assert result.figures() | {"messages": 0, "uncertain": 0, "kakao_over_4500_ms": 0} == {
        "messages": 0,
        "kills": plan.kills,
        "lost": 0,
        "duplicated": 0,
        "reordered": 0,
        "uncertain": 0,
        "kakao_over_4500_ms": 0,
    }
    assert result.found.uncertain <= plan.kills
    assert result.messages > plan.seconds * plan.rate / 2
    # Two files are tested at a time: `make test-faults` has the machine to itself and allows none.
    assert result.late <= result.messages / 20, f"the slowest answer took {result.slowest_ms} ms"


@pytest.fixture
async def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """Two answered messages of one citizen, by a log and a messenger without a bot between them."""
    monkeypatch.syspath_prepend(str(ROOT / "bench"))
    compare, citizens = importlib.import_module("faults_compare"), importlib.import_module("faults_citizens")
    stack = importlib.import_module("stack_with_platforms")
    shared = stack.credentials(["webhook"])
    database = f"sqlite+aiosqlite:///{tmp_path}/log.db"
    settings = Settings(_env_file=None, database_url=database, **shared)
    await migrate(settings.database)
    platform = PLATFORMS["webhook"]("http://127.0.0.1:1", shared)
    engine = open_engine(settings.database)
    log = ConversationLog(engine)
    everybody = citizens.Citizens({"webhook": platform}, random.Random(1), [("webhook", "kim")])
    for number in (1, 2):
        text = f"2031-{number:06}"
        everybody.said.append(citizens.Said(number, "webhook", "kim", text, 0.0, taken=True))
        inbound = Inbound(
            channel="webhook", user_id="kim", message_id=str(number), sent_at=utc_now(), text=text
        )
        stored = await log.receive(inbound)
        reply = Reply(messages=(Outbound(text=f"{text} 찾았어요."),), outcome="answered_service")
        (row,) = await log.finish_turn(stored.id, reply, latency_ms=1)
        await log.taken({row.id: 1}, [row.id], "")
    async with aiohttp.ClientSession() as session:

        async def look(*shown: str) -> dict[str, int]:
            platform.shown = [Shown("kim", text) for text in shown]
            made = stack.Stack(settings, {"webhook": platform}, {}, session)
            found = await compare.compare(made, everybody, ())
            return {"lost": found.lost, "duplicated": found.duplicated, "reordered": found.reordered}

        yield everybody, look
    await engine.dispose()


ONE, TWO = "2031-000001 찾았어요.", "2031-000002 찾았어요."


@pytest.mark.parametrize(
    ("shown", "fault"),
    [
        ([ONE, TWO], ""),
        ([ONE], "lost"),
        ([ONE, TWO, TWO], "duplicated"),
        ([ONE, TWO, "어디서 왔지"], "duplicated"),
        ([TWO, ONE], "reordered"),
    ],
)
async def test_whatever_is_not_as_the_log_says_is_found(scene: Any, shown: list[str], fault: str) -> None:
    _, look = scene
    assert await look(*shown) == {name: int(name == fault) for name in ("lost", "duplicated", "reordered")}


async def test_a_message_that_was_taken_and_is_not_in_the_log_is_lost(scene: Any) -> None:
    everybody, look = scene
    everybody.said.append(replace(everybody.said[0], number=3, text="2031-000003"))
    assert (await look(ONE, TWO))["lost"] == 1
