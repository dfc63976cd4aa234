"""The gateway's part of consent and rights, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.channel import Channel
from bot.content.live_file import LiveFile
from bot.content.store import ContentStore
from bot.jobs import Jobs
from bot.messages import utc_now
from bot.rights.forgetting import Forget, Forgetting
from bot.rights.notices import Notices
from bot.rights.pseudonym import Pseudonyms
from bot.rights.receipts import Receipts
from bot.rights.retention import Retention, RetentionFile
from bot.rights.tombstones import Tombstones
from bot.rights.wordings import NoticesFile, Wordings
from bot.settings import Settings

_PURGE_EVERY = 3600.0
"""Seconds."""
_FORGET_EVERY = 60.0
"""Seconds until memories that were out of reach are asked again to forget."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Rights:
    """What the gateway needs of it."""

    wordings: Wordings
    notices: Notices
    forgetting: Forgetting
    retention: Retention
    receipts: Receipts


def build_rights(
    settings: Settings,
    engine: AsyncEngine,
    content: ContentStore,
    channels: Mapping[str, Channel],
    memories: Sequence[Forget],
    clock: Callable[[], datetime] = utc_now,
) -> Rights:
    """`memories` are what else remembers citizens, each under `channel:user_id`.

    Raises `ContentError` when data/notices.yml or data/retention.yml is not good, and `OSError` when secrets
    can be neither read nor made.
    """
    tombstones = Tombstones(settings.tombstones_file)
    retention = build_retention(settings, engine, tombstones, clock)
    wordings = build_wordings(settings, content)
    wordings.first()
    pseudonyms = Pseudonyms(settings.var_dir)
    return Rights(
        wordings,
        Notices(engine, wordings, channels, clock),
        Forgetting(engine, pseudonyms, tombstones, memories, clock),
        retention,
        Receipts(engine),
    )


def add_rights(jobs: Jobs, rights: Rights) -> None:
    """Removes what is too old, and lets memories that were out of reach forget."""

    async def purge() -> None:
        log.info("purged", **await rights.retention.run())

    jobs.every("purge", _PURGE_EVERY, purge)
    # every gateway knows for itself whom it must not answer from a memory
    jobs.every("forget", _FORGET_EVERY, rights.forgetting.follow, everywhere=True)


def build_wordings(settings: Settings, content: ContentStore) -> Wordings:
    """The texts of data/notices.yml."""
    days = LiveFile(settings.live_data / "retention.yml", RetentionFile)
    return Wordings(
        LiveFile(settings.live_data / "notices.yml", NoticesFile),
        lambda: content.persona().persona.city,
        lambda: (settings.retention_days, days.current().handoff_messages),
    )


def build_retention(
    settings: Settings,
    engine: AsyncEngine,
    tombstones: Tombstones,
    clock: Callable[[], datetime] = utc_now,
) -> Retention:
    """How long what is kept."""
    file = LiveFile(settings.live_data / "retention.yml", RetentionFile)
    return Retention(engine, file, settings.retention_days, tombstones, clock)
