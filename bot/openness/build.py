"""The open pages and the work behind them, put together."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import yaml
from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.agencies.directory import own_agency
from bot.approval.tables import ApprovalTopic
from bot.catalogue.stored import Ours
from bot.content.store import ContentStore
from bot.jobs import Jobs
from bot.log.engine import looking
from bot.openness import changes, making, shapes
from bot.openness.about import About
from bot.openness.accuracy import Measuring
from bot.openness.api import OpenApi
from bot.openness.asking import Asker
from bot.openness.changes import Changes
from bot.openness.making import Making
from bot.openness.pages import WEB, OpenPages, robots
from bot.openness.services import ServiceShelf
from bot.openness.statement_pages import StatementPages
from bot.openness.stored import Scorecards
from bot.pace import Pace
from bot.rasa import RasaClient
from bot.rights.build import build_wordings
from bot.settings import Settings
from bot.switches.live import Live

_AT_ONCE = 2
"""Questions of programs that the bot works on at once, of the many it can (`RasaClient`)."""
_SHARE = 5
"""One address may ask a fifth of what all together may."""
_BURST = 10.0
"""An address may use up so many seconds' worth at once."""


@dataclass(frozen=True)
class Openness:
    """What the gateway needs of it."""

    application: web.Application
    """Below `/open`."""
    making: Making
    changes: Changes

    def mount(self, public: web.Application) -> None:
        """Into the application that everybody reaches."""
        public.add_subapp("/open", self.application)
        public.add_routes([web.get("/robots.txt", robots)])

    def by_the_clock(self, jobs: Jobs) -> None:
        """Work that nobody asks for."""
        jobs.every("open-scorecards", making.EVERY, self.making.run)
        jobs.every("open-changes", changes.EVERY, self.changes.run)


def build_openness(
    settings: Settings,
    engine: AsyncEngine,
    session: aiohttp.ClientSession,
    content: ContentStore,
    clock: Callable[[], datetime],
) -> Openness:
    """Raises `bot.content.problem.ContentError` when data/open.yml is not good."""
    zone, base = ZoneInfo(settings.timezone), f"{settings.own_url}/open"
    agency, about = own_agency(settings.live_data), About(settings.live_data / "open.yml")
    about()
    bot = RasaClient(
        session,
        settings.rasa,
        settings.actions,
        token=settings.rasa_token.get_secret_value(),
        timeout=settings.rasa_timeout,
        at_once=_AT_ONCE,
    )
    measuring = Measuring(bot, settings, clock)
    cards = Scorecards(engine)
    made = Making(
        engine,
        cards,
        measuring,
        lambda: shapes.topic_names(content),
        zone,
        clock,
        timedelta(days=settings.retention_days),
    )
    history = Changes(engine, clock)
    chat = settings.private_chat or f"{settings.own_url}/chat/"
    switched = Live(engine, clock)
    asker = Asker(bot, content.persona, content.topics, switched.now, partial(_held, engine), chat, _AT_ONCE)
    document = _document(base)
    asks = settings.open_questions / _SHARE
    api = OpenApi(
        content,
        ServiceShelf(engine, Ours(settings.service_agencies)),
        asker,
        document,
        base,
        zone,
        clock,
        _pace(settings.open_requests),
        _pace(asks),
        _pace(settings.open_questions),
        settings.trusted_proxies,
    )
    pages = OpenPages(
        made,
        history,
        measuring,
        content,
        agency.current,
        about,
        document,
        base,
        zone,
        clock,
        (f"{settings.open_requests:g}", f"{asks:g}"),
    )
    statements = StatementPages(settings, content, build_wordings(settings, content), pages.page)
    application = web.Application()
    application.add_routes([*api.routes(), *statements.routes(), *pages.routes()])
    return Openness(application, made, history)


def _pace(each_second: float) -> Pace:
    return Pace(time.monotonic, max(1.0, each_second * _BURST), max(1.0, each_second * _BURST) / each_second)


def _document(base: str) -> dict[str, Any]:
    """The OpenAPI document, with our address."""
    document: dict[str, Any] = yaml.safe_load((WEB / "openapi.yml").read_text(encoding="utf-8"))
    document["servers"] = [{"url": base}]
    return document


async def _held(engine: AsyncEngine) -> frozenset[str]:
    """Topics of which a person reads every answer first (`bot.approval`)."""
    async with looking(engine) as connection:
        return frozenset(await connection.scalars(select(ApprovalTopic.topic)))
