"""Shadow runs in the background: one process each, its end kept in memory as long as the program runs."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.tables import Message
from bot.outcomes import Outcome
from bot.releases.releases import Releases
from bot.releases.shadow import Report, report_from
from bot.settings import ROOT, Settings

DAYS = 7
"""How far back citizens' questions are taken from."""
MOST = 3000
"""Questions of citizens, those asked most first."""
_KEPT = 10
_RETRIEVED = (Outcome.ANSWERED_FAQ, Outcome.CLARIFIED, Outcome.UNANSWERED)
"""Ends of questions that the retrieval had a part in."""
_LINE = 64 * 2**20
"""Bytes of the report's line at most."""

log = structlog.get_logger(__name__)


class Busy(Exception):
    """Another shadow run is at work."""


@dataclass
class Run:
    """One shadow run."""

    id: int
    one: int
    other: int
    began: datetime
    share: float = 0.0
    text: str = ""
    failed: bool = False
    report: Report | None = None
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def running(self) -> bool:
        """Whether it is still at work."""
        return self.report is None and not self.failed


class Shadows:
    """For the console; one run at a time."""

    def __init__(
        self, engine: AsyncEngine, settings: Settings, releases: Releases, clock: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._releases = releases
        self._clock = clock
        self._numbers = itertools.count(1)
        self._runs: dict[int, Run] = {}

    def get(self, run_id: int) -> Run | None:
        """A run of lately."""
        return self._runs.get(run_id)

    def begin(self, one: int, other: int) -> Run:
        """Begin to compare two releases. Raises `Busy`."""
        if any(run.running for run in self._runs.values()):
            raise Busy
        run = Run(next(self._numbers), one, other, self._clock())
        self._runs[run.id] = run
        for old in list(self._runs)[:-_KEPT]:
            del self._runs[old]
        run.task = asyncio.create_task(self._work(run), name=f"shadow-{run.id}")
        return run

    async def close(self, _: object = None) -> None:
        """End what is at work."""
        tasks = [run.task for run in self._runs.values() if run.task and run.running]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def questions(self) -> Sequence[tuple[str, int]]:
        """What citizens asked in the last days, masked as it is in the log, and how often."""
        since = self._clock() - timedelta(days=DAYS)
        times = func.count()
        asked = (
            select(func.max(Message.id).label("newest"), times.label("times"))
            .where(
                Message.at >= since,
                Message.direction == "in",
                Message.asked.is_not(None),
                Message.outcome.in_([str(each) for each in _RETRIEVED]),
            )
            .group_by(Message.asked)
            .order_by(times.desc(), func.max(Message.id).desc())
            .limit(MOST)
            .subquery()
        )
        query = select(Message.content, asked.c.times).join(asked, Message.id == asked.c.newest)
        async with self._engine.connect() as connection:
            rows = await connection.execute(query.order_by(asked.c.times.desc(), Message.id.desc()))
            return [(row.content["text"], row.times) for row in rows if row.content.get("text")]

    async def _work(self, run: Run) -> None:
        try:
            await self._compare(run)
        except Exception:
            # the page says that it failed, the log why
            log.exception("shadow_run_failed", one=run.one, other=run.other)
        finally:
            run.failed = run.report is None

    async def _compare(self, run: Run) -> None:
        settings = self._settings
        work = {
            "one": str(await self._releases.unpack(run.one)),
            "other": str(await self._releases.unpack(run.other)),
            "var": str(settings.var_dir.resolve()),
            "encoder": settings.encoder,
            "today": self._clock().astimezone(ZoneInfo(settings.timezone)).date().isoformat(),
            "questions": await self.questions(),
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.releases.shadow",
            cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, limit=_LINE,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            os.setpriority(os.PRIO_PROCESS, process.pid, 10)  # citizens first
            if process.stdin is None or process.stdout is None:
                raise RuntimeError("no pipes")
            process.stdin.write(json.dumps(work).encode())
            process.stdin.close()
            async for line in process.stdout:
                said = json.loads(line)
                if "report" in said:
                    run.report = report_from(said["report"])
                else:
                    run.share, run.text = said["share"], said["text"]
            if await process.wait():
                raise RuntimeError(f"ended with {process.returncode}")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
