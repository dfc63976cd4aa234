"""What is watched of a gateway, put together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from aiohttp.typedefs import Middleware
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.readiness import Readiness
from bot.settings import Settings
from bot.telemetry.backlog import Backlog
from bot.telemetry.calls import CallWatch
from bot.telemetry.database import DatabaseWatch
from bot.telemetry.deliveries import DeliveryWatch
from bot.telemetry.inner import inner
from bot.telemetry.jobs import JobWatch
from bot.telemetry.registry import own_registry
from bot.telemetry.release import watch_release
from bot.telemetry.requests import counting
from bot.telemetry.tracing import Tracing, open_tracing
from bot.telemetry.turns import TurnWatch


@dataclass(frozen=True)
class GatewayWatch:
    """Handed to the parts that it watches."""

    registry: CollectorRegistry
    turns: TurnWatch
    deliveries: DeliveryWatch
    jobs: JobWatch
    calls: CallWatch
    requests: Middleware
    tracing: Tracing
    """To be closed at the end."""


def watch_gateway(settings: Settings) -> GatewayWatch:
    """For one gateway."""
    registry = own_registry("gateway")
    tracing = open_tracing(settings.traces_url, "gateway", settings.traces_share)
    return GatewayWatch(
        registry,
        TurnWatch(registry, tracing),
        DeliveryWatch(registry),
        JobWatch(registry),
        CallWatch(registry, _peers(settings), tracing, ("rasa", "actions")),
        counting(registry),
        tracing,
    )


def inner_gateway(
    watch: GatewayWatch,
    settings: Settings,
    engine: AsyncEngine,
    readiness: Readiness,
    clock: Callable[[], datetime],
) -> web.Application:
    """The application of the private port."""
    watch.registry.register(DatabaseWatch(engine, settings.var_dir))
    watch_release(watch.registry, settings)
    backlog = Backlog(watch.registry, engine, clock)
    app = inner(watch.registry, readiness, [backlog.read])

    async def close(_: web.Application) -> None:
        await asyncio.to_thread(watch.tracing.close)

    app.on_cleanup.append(close)
    return app


def _peers(settings: Settings) -> dict[str, str]:
    """Whom a gateway calls: Rasa, the action server, the log-in, the public services, the platforms."""
    platforms = {
        name.removesuffix("_api_url"): str(getattr(settings, name))
        for name in type(settings).model_fields
        if name.endswith("_api_url") and name != "city_api_url"
    }
    own = {
        "rasa": settings.rasa,
        "actions": settings.actions,
        "login": settings.issuer,
        "gov24": settings.gov24,
        "webhook": settings.webhook_url,
        "kakao": settings.kakao_callback_url,
    }
    return own | platforms
