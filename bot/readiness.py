"""`/healthz` and `/readyz`: whether this process lives, and whether a question would be answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

Check = Callable[[], Awaitable[bool]]


def add_health(app: web.Application, checks: Mapping[str, Check]) -> None:
    """Add both routes; `/readyz` is 503 and names what is missing until every check holds."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        state = {name: await check() for name, check in checks.items()}
        return web.json_response(state, status=200 if all(state.values()) else 503)

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
