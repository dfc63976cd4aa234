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
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.channel import Channel
from bot.console import labels
from bot.console.account import AccountPages
from bot.console.alerts_build import add_alerts
from bot.console.answers_build import add_answers
from bot.console.attachments import AttachmentPages
from bot.console.audit_pages import AuditPages
from bot.console.board_build import add_board
from bot.console.entrance import EntrancePages
from bot.console.figures_build import add_figures
from bot.console.guard import guard, headers
from bot.console.hours_build import add_hours
from bot.console.ideas import IdeaPages
from bot.console.importing_build import add_imports
from bot.console.loop import add_inbox
from bot.console.people import PeoplePages
from bot.console.publish import add_publishing
from bot.console.releases import add_releases
from bot.console.reports import ReportPages
from bot.console.rights import RightsPages
from bot.console.role_names import ROLE_NAMES
from bot.console.search_build import add_search
from bot.console.sections import BADGES, frame
from bot.console.service_list import add_service_list
from bot.console.switches import switched
from bot.console.switches_build import add_switches
from bot.console.talk_acts import Takeover
from bot.console.talk_build import add_talk
from bot.console.talk_parts import PARTS
from bot.console.teaching_build import add_teaching
from bot.console.words import WORDS, Words
from bot.feed import Feed
from bot.log.log import ConversationLog
from bot.rights.receipts import Receipts
from bot.rights.retention import Retention
from bot.settings import Settings
from bot.staff.build import Staff
from bot.staff.roles import may
from bot.voices.build import VoiceDesk

HERE = Path(__file__).parent
MAX_FORM = 4 * 1024 * 1024
"""Bytes; a file of rules or of sentences, in percent signs, takes nine for a syllable. An answer of a
megabyte comes in too: the form says that it is too long, and keeps it."""


def build_console(
    log: ConversationLog,
    staff: Staff,
    feed: Feed,
    gateway: Takeover,
    settings: Settings,
    clock: Callable[[], datetime],
    channels: Mapping[str, Channel],
    voices: VoiceDesk,
    receipts: Receipts,
    retention: Retention,
    engine: AsyncEngine,
) -> web.Application:
    """The operators' pages, with everything they need given."""
    words = Words(settings.console_language)
    calendar = labels.Calendar(ZoneInfo(settings.timezone), words)
    named = labels.Labels(words)
    before = [headers, guard(staff, settings.console_proxies)]
    app = web.Application(middlewares=before, client_max_size=MAX_FORM)
    app[WORDS] = words
    app[BADGES] = {}
    app[PARTS] = []
    filters: dict[str, Callable[..., str]] = {
        "short": calendar.short,
        "day": calendar.day,
        "clock": calendar.clock,
        "full": calendar.full,
        "waited": named.waited,
        "latency": named.latency,
        "outcome": named.outcome,
        "tone": labels.tone,
        "marked": marked,
    }
    aiohttp_jinja2.setup(
        app,
        loader=FileSystemLoader(HERE / "templates"),
        context_processors=[frame, switched],
        extensions=["jinja2.ext.i18n"],
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        filters=filters,
    )
    env = aiohttp_jinja2.get_env(app)
    env.policies["ext.i18n.trimmed"] = True
    env.globals.update(
        {
            "_": words,
            "gettext": words,
            "language": words.language,
            "may": may,
            "ROLES": ROLE_NAMES,
            "open_pages": f"{settings.own_url}/open",
            "STATES": labels.STATES,
            "CHANNELS": labels.CHANNELS,
            "AUTHORS": labels.AUTHORS,
            "DELIVERIES": labels.DELIVERIES,
            "ATTACHMENTS": labels.ATTACHMENTS,
            "REASONS": labels.REASONS,
            "INTENTS": labels.INTENTS,
        }
    )
    app.add_routes(AttachmentPages(log, channels, staff.audit).routes())

    def departments() -> dict[str, str]:
        return {each.id: each.name for each in voices.content.departments().departments}

    add_talk(app, log, gateway, engine, settings, staff, feed, departments, calendar, clock)
    add_board(app, engine, feed, settings, staff, departments, clock)
    app.add_routes(EntrancePages(staff, clock, settings.staff_oidc_name).routes())
    app.add_routes(AccountPages(staff, departments).routes())
    app.add_routes(PeoplePages(staff, departments, clock).routes())
    app.add_routes(AuditPages(staff, departments, calendar).routes())
    app.add_routes(ReportPages(voices, staff.audit, channels, clock).routes())
    app.add_routes(IdeaPages(voices, staff.audit, clock).routes())
    app.add_routes(RightsPages(receipts, retention, staff.audit).routes())
    add_answers(app, engine, settings, voices.content, channels, staff.audit, clock)
    add_imports(app, engine, settings, voices.content, staff.audit, clock)
    add_teaching(app, engine, settings, staff.audit, clock)
    add_publishing(app, engine, settings, staff.audit, clock)
    add_releases(app, engine, settings, staff.audit, clock)
    add_service_list(app, engine, settings, staff.audit, clock)
    add_inbox(app, engine, settings, voices.content, staff, clock)
    add_switches(app, engine, settings, voices.content, staff, channels, gateway, clock)
    add_hours(
        app,
        engine,
        settings,
        log,
        gateway,
        voices.content,
        channels,
        staff,
        feed,
        departments,
        clock,
    )
    add_figures(app, engine, settings, voices.content, staff.audit, clock)
    add_alerts(app, engine, settings, voices.content, staff.audit, clock)
    add_search(app, engine, settings, log, voices.content, staff, calendar, clock)
    app.router.add_static("/static/", HERE / "static")
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
