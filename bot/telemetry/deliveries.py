"""What is measured of deliveries: what platforms took, refused, or left open, and how soon."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from bot.telemetry.registry import PATIENT


class DeliveryWatch:
    """Counts calls that carry messages to a platform."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._ends = Counter(
            "sotong_deliveries",
            "Calls to platforms by what became of them: taken, failed, uncertain, later (when the citizen "
            "writes next) or again (another try follows)",
            ["channel", "end"],
            registry=registry,
        )
        self._replied = Histogram(
            "sotong_reply_seconds",
            "From a message being written down to the platform having taken the reply",
            ["channel"],
            registry=registry,
            buckets=PATIENT,
        )

    def attempt(self, channel: str, end: str, waited: float | None) -> None:
        """One call is over; `waited` are the seconds that the citizen has waited for this reply."""
        self._ends.labels(channel, end).inc()
        if waited is not None and end == "taken":
            self._replied.labels(channel).observe(waited)
