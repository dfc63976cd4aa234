"""What befalls a bot under load: processes die, Redis is emptied, Rasa hangs, the disk is full."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import time
import zlib
from collections import Counter
from dataclasses import dataclass, field

from redis.asyncio import Redis
from redis.exceptions import RedisError
from stack_child import Child
from stack_with_platforms import Stack

from bot.redis_address import open_redis

_VICTIMS = ("gateway", "rasa", "rasa-child", "actions", "redis")


@dataclass(frozen=True)
class Plan:
    """How much is broken; times are seconds from the beginning of the load."""

    seconds: float
    rate: float
    """Messages a second."""
    kills: int
    conversations: int = 200
    pause: float = 60.0
    """How long Rasa hangs."""
    full: float = 10.0
    """How long the disk is full."""
    flushes: int = 2
    seed: int = 1


@dataclass
class Breaking:
    """Breaks things as planned, and counts."""

    stack: Stack
    plan: Plan
    random: random.Random
    killed: Counter[str] = field(default_factory=Counter)
    flushed: int = 0
    full: list[tuple[float, float]] = field(default_factory=list)
    """When the disk was full: from and to, by the monotonic clock."""
    taken_twice: int = 0
    """Messages that were found more than once in what Rasa remembers."""
    remembered: int = 0
    """All that were found there."""
    _hanging: list[int] = field(default_factory=list)

    async def run(self) -> None:
        """All of it; when it ends nothing is broken any more."""
        plan = self.plan
        work = (
            self._kill_at_random(),
            self._flush(),
            self._hang(plan.seconds * 0.4, plan.pause),
            self._fill_disk(plan.seconds * 0.2, plan.full),
        )
        try:
            async with asyncio.TaskGroup() as group:
                for one in work:
                    group.create_task(one)
        finally:
            Child.resume(self._hanging)

    async def look(self) -> None:
        """Count messages that Rasa remembers having taken twice."""
        known, repeated = await remembered(self.stack)
        self.remembered += known
        self.taken_twice += repeated

    async def _kill_at_random(self) -> None:
        """Evenly over the load, each at some moment of its share of it; every kind about equally often."""
        share, order = self.plan.seconds / (self.plan.kills + 1), list[str]()
        began = time.monotonic()
        for number in range(self.plan.kills):
            due = began + share * (number + self.random.uniform(0.3, 1.2))
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            while not (victim := next(filter(self._kill, order), "")):
                order = self.random.sample(_VICTIMS, len(_VICTIMS))
                await asyncio.sleep(0.05)
            order.remove(victim)

    def _kill(self, victim: str) -> bool:
        """`kill -9`; False for one that is just being started again."""
        name, _, child = victim.partition("-")
        family = self.stack.children[name].family()
        if len(family) < (2 if child else 1):
            return False
        os.kill(family[-1] if child else family[0], signal.SIGKILL)
        self.killed[victim] += 1
        return True

    async def _flush(self) -> None:
        share = self.plan.seconds / (self.plan.flushes + 1)
        for _ in range(self.plan.flushes):
            await asyncio.sleep(share)
            while not await self._flushed():  # noqa: ASYNC110
                await asyncio.sleep(0.2)
            self.flushed += 1

    async def _flushed(self) -> bool:
        redis = Redis.from_url(self.stack.settings.redis)
        try:
            await self.look()
            await redis.flushall()
        except (RedisError, OSError):
            return False
        finally:
            await redis.aclose()
        return True

    async def _hang(self, after: float, seconds: float) -> None:
        await asyncio.sleep(after)
        self._hanging = self.stack.children["rasa"].pause()
        await asyncio.sleep(seconds)
        Child.resume(self._hanging)

    async def _fill_disk(self, after: float, seconds: float) -> None:
        """No file of the gateway takes another byte: SQLite's writes fail as on a full disk."""
        await asyncio.sleep(after)
        gateway, began = self.stack.children["gateway"], time.monotonic()
        while time.monotonic() - began < seconds:
            if gateway.alive:  # also one that was started meanwhile
                gateway.file_limit(0)
            await asyncio.sleep(0.1)
        if gateway.alive:
            gateway.file_limit(-1)
        self.full.append((began, time.monotonic()))


async def remembered(stack: Stack) -> tuple[int, int]:
    """Messages that Rasa remembers, and how many times more than once it took them, as
    `bot.nlu.tracker_store` stores turns.
    """
    redis, repeated, known = open_redis(stack.settings.redis), 0, 0
    try:
        async for key in redis.scan_iter("turns:*"):
            found = _messages(await redis.lrange(key, 0, -1))
            known += found.total()
            repeated += sum(count - 1 for count in found.values())
    finally:
        await redis.aclose()
    return known, repeated


def _messages(turns: list[bytes]) -> Counter[str]:
    """How often each message stands in a conversation as Rasa stored it."""
    found: Counter[str] = Counter()
    for turn in turns:
        for event in json.loads(zlib.decompress(turn))["events"]:
            identity = (event.get("metadata") or {}).get("message_id")
            if event["event"] == "user" and identity:
                found[identity] += 1
    return found
