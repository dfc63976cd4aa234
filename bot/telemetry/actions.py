"""What is watched of an action server, put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import looking
from bot.readiness import Check, Readiness
from bot.settings import Settings
from bot.telemetry.calls import CallWatch
from bot.telemetry.database import DatabaseWatch
from bot.telemetry.inner import inner, served
from bot.telemetry.registry import QUICK, own_registry
from bot.telemetry.release import watch_release
from bot.telemetry.tracing import Tracing, open_tracing

_RESULTS = {200: "done", 400: "left", 449: "wants_domain"}
"""Statuses of rasa-sdk's `/webhook`: a form that leaves a message to others says 400. Others are failures."""
_OTHER = "other"
_ALIVE = text("SELECT 1")


@dataclass(frozen=True)
class ActionWatch:
    """Handed to the parts that it watches."""

    registry: CollectorRegistry
    tracing: Tracing
    calls: CallWatch
    _settings: Settings
    _inner: web.Application
    _runs: Counter
    _seconds: Histogram

    def acted(self, request: Any, response: Any, seconds: float) -> None:
        """Rasa's call of an action has been answered."""
        result = _RESULTS.get(response.status, "failed")
        name = str(request.json["next_action"]) if response.status in _RESULTS else _OTHER
        self._runs.labels(name, result).inc()
        self._seconds.labels(name).observe(seconds)

    @asynccontextmanager
    async def served(self, port: int) -> AsyncIterator[None]:
        """While the numbers of the server at `port` are told."""
        settings = self._settings
        try:
            async with served(self._inner, settings.metrics_host, settings.metrics_of(port)):
                yield
        finally:
            await asyncio.to_thread(self.tracing.close)


def watch_actions(settings: Settings, engine: AsyncEngine, answers: Callable[[], int]) -> ActionWatch:
    """For one action server; `answers` counts those that can be found."""
    registry = own_registry("actions")
    registry.register(DatabaseWatch(engine, settings.var_dir))
    watch_release(registry, settings)
    Gauge("sotong_answers", "Answers that can be found", registry=registry).set_function(answers)

    async def index() -> bool:
        return answers() > 0

    tracing = open_tracing(settings.traces_url, "actions", settings.traces_share)
    return ActionWatch(
        registry,
        tracing,
        CallWatch(registry, {"city": settings.city_api}, tracing, ("city",)),
        settings,
        inner(registry, Readiness({"answers": index, "database": _answers(engine)})),
        Counter("sotong_actions", "Calls of actions", ["action", "result"], registry=registry),
        Histogram(
            "sotong_action_seconds", "Until an action was done", ["action"], registry=registry, buckets=QUICK
        ),
    )


def _answers(engine: AsyncEngine) -> Check:
    async def database() -> bool:
        try:
            async with looking(engine) as connection:
                await connection.execute(_ALIVE)
        except (SQLAlchemyError, OSError):
            return False
        return True

    return database
