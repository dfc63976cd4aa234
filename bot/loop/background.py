"""Grouping in a process of its own, which ends with the work: it reads the encoder and the morphemes, half a
gigabyte that the process which answers citizens should not carry.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import open_engine, reading
from bot.loop.marks import Marks
from bot.loop.tables import InboxLine
from bot.messages import utc_now
from bot.settings import Settings

EVERY = 600.0
"""Seconds between two looks whether there is something to group: a run costs ten seconds of a processor."""
_LONGEST = timedelta(minutes=30)
"""A run that began before is none any more."""
_MARK = "grouping"


class Regrouping:
    """Groups what waits, one run at a time however many gateways there are."""

    def __init__(
        self, engine: AsyncEngine, settings: Settings, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._marks = Marks(engine)
        self._clock = clock

    async def run(self) -> int:
        """Group what waits for it; how many lines that were. Nothing is started where nothing waits.

        Raises `EncoderUnavailable` when the encoder cannot be loaded.
        """
        if not await self._waiting() or not await self._marks.claim(_MARK, self._clock(), _LONGEST):
            return 0
        spawn = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(1, mp_context=spawn)
        try:
            return await asyncio.get_running_loop().run_in_executor(
                pool,
                group,
                self._settings.database,
                self._settings.encoder,
                self._settings.var_dir / "encoder",
            )
        finally:
            pool.shutdown(wait=False)
            await self._marks.set(_MARK, "", self._clock())

    async def _waiting(self) -> int:
        query = select(func.count()).select_from(InboxLine).where(InboxLine.group_id.is_(None))
        async with reading(self._engine) as session:
            return await session.scalar(query) or 0


def group(database: str, encoder: str, adapted: Path) -> int:
    """What the other process does."""
    from bot.encoder.encoder import load_encoder  # noqa: PLC0415 - only this process pays for them
    from bot.loop.grouping import Grouping  # noqa: PLC0415
    from bot.text.morphemes import Morphemes  # noqa: PLC0415
    from bot.text.recent import RecentMorphemes  # noqa: PLC0415

    os.nice(10)
    made = load_encoder(encoder, RecentMorphemes(Morphemes()), adapted)

    async def run() -> int:
        engine = open_engine(database)
        try:
            return await Grouping(engine, made).run()
        finally:
            await engine.dispose()

    return asyncio.run(run())
