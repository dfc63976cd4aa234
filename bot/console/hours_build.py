"""The pages of office hours, put together: contacts, replies that wait, canned replies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import aiohttp_jinja2
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.approval.approvals import Approvals
from bot.approval.holding import Holding
from bot.canned.replies import Own, Shared
from bot.canned.suggestions import Suggestions
from bot.canned.values import Values
from bot.channel import Capabilities, Channel
from bot.console.approvals import ApprovalPages
from bot.console.canned import CannedPages
from bot.console.contacts import ContactPages
from bot.console.sections import BADGES
from bot.console.talk_acts import Takeover
from bot.console.talk_parts import PARTS
from bot.contacts.requests import Requests
from bot.content.store import ContentStore
from bot.feed import Feed
from bot.handoff.desk import HandoffDesk
from bot.identity.personal import open_seal
from bot.log.queries import Transcripts
from bot.loop.tasks import Tasks
from bot.settings import Settings
from bot.speech import Speech
from bot.staff.build import Staff


def add_hours(
    app: web.Application,
    engine: AsyncEngine,
    settings: Settings,
    transcripts: Transcripts,
    gateway: Takeover,
    content: ContentStore,
    channels: Mapping[str, Channel],
    staff: Staff,
    feed: Feed,
    departments: Callable[[], Mapping[str, str]],
    clock: Callable[[], datetime],
) -> None:
    """Put the pages in. Raises `OSError` when the secret of a first start cannot be written."""
    zone = ZoneInfo(settings.timezone)
    speech = Speech(content.persona, content.call_centre, lambda: clock().astimezone(zone))
    requests, own = Requests(engine, clock), Own(engine, clock)

    def can(channel: str) -> Capabilities:
        return channels[channel].capabilities

    desk = HandoffDesk(engine, clock)
    holding = Holding(
        Approvals(engine, clock), speech, content, feed, can, desk.request, gateway.see_to, zone
    )
    approvals = ApprovalPages(holding, speech, content, staff.audit)
    contacts = ContactPages(requests, Tasks(engine, clock), open_seal(settings), staff.audit, departments)
    canned = CannedPages(
        Shared(settings.data_dir / "canned.yml"),
        own,
        Values(engine, requests, content, clock),
        Suggestions(settings.actions, settings.rasa_token.get_secret_value()),
        transcripts,
        staff.audit,
    )
    app.add_routes([*approvals.routes(), *contacts.routes(), *canned.routes()])
    app[BADGES]["approvals"] = approvals.count
    app[BADGES]["contacts"] = contacts.count
    app[PARTS] += [approvals.part, contacts.part]
    silent = frozenset(name for name, each in channels.items() if not each.capabilities.can_push)
    aiohttp_jinja2.get_env(app).globals["SILENT"] = silent
