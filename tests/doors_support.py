"""The whole gateway on a port of its own, served as `sotong run` serves it, with a scripted Rasa behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from bot.app import Apps, build
from bot.doors import runner
from bot.settings import Settings
from tests.all_channels import CREDENTIALS
from tests.scripted_rasa import ScriptedRasa


@dataclass
class Served:
    """A running gateway with all channels; their platforms are not there."""

    apps: Apps
    port: int
    rasa: ScriptedRasa

    def url(self, path: str = "") -> str:
        """Address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"


NOWHERE = "http://127.0.0.1:9"
"""Nobody listens there: what the bot sends to a platform fails at once."""
ADDRESSES = {
    f"{platform}_api_url": NOWHERE
    for platform in ("telegram", "naver", "line", "messenger", "instagram", "whatsapp", "x", "youtube")
} | {"kakao_callback_url": f"{NOWHERE}/", "youtube_token_url": f"{NOWHERE}/token"}


@asynccontextmanager
async def served(settings: Settings, **changes: object) -> AsyncIterator[Served]:
    """With `changes` of the settings."""
    rasa = ScriptedRasa(0)
    await rasa.start()
    behind = {"rasa_url": rasa.url, "actions_url": rasa.url}
    whole = Settings.model_validate(settings.model_dump() | CREDENTIALS | ADDRESSES | behind | changes)
    try:
        async with build(whole) as apps:
            running = runner(apps.public)
            await running.setup()
            try:
                await web.TCPSite(running, "127.0.0.1", 0).start()
                yield Served(apps, running.addresses[0][1], rasa)
            finally:
                await running.cleanup()
    finally:
        await rasa.stop()
