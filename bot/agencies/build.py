"""The dealings with other agencies, put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.agencies.directory import Entry, own_agency
from bot.agencies.handing import Handing, Letters, Reader, Tell
from bot.agencies.keys import OwnKey
from bot.agencies.pages import AgencyPages
from bot.agencies.peers import Peers
from bot.agencies.referrals import Referrals
from bot.jobs import Jobs
from bot.settings import Settings
from bot.speech import Speech

_WORK_EVERY = 3.0
"""Seconds."""
_EXCHANGE_EVERY = 6 * 3600.0
"""Seconds."""


@dataclass(frozen=True)
class Agencies:
    """What the gateway needs of it."""

    pages: AgencyPages
    handing: Handing

    def by_the_clock(self, jobs: Jobs) -> None:
        """Work that nobody asks for."""
        jobs.every("referrals", _WORK_EVERY, self.handing.work)
        jobs.every("agencies", _EXCHANGE_EVERY, self.handing.exchange)


def build_agencies(
    settings: Settings,
    engine: AsyncEngine,
    peers: Peers,
    key: OwnKey,
    letters: Letters,
    reader: Reader,
    speech: Speech,
    tell: Tell,
    now: Callable[[], datetime],
) -> Agencies:
    """Everything but the channel by which questions come (`connectors.agency`)."""
    about = own_agency(settings.live_data)

    def own() -> Entry:
        said = about.current().model_dump()
        return Entry(**said, url=settings.own_url, key=key.public, issued_at=now())

    referrals = Referrals(engine)
    handing = Handing(peers, referrals, letters, reader, speech, tell)
    return Agencies(AgencyPages(own, key, peers, referrals, handing, now), handing)
