"""The figures, put into the console."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.console.figures import FigurePages
from bot.console.figures_turns import FigureTurnPages
from bot.content.live_file import LiveFile
from bot.content.store import ContentStore
from bot.figures.build import build_rolling
from bot.figures.prices import PriceFile
from bot.figures.reading import Figures
from bot.figures.turns import Turns
from bot.loop.inbox import Inbox
from bot.settings import Settings
from bot.staff.audit import AuditTrail


def add_figures(
    app: web.Application,
    engine: AsyncEngine,
    settings: Settings,
    content: ContentStore,
    audit: AuditTrail,
    clock: Callable[[], datetime],
) -> None:
    """`/figures` and everything below it."""
    figures = Figures(engine, ZoneInfo(settings.timezone))
    rolling = build_rolling(settings, engine, content, clock)
    prices = LiveFile(settings.live_data / "prices.yml", PriceFile)
    pages = FigurePages(figures, rolling, Inbox(engine), content, prices, audit, clock)
    turns = FigureTurnPages(figures, Turns(engine, content.topics), content, audit, clock)
    app.add_routes([*pages.routes(), *turns.routes()])
