"""The operators' console at work: 300 conversations, 50 operators with the board open, 1,000,000 messages.

    python bench/console.py [--messages 1000000] [--operators 50] [--citizens 300] [--rate 20] [--seconds 60]

The gateway is a process of its own, on a PostgreSQL of its own where its programs are installed, else on
SQLite. This program is the rest of the world: citizens who bring signed webhooks, Rasa and the app (which
answer at once), and every operator's browser: a stream of events each, and the transcript of a conversation
of their own, fetched again whenever something happens in it. A board event counts from the moment a citizen
sends to the moment it is in an open page. Searches and pages are then asked for one after the other. Writes
`bench/results/console.json` and `console_detail.json`; ends with status 1 where a limit is not kept.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import aiohttp
from about import about, write
from console_people import Citizens, Operators
from console_stand_ins import SECRET, StandIns
from load_processes import worked
from redis.asyncio import Redis
from stack_child import Child
from stack_with_platforms import is_setting
from turns_servers import free_port, redis

from bench.history import fill
from bot.cli.stack import environment, gateway_process
from bot.log.engine import open_engine
from bot.log.migrate import migrate
from bot.settings import ROOT, Settings
from tests.log_support import postgres_programs, postgres_server

LIMITS = {"board_event_p95_ms": 500.0, "search_p95_ms": 1000.0, "page_p95_ms": 300.0, "gateway_cores": 1.0}
SEARCHES = ("여권", "재발급 얼마", "무지개다리", "존재하지않는말", "동", "상수도 요금 한내동")
PAGES = ("/", "/?flagged=1", "/?channel=webhook", "/conversations/{id}", "/conversations/17", "/figures")
ROUNDS = 15
_START = 120.0
_TAIL = 60
"""Lines of the gateway's log that are shown when something fails."""
_CALM, _LITTLE, _AT_MOST = 25, 0.3, 900.0
"""Seconds in each of which the gateway works for less than so many, and the longest wait for them: its jobs
begin within 20 seconds."""


@contextlib.contextmanager
def database(folder: Path) -> Iterator[str]:
    """PostgreSQL, else SQLite."""
    if programs := postgres_programs():
        with postgres_server(programs) as url:
            yield url
    else:
        yield f"sqlite+aiosqlite:///{folder}/console.db"


@contextlib.asynccontextmanager
async def gateway(settings: Settings, given: dict[str, str], folder: Path) -> AsyncIterator[Child]:
    """The gateway as `sotong run` starts it, with the settings that are `given`."""
    variables = {name: value for name, value in environment(settings).items() if not is_setting(name)}
    variables |= {f"SOTONG_{name.upper()}": value for name, value in given.items()}
    variables |= {"REDIS_URL": settings.redis, "DATABASE_URL": settings.database, "PYTHONPATH": str(ROOT)}
    child = Child(gateway_process(settings), variables, folder, folder / "gateway.log")
    child.start()
    try:
        async with aiohttp.ClientSession() as session:
            await child.ready(session, _START)
        yield child
    except Exception:
        print("\n".join(child.log.read_text(errors="replace").splitlines()[-_TAIL:]), file=sys.stderr)
        raise
    finally:
        await child.stop()


async def settled(child: Child) -> None:
    """Wait until the gateway has seen to what it finds at its start, as figures of old messages."""
    begin = time.monotonic()
    calm = 0
    while calm < _CALM and time.monotonic() - begin < _AT_MOST:
        before = worked(child.pid)
        await asyncio.sleep(1.0)
        calm = calm + 1 if worked(child.pid) - before < _LITTLE else 0


def p95(times: list[float]) -> float:
    """In milliseconds."""
    return round(1000 * quantiles(times, n=20)[-1], 1)


