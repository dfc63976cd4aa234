"""A cluster on this machine, under load: everything in it is killed, frozen or restarted in turn.

    python bench/cluster.py [--seconds 45] [--rate 12] [--conversations 150] [--only "freeze rasa"] [--seed 1]

Citizens write by five messengers (stand-ins: real HTTP, real signatures) through nginx to two gateways, two
Rasa servers, two action servers, PostgreSQL and Redis with a replica and Sentinels. First it is measured how
much the cluster takes with two Rasa servers and with one; then one fault follows the other at a steady rate,
a release is published in the midst of it, and the log is compared with what the messengers showed. Writes
`bench/results/cluster.json`; ends with status 1 when a message was lost or answered twice, or when citizens
noticed a fault for longer than ten seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import math
import random
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from about import about, write
from cluster_breaking import QUIET, Breaking
from cluster_load import Measured, measure
from cluster_recovery import Recovery, Timed, recoveries, within
from cluster_release import prepare
from cluster_stack import cluster_with_platforms
from faults import settled
from faults_breaking import remembered
from faults_citizens import Citizens
from faults_compare import Findings, compare
from rich.console import Console
from rich.table import Table

CHANNELS = ("kakao", "naver", "line", "telegram", "webhook")
_BEFORE = 30.0
"""Seconds of load before the first fault: what is normal."""
_BACK_WITHIN = 10.0
"""Seconds that citizens may notice a fault."""
_QUIET_WITHIN = 300.0
"""Seconds after the load until everything must be settled."""
_NOTES = 40
"""Findings that are printed."""


@dataclass(frozen=True)
class Plan:
    """How much load, and which faults."""

    rate: float
    conversations: int = 150
    seed: int = 1
    before: float = _BEFORE
    quiet: float = QUIET
    freeze: float = 15.0
    faults: tuple[str, ...] = ()
    """By name; empty = all."""
    release: bool = True


@dataclass(frozen=True)
class Result:
    """One run with faults."""

    topology: dict[str, int]
    messages: int
    found: Findings
    normal_p95_ms: float
    recoveries: list[Recovery]
    release_s: float | None
    """Seconds until every process served the release."""
    typed_again: int
    brought_again: int

    def kept(self) -> bool:
        """Whether every promise was kept."""
        late = [one for one in self.recoveries if one.recovered_s > _BACK_WITHIN]
        return not (self.found.lost or self.found.duplicated or self.found.reordered or late)


async def run(plan: Plan, folder: Path, console: Console, tell: Callable[[str], None]) -> Result:
    """Start a cluster in `folder`, break it as planned, wait until it is quiet, and compare.

    Raises `TimeoutError` when something does not start or does not come to rest.
    """
    tell("클러스터를 켜고 있어요")
    async with cluster_with_platforms(folder, CHANNELS, console, log_level="WARNING") as stack:
        release = await prepare(stack, folder, console) if plan.release else None
        citizens = Citizens.of(stack.platforms, plan.conversations, random.Random(plan.seed))
        breaking = Breaking(stack, release, plan.freeze)
        names = list(plan.faults or breaking.faults)
        if unknown := set(names) - breaking.faults.keys():
            raise SystemExit(f"no such fault: {', '.join(unknown)}; there are: {', '.join(breaking.faults)}")
        tending = [asyncio.create_task(child.tend()) for child in stack.children.values()]
        writing = asyncio.create_task(citizens.write(3600.0, plan.rate))
        try:
            tell(f"초당 {plan.rate:g}통씩, 아직 아무 일도 없어요")
            await asyncio.sleep(plan.before)
            failovers = await breaking.run(
                names, plan.quiet, lambda what: tell(f"{names.index(what) + 1}/{len(names)} · {what}")
            )
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
        end = time.monotonic()
        try:
            tell("조용해지기를 기다리고 있어요")
            await citizens.all_brought(_QUIET_WITHIN)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_QUIET_WITHIN):
                    await settled(stack, citizens, tell)
        finally:
            for task in tending:
                task.cancel()
            await asyncio.gather(*tending, return_exceptions=True)
        tell("기록과 화면을 견주고 있어요")
        outages = [(one.began, one.over) for one in failovers if "PostgreSQL" in one.what]
        found = await compare(stack, citizens, outages)
        known, moved = await remembered(stack)
        if moved or not known:
            found.double(f"{moved} of {known} messages moved a dialogue twice", max(1, moved))
        timed = _timed(citizens, found)
        first = failovers[0].began
        return Result(
            topology=stack.topology(),
            messages=sum(said.taken for said in citizens.said),
            found=found,
            normal_p95_ms=1000 * within([one for one in timed if one.at < first], 0.95),
            recoveries=recoveries(timed, failovers, end),
            release_s=release.everywhere_after if release else None,
            typed_again=citizens.typed_again,
            brought_again=citizens.brought_again,
        )


def _timed(citizens: Citizens, found: Findings) -> list[Timed]:
    """How long each citizen who was heard had to wait for the answer.

    KakaoTalk shows nothing but responses: a late answer waits until the citizen writes again. There counts
    what the response said, an answer or that it will take longer; so it does for what could not be written.
    """
    responses: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for name in ("kakao", "naver"):
        for shown in citizens.platforms[name].shown:
            responses[name, shown.user_id].append(shown.at)
    timed = []
    for said in citizens.said:
        at = found.answered.get(said.number, math.inf)
        if said.platform == "kakao" or math.isinf(at):
            came = responses.get((said.platform, said.user_id), [])
            at = min(at, *(when for when in came if when >= said.at), math.inf)
        if said.taken:
            timed.append(Timed(said.at, at - said.at, said.platform))
    return timed


def show(console: Console, result: Result | None, measured: list[Measured]) -> None:
    """Both as tables."""
    for one in measured:
        table = Table(
            "프로세스",
            "한 통에 쓴 코어",
            "메모리",
            title=f"Rasa {one.rasa_servers}대: 초당 {one.messages_per_s:g}통",
        )
        for name, ms in sorted(one.ms_of_core.items()):
            table.add_row(name, f"{ms:.2f} ms", f"{one.memory_mb.get(name, 0):.0f} MB")
        table.add_row("모두", f"{sum(one.ms_of_core.values()):.2f} ms", "")
        console.print(table)
    if result is None:
        return
    found = result.found
    table = Table("무엇", "돌아오기까지", "가장 느린 답", "느린 답", title="장애")
    for one in result.recoveries:
        slow = ", ".join(f"{platform} {count}" for platform, count in one.slow_on.items())
        table.add_row(one.what, f"{one.recovered_s:.1f}초", f"{one.slowest_s:.1f}초", slow)
    console.print(table)
    told = {
        "메시지": result.messages,
        "잃음": found.lost,
        "두 번": found.duplicated,
        "순서 바뀜": found.reordered,
        "알 수 없음": found.uncertain,
        "사과": found.apologised,
        "평소 p95": f"{result.normal_p95_ms:.0f} ms",
    }
    console.print(" · ".join(f"{name} {value}" for name, value in told.items()))
    for note in found.notes[:_NOTES]:
        console.print(f"· {note}", markup=False)


def as_json(result: Result | None, measured: list[Measured]) -> dict[str, Any]:
    """As issue and documents name it."""
    made: dict[str, Any] = {
        "throughput": {str(one.rasa_servers): one.messages_per_s for one in measured},
        "measured": [asdict(one) for one in measured],
    }
    if result is not None:
        failovers = [{key: _plain(value) for key, value in asdict(one).items()} for one in result.recoveries]
        made |= {
            "topology": result.topology,
            "messages": result.messages,
            "lost": result.found.lost,
            "duplicated": result.found.duplicated,
            "reordered": result.found.reordered,
            "uncertain": result.found.uncertain,
            "apologised": result.found.apologised,
            "apologised_unwritten": result.found.apologised_unwritten,
            "normal_p95_ms": round(result.normal_p95_ms, 1),
            "failovers": failovers,
            "release_everywhere_s": result.release_s,
        }
    return made


def _plain(value: Any) -> Any:
    """Seconds with two digits; None for those that never ended."""
    if not isinstance(value, float):
        return value
    return round(value, 2) if math.isfinite(value) else None


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=45.0, help="of each load that is measured")
    parser.add_argument("--citizens", type=int, default=32, help="who write at once when it is measured")
    parser.add_argument("--rate", type=float, default=12.0, help="messages a second beside the faults")
    parser.add_argument("--conversations", type=int, default=150)
    parser.add_argument("--only", action="append", default=[], help="this fault (several times)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-load", action="store_true", help="only the faults")
    parser.add_argument("--no-faults", action="store_true", help="only how much it takes")
    options = parser.parse_args()
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # the bot dies in the midst of requests
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C: no process stays behind
    began = time.monotonic()

    def tell(what: str) -> None:
        status.update(what)
        if not console.is_terminal and what.partition("·")[0] not in said:
            said.add(what.partition("·")[0])
            console.print(f"{time.monotonic() - began:5.0f}초  {what}")

    said: set[str] = set()
    measured: list[Measured] = []
    result = None
    with tempfile.TemporaryDirectory(prefix="cluster-", dir="/tmp") as name, console.status("") as status:
        folder = Path(name)
        if not options.no_load:
            (folder / "load").mkdir(parents=True)
            folder.chmod(0o711)
            measured = asyncio.run(measure(folder / "load", console, options.seconds, options.citizens, tell))
        if not options.no_faults:
            release = not options.only or "publish a release" in options.only
            plan = Plan(
                options.rate,
                options.conversations,
                options.seed,
                faults=tuple(options.only),
                release=release,
            )
            (folder / "faults").mkdir(parents=True)
            folder.chmod(0o711)
            result = asyncio.run(run(plan, folder / "faults", console, tell))
    show(console, result, measured)
    made = as_json(result, measured)
    if options.no_load or options.no_faults or options.only:
        print(json.dumps(made, ensure_ascii=False, indent=1))
    else:
        write("cluster.json", {**made, "rate": options.rate, "about": about()})
    good = all(not one.unanswered for one in measured) and (result is None or result.kept())
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
