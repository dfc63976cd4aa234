"""Office hours in the gateway: contacts that citizens leave, replies that wait for a person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.approval.approvals import Approvals
from bot.approval.holding import Holding
from bot.channel import Capabilities, Channel
from bot.contacts.form import ContactForm
from bot.contacts.kept import Kept
from bot.contacts.requests import Requests
from bot.content.store import ContentStore
from bot.danger import Understand
from bot.feed import Feed
from bot.handoff.desk import HandoffDesk
from bot.identity.personal import open_seal
from bot.identity.vault import Vault
from bot.jobs import Jobs
from bot.log.records import StoredInbound
from bot.messages import utc_now
from bot.rights.consents import Consents
from bot.rights.wordings import Wordings
from bot.settings import Settings
from bot.speech import Speech

_LOOK_EVERY = 1.0
_TIDY_EVERY = 60.0
"""Seconds."""


@dataclass(frozen=True)
class OfficeHours:
    """The steps, and what they keep."""

    form: ContactForm
    holding: Holding
    requests: Requests


def build_hours(
    settings: Settings,
    engine: AsyncEngine,
    content: ContentStore,
    channels: Mapping[str, Channel],
    speech: Speech,
    desk: HandoffDesk,
    feed: Feed,
    vault: Vault,
    wordings: Wordings,
    urgent: Callable[[StoredInbound], Awaitable[object]],
    see_to: Callable[[int], Awaitable[None]],
    understand: Understand,
    clock: Callable[[], datetime] = utc_now,
) -> OfficeHours:
    """`urgent` tells danger in a message, `understand` what it may mean.

    Raises `OSError` when the secret of a first start cannot be written.
    """

    def can(channel: str) -> Capabilities:
        return channels[channel].capabilities

    requests = Requests(engine, clock)
    kept = Kept(vault, open_seal(settings), Consents(engine, clock), wordings)
    form = ContactForm(requests, kept, speech, content, can, desk.withdraw, urgent, understand)
    zone = ZoneInfo(settings.timezone)
    approvals = Approvals(engine, clock)
    holding = Holding(approvals, speech, content, feed, can, desk.request, see_to, zone)
    return OfficeHours(form, holding, requests)


def add_hours(jobs: Jobs, hours: OfficeHours) -> None:
    """What the clock does."""
    jobs.every("contacts", _LOOK_EVERY, hours.form.look)
    jobs.every("contacts_tidy", _TIDY_EVERY, hours.requests.tidy)
    jobs.every("approvals", _LOOK_EVERY, hours.holding.run)