async def asked(operators: Operators, paths: list[str]) -> dict[str, list[float]]:
    """Seconds of every path, one request after the other. Raises `RuntimeError` for a page that fails."""
    times: dict[str, list[float]] = {path: [] for path in paths}
    for _ in range(ROUNDS):
        for path in paths:
            begin = time.perf_counter()
            status = await operators.page(path)
            if status != 200:
                raise RuntimeError(f"{path}: HTTP {status}")
            times[path].append(time.perf_counter() - begin)
    return times


async def measured(
    settings: Settings, own: dict[str, str], given: argparse.Namespace, folder: Path
) -> dict[str, Any]:
    """Everything, over a database that is filled."""
    engine = open_engine(settings.database)
    stand_ins = StandIns()
    async with (
        stand_ins.served(settings),
        gateway(settings, own, folder) as child,
        Redis.from_url(settings.redis) as store,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
    ):
        citizens = Citizens(session, f"http://127.0.0.1:{settings.port}", SECRET, given.citizens)
        await settled(child)
        await citizens.all_write()
        operators = Operators(session, settings, engine, store, given.operators)
        await operators.come(citizens)
        async with operators.watching():
            await citizens.at_rate(given.rate, 10.0)  # warm
            operators.forget()
            before, begin = worked(child.pid), time.monotonic()
            sent = await citizens.at_rate(given.rate, given.seconds)
            await asyncio.sleep(1.0)
            cores = (worked(child.pid) - before) / (time.monotonic() - begin)
        events = operators.seconds
        searches = await asked(operators, [f"/search?q={words}" for words in SEARCHES])
        pages = await asked(operators, [path.format(id=citizens.conversation(0)) for path in PAGES])
    await engine.dispose()
    if len(events) < sent * given.operators:
        raise RuntimeError(f"{sent * given.operators - len(events)} events did not reach an open page")
    return {
        "board_event_p95_ms": p95(events),
        "search_p95_ms": p95([one for times in searches.values() for one in times]),
        "page_p95_ms": p95([one for times in pages.values() for one in times]),
        "gateway_cores": round(cores, 2),
        "board_event_p50_ms": round(1000 * median(events), 1),
        "board_event_max_ms": round(1000 * max(events), 1),
        "board_events": len(events),
        "transcripts_fetched": operators.fetched,
        "worst_ms": {path: round(1000 * max(times), 1) for path, times in (searches | pages).items()},
    }


async def run(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Build the database, start all, measure."""
    with database(folder) as url, redis(folder) as redis_port:
        await migrate(url)
        engine = open_engine(url)
        await fill(engine, given.messages)
        await engine.dispose()
        port, console, rasa, app = (free_port() for _ in range(4))
        own = {
            "var_dir": str(folder / "var"),
            "port": str(port),
            "console_port": str(console),
            "rasa_url": f"http://127.0.0.1:{rasa}",
            "actions_url": f"http://127.0.0.1:{rasa}",
            "webhook_secret": SECRET,
            "webhook_url": f"http://127.0.0.1:{app}/replies",
            "log_level": "WARNING",
            "retention_days": "36500",  # the history is older than anybody keeps one
        }
        places = {"database_url": url, "redis_url": f"redis://127.0.0.1:{redis_port}/0"}
        settings = Settings(**{"_env_file": None, **own, **places})  # type: ignore[arg-type]
        result = await measured(settings, own, given, folder)
        return {**result, "database": url.partition("+")[0]}


def main() -> int:
    """Run it; 1 where a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--operators", type=int, default=50)
    parser.add_argument("--citizens", type=int, default=300)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C: no process stays behind
    with tempfile.TemporaryDirectory(prefix="console-") as name:
        detail = asyncio.run(run(given, Path(name)))
    result = {"messages": given.messages, "operators": given.operators}
    result |= {key: detail.pop(key) for key in LIMITS}
    write("console.json", result)
    detail |= {"citizens": given.citizens, "rate": given.rate, "seconds": given.seconds, **about()}
    write("console_detail.json", detail)
    print(result)
    late = [key for key, limit in LIMITS.items() if result[key] > limit]
    for key in late:
        print(f"{key}: {result[key]}, allowed {LIMITS[key]}")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
