"""What is measured of work by the clock: when it went well last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge


class JobWatch:
    """Counts runs of jobs."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._runs = Counter("sotong_job_runs", "Runs of a job", ["task", "result"], registry=registry)
        self._success = Gauge(
            "sotong_job_last_success_timestamp_seconds",
            "When a job of this process went well last",
            ["task"],
            registry=registry,
        )
        self._seconds = Gauge(
            "sotong_job_last_seconds", "How long a job's last run took", ["task"], registry=registry
        )

    @contextmanager
    def run(self, job: str) -> Iterator[None]:
        """Around one run."""
        began, result = time.monotonic(), "failed"
        try:
            yield
            result = "done"
            self._success.labels(job).set_to_current_time()
        except asyncio.CancelledError:
            result = "stopped"
            raise
        finally:
            self._runs.labels(job, result).inc()
            self._seconds.labels(job).set(time.monotonic() - began)
