"""The console as a web application of its own, for a port that citizens cannot reach."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp_jinja2
from aiohttp import web
from jinja2 import FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from bot.channel import Channel
from bot.console import labels
from bot.console.account import AccountPages
from bot.console.attachments import AttachmentPages
from bot.console.conversations import ConversationPages, Takeover
from bot.console.guard import guard, headers
from bot.console.ideas import IdeaPages
from bot.console.live import LiveEvents
from bot.console.operators import Operators
from bot.console.reports import ReportPages
from bot.console.rights import RightsPages
from bot.feed import Feed
from bot.log.log import ConversationLog
from bot.rights.receipts import Receipts
from bot.rights.retention import Retention
from bot.settings import Settings
from bot.voices.build import VoiceDesk

HERE = Path(__file__).parent
MAX_FORM = 64 * 1024


def build_console(
    log: ConversationLog,
    operators: Operators,
    feed: Feed,
    gateway: Takeover,
    settings: Settings,
    clock: Callable[[], datetime],
    channels: Mapping[str, Channel],
    voices: VoiceDesk,
    receipts: Receipts,
    retention: Retention,
) -> web.Application:
    """The operators' pages, with everything they need given."""
    calendar = labels.Calendar(ZoneInfo(settings.timezone))
    app = web.Application(middlewares=[headers, guard(operators)], client_max_size=MAX_FORM)
    filters: dict[str, Callable[..., str]] = {
        "short": calendar.short,
        "day": calendar.day,
        "clock": calendar.clock,
        "full": calendar.full,
        "waited": labels.waited,
        "latency": labels.latency,
        "outcome": labels.outcome,
        "tone": labels.tone,
        "marked": marked,
    }
    aiohttp_jinja2.setup(
        app,
        loader=FileSystemLoader(HERE / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        filters=filters,
    )
    env = aiohttp_jinja2.get_env(app)
    env.globals.update(
        {
            "STATES": labels.STATES,
            "CHANNELS": labels.CHANNELS,
            "AUTHORS": labels.AUTHORS,
            "DELIVERIES": labels.DELIVERIES,
            "ATTACHMENTS": labels.ATTACHMENTS,
            "REASONS": labels.REASONS,
            "INTENTS": labels.INTENTS,
        }
    )
    live = LiveEvents(feed, operators)
    pages = ConversationPages(log, gateway, operators.audit, operators.names, calendar, clock)
    attachments = AttachmentPages(log, channels, operators.audit)
    app.add_routes(
        [*AccountPages(operators).routes(), *pages.routes(), *attachments.routes(), *live.routes()]
    )
    app.add_routes(ReportPages(voices, operators.audit, channels, clock).routes())
    app.add_routes(IdeaPages(voices, operators.audit, clock).routes())
    app.add_routes(RightsPages(receipts, retention, operators.audit).routes())
    app.router.add_static("/static/", HERE / "static")
    app.on_shutdown.append(live.close)
    return app


def marked(text: str, words: str, around: int = 60) -> Markup:
    """The part of a text in which the first of the words stands, every hit in `<mark>`."""
    pattern = re.compile("|".join(re.escape(word) for word in words.split()), re.IGNORECASE)
    flat = " ".join(text.split())
    first = pattern.search(flat)
    start = max(0, first.start() - around // 2) if first else 0
    part = flat[start : start + 3 * around]
    out = escape("…" if start else "")
    position = 0
    for hit in pattern.finditer(part):
        out += escape(part[position : hit.start()]) + Markup("<mark>") + hit.group() + Markup("</mark>")
        position = hit.end()
    return out + escape(part[position:]) + ("…" if start + len(part) < len(flat) else "")
