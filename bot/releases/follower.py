"""Keeps a process on the active release: looks at one small row, and turns to what it says."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.messages import utc_now
from bot.releases import processes, stored
from bot.releases.activating import Unusable, bring_live
from bot.releases.live import live_number
from bot.releases.processes import EVERY, Serving
from bot.settings import Settings

LOOK_EVERY = 0.3
"""Seconds between two looks."""
_SOON = 1.0
"""Seconds between two signs of life while one of the others is still changing."""
_AGAIN = 10.0
"""Seconds until a release that could not be used here is tried again."""

Load = Callable[[], Awaitable[str]]
"""Reads what is live; gives what is wrong with it, else an empty text."""

log = structlog.get_logger(__name__)


class Follower:
    """For one process; `load` is called when what is live has changed, and now and then."""

    def __init__(
        self,
        engine: AsyncEngine,
        settings: Settings,
        name: str,
        load: Load,
        *,
        writes: bool = False,
        others: Sequence[Callable[[], Awaitable[Serving]]] = (),
    ) -> None:
        """`writes`: `data/` is kept in step too. `others` say what processes serve that cannot say it."""
        self._engine = engine
        self._settings = settings
        self._name = name
        self._load = load
        self._writes = writes
        self._others = others
        self._counter: int | None = None
        self._failed_at: float | None = None
        self._fault = ""
        self._told_at = float("-inf")
        self._pause = EVERY

    async def follow(self) -> None:
        """Until cancelled."""
        while True:
            try:
                if await self._look() or time.monotonic() - self._told_at > self._pause:
                    await self._tell()
            except (SQLAlchemyError, OSError) as error:
                log.error("releases_not_seen", error=type(error).__name__)
                await asyncio.sleep(EVERY)
            await asyncio.sleep(LOOK_EVERY)

    async def _look(self) -> bool:
        """Whether anything is to be told of."""
        pointer = await stored.pointer(self._engine)
        same = pointer.counter == self._counter and live_number(self._settings) == pointer.number
        waiting = self._failed_at is not None and time.monotonic() - self._failed_at < _AGAIN
        if (same and self._failed_at is None) or (pointer.counter == self._counter and waiting):
            return False
        try:
            await bring_live(self._engine, self._settings, writes=self._writes)
        except Unusable as error:
            if self._counter != pointer.counter or self._fault != str(error):
                log.error("release_unusable", number=pointer.number, error=str(error))
            self._fault, self._failed_at = str(error), time.monotonic()
        else:
            self._fault, self._failed_at = "", None
        self._counter = pointer.counter
        return True

    async def _tell(self) -> None:
        number = live_number(self._settings)
        fault = await self._load()
        now = utc_now()
        await processes.tell(self._engine, Serving(self._name, number, fault=self._fault or fault), now)
        said = [await other() for other in self._others]
        for serving in said:
            await processes.tell(self._engine, serving, now)
        self._told_at = time.monotonic()
        self._pause = EVERY if all(serving.number == number for serving in said) else _SOON


def process_name(kind: str, port: int) -> str:
    """How a process is called in the list of processes."""
    return f"{kind}@{socket.gethostname()}:{port}"
