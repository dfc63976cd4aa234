"""`/healthz` and `/readyz`: whether this process lives, and whether a question would be answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

Check = Callable[[], Awaitable[bool]]

_WITHIN = 2.0
"""Seconds that a check may take; what does not answer by then does not work."""


class Readiness:
    """What this process needs in order to answer, by name; however many ask, it is looked at once."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = dict(checks)
        self._looking: asyncio.Task[dict[str, bool]] | None = None
        self._staying = True

    def end(self) -> None:
        """Nobody is to be sent here any more, though whoever comes is answered still."""
        self._staying = False

    async def state(self) -> dict[str, bool]:
        """What works now."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        works = await asyncio.shield(self._looking)
        return works if self._staying else {**works, "staying": False}

    async def _look(self) -> dict[str, bool]:
        works = await asyncio.gather(*(_works(check) for check in self._checks.values()))
        return dict(zip(self._checks, works, strict=True))


def add_health(app: web.Application, readiness: Readiness) -> None:
    """Add both routes; `/readyz` is 503 and names what is missing until every check holds."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        state = await readiness.state()
        return web.json_response(state, status=200 if all(state.values()) else 503)

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)


async def _works(check: Check) -> bool:
    try:
        async with asyncio.timeout(_WITHIN):
            return await check()
    except TimeoutError:
        return False
