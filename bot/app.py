"""The gateway process: the one place where its objects are put together."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import aiohttp
import structlog
from aiohttp import web
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from bot.answering import Answering
from bot.bodies import Bodies
from bot.channel import Channel, ChannelError
from bot.console import build_console
from bot.console.operators import Operators
from bot.content.hours import holiday
from bot.content.store import ContentStore
from bot.desk import HandoffDesk
from bot.doors import allow_many, doors, plain, runner
from bot.fallback import Fallback
from bot.feed import Feed
from bot.gateway import Gateway
from bot.jobs import Jobs
from bot.log.engine import open_engine
from bot.log.log import ConversationLog
from bot.log.migrate import migrate
from bot.messages import utc_now
from bot.outbox import Outbox
from bot.public_replies import PublicReplies
from bot.rasa import RasaClient
from bot.readiness import add_health
from bot.secrets import own_secret
from bot.settings import Settings
from bot.speech import Speech
from bot.takeover import Takeover
from bot.turns import Turns
from bot.webhooks import Webhooks
from connectors.build import build_channels
from connectors.webchat.routes import build_webchat

_PURGE_EVERY = 3600.0
"""Seconds."""
_RECEIVE_AGAIN = 5.0
"""Seconds until updates are fetched again after a fault."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Apps:
    """The two web applications of a gateway, ready to be served."""

    public: web.Application
    """Citizens and platforms."""
    console: web.Application
    """Operators."""
    log: ConversationLog
    turns: Turns
    channels: dict[str, Channel]
    webhooks: Webhooks
    jobs: Jobs
    """Not started yet."""


@contextlib.asynccontextmanager
async def build(settings: Settings) -> AsyncIterator[Apps]:
    """Everything of the gateway, connected; released at the end.

    Raises `SQLAlchemyError` or `OSError` when the database cannot be reached or made.
    """
    await migrate(settings.database)
    engine = open_engine(settings.database)
    content = ContentStore(settings)
    conversation_log, desk = ConversationLog(engine), HandoffDesk(engine)
    redis = Redis.from_url(settings.redis, socket_timeout=5, socket_connect_timeout=2)
    feed = Feed(redis)
    telegram_secret = settings.telegram_secret.get_secret_value() or own_secret(
        settings.var_dir, "telegram-webhook"
    )
    zone = ZoneInfo(settings.timezone)

    async with aiohttp.ClientSession() as session:
        bot = RasaClient(
            session,
            settings.rasa,
            settings.actions,
            token=settings.rasa_token.get_secret_value(),
            timeout=settings.rasa_timeout,
        )
        channels = build_channels(settings, session, feed, telegram_secret)
        speech = Speech(content.persona, content.call_centre, lambda: utc_now().astimezone(zone))
        fallback = Fallback(speech, conversation_log.answered_before)
        bodies = Bodies()
        outbox = Outbox(conversation_log, channels, speech.rest)
        await outbox.recover()  # before a citizen's message can have anything sent
        turns = Turns(
            conversation_log,
            Takeover(desk, speech, content.call_centre),
            Answering(bot, speech, fallback, start_timeout=settings.rasa_start_timeout),
            fallback,
            PublicReplies(conversation_log, content.persona, settings.private_chat),
            speech,
            bot,
            outbox,
            bodies,
            channels,
            feed,
        )
        gateway = Gateway(conversation_log, desk, speech, bot, turns, feed)
        webhooks = Webhooks(channels, gateway, bodies)

        door = doors(
            time.monotonic,
            requests=settings.address_requests,
            refusals=settings.address_refusals,
            proxies=settings.trusted_proxies,
        )
        public = web.Application(middlewares=[door])
        public.on_response_prepare.append(plain)
        public.add_subapp("/chat", build_webchat(gateway, conversation_log, feed, settings, content.persona))
        public.add_routes([web.get("/", _to_chat), *webhooks.routes()])

        async def redis_answers() -> bool:
            try:
                return bool(await redis.ping())
            except (RedisError, OSError):
                return False

        async def database_answers() -> bool:
            try:
                await conversation_log.channels()
            except (SQLAlchemyError, OSError):
                return False
            return True

        add_health(public, {"bot": bot.ready, "redis": redis_answers, "database": database_answers})
        console = build_console(
            conversation_log, Operators(engine), feed, gateway, settings, utc_now, channels
        )
        jobs = Jobs(zone)

        async def purge() -> None:
            before = utc_now() - timedelta(days=settings.retention_days)
            log.info("purged", messages=await conversation_log.purge(before))

        jobs.every("purge", _PURGE_EVERY, purge)
        await feed.start()
        try:
            yield Apps(public, console, conversation_log, turns, channels, webhooks, jobs)
        finally:
            jobs.stop()
            await turns.close()
            for channel in channels.values():
                await channel.close()
            await feed.close()
            await redis.aclose()
            await engine.dispose()


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
            asyncio.create_task(_receive(channel, apps.webhooks), name=f"receive-{channel.name}")
            for channel in apps.channels.values()
        ]
        await stop.wait()
        log.info("stopping")
        for task in receiving:
            task.cancel()
        await asyncio.gather(*receiving, return_exceptions=True)


async def _receive(channel: Channel, webhooks: Webhooks) -> None:
    """Fetch what a platform does not bring, until it says that there is no such thing; faults pass."""
    while True:
        try:
            await channel.receive(lambda wire: webhooks.take(channel, wire))
        except (SQLAlchemyError, ChannelError, OSError) as error:
            log.error("not_received", channel=channel.name, error=type(error).__name__)
            await asyncio.sleep(_RECEIVE_AGAIN)
        else:
            return


async def _to_chat(_: web.Request) -> web.Response:
    raise web.HTTPFound("/chat/")
