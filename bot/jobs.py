"""What the gateway does by the clock, not because somebody wrote: nightly, or every so often."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from prometheus_client import CollectorRegistry

from bot.messages import utc_now
from bot.telemetry.jobs import JobWatch

Work = Callable[[], Awaitable[object]]
OnDuty = Callable[[str], Awaitable[bool]]
"""Whether this process is the one that does something, by its name."""

_LATE = 3600
"""Seconds after which a run that was missed is left out."""
_FIRST = 20.0
"""Seconds after the start."""
_LET_GO = 5.0
"""Seconds at most that a stop waits for what was at work."""

log = structlog.get_logger(__name__)


async def _always(_: str) -> bool:
    return True


class Jobs:
    """Runs each job alone: its next time is left out while it still works. A job that fails runs again next
    time; every job must bear being run again at any moment.

    Of several gateways the one that is `on_duty` for a job runs it; when it dies, another does next time.
    """

    def __init__(self, zone: ZoneInfo, watch: JobWatch | None = None, on_duty: OnDuty = _always) -> None:
        self._watch = watch or JobWatch(CollectorRegistry())
        self._on_duty = on_duty
        self._at_work: set[asyncio.Task[Any]] = set()
        self._scheduler = AsyncIOScheduler(
            timezone=zone, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": _LATE}
        )

    def daily(self, name: str, at: time, work: Work, *, everywhere: bool = False) -> None:
        """Every day at a time of the city's clock. `everywhere`: every gateway does it for itself."""
        trigger = CronTrigger(hour=at.hour, minute=at.minute, timezone=self._scheduler.timezone)
        self._add(name, trigger, work, everywhere=everywhere)

    def every(self, name: str, seconds: float, work: Work, *, everywhere: bool = False) -> None:
        """Again and again; the first time soon, so that a program often restarted does it too."""
        first = min(seconds, _FIRST)
        self._add(name, IntervalTrigger(seconds=seconds), work, first, everywhere=everywhere)

    def start(self) -> None:
        """Begin; in the event loop that does the work."""
        self._scheduler.start()

    async def stop(self) -> None:
        """End: what is at work is cancelled and has a moment to let go of what it uses."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)  # at the loop's next turn
            await asyncio.sleep(0)
            if self._at_work:
                await asyncio.wait(self._at_work, timeout=_LET_GO)

    def _add(
        self,
        name: str,
        trigger: CronTrigger | IntervalTrigger,
        work: Work,
        first: float | None = None,
        *,
        everywhere: bool,
    ) -> None:
        async def run() -> None:
            if task := asyncio.current_task():
                self._at_work.add(task)
                task.add_done_callback(self._at_work.discard)
            try:
                if not everywhere and not await self._on_duty(f"job:{name}"):
                    return
                with self._watch.run(name):
                    await work()
            except asyncio.CancelledError:  # the scheduler would call it an error
                log.info("job_stopped", job=name)
            except Exception:
                log.exception("job_failed", job=name)

        soon = {} if first is None else {"next_run_time": utc_now() + timedelta(seconds=first)}
        self._scheduler.add_job(run, trigger, id=name, **soon)
