"""The gateway's part of reports and ideas, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import aiohttp
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.channel import Channel
from bot.content.live_file import LiveFile
from bot.content.store import ContentStore
from bot.identity.personal import open_seal
from bot.identity.vault import Vault
from bot.jobs import Jobs
from bot.settings import Settings
from bot.voices.board import Board
from bot.voices.categories import Voices
from bot.voices.contact import Contacts
from bot.voices.delivery import DepartmentApi, ReportCourier
from bot.voices.ideas import Ideas
from bot.voices.news import Tell, Teller
from bot.voices.pages import VoicePages
from bot.voices.reports import Reports

_TELL_EVERY = 3.0
_DELIVER_EVERY = 5.0
_FOLLOW_EVERY = 60.0
"""Seconds."""


@dataclass(frozen=True)
class VoiceDesk:
    """What the pages work with."""

    reports: Reports
    ideas: Ideas
    board: Board
    contacts: Contacts
    voices: Callable[[], Voices]
    content: ContentStore
    pages: VoicePages


def build_voices(
    settings: Settings,
    engine: AsyncEngine,
    content: ContentStore,
    vault: Vault,
    clock: Callable[[], datetime],
) -> VoiceDesk:
    """Raises `bot.content.problem.ContentError` when data/voices.yml is not good."""
    voices = LiveFile(settings.live_data / "voices.yml", Voices)
    voices.current()
    board = Board(engine)
    return VoiceDesk(
        Reports(engine, clock),
        Ideas(engine, clock),
        board,
        Contacts(vault, open_seal(settings), engine, clock),
        voices.current,
        content,
        VoicePages(board, voices.current, content, settings),
    )


def add_voices(
    jobs: Jobs,
    desk: VoiceDesk,
    settings: Settings,
    engine: AsyncEngine,
    session: aiohttp.ClientSession,
    tell: Tell,
    clock: Callable[[], datetime],
    channels: Mapping[str, Channel],
) -> None:
    """What nobody asks for: reports go to their departments, news of them comes back and is told."""
    api = DepartmentApi(session, settings.city_api, settings.city_api_key.get_secret_value())
    courier = ReportCourier(desk.reports, api, desk.contacts, desk.content.departments, channels)
    jobs.every("voices-tell", _TELL_EVERY, Teller(engine, tell, desk.content.persona, clock).run)
    jobs.every("voices-deliver", _DELIVER_EVERY, courier.deliver)
    jobs.every("voices-follow", _FOLLOW_EVERY, courier.follow)
