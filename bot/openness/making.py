"""The weekly scorecards: made when a week is over, once, and kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.openness.accuracy import Measuring
from bot.openness.card import monday_of, week_name
from bot.openness.reading import figures
from bot.openness.stored import Published, Scorecards
from bot.rasa import BotNotReady

EVERY = 120.0
"""Seconds between two looks whether a week is over, and whether the bot can be asked."""
_BACK = 3
"""Weeks that are made up for when nobody was there to make them."""
_WEEK = timedelta(weeks=1)
_SETTLED = timedelta(hours=1)
"""After a week's end, until its last turns have ended."""

log = structlog.get_logger(__name__)


class Making:
    """Makes what is missing. Several gateways may do so: the first to keep one wins."""

    def __init__(
        self,
        engine: AsyncEngine,
        cards: Scorecards,
        measuring: Measuring,
        names: Callable[[], Mapping[str, str]],
        zone: ZoneInfo,
        clock: Callable[[], datetime],
        kept: timedelta,
    ) -> None:
        """`names`: id of an answer → what its topic is called. `kept`: so long conversations stay in the log;
        of a longer time not all can be counted.
        """
        self._engine = engine
        self._cards = cards
        self._measuring = measuring
        self._names = names
        self._zone = zone
        self._clock = clock
        self._kept = kept
        self._alone = asyncio.Lock()

    async def run(self) -> None:
        """Make the weeks that are over, then ask the published questions for the newest."""
        newest = await self.published()
        if newest and newest[0].accuracy is None:
            try:
                accuracy = await self._measuring.measure()
            except BotNotReady as error:
                log.warning("accuracy_not_measured", reason=str(error))
                return
            await self._cards.keep_accuracy(newest[0].week, accuracy)
            log.info("accuracy_measured", asked=accuracy.asked, right=accuracy.right)

    async def published(self) -> Sequence[Published]:
        """The newest first; the last week that is over is there, unless the log has forgotten of it."""
        async with self._alone:
            known = await self._cards.newest()
            missing = self._missing([card.week for card in known])
            for monday in missing:
                begin, end = (self._midnight(day) for day in (monday, monday + _WEEK))
                counted = await figures(self._engine, begin, end, self._names())
                await self._cards.keep(monday, counted, self._clock())
                log.info("scorecard_made", week=week_name(monday))
            return await self._cards.newest() if missing else known

    def _missing(self, known: Sequence[date]) -> list[date]:
        """Mondays of the weeks to make, the oldest first. The first time it is the last week alone."""
        now = self._clock()
        last = monday_of((now - _SETTLED).astimezone(self._zone).date()) - _WEEK
        weeks = [last - back * _WEEK for back in reversed(range(_BACK if known else 1))]
        return [
            monday
            for monday in weeks
            if monday > (known[0] if known else date.min) and self._midnight(monday) > now - self._kept
        ]

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._zone)
