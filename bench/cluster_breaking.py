"""What befalls a cluster under load, one thing after the other, each with quiet time before the next."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cluster_release import Release
from cluster_stack import ClusterStack
from redis.asyncio import Redis
from stack_child import Child

FREEZE = 15.0
"""Seconds that something hangs."""
QUIET = 22.0
"""Seconds from the end of a fault to the next one."""
_LIKE_NEW_WITHIN = 120.0
"""Seconds until everything must be up after a fault."""

Fault = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Failover:
    """One fault: when it began and when nothing was broken any more (monotonic clock)."""

    what: str
    began: float
    over: float


class Breaking:
    """The faults of a cluster by name. All processes are started again when they end (`Child.tend`)."""

    def __init__(self, stack: ClusterStack, release: Release | None, freeze: float = FREEZE) -> None:
        self._stack = stack
        self._freeze_for = freeze
        self._hanging: list[int] = []
        kinds = ("gateway", "rasa", "actions")
        self.faults: dict[str, Fault] = {
            **{f"kill -9 {kind}": self._killing(f"{kind}-1") for kind in kinds},
            **{f"freeze {kind}": self._freezing(f"{kind}-2") for kind in kinds},
            "SIGTERM gateway": self._ending("gateway-1"),
            "kill -9 redis primary": self._kill_primary,
            "freeze redis primary (Sentinel fails over)": self._freeze_primary,
            "kill -9 sentinel": self._killing("sentinel-1"),
            "restart PostgreSQL": self._restart_postgres,
            "kill -9 PostgreSQL": self._killing("postgres"),
            "kill -9 nginx": self._killing("nginx"),
        }
        if release is not None:
            self.faults["publish a release"] = release.publish

    async def run(self, names: list[str], quiet: float, tell: Callable[[str], None]) -> list[Failover]:
        """These faults in this order; when it ends nothing is broken any more."""
        done = []
        try:
            for name in names:
                tell(name)
                began = time.monotonic()
                await self.faults[name]()
                await self._like_new()
                done.append(Failover(name, began, time.monotonic()))
                await asyncio.sleep(quiet)
        finally:
            Child.resume(self._hanging)
        return done

    async def _like_new(self) -> None:
        """Until every process answers again, and a question would be. Raises `TimeoutError`."""
        await self._stack.ready(_LIKE_NEW_WITHIN)

    def _killing(self, name: str) -> Fault:
        async def kill() -> None:
            family = self._stack.children[name].family()
            # what nginx's workers hold open nobody else can; other children see that their parent has gone
            for pid in family if name == "nginx" else family[:1]:
                os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.2)

        return kill

    def _ending(self, name: str) -> Fault:
        async def end() -> None:
            child = self._stack.children[name]
            before = child.pid
            os.kill(before, signal.SIGTERM)
            await _renewed(child, before)

        return end

    def _freezing(self, name: str) -> Fault:
        async def freeze() -> None:
            self._hanging = self._stack.children[name].pause()
            await asyncio.sleep(self._freeze_for)
            Child.resume(self._hanging)

        return freeze

    async def _kill_primary(self) -> None:
        await self._killing(await self._primary())()

    async def _freeze_primary(self) -> None:
        await self._freezing(await self._primary())()

    async def _primary(self) -> str:
        """Name of the Redis that takes writes now."""
        for name, child in self._stack.children.items():
            if name.startswith("redis-"):
                redis = Redis(host=child.process.host, port=child.process.port)
                try:
                    if (await redis.role())[0] == b"master":
                        return name
                finally:
                    await redis.aclose()
        raise LookupError("no Redis is primary")

    async def _restart_postgres(self) -> None:
        """As `pg_ctl restart -m fast`: connections are cut, everything is written, it starts again."""
        child = self._stack.children["postgres"]
        before = child.pid
        os.kill(before, signal.SIGINT)
        await _renewed(child, before)


async def _renewed(child: Child, before: int) -> None:
    """Until it is another process."""
    while child.pid == before:  # noqa: ASYNC110 - nobody tells us
        await asyncio.sleep(0.05)
