"""The whole bot under load, on all messengers at once, and stock Rasa's REST channel under the same load.

    python bench/load.py [--seconds 60] [--soak 300] [--rate 50] [--citizens 32] [--no-stock]

Redis, Rasa, action server and gateway are real processes; stand-ins of the messengers in this program bring
signed webhooks and take the answers by HTTP. `--citizens` at a time, each writing again once answered, show
how much the bot takes; `--rate` messages a second show how long an answer takes; `--soak` seconds more show
whether memory stays flat. All processes, this one too, are kept on two cores. Writes
`bench/results/load.json` and `load_detail.json`; ends with status 1 when a message was not answered. About
twelve minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from about import about, write
from intent_sets import read
from load_citizens import Citizens, Load, Messengers, RestChannel
from load_processes import Processes, slope
from load_stock import trained_stock
from rich.console import Console
from rich.table import Table
from stack_with_platforms import stack_with_platforms
from turns_content import examples, names
from turns_servers import redis

from bot.cli.train import train
from bot.settings import Settings

CHANNELS = ("telegram", "kakao", "naver", "line", "messenger", "whatsapp", "webhook")
INTENTS = ("ask_faq", "greet", "ask_office", "ask_hours", "check_benefit", "ask_waste_day", "out_of_scope")
"""What citizens ask for: whom a person has taken over, the bot does not answer."""
_CORES = 2
_WARM_UP = 10.0
"""Seconds of load that do not count."""
_LOOK_EVERY = 5.0
"""Seconds between two looks at the memory."""
_HALF_AN_HOUR = 1800
console = Console(stderr=True, highlight=False)


@dataclass(frozen=True)
class Plan:
    """How much load, and how long."""

    seconds: float
    soak: float
    rate: float
    citizens: int


async def under_load(
    citizens: Citizens, processes: Processes, plan: Plan
) -> tuple[Load, Load, dict[str, Any]]:
    """As much as it takes, then at the rate; and what the processes used meanwhile."""
    await citizens.at_once(plan.citizens, _WARM_UP)
    console.print(f"· {plan.citizens}명이 함께, {plan.seconds:.0f}초")
    processes.begin()
    most = await citizens.at_once(plan.citizens, plan.seconds)
    used = processes.milliseconds(most.messages)
    console.print(f"  초당 {most.rate:.1f}통. 이제 초당 {plan.rate:.0f}통씩, {plan.seconds:.0f}초")
    steady = await citizens.at_rate(plan.rate, plan.seconds)
    console.print(f"  p50 {steady.within(0.5):.0f} ms, p95 {steady.within(0.95):.0f} ms")
    return most, steady, {"ms_of_cores": used, "memory_mb": processes.megabytes()}


async def soaked(citizens: Citizens, processes: Processes, plan: Plan) -> dict[str, Any]:
    """Memory over the messages that were written, under as much load as the bot takes."""
    memory: list[tuple[float, float]] = []
    written, unanswered = 0, 0
    first = last = processes.megabytes()
    for stretch in range(round(plan.soak / _LOOK_EVERY)):
        load = await citizens.at_once(plan.citizens, _LOOK_EVERY)
        written, unanswered = written + load.messages, unanswered + load.unanswered
        last = processes.megabytes()
        memory.append((written, sum(last.values())))
        if stretch % 6 == 0:
            console.print(f"· {written:,}통, 메모리 {memory[-1][1]:.0f} MB")
    settled = memory[len(memory) // 3 :]
    return {
        "soak_messages": written,
        "soak_unanswered": unanswered,
        "memory_by_messages": [[x, round(y, 1)] for x, y in memory],
        "soak_growth_mb": {name: round(last[name] - first[name], 1) for name in last},
        "mb_in_half_an_hour": slope(settled) * plan.rate * _HALF_AN_HOUR,
    }


async def ours(plan: Plan, model: Path, folder: Path) -> tuple[dict[str, float], dict[str, Any]]:
    """The whole bot. Raises `TimeoutError` when it does not start."""
    console.print("· 봇을 켜요")
    own = read("sotong-ko")
    texts = [text for text, intent in (*own.train, *own.test) if intent in INTENTS]
    async with stack_with_platforms(folder, model, CHANNELS, log_level="WARNING") as stack:
        processes = Processes({name: child.family for name, child in stack.children.items()})
        citizens = Citizens(Messengers(stack.platforms), texts)
        most, steady, detail = await under_load(citizens, processes, plan)
        detail |= await soaked(citizens, processes, plan)
        memory = sum(processes.megabytes().values())
    result = {
        "messages_per_s": most.rate,
        "p50_ms": steady.within(0.5),
        "p95_ms": steady.within(0.95),
        "rss_mb": memory,
    }
    unanswered = most.unanswered + steady.unanswered + detail["soak_unanswered"]
    return result, {**detail, "unanswered": unanswered, "messages": most.messages + steady.messages}


async def stock(plan: Plan, folder: Path) -> tuple[dict[str, float], dict[str, Any]]:
    """Stock Rasa: its own classifier and policies, replies from the domain, no action server and no log."""
    texts = [text for intent in names(100) for text in examples(intent)]
    with redis(folder) as port:
        side = trained_stock(folder / "stock", port, console)
        side.start()
        try:
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
                processes = Processes({"rasa": side.processes})
                citizens = Citizens(RestChannel(session, side.url), texts)
                most, steady, detail = await under_load(citizens, processes, plan)
        finally:
            side.stop()
    result = {"stock_messages_per_s": most.rate, "stock_p95_ms": steady.within(0.95)}
    return result, {**detail, "unanswered": most.unanswered + steady.unanswered}


def show(result: dict[str, float], detail: dict[str, Any]) -> None:
    """Both as tables."""
    table = Table("무엇", "잰 값")
    for name, value in result.items():
        table.add_row(name, f"{value:,.1f}")
    table.add_row("30분 동안 느는 메모리", f"{detail['ours']['mb_in_half_an_hour']:,.1f} MB")
    grew = ", ".join(f"{name} {mb:+.0f}" for name, mb in detail["ours"]["soak_growth_mb"].items())
    table.add_row("이어 묻는 동안 늘어난 MB", grew)
    table.add_row("답하지 못한 메시지", f"{detail['ours']['unanswered']}")
    console.print(table)
    table = Table("프로세스", "한 통에 쓴 프로세서 시간", "메모리")
    used, memory = detail["ours"]["ms_of_cores"], detail["ours"]["memory_mb"]
    for name, value in used.items():
        table.add_row(name, f"{value:.2f} ms", f"{memory[name]:.0f} MB" if name in memory else "")
    table.add_row("모두", f"{sum(used.values()):.2f} ms", f"{sum(memory.values()):.0f} MB")
    console.print(table)


def main() -> int:
    """Run it; 1 when a message got no answer or nothing could be trained."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--soak", type=float, default=300)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--citizens", type=int, default=32)
    parser.add_argument("--no-stock", action="store_true")
    given = parser.parse_args()
    plan = Plan(given.seconds, given.soak, given.rate, given.citizens)
    cores = sorted(os.sched_getaffinity(0))[:_CORES]
    os.sched_setaffinity(0, cores)  # whatever is started from here stays on them too
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C: no process stays behind
    model = train(Settings(_env_file=None), console=console)
    if model is None:
        return 1
    detail: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="load-") as name:
        result, detail["ours"] = asyncio.run(ours(plan, model, Path(name)))
        if not given.no_stock:
            (Path(name) / "other").mkdir()
            theirs, detail["stock"] = asyncio.run(stock(plan, Path(name) / "other"))
            result |= theirs
    result = {key: round(value, 1) for key, value in result.items()}
    show(result, detail)
    if not given.no_stock:
        write("load.json", result)
        write("load_detail.json", {**detail, "cores": len(cores), "rate": plan.rate, **about()})
    return 1 if detail["ours"]["unanswered"] else 0


if __name__ == "__main__":
    sys.exit(main())
