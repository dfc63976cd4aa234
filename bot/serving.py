"""The gateway at work: from listening to a graceful end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal

import structlog
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from bot.app import build
from bot.channel import Channel, ChannelError
from bot.content.hours import holiday
from bot.doors import allow_many, runner
from bot.messages import utc_now
from bot.settings import Settings
from bot.webhooks import Webhooks

_RECEIVE_AGAIN = 5.0
"""Seconds until updates are fetched again after a fault."""

log = structlog.get_logger(__name__)


async def serve(settings: Settings) -> None:
    """Run the gateway until SIGTERM or SIGINT; turns in progress are finished first."""
    allow_many()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with build(settings) as apps, contextlib.AsyncExitStack() as stack:
        for app, host, port in (
            (apps.public, settings.host, settings.port),
            (apps.console, settings.console_host, settings.console_port),
        ):
            served = runner(app)
            await served.setup()
            stack.push_async_callback(served.cleanup)
            await web.TCPSite(served, host, port).start()
            log.info("listening", host=host, port=port)
        await asyncio.to_thread(holiday, utc_now().date())  # read the calendar before anybody waits for it
        gc.collect()
        gc.freeze()  # what has been imported and made is here to stay: collecting garbage need not look at it
        await apps.turns.recover()
        apps.jobs.start()
        receiving = [
            asyncio.create_task(apps.follower.follow(), name="follow-releases"),
            *(
                asyncio.create_task(receive(channel, apps.webhooks), name=f"receive-{channel.name}")
                for channel in apps.channels.values()
            ),
        ]
        await stop.wait()
        log.info("stopping")
        for task in receiving:
            task.cancel()
        await asyncio.gather(*receiving, return_exceptions=True)


async def receive(channel: Channel, webhooks: Webhooks) -> None:
    """Fetch what a platform does not bring, until it says that there is no such thing; faults pass."""
    while True:
        try:
            await channel.receive(lambda wire: webhooks.take(channel, wire))
        except (SQLAlchemyError, ChannelError, OSError) as error:
            log.error("not_received", channel=channel.name, error=type(error).__name__)
            await asyncio.sleep(_RECEIVE_AGAIN)
        else:
            return
