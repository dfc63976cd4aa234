"""The gateway: the one place where its objects are put together."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import aiohttp
import structlog
from aiohttp import web

from bot.agencies.build import Agencies, build_agencies
from bot.agencies.directory import own_agency
from bot.agencies.keys import own_key
from bot.agencies.peers import Peers
from bot.answering import Answering
from bot.board.moods import open_moods
from bot.bodies import Bodies
from bot.catalogue.nightly import add_services
from bot.channel import Channel
from bot.console import build_console
from bot.console.alerts_build import watch_alerts
from bot.console.publish import PUBLISHING
from bot.contacts.build import add_hours, build_hours
from bot.content.store import ContentStore
from bot.danger import Danger
from bot.doors import doors
from bot.fallback import Fallback
from bot.feed import Feed
from bot.figures.build import add_figures
from bot.fleet.build import open_fleet
from bot.fleet.ownership import Ownership
from bot.gateway import Gateway
from bot.handoff.build import add_handoff, build_handoff
from bot.handoff.desk import HandoffDesk
from bot.history.build import add_history
from bot.identity.build import login_pages
from bot.identity.personal import open_personal
from bot.jobs import Jobs
from bot.log.log import ConversationLog
from bot.log.migrate import migrate
from bot.loop.build import add_loop, build_loop
from bot.messages import utc_now
from bot.openness.build import build_openness
from bot.outbox import Outbox
from bot.outside import Outside
from bot.proactive.build import add_reminders
from bot.public_headers import public_headers
from bot.public_replies import PublicReplies
from bot.public_style import public_style
from bot.rasa import RasaClient
from bot.readiness import Readiness, add_health
from bot.redis_address import open_redis
from bot.releases.build import gateway_follower
from bot.releases.follower import Follower
from bot.releases.live import live_number, open_live
from bot.releases.starting import start_live
from bot.rights.build import add_rights, build_rights
from bot.rights.clicks import ClickMemory
from bot.rights.links import Links
from bot.rights.pages import MinePages
from bot.secrets import own_secret
from bot.settings import Settings
from bot.speech import Speech
from bot.staff.build import build_staff
from bot.staff.checking import add_audit
from bot.studio.links import LOOK_AT, look_at_links
from bot.switches.build import add_care, build_care
from bot.telemetry.checks import database_takes, redis_answers
from bot.telemetry.gateway import inner_gateway, watch_gateway
from bot.turns import Turns
from bot.voices.build import add_voices, build_voices
from bot.webhooks import Webhooks
from connectors.agency import Agency, AgencyReader, Post
from connectors.api import Api
from connectors.build import build_channels
from connectors.rotation import other_channels
from connectors.webchat.routes import build_webchat

_PUBLISH_EVERY = 15.0
"""Seconds between two looks at publications whose time has come."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Apps:
    """The two web applications of a gateway, ready to be served."""

    public: web.Application
    """Citizens and platforms."""
    console: web.Application
    """Operators."""
    inner: web.Application
    """Those who look after it."""
    log: ConversationLog
    turns: Turns
    channels: dict[str, Channel]
    webhooks: Webhooks
    jobs: Jobs
    """Not started yet."""
    agencies: Agencies
    fleet: Ownership
    readiness: Readiness
    follower: Follower
    """Of the releases; not at work yet."""


