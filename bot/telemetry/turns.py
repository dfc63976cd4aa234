"""What is measured of turns: how many, how they ended, how long a citizen waited."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from bot.log.records import StoredInbound
from bot.messages import Reply
from bot.telemetry.passing import bound
from bot.telemetry.registry import PATIENT
from bot.telemetry.tracing import Tracing


class Taken:
    """A turn that is being taken."""

    def __init__(self) -> None:
        self.outcome = ""
        self.seconds = 0.0

    def said(self, reply: Reply, latency_ms: int) -> None:
        """The reply is committed; milliseconds since the message was written down."""
        self.outcome, self.seconds = str(reply.outcome), latency_ms / 1000


class TurnWatch:
    """Counts turns, and begins their traces; logs written meanwhile name the turn."""

    def __init__(self, registry: CollectorRegistry, tracing: Tracing | None = None) -> None:
        self._tracing = tracing or Tracing()
        self._turns = Counter("sotong_turns", "Turns that ended", ["channel", "outcome"], registry=registry)
        self._seconds = Histogram(
            "sotong_turn_seconds",
            "From a message being written down to its reply being committed",
            ["channel"],
            registry=registry,
            buckets=PATIENT,
        )
        self._interrupted = Counter(
            "sotong_turns_interrupted", "Turns that broke off and are taken again", registry=registry
        )
        self._running = Gauge("sotong_turns_running", "Turns being taken now", registry=registry)

    @contextmanager
    def turn(self, stored: StoredInbound) -> Iterator[Taken]:
        """Around one turn."""
        taken = Taken()
        self._running.inc()
        try:
            with bound(stored.id), self._tracing.span("turn") as span:
                span.set_attribute("sotong.turn", stored.id)
                yield taken
                span.set_attributes({"sotong.channel": stored.channel, "sotong.outcome": taken.outcome})
        except Exception:
            self._interrupted.inc()
            raise
        finally:
            self._running.dec()
            if taken.outcome:
                self._turns.labels(stored.channel, taken.outcome).inc()
                self._seconds.labels(stored.channel).observe(taken.seconds)
