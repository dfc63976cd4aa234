"""A whole bot on free ports, every part a process of its own, with messengers' stand-ins in this program."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import secrets
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from stack_child import Child

from bot.cli.stack import (
    actions_process,
    city_api_process,
    environment,
    gateway_process,
    rasa_process,
    rasa_token,
    redis_process,
)
from bot.releases.signing import model_secret
from bot.settings import ROOT, Settings
from demo.platforms.build import PLATFORMS
from demo.platforms.platform import Platform

_START_WITHIN = 180.0
"""Seconds until all must be up."""
_CREDENTIALS: dict[str, tuple[str, ...]] = {
    "telegram": ("telegram_token", "telegram_secret"),
    "kakao": ("kakao_secret", "kakao_bot_id"),
    "naver": ("naver_secret", "naver_authorization"),
    "line": ("line_channel_secret", "line_access_token"),
    "messenger": ("messenger_app_secret", "messenger_verify_token", "messenger_page_token"),
    "instagram": ("instagram_app_secret", "instagram_verify_token", "instagram_token"),
    "whatsapp": (
        "whatsapp_app_secret",
        "whatsapp_verify_token",
        "whatsapp_token",
        "whatsapp_phone_number_id",
    ),
    "x": ("x_user_id", "x_consumer_key", "x_consumer_secret", "x_access_token", "x_access_secret"),
    "webhook": ("webhook_secret",),
}
"""By channel: settings that it and its platform share."""


@dataclass(frozen=True)
class Stack:
    """The bot and the messengers around it."""

    settings: Settings
    platforms: dict[str, Platform]
    children: dict[str, Child]
    """redis, city-api, actions, rasa and gateway, in the order of their start."""
    session: aiohttp.ClientSession

    @property
    def url(self) -> str:
        """Address of the citizens' port."""
        return f"http://127.0.0.1:{self.settings.port}"

    async def ready(self, within: float = _START_WITHIN) -> None:
        """Wait until a question would be answered. Raises `TimeoutError` naming what is missing."""
        async with asyncio.timeout(within):
            for child in self.children.values():
                await child.ready(self.session, within)
            while not await self._all_well():  # noqa: ASYNC110 - nobody tells us
                await asyncio.sleep(0.2)

    async def _all_well(self) -> bool:
        try:
            async with self.session.get(f"{self.url}/readyz") as response:
                return response.status == 200
        except (aiohttp.ClientError, OSError):
            return False


def credentials(channels: Sequence[str]) -> dict[str, str]:
    """Invented settings that channels and their platforms share."""
    return {name: _secret(name) for channel in channels for name in _CREDENTIALS[channel]}


@contextlib.asynccontextmanager
async def stack_with_platforms(
    folder: Path, model: Path, channels: Sequence[str], **values: Any
) -> AsyncIterator[Stack]:
    """Start everything; what it writes goes below `folder`, `values` are further settings by name.

    Raises `TimeoutError` when a part does not answer in time. Whatever happens, all that was started ends.
    """
    ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
    shared = credentials(channels)
    url = f"http://127.0.0.1:{values.get('port', ports['port'])}"
    platforms = {channel: PLATFORMS[channel](url, shared) for channel in channels}
    async with contextlib.AsyncExitStack() as open_:
        for platform in platforms.values():
            await platform.start()
            open_.push_async_callback(platform.stop)
        places = {name: place for one in platforms.values() for name, place in one.settings.items()}
        given = {"var_dir": str(folder), **ports, **shared, **places, **values}
        settings = Settings(_env_file=None, **given)
        given["rasa_token"] = rasa_token(settings)
        given["model_key"] = model_secret(Settings(_env_file=None))  # the model was trained by that one
        settings = Settings(_env_file=None, **given)
        children = _children(settings, model, given, folder)
        session = await open_.enter_async_context(aiohttp.ClientSession())
        stack = Stack(settings, platforms, children, session)
        for child in children.values():
            open_.push_async_callback(child.stop)
            child.start()
        await stack.ready()
        yield stack


_PORTS = ("port", "console_port", "redis_port", "rasa_port", "actions_port", "city_api_port")


def _children(settings: Settings, model: Path, given: dict[str, Any], folder: Path) -> dict[str, Child]:
    variables = {name: value for name, value in environment(settings).items() if not is_setting(name)}
    variables |= {f"SOTONG_{name.upper()}": _written(value) for name, value in given.items()}
    variables |= {"REDIS_URL": settings.redis, "DATABASE_URL": settings.database, "PYTHONPATH": str(ROOT)}
    processes = (
        redis_process(settings),
        city_api_process(settings),
        actions_process(settings),
        rasa_process(settings, model),
        gateway_process(settings),
    )
    return {
        # Only Rasa reads files of the project by relative paths; the others would find a `.env` there.
        one.name: Child(one, variables, ROOT if one.name == "rasa" else folder, folder / f"{one.name}.log")
        for one in processes
    }


def _written(value: Any) -> str:
    return json.dumps(value) if isinstance(value, (list, tuple)) else str(value)


def is_setting(name: str) -> bool:
    """Whether a variable of the environment is one of the bot's settings."""
    return name.startswith("SOTONG_") or name in ("DATABASE_URL", "REDIS_URL")


def _secret(name: str) -> str:
    """Whatever has a form has that of Telegram's token or of a number."""
    if name == "telegram_token":
        return f"100:{secrets.token_hex(8)}"
    if name.endswith(("user_id", "number_id")):
        return str(secrets.randbelow(10**12) + 10**12)
    return secrets.token_hex(12)


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """Ports that nobody has, below those that connections are given: who is killed finds them free again."""
    found: list[int] = []
    for port in random.sample(range(10_000, 20_000), 500):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind((host, port))
            found.append(port)
        if len(found) == count:
            return found
    raise OSError("no ports are free")
