"""Keeping what the action server answers from like the files and the database, while it answers."""

from __future__ import annotations

import asyncio
import logging

from actions.live_answers import LiveAnswers
from bot.catalogue.live import LiveCatalogue

log = logging.getLogger(__name__)

LOOK_EVERY = 0.4
"""Seconds between two looks at the answers: an edit is live within a second."""
AGAIN = 60.0
"""Seconds until services that could not be loaded are tried again."""


async def follow(live: LiveAnswers) -> None:
    """Keep the index like the files, without holding up the answers."""
    while True:
        await asyncio.sleep(LOOK_EVERY)
        try:
            if await asyncio.to_thread(live.refresh):
                log.info("answers loaded anew")
        except Exception:
            log.exception("the answers could not be loaded anew; those known stay in use")


async def follow_services(services: LiveCatalogue) -> None:
    """Keep the catalogue like the database, in which the gateway synchronises it."""
    pause = LOOK_EVERY
    while True:
        await asyncio.sleep(pause)
        pause = LOOK_EVERY if await refresh_services(services) else AGAIN


async def refresh_services(services: LiveCatalogue) -> bool:
    """Load what the database has; False when that failed, and those known stay in use."""
    try:
        if await services.refresh():
            log.info("services loaded anew")
    except Exception:
        log.exception("the services could not be loaded anew; those known stay in use")
        return False
    return True
