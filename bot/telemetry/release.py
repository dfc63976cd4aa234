"""Which content a process answers from."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge

from bot.releases.live import live_number
from bot.settings import Settings


def watch_release(registry: CollectorRegistry, settings: Settings) -> None:
    """Tell the number of the release, read when the numbers are asked for."""
    Gauge(
        "sotong_release", "Number of the release in use; 0 = what staff edit", registry=registry
    ).set_function(lambda: live_number(settings) or 0)
