"""The figures put together, for the gateway and the console."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content.store import ContentStore
from bot.figures.period import day_of
from bot.figures.rolling import EVERY, Rolling
from bot.figures.unusual import Watch
from bot.jobs import Jobs
from bot.settings import Settings

_NIGHT = time(3, 40)
"""When the last days are counted once more: of what was decided or refused hours later."""
_NIGHTLY = 3
"""Days."""


def build_rolling(
    settings: Settings, engine: AsyncEngine, content: ContentStore, clock: Callable[[], datetime]
) -> Rolling:
    """Counts what is in the log of a gateway."""
    zone = ZoneInfo(settings.timezone)
    watch = Watch(engine, zone)
    return Rolling(engine, content.topics, zone, settings.retention_days, clock, watch.run)


def add_figures(
    jobs: Jobs,
    settings: Settings,
    engine: AsyncEngine,
    content: ContentStore,
    clock: Callable[[], datetime],
) -> None:
    """The jobs of the gateway."""
    rolling, zone = build_rolling(settings, engine, content, clock), ZoneInfo(settings.timezone)

    async def nightly() -> int:
        today = day_of(clock(), zone)
        return await rolling.again(today - timedelta(days=_NIGHTLY), today)

    jobs.every("figures", EVERY, rolling.run)
    jobs.daily("figures_nightly", _NIGHT, nightly)
