"""The private port of a Rasa server: numbers and health, from the process whose children do the work.

It is there while a model is still being loaded, and it asks the child that serves before it says that all is
well. One request at a time, between two looks at the children; every wait is short.
"""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Mapping, Optional, Tuple

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

logger = logging.getLogger("bot.nlu.fleet")

_ABOVE = 1000
"""How far a private port is above the process's own, where the settings name none (`bot.settings`)."""
_JSON = "application/json"
_WITHIN = 1.0
"""Seconds that the child, or who asks us, may take."""

Answer = Tuple[int, str, bytes]


class FleetWatch:
    """What a fleet tells of its children."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.serving = False
        """Whether there is a child that has answered."""
        self._model = Gauge("sotong_rasa_model", "1: this model answers", ["model"], registry=self.registry)
        self._since = Gauge(
            "sotong_rasa_model_timestamp_seconds", "Since when this model answers", registry=self.registry
        )
        self._deaths = Counter(
            "sotong_rasa_deaths", "Servers that ended by themselves", registry=self.registry
        )
        self._refused = Counter(
            "sotong_rasa_models_refused", "Models that could not be used", registry=self.registry
        )
        self._trainings = Counter(
            "sotong_rasa_trainings", "Trainings of what is live", ["result"], registry=self.registry
        )

    def answers(self, model: str) -> None:
        """A server with this model has taken over."""
        self.serving = True
        self._model.clear()
        self._model.labels(model).set(1)
        self._since.set_to_current_time()

    def died(self) -> None:
        """The server has ended; another is to come."""
        self.serving = False
        self._deaths.inc()

    def refused(self) -> None:
        """A model could not be used."""
        self._refused.inc()

    def trained(self, well: bool) -> None:
        """A training is over."""
        self._trainings.labels("done" if well else "failed").inc()


class Inner:
    """Answers for a fleet at `place`; `child` is the address of the one who serves, `token` lets us in."""

    def __init__(self, watch: FleetWatch, place: Tuple[str, int], child: str, token: str) -> None:
        self._watch = watch
        self._child = child
        self._query = f"?token={token}" if token else ""
        self._server: Optional[HTTPServer] = None
        if place[1]:
            try:
                self._server = HTTPServer(place, _handler(self))
            except OSError as error:
                logger.error("the numbers are not served on port %s: %s", place[1], type(error).__name__)

    def wait(self, seconds: float) -> bool:
        """Answer a request, if one comes in time; False, at once, when there is no port to listen at."""
        if self._server is None:
            return False
        self._server.timeout = seconds
        self._server.handle_request()
        return True

    def close(self) -> None:
        """In children: the port is their parent's."""
        if self._server is not None:
            self._server.server_close()

    def answer(self, path: str) -> Answer:
        """Status, type and body for a path."""
        if path == "/healthz":
            return self._health()
        if path == "/readyz":
            ready = self._watch.serving and self._ask("/status")[0] == 200
            return 200 if ready else 503, _JSON, json.dumps({"model": ready}).encode()
        if path == "/metrics":
            of_child = self._ask("/metrics")[1] if self._watch.serving else b""
            return 200, CONTENT_TYPE_LATEST, generate_latest(self._watch.registry) + of_child
        return 404, _JSON, b"{}"

    def _health(self) -> Answer:
        """A child that says nothing any more is no life, one that loads its model is."""
        if not self._watch.serving:
            return 200, _JSON, b'{"status": "loading"}'
        lives = self._ask("/status")[0] != 0
        return 200 if lives else 503, _JSON, json.dumps({"status": "ok" if lives else "silent"}).encode()

    def _ask(self, path: str) -> Tuple[int, bytes]:
        """The child's answer; status 0 when it has none."""
        try:
            with urllib.request.urlopen(self._child + path + self._query, timeout=_WITHIN) as response:  # noqa: S310 - our own address
                return response.status, response.read() if response.status == 200 else b""
        except urllib.error.HTTPError as error:
            return error.code, b""
        except OSError:
            return 0, b""


def place(environment: Mapping[str, str], port: int) -> Tuple[str, int]:
    """Where the numbers of the server at `port` are told: settings as in `bot.settings`; port 0 = nowhere."""
    given = environment.get("SOTONG_METRICS_PORT", "")
    return environment.get("SOTONG_METRICS_HOST") or "127.0.0.1", int(given) if given else port + _ABOVE


def _handler(inner: Inner) -> type:
    class Handler(BaseHTTPRequestHandler):
        timeout = _WITHIN

        def do_GET(self) -> None:
            status, kind, body = inner.answer(self.path.partition("?")[0])
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """No log tells who asked."""

    return Handler
