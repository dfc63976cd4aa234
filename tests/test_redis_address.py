"""Redis by its Sentinels: a primary that dies is replaced, and every kind of client goes on."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from redis.backoff import ConstantBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from bot.cli.stack import redis_server
from bot.feed import Feed
from bot.redis_address import BadAddress, open_blocking_redis, open_redis
from bot.settings import ROOT
from tests.gateways_support import eventually, free_ports

QUICK = {"socket_timeout": 0.3, "socket_connect_timeout": 0.3}


@dataclass
class Guarded:
    """A primary, its replica and a Sentinel."""

    address: str
    primary: subprocess.Popen[bytes]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder, (one, two, watch) = tmp_path_factory.mktemp("redis"), free_ports(3)
    conf = folder / "sentinel.conf"
    lines = (
        f"port {watch}",
        "bind 127.0.0.1",
        f"dir {folder}",
        f"sentinel monitor sotong 127.0.0.1 {one} 1",
        "sentinel down-after-milliseconds sotong 400",
        "sentinel failover-timeout sotong 3000",
    )
    conf.write_text("\n".join(lines))
    common = ("--bind", "127.0.0.1", "--save", "", "--dir", str(folder), "--repl-diskless-sync-delay", "0")
    started = [
        _started("--port", str(one), *common),
        _started("--port", str(two), *common, "--replicaof", "127.0.0.1", str(one)),
    ]
    primary = open_blocking_redis(f"redis://127.0.0.1:{one}/0", retry=Retry(ConstantBackoff(0.1), 100))
    while primary.info("replication")["connected_slaves"] == 0:  # a Sentinel seldom asks
        time.sleep(0.05)
    started.append(_started(str(conf), "--sentinel"))
    yield Guarded(f"redis+sentinel://127.0.0.1:{watch}/sotong/0", started[0])
    for process in started:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    "address",
    [
        "redis+sentinel:///sotong/0",
        "redis+sentinel://one:26379",
        "redis+sentinel://one:26379/sotong/first",
        "redis+sentinel://one:x/sotong/0",
        "redis+sentinel://one,:1/sotong",
    ],
)
def test_an_address_that_is_none_says_what_is_wanted(address: str) -> None:
    with pytest.raises(BadAddress, match="REDIS_URL"):
        open_redis(address)


def test_one_server_has_the_address_it_always_had(redis_url: str) -> None:
    assert open_blocking_redis(redis_url).ping() is True


async def test_a_frozen_primary_is_replaced_and_everybody_goes_on(guarded: Guarded) -> None:
    redis, listening = open_redis(guarded.address, **QUICK), open_redis(guarded.address, **QUICK)
    blocking = open_blocking_redis(guarded.address, **QUICK)
    speaks, hears = Feed(redis), Feed(listening, quiet=0.5)

    async def written() -> bool:
        try:
            await redis.set("name", "value")
            return await asyncio.to_thread(blocking.get, "name") == b"value"
        except (RedisError, OSError):
            return False

    await eventually(written)
    await hears.start()
    async with hears.subscribe("news") as events:
        await _heard(speaks, events)
        guarded.primary.send_signal(signal.SIGSTOP)
        await eventually(written, 15)
        await _heard(speaks, events)
    for feed in (speaks, hears):
        await feed.close()
    for each in (redis, listening):
        await each.aclose()


@pytest.mark.rasa
def test_rasas_memory_takes_the_same_address(guarded: Guarded) -> None:
    script = (
        "import asyncio; from bot.redis_address import open_redis\n"
        f"print(asyncio.run(open_redis('{guarded.address}', socket_timeout=1).ping()))"
    )
    python = ROOT / ".venv-rasa" / "bin" / "python"
    said = subprocess.run([python, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT)
    assert said.stdout == "True\n"


def _started(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([redis_server(), *arguments], stdout=subprocess.DEVNULL)


async def _heard(feed: Feed, events: object) -> None:
    """Publish until the other process hears of it."""
    number = 0
    async with asyncio.timeout(20):
        while True:
            number += 1
            await feed.publish("news", {"kind": "news", "n": number})
            try:
                event = await asyncio.wait_for(anext(events), 0.1)  # type: ignore[call-overload]
            except TimeoutError:
                continue
            if event["kind"] == "news":
                return
