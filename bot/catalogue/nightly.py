"""The catalogue kept up to date by the clock, in the gateway."""

from __future__ import annotations

from datetime import time

import aiohttp
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.catalogue.client import Gov24
from bot.catalogue.crawl import Overtaken
from bot.catalogue.envelope import Gov24Error
from bot.catalogue.sync import due, synchronise
from bot.jobs import Jobs
from bot.messages import utc_now
from bot.settings import Settings

AT = time(3, 30)
"""When few citizens write and the API is seldom under maintenance."""
_LOOK_EVERY = 300.0
"""Seconds between two looks whether one is wanted before the night."""

log = structlog.get_logger(__name__)


def add_services(jobs: Jobs, engine: AsyncEngine, session: aiohttp.ClientSession, settings: Settings) -> None:
    """Every night; soon after the very first start; and soon after one that was cut off."""
    api = Gov24(session, settings.gov24, settings.gov24_key.get_secret_value())

    async def whole() -> None:
        try:
            report = await synchronise(engine, api, utc_now)
        except Gov24Error as error:
            log.error("services_not_synchronised", error=type(error).__name__, why=str(error))
        except Overtaken:
            log.info("services_synchronised_elsewhere")
        else:
            log.info("services_synchronised", **vars(report))

    async def if_due() -> None:
        if await due(engine, utc_now()):
            await whole()

    jobs.daily("services", AT, whole)
    jobs.every("services_first", _LOOK_EVERY, if_due)
