"""How much a cluster takes: messages a second, by Rasa servers, and what each process works for a message."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cluster_stack import ClusterStack, cluster_with_platforms
from intent_sets import read
from load import CHANNELS, INTENTS
from load_citizens import Citizens, Messengers
from load_processes import Processes
from redis.asyncio import Redis
from rich.console import Console
from sqlalchemy import text

from bot.log.engine import open_engine

_LOW, _HIGH = 0.3, 0.8
"""Parts of what it takes at most at which latency is measured."""
_WARM_UP = 10.0
"""Seconds of load that do not count."""
_IDLE = 5.0
"""Seconds without load, of which there are `_WINDOWS`: what only one of them shows is still the start."""
_WINDOWS = 3


@dataclass
class Measured:
    """One topology under load."""

    rasa_servers: int
    messages_per_s: float
    ms_of_core: dict[str, float]
    """Processor time of a message, by process."""
    idle_cores: dict[str, float]
    """Part of a core that each works when nobody writes."""
    memory_mb: dict[str, float]
    per_message: dict[str, float] = field(default_factory=dict)
    """Of PostgreSQL and Redis."""
    points: list[dict[str, Any]] = field(default_factory=list)
    """Rate, p50_ms, p95_ms and p99_ms under a steady load, and `ms_of_core` at that rate."""
    unanswered: int = 0
    messages: int = 0


async def measure(
    folder: Path, console: Console, seconds: float, citizens: int, tell: Callable[[str], None]
) -> list[Measured]:
    """With all Rasa servers, and with one. Raises as `cluster_with_platforms` does."""
    own = read("sotong-ko")
    texts = [said for said, intent in (*own.train, *own.test) if intent in INTENTS]
    tell("클러스터를 켜고 있어요")
    async with cluster_with_platforms(folder, CHANNELS, console, log_level="WARNING") as stack:
        writers = Citizens(Messengers(stack.platforms), texts)
        found = [await _one(stack, writers, len(stack.nodes), seconds, citizens, tell)]
        for name in [name for name in stack.children if name.startswith("rasa-")][1:]:
            await stack.children.pop(name).stop()
        await asyncio.sleep(2)
        found.append(await _one(stack, writers, 1, seconds, citizens, tell))
    return found


async def _one(
    stack: ClusterStack,
    writers: Citizens,
    servers: int,
    seconds: float,
    citizens: int,
    tell: Callable[[str], None],
) -> Measured:
    processes = Processes({name: child.family for name, child in stack.children.items()})
    tell(f"Rasa {servers}대: 몸을 풀고 있어요")
    await writers.at_once(citizens, min(_WARM_UP, seconds))
    tell(f"Rasa {servers}대: 아무도 쓰지 않아요")
    idle = await _idle(processes)
    tell(f"Rasa {servers}대: {citizens}명이 함께, {seconds:.0f}초")
    before = await _counters(stack)
    processes.begin()
    most = await writers.at_once(citizens, seconds)
    used = processes.milliseconds(most.messages)
    after = await _counters(stack)
    made = Measured(
        servers,
        round(most.rate, 1),
        {name: round(ms, 3) for name, ms in used.items()},
        {name: round(part, 4) for name, part in idle.items()},
        {name: round(mb, 1) for name, mb in processes.megabytes().items()},
        {name: round((after[name] - before[name]) / most.messages, 2) for name in after},
        unanswered=most.unanswered,
        messages=most.messages,
    )
    for part in (_LOW, (_LOW + _HIGH) / 2, _HIGH):
        rate = round(most.rate * part, 1)
        tell(f"Rasa {servers}대: 초당 {rate}통, {seconds:.0f}초")
        processes.begin()
        steady = await writers.at_rate(rate, seconds)
        used = processes.milliseconds(steady.messages)
        made.points.append(
            {
                "rate": rate,
                "ms_of_core": {name: round(ms, 3) for name, ms in used.items()},
                "p50_ms": round(steady.within(0.5), 1),
                "p95_ms": round(steady.within(0.95), 1),
                "p99_ms": round(steady.within(0.99), 1),
            }
        )
        made.unanswered += steady.unanswered
        made.messages += steady.messages
    return made


async def _idle(processes: Processes) -> dict[str, float]:
    """Part of a core that each works when nobody writes: the least of some windows."""
    windows = []
    for _ in range(_WINDOWS):
        processes.begin()
        await asyncio.sleep(_IDLE)
        windows.append(processes.milliseconds(1))
    return {name: min(window[name] for window in windows) / 1000 / _IDLE for name in windows[0]}


async def _counters(stack: ClusterStack) -> dict[str, float]:
    """What PostgreSQL and Redis have done so far."""
    engine = open_engine(stack.settings.database)
    try:
        async with engine.connect() as connection:
            commits = await connection.scalar(
                text("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
            )
            wal = await connection.scalar(text("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"))
            size = await connection.scalar(text("SELECT pg_database_size(current_database())"))
            sessions = await connection.scalar(text("SELECT numbackends FROM pg_stat_database "
                                                    "WHERE datname = current_database()"))  # fmt: skip
    finally:
        await engine.dispose()
    commands = 0.0
    for name, child in stack.children.items():
        if re.fullmatch(r"redis-\d", name):
            redis = Redis(host=child.process.host, port=child.process.port)
            try:
                if (await redis.role())[0] == b"master":
                    commands += (await redis.info("stats"))["total_commands_processed"]
            finally:
                await redis.aclose()
    return {
        "postgres_commits": float(commits or 0),
        "postgres_wal_bytes": float(wal or 0),
        "postgres_bytes": float(size or 0),
        "redis_commands": commands,
        "postgres_sessions_more": float(sessions or 0),
    }
