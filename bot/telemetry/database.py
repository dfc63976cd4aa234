"""What is measured of the way to the database: connections, and on SQLite the room it takes and has."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool


class DatabaseWatch(Collector):
    """Read when the numbers are asked for; `folder` is where this process writes files."""

    def __init__(self, engine: AsyncEngine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """The numbers as they are now."""
        pool = self._engine.pool
        if isinstance(pool, QueuePool):
            connections = GaugeMetricFamily(
                "sotong_database_connections", "Connections of this process", labels=["state"]
            )
            connections.add_metric(["used"], pool.checkedout())
            connections.add_metric(["idle"], pool.checkedin())
            yield connections
            room = pool.size() + max(0, pool._max_overflow)
            yield GaugeMetricFamily(
                "sotong_database_connections_most", "Connections this process may have", value=room
            )
        if self._engine.dialect.name == "sqlite" and self._engine.url.database:
            file = Path(self._engine.url.database)
            size = GaugeMetricFamily("sotong_database_bytes", "Size of SQLite's files", labels=["file"])
            for name, path in (("database", file), ("log", file.with_name(file.name + "-wal"))):
                if path.exists():
                    size.add_metric([name], path.stat().st_size)
            yield size
        yield GaugeMetricFamily(
            "sotong_disk_free_bytes",
            "Room on the disk this process writes to",
            value=shutil.disk_usage(self._folder).free,
        )
