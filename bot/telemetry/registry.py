"""Where a process keeps its numbers, and what every process tells of itself.

Names follow https://prometheus.io/docs/practices/naming/. A label is one of a few words of ours: a channel,
an outcome, a job. Nothing that a citizen wrote or is known by is ever one.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0)
"""Bounds of histograms, in seconds: for what is over in milliseconds."""
PATIENT = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.5, 5.0, 8.0, 15.0, 30.0, 60.0, 300.0)
"""The same for what a citizen waits for; KakaoTalk waits 5 seconds, Rasa has 8."""


def own_registry(process: str) -> CollectorRegistry:
    """The numbers of a process, with its memory, its time on the processor and its open files.

    `process` is gateway, rasa or actions.
    """
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    Gauge("sotong_process", "1: which kind of process this is", ["process"], registry=registry).labels(
        process
    ).set(1)
    return registry
