"""The followers of the two processes that know SQL, put together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import aiohttp
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content.store import ContentStore
from bot.releases.follower import Follower, process_name
from bot.releases.rasa_model import RasaModel
from bot.releases.releases import Releases
from bot.settings import Settings


def gateway_follower(
    settings: Settings, engine: AsyncEngine, session: aiohttp.ClientSession, content: ContentStore
) -> Follower:
    """The gateway's: it also keeps `data/` in step, says what Rasa serves and stores models trained late."""
    rasa = RasaModel(session, settings, process_name("rasa", settings.rasa_port))
    releases = Releases(engine, settings)

    async def load() -> str:
        await releases.keep_model()
        return await asyncio.to_thread(fault_in, content)

    name = process_name("gateway", settings.port)
    return Follower(engine, settings, name, load, writes=True, others=[rasa.serving])


def actions_follower(
    settings: Settings, engine: AsyncEngine, content: ContentStore, refresh: Callable[[], bool]
) -> Follower:
    """The action server's; `refresh` brings its index up to the content, in a thread."""

    async def load() -> str:
        await asyncio.to_thread(refresh)
        return await asyncio.to_thread(fault_in, content)

    return Follower(engine, settings, process_name("actions", settings.actions_port), load)


def fault_in(content: ContentStore) -> str:
    """The first error in the content that a process reads; what it concerns stays as it was before."""
    for problem in content.problems():
        if problem.severity == "error":
            return f"{problem.path.name} {problem.line}행: {problem.message} (예전 내용을 계속 써요)"
    return ""
