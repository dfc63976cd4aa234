"""The private port of a process: its numbers and its health, for those who look after it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bot.readiness import Readiness, add_health

log = structlog.get_logger(__name__)


def inner(
    registry: CollectorRegistry, readiness: Readiness, reads: Sequence[Callable[[], Awaitable[None]]] = ()
) -> web.Application:
    """`/metrics`, `/healthz` and `/readyz`; `reads` are awaited before the numbers are told."""
    ready = Gauge("sotong_ready", "1: this part works, as /readyz says", ["part"], registry=registry)

    async def metrics(_: web.Request) -> web.Response:
        for name, works in (await readiness.state()).items():
            ready.labels(name).set(works)
        for read in reads:
            await read()
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    add_health(app, readiness)
    return app


@asynccontextmanager
async def served(app: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """While it is served; the port, 0 for none. One that is taken keeps nobody from answering citizens."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        if port:
            try:
                await web.TCPSite(runner, host, port).start()
            except OSError as error:
                log.error("metrics_not_served", port=port, error=type(error).__name__)
                port = 0
        yield port
    finally:
        await runner.cleanup()
