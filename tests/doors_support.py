"""The whole gateway on a port of its own, served as `sotong run` serves it, with a scripted Rasa behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.app import Apps, build
from bot.doors import runner
from bot.settings import Settings
from demo.platforms.line import LinePlatform
from tests.all_channels import CREDENTIALS
from tests.rights_support import told_before
from tests.scripted_rasa import ScriptedRasa


@dataclass
class Served:
    """A running gateway with all channels. Of their platforms only LINE is there, and knows none of the
    others' calls.
    """

    apps: Apps
    port: int
    rasa: ScriptedRasa
    line: LinePlatform

    def url(self, path: str = "") -> str:
        """Address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"


def addresses(url: str) -> dict[str, str]:
    """The settings by which all platforms are looked for at one address."""
    names = ("telegram", "naver", "line", "messenger", "instagram", "whatsapp", "x", "youtube")
    others = {"kakao_callback_url": f"{url}/", "youtube_token_url": f"{url}/token", "webhook_url": url}
    return {f"{name}_api_url": url for name in names} | others


@asynccontextmanager
async def served(settings: Settings, **changes: Any) -> AsyncIterator[Served]:
    """With `changes` of the settings."""
    rasa, line = ScriptedRasa(0), LinePlatform("", CREDENTIALS)
    await rasa.start()
    await line.start()
    behind = {"rasa_url": rasa.url, "actions_url": rasa.url}
    whole = Settings.model_validate(
        settings.model_dump() | CREDENTIALS | addresses(line.url) | line.settings | behind | changes
    )
    try:
        async with build(whole) as apps:
            told_before(apps)
            running = runner(apps.public)
            await running.setup()
            try:
                await web.TCPSite(running, "127.0.0.1", changes.get("port", 0)).start()
                yield Served(apps, running.addresses[0][1], rasa, line)
            finally:
                await running.cleanup()
    finally:
        await line.stop()
        await rasa.stop()
