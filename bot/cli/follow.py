"""`sotong follow`: brings releases to a Rasa server that stands alone.

Rasa reads content and models as files and knows no SQL. On a machine that it shares with a gateway, the
gateway lays them out; in a container of its own, this does, in a folder that both see.
"""

from __future__ import annotations

import asyncio
import signal

import aiohttp
import structlog
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import open_engine
from bot.releases.activating import Unusable, bring_live
from bot.releases.follower import Follower, process_name
from bot.releases.processes import EVERY
from bot.releases.rasa_model import RasaModel
from bot.releases.starting import start_live
from bot.releases.stored import pointer
from bot.settings import Settings

log = structlog.get_logger(__name__)


async def follow(settings: Settings, *, once: bool) -> int:
    """Lay out what is active and, unless `once`, go on until SIGTERM; exit status.

    With `once` it is 1 when that could not be done: Rasa must not begin with other content.
    """
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.database)
    try:
        return await (_once(engine, settings) if once else _until_told(engine, settings))
    finally:
        await engine.dispose()


async def _once(engine: AsyncEngine, settings: Settings) -> int:
    console = Console(stderr=True, soft_wrap=True)
    try:
        brought = await bring_live(engine, _beside_rasa(settings), sure=True)
    except (Unusable, SQLAlchemyError, OSError) as error:
        console.print(
            f"[red]✗[/] 게시한 판을 가져오지 못했어요: {type(error).__name__}: {error}\n"
            "  → 데이터베이스에 닿는지, sotong migrate를 했는지 보세요.",
            highlight=False,
        )
        return 1
    number = brought.pointer.number
    what = "게시한 판이 없어 함께 온 내용을 써요." if number is None else f"판 {number}을(를) 펼쳤어요."
    console.print(f"[green]✓[/] {what}", highlight=False)
    return 0


async def _until_told(engine: AsyncEngine, settings: Settings) -> int:
    stop = asyncio.Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(told, stop.set)
    async with aiohttp.ClientSession() as session:
        rasa = RasaModel(session, settings, process_name("rasa", settings.rasa_port))
        name = process_name("content", settings.rasa_port)
        own = _beside_rasa(settings)
        follower = Follower(engine, own, name, _nothing_to_load, others=[rasa.serving])
        following = asyncio.create_task(_begin(engine, own, follower))
        await stop.wait()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    return 0


async def _begin(engine: AsyncEngine, settings: Settings, follower: Follower) -> None:
    """Nothing is laid out before the database says what: Rasa would begin with content that is not live."""
    while True:
        try:
            await pointer(engine)
        except (SQLAlchemyError, OSError) as error:
            log.error("releases_not_seen", error=type(error).__name__)
            await asyncio.sleep(EVERY)
        else:
            break
    await start_live(settings)
    await follower.follow()


def _beside_rasa(settings: Settings) -> Settings:
    """`rasa_url` keeps a gateway from fetching models that are of no use to it: here they are."""
    return settings.model_copy(update={"rasa_url": ""})


async def _nothing_to_load() -> str:
    return ""
