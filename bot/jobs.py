"""What the gateway does by the clock, not because somebody wrote: nightly, or every so often."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.messages import utc_now

Work = Callable[[], Awaitable[object]]

_LATE = 3600
"""Seconds after which a run that was missed is left out."""
_FIRST = 20.0
"""Seconds after the start."""

log = structlog.get_logger(__name__)


class Jobs:
    """Runs each job alone: its next time is left out while it still works. A job that fails runs again next
    time; every job must bear being run again at any moment.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone=zone, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": _LATE}
        )

    def daily(self, name: str, at: time, work: Work) -> None:
        """Every day at a time of the city's clock."""
        self._add(name, CronTrigger(hour=at.hour, minute=at.minute, timezone=self._scheduler.timezone), work)

    def every(self, name: str, seconds: float, work: Work) -> None:
        """Again and again; the first time soon, so that a program often restarted does it too."""
        self._add(name, IntervalTrigger(seconds=seconds), work, first=min(seconds, _FIRST))

    def start(self) -> None:
        """Begin; in the event loop that does the work."""
        self._scheduler.start()

    def stop(self) -> None:
        """End; what is at work is cancelled with the loop."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def _add(
        self, name: str, trigger: CronTrigger | IntervalTrigger, work: Work, first: float | None = None
    ) -> None:
        async def run() -> None:
            try:
                await work()
            except Exception:
                log.exception("job_failed", job=name)

        soon = {} if first is None else {"next_run_time": utc_now() + timedelta(seconds=first)}
        self._scheduler.add_job(run, trigger, id=name, **soon)
