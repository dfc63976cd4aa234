"""What is measured of requests to the citizens' port."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware
from prometheus_client import CollectorRegistry, Counter, Histogram

from bot.telemetry.registry import QUICK

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_SURFACES = frozenset({"webhooks", "chat", "in", "mine", "open", "voices", "agency", "healthz", "readyz"})
"""First parts of paths that are told apart; whatever else is asked for is `other`."""


def counting(registry: CollectorRegistry) -> Middleware:
    """The middleware that counts; it stands before all others. Sockets and streams have no duration."""
    requests = Counter(
        "sotong_requests", "Requests to the citizens' port", ["surface", "status"], registry=registry
    )
    seconds = Histogram(
        "sotong_request_seconds",
        "Until the answer to a request was ready",
        ["surface"],
        registry=registry,
        buckets=QUICK,
    )

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        part = request.path[1:].partition("/")[0]
        surface = part if part in _SURFACES else "other"
        began, status = time.perf_counter(), 500
        try:
            response = await handler(request)
            status = response.status
        except web.HTTPException as error:
            status = error.status
            raise
        else:
            if isinstance(response, web.Response):
                seconds.labels(surface).observe(time.perf_counter() - began)
            return response
        finally:
            requests.labels(surface, status).inc()

    return count
