"""A primary Redis, its replica, and the Sentinels that let the replica take over.

The files of their settings are their own from then on: Redis writes down who is whose replica.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.cli.stack import Process, redis_server

PRIMARY = "sotong"
"""What Sentinels call the pair."""
_DOWN_AFTER = 2000
"""Milliseconds of silence after which a Sentinel takes a primary for dead."""


def redis_processes(
    folder: Path, servers: Sequence[str], sentinels: Sequence[str], port: int
) -> list[Process]:
    """The servers, the first of them primary, and the Sentinels, each on its own address."""
    primary = servers[0]
    wanted = []
    for number, host in enumerate(servers, start=1):
        follows = [f"replicaof {primary} {port}"] if host != primary else []
        lines = ["appendonly yes", 'save ""', f"replica-announce-ip {host}", *follows]
        wanted.append(_process(folder / f"redis-{number}", host, port, lines))
    quorum = len(sentinels) // 2 + 1
    for number, host in enumerate(sentinels, start=1):
        lines = [
            f"sentinel announce-ip {host}",
            f"sentinel monitor {PRIMARY} {primary} {port} {quorum}",
            f"sentinel down-after-milliseconds {PRIMARY} {_DOWN_AFTER}",
            f"sentinel failover-timeout {PRIMARY} 10000",
            f"sentinel parallel-syncs {PRIMARY} 1",
        ]
        wanted.append(_process(folder / f"sentinel-{number}", host, port, lines, "--sentinel"))
    return wanted


def _process(folder: Path, host: str, port: int, lines: Sequence[str], *options: str) -> Process:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "redis.conf"
    common = (f"bind {host}", f"port {port}", "protected-mode no", f'dir "{folder}"')
    file.write_text("\n".join([*common, *lines, ""]))
    command = (redis_server(), str(file), *options)
    return Process(folder.name, command, port, "", steady_after=1, host=host)
