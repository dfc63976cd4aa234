"""A release of changed content for a cluster under load: prepared before, published in the midst of it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from cluster_stack import ClusterStack
from rich.console import Console

from bot.cli.release import Terminal
from bot.cli.train import train
from bot.log.engine import open_engine
from bot.messages import utc_now
from bot.releases import processes
from bot.releases.folder import take
from bot.releases.live import open_live
from bot.releases.releases import Releases
from bot.settings import Settings

_WITHIN = 180.0
"""Seconds until every process must serve it."""


@dataclass
class Release:
    """A candidate with one more example of an intent and one changed answer, and its model."""

    stack: ClusterStack
    settings: Settings
    """Of the place at which staff work: a machine of its own, without citizens."""
    candidate: Path
    model: Path
    everywhere_after: float = 0.0
    """Seconds from publishing until every process served it."""

    async def publish(self) -> None:
        """Publish, and wait until all gateways, action servers and Rasa servers serve it.

        Raises `TimeoutError`.
        """
        engine = open_engine(self.settings.database)
        began = time.monotonic()
        try:
            who = Terminal("bench")
            release = await Releases(engine, self.settings).publish(self.candidate, who, "부하 속의 게시", {})
            async with asyncio.timeout(_WITHIN):
                while True:
                    known = await processes.seen(engine, utc_now())
                    if processes.everywhere(known, release.number, utc_now()) and await self._models():
                        break
                    await asyncio.sleep(0.2)
        finally:
            await engine.dispose()
        self.everywhere_after = time.monotonic() - began

    async def _models(self) -> bool:
        """Whether every Rasa server has the model."""
        limit = aiohttp.ClientTimeout(total=2)
        for name, child in self.stack.children.items():
            if name.startswith("rasa"):
                url = f"http://{child.process.host}:{child.process.port}/status"
                token = {"token": self.stack.settings.rasa_token.get_secret_value()}
                try:
                    async with self.stack.session.get(url, params=token, timeout=limit) as response:
                        if response.status != 200 or self.model.name not in await response.text():
                            return False
                except (aiohttp.ClientError, TimeoutError, OSError):
                    return False
        return True


async def prepare(stack: ClusterStack, folder: Path, console: Console) -> Release:
    """Make the candidate and train its model. Raises `RuntimeError` when that fails."""
    settings = stack.settings.model_copy(
        update={"var_dir": folder / "office", "models_dir": folder / "office" / "models"}
    )
    candidate = folder / "office" / "candidate"
    candidate.parent.mkdir()
    await asyncio.to_thread(take, open_live(settings).working, candidate)
    greet = candidate / "data" / "nlu" / "greet.yml"
    greet.write_text(greet.read_text("utf-8").rstrip() + "\n    - 부하 시험에서 인사드려요\n", "utf-8")
    passport = candidate / "data" / "answers" / "passport.yml"
    passport.write_text(passport.read_text("utf-8") + "\n# 부하 속에서 게시했어요\n", "utf-8")
    model = await asyncio.to_thread(train, settings, root=candidate, console=console)
    if model is None:
        raise RuntimeError("the release's model could not be trained")
    return Release(stack, settings, candidate, model)
