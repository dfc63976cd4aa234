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
from bot.fleet.ownership import Ownership
from bot.messages import utc_now
from bot.settings import Settings
from bot.telemetry.inner import served as served_inside
from bot.webhooks import Webhooks

_RECEIVE_AGAIN = 2.0
"""Seconds until updates are fetched again after a fault, or by another gateway."""
_STILL_ON_DUTY = 1.0
"""Seconds between two looks whether it is still for us to fetch them."""

log = structlog.get_logger(__name__)


async def serve(settings: Settings) -> None:
    """Run the gateway until SIGTERM or SIGINT.

    Then it is not ready any more, goes on for `drain_seconds` while balancers notice, answers open requests,
    sends web chats elsewhere, and finishes turns in progress.
    """
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
        await stack.enter_async_context(
            served_inside(apps.inner, settings.metrics_host, settings.metrics_of(settings.port))
        )
        await asyncio.to_thread(holiday, utc_now().date())  # read the calendar before anybody waits for it
        gc.collect()
        gc.freeze()  # what has been imported and made is here to stay: collecting garbage need not look at it
        await apps.fleet.begin(apps.turns)
        apps.jobs.start()
        receiving = [
            asyncio.create_task(apps.follower.follow(), name="follow-releases"),
            *(
                asyncio.create_task(
                    receive(channel, apps.webhooks, apps.fleet), name=f"receive-{channel.name}"
                )
                for channel in apps.channels.values()
            ),
        ]
        await stop.wait()
        log.info("stopping")
        apps.readiness.end()
        await apps.jobs.stop()
        for task in receiving:
            task.cancel()
        await asyncio.gather(*receiving, return_exceptions=True)
        await apps.fleet.retire()
        await asyncio.sleep(settings.drain_seconds)


async def receive(channel: Channel, webhooks: Webhooks, fleet: Ownership) -> None:
    """Fetch what a platform does not bring, until it says that there is no such thing; faults pass.

    Of several gateways one does, and another when that one dies.
    """
    duty = f"receive:{channel.name}"
    while type(channel).receive is not Channel.receive:
        try:
            if await fleet.on_duty(duty) and await _received(channel, webhooks, fleet, duty):
                return
        except (SQLAlchemyError, ChannelError, OSError) as error:
            log.error("not_received", channel=channel.name, error=type(error).__name__)
        await asyncio.sleep(_RECEIVE_AGAIN)


async def _received(channel: Channel, webhooks: Webhooks, fleet: Ownership, duty: str) -> bool:
    """Fetch while it is for us; whether the channel has said that there is no such thing."""
    fetching = asyncio.create_task(channel.receive(lambda wire: webhooks.take(channel, wire)))
    try:
        while not (await asyncio.wait([fetching], timeout=_STILL_ON_DUTY))[0]:
            if not await fleet.on_duty(duty):
                return False
        await fetching
        return True
    finally:
        fetching.cancel()
        await asyncio.gather(fetching, return_exceptions=True)