@contextlib.asynccontextmanager
async def build(settings: Settings) -> AsyncIterator[Apps]:
    """Everything of the gateway, connected; released at the end.

    Raises `SQLAlchemyError` or `OSError` when the database cannot be reached or made.
    """
    settings = open_live(settings)
    await migrate(settings.database)
    engine, fleet = open_fleet(settings)
    await start_live(settings)
    content = ContentStore(settings)
    conversation_log = ConversationLog(engine, live=lambda: live_number(settings), gateway=fleet.number)
    desk = HandoffDesk(engine)
    redis = open_redis(settings.redis, socket_timeout=5, socket_connect_timeout=2)
    feed = Feed(redis)
    personal = open_personal(settings)
    telegram_secret = settings.telegram_secret.get_secret_value() or own_secret(
        settings.var_dir, "telegram-webhook"
    )
    zone = ZoneInfo(settings.timezone)

    watch = watch_gateway(settings)
    async with aiohttp.ClientSession(trace_configs=[watch.calls.config()]) as session:
        bot = RasaClient(
            session,
            settings.rasa,
            settings.actions,
            token=settings.rasa_token.get_secret_value(),
            timeout=settings.rasa_timeout,
        )
        channels = build_channels(settings, session, feed, telegram_secret)
        agency = own_agency(settings.live_data)
        peers = Peers(engine, lambda: agency.current().id)
        await peers.refresh()
        api = Api(Outside(settings.inside_origins), "", {})
        post = Post(api, own_key(settings.var_dir), agency.current().id, lambda: peers.trusted, utc_now)
        channels["agency"] = Agency(post)
        speech = Speech(content.persona, content.call_centre, lambda: utc_now().astimezone(zone))
        fallback = Fallback(speech, conversation_log.answered_before)
        bodies = Bodies()
        outbox = Outbox(conversation_log, channels, speech.rest, watch=watch.deliveries, mine=fleet.mine)
        rights = build_rights(
            settings, engine, content, channels, [bot.forget, personal.forget, ClickMemory(redis).forget]
        )
        await rights.forgetting.recover()  # before anybody reads, or is sent, what a backup brought back
        await fleet.join(outbox.recover)  # before a citizen's message can have anything sent
        danger = Danger(open_moods(settings.live_data).of, bot.intents, content.persona)
        hours = build_hours(
            settings,
            engine,
            content,
            channels,
            speech,
            desk,
            feed,
            personal.vault,
            rights.wordings,
            danger.help,
            lambda conversation_id: gateway.see_to(conversation_id),
            bot.intents,
        )
        handoff = build_handoff(
            settings, engine, content, speech, bot, desk, hours.form.instead_of_queue, utc_now
        )
        care = build_care(settings, engine, content, channels, speech, danger)
        turns = Turns(
            conversation_log,
            handoff.takeover,
            Answering(bot, speech, fallback, start_timeout=settings.rasa_start_timeout),
            fallback,
            PublicReplies(conversation_log, content.persona, settings.private_chat),
            speech,
            rights.notices,
            rights.forgetting,
            outbox,
            bodies,
            channels,
            feed,
            before=(*care.before, hours.form),
            after=(*care.after, hours.holding, care.notices),
            watch=watch.turns,
            ownership=fleet,
        )
        gateway = Gateway(
            conversation_log,
            desk,
            speech,
            rights.forgetting,
            turns,
            feed,
            personal.vault,
            channels,
            handoff.memory,
        )
        others = other_channels(settings, session, feed, telegram_secret)
        webhooks = Webhooks(channels, gateway, bodies, others)
        agencies = build_agencies(
            settings, engine, peers, post.key, post, AgencyReader(api), speech, gateway.tell, utc_now
        )

        door = doors(
            time.monotonic,
            requests=settings.address_requests,
            refusals=settings.address_refusals,
            proxies=settings.trusted_proxies,
        )
        public = web.Application(middlewares=[watch.requests, door])
        public.on_response_prepare.append(public_headers(settings.open_origins))
        notice = rights.wordings.first
        public.add_subapp(
            "/chat", build_webchat(gateway, conversation_log, feed, settings, content.persona, notice)
        )
        public.add_subapp(
            "/in",
            login_pages(settings, personal, content, conversation_log.find, gateway.tell),
        )
        mine = MinePages(
            engine,
            Links(personal.box, settings.address),
            conversation_log.find,
            content.persona,
            zone,
            utc_now,
        )
        public.add_subapp("/mine", mine.application())
        public.add_routes(
            [web.get("/", _to_chat), public_style(), *webhooks.routes(), *agencies.pages.routes()]
        )
        voices = build_voices(settings, engine, content, personal.vault, utc_now)
        public.add_routes(voices.pages.routes())
        openness = build_openness(settings, engine, session, content, utc_now)
        openness.mount(public)

        readiness = Readiness(
            {"bot": bot.ready, "redis": redis_answers(redis), "database": database_takes(engine)}
        )
        add_health(public, readiness)
        inner = inner_gateway(watch, settings, engine, readiness, utc_now)
        staff = build_staff(settings, engine, redis, utc_now)
        console = build_console(
            conversation_log,
            staff,
            feed,
            gateway,
            settings,
            utc_now,
            channels,
            voices,
            rights.receipts,
            rights.retention,
            engine,
        )
        follower = gateway_follower(settings, engine, session, content)
        jobs = Jobs(zone, watch.jobs, fleet.on_duty)

        add_rights(jobs, rights)
        add_services(jobs, engine, session, settings)
        add_handoff(jobs, handoff, gateway)
        jobs.every("publish", _PUBLISH_EVERY, console[PUBLISHING].due)
        agencies.by_the_clock(jobs)
        add_reminders(jobs, settings, engine, content.persona, gateway.tell, channels)
        openness.by_the_clock(jobs)
        add_voices(jobs, voices, settings, engine, session, gateway.tell, utc_now, channels)
        jobs.daily("links", LOOK_AT, lambda: look_at_links(settings, content), everywhere=True)
        add_figures(jobs, settings, engine, content, utc_now)
        watch_alerts(jobs, settings, engine, content, utc_now)
        add_history(jobs, engine)
        add_audit(jobs, settings, engine, utc_now)
        add_loop(jobs, build_loop(settings, engine, content), settings, bot, gateway.tell, channels)
        add_hours(jobs, hours)
        add_care(jobs, care, settings, engine, gateway.tell, channels)
        await feed.start()
        try:
            served = (public, console, inner, conversation_log, turns, channels, webhooks, jobs, agencies)
            yield Apps(*served, fleet, readiness, follower)
        finally:
            await jobs.stop()
            await turns.close()
            await fleet.part()
            for channel in channels.values():
                await channel.close()
            await feed.close()
            await personal.close()
            await redis.aclose()
            await engine.dispose()


async def _to_chat(_: web.Request) -> web.Response:
    raise web.HTTPFound("/chat/")
