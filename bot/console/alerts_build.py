"""The alerts, put into the console and into the gateway's jobs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.alerts.measures import Measures
from bot.alerts.posting import Posting, Ways
from bot.alerts.rules import Rules
from bot.alerts.sending import EVERY as SEND_EVERY
from bot.alerts.sending import Sending
from bot.alerts.watching import EVERY, Watching
from bot.console.alerts import AlertPages
from bot.console.alerts_words import Wording
from bot.console.labels import Calendar
from bot.console.sections import BADGES
from bot.console.words import Words
from bot.content.store import ContentStore
from bot.figures.period import day_of
from bot.jobs import Jobs
from bot.outside import Outside
from bot.secrets import own_secret
from bot.settings import Settings
from bot.staff.audit import AuditTrail


def add_alerts(
    app: web.Application,
    engine: AsyncEngine,
    settings: Settings,
    content: ContentStore,
    audit: AuditTrail,
    clock: Callable[[], datetime],
) -> None:
    """`/alerts`, and how many are open."""
    wording = _wording(settings, content, clock)
    pages = AlertPages(Rules(engine, clock), Posting(ways(settings)), wording, audit, clock)
    app.add_routes(pages.routes())
    app[BADGES]["alerts"] = pages.open_count


def watch_alerts(
    jobs: Jobs,
    settings: Settings,
    engine: AsyncEngine,
    content: ContentStore,
    clock: Callable[[], datetime],
) -> None:
    """The jobs of the gateway."""
    zone = ZoneInfo(settings.timezone)
    measures = Measures(engine, content.answers, lambda: day_of(clock(), zone), clock)
    posting = Posting(ways(settings))
    sending = Sending(engine, posting, _wording(settings, content, clock).letter, clock)
    jobs.every("alerts", EVERY, Watching(engine, measures, clock).run)
    jobs.every("alerts_sending", SEND_EVERY, sending.run)


def ways(settings: Settings) -> Ways:
    """What the settings give for sending."""
    token = settings.alert_telegram_token.get_secret_value() or settings.telegram_token.get_secret_value()
    return Ways(
        mail_server=settings.mail_server.get_secret_value(),
        mail_from=settings.mail_from,
        telegram_token=token,
        telegram_api=settings.telegram_api_url,
        webhook_secret=lambda: own_secret(settings.var_dir, "alerts-webhook"),
        outside=Outside((settings.telegram_api_url, *settings.inside_origins)),
    )


def _wording(settings: Settings, content: ContentStore, clock: Callable[[], datetime]) -> Wording:
    words = Words(settings.console_language)
    calendar = Calendar(ZoneInfo(settings.timezone), words)
    return Wording(words, calendar, content.topic_names, settings.console_address, clock)
