"""What is watched of one Rasa server; its parent tells it to whoever asks (`bot.nlu.inner`)."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import Iterator, Mapping

from prometheus_client import Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from sanic import HTTPResponse, Request, Sanic
from sanic.response import raw

from bot.telemetry.calls import CallWatch
from bot.telemetry.hearing import hear
from bot.telemetry.registry import QUICK, own_registry
from bot.telemetry.tracing import open_tracing

_TURN = "/webhooks/rest/webhook"
_SILENT = b"[]"


class RasaWatch:
    """Handed to the parts that it watches; made in the process that serves.

    `environment` has the settings of traces, as in `bot.settings`; `actions` is the action server's address.
    """

    def __init__(self, environment: Mapping[str, str], actions: str) -> None:
        self.registry = own_registry("rasa")
        self.tracing = open_tracing(
            environment.get("SOTONG_TRACES_URL", ""),
            "rasa",
            float(environment.get("SOTONG_TRACES_SHARE") or 1),
        )
        self.calls = CallWatch(self.registry, {"actions": actions}, self.tracing, ("actions",))
        self._turns = Counter(
            "sotong_rasa_turns", "Messages by what came of them", ["result"], registry=self.registry
        )
        self._seconds = Histogram(
            "sotong_rasa_turn_seconds", "Until a message was answered", registry=self.registry, buckets=QUICK
        )
        self._parse = Histogram(
            "sotong_rasa_understand_seconds",
            "Until a message was understood",
            registry=self.registry,
            buckets=QUICK,
        )
        self._failed = Counter(
            "sotong_rasa_action_failures", "Actions that failed", ["action"], registry=self.registry
        )

    def answered(self, _: Request, response: HTTPResponse, seconds: float) -> None:
        """A message has been answered; Rasa says 200 and nothing when it failed."""
        result = "failed" if response.status != 200 else "silent" if response.body == _SILENT else "answered"
        self._turns.labels(result).inc()
        self._seconds.observe(seconds)

    @contextmanager
    def understanding(self) -> Iterator[None]:
        """Around what makes an intent of words."""
        began = time.perf_counter()
        with self.tracing.span("understand"):
            yield
        self._parse.observe(time.perf_counter() - began)

    def failed(self, action: str) -> None:
        """An action of the domain has failed."""
        self._failed.labels(action).inc()


def tell(app: Sanic, watch: RasaWatch) -> None:
    """Count what the application does, and tell it at `/metrics`."""
    hear(app, _TURN, "understand and decide", watch.tracing, watch.answered)

    async def metrics(_: Request) -> HTTPResponse:
        return raw(generate_latest(watch.registry), content_type=CONTENT_TYPE_LATEST)

    app.add_route(metrics, "/metrics", methods=["GET"])
