"""Everything that can die is killed under load, and afterwards everybody has been answered, once, in order.

    python bench/faults.py [--seconds 300] [--rate 20] [--kills 32] [--seed 1]

200 citizens write on five messengers (stand-ins: real HTTP, real signatures) to a bot whose gateway, Rasa,
action server and Redis are real processes. These are killed at random, Redis is emptied, Rasa is paused, the
database's disk is full for a while. Then the log is compared with what the messengers showed. Writes
`bench/results/faults.json`; ends with status 1 when a promise of `docs/reliability.md` was broken.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from about import about, write
from faults_breaking import Breaking, Plan
from faults_citizens import Citizens
from faults_compare import Findings, compare, unfinished
from rich.console import Console
from rich.table import Table
from stack_with_platforms import Stack, stack_with_platforms

from bot.cli.train import train
from bot.settings import Settings

CHANNELS = ("kakao", "naver", "line", "telegram", "webhook")
_IN_TIME = 4.5
"""Seconds within which KakaoTalk and Naver TalkTalk get their answer."""
_QUIET_WITHIN = 600.0
"""Seconds after the load until everything must be settled."""
_NOTES = 30
"""Findings that are printed."""


@dataclass(frozen=True)
class Result:
    """One run."""

    messages: int
    """That platforms handed over and got their 200 for."""
    killed: dict[str, int]
    late: int
    """Requests of KakaoTalk or Naver TalkTalk that were answered after 4.5 s."""
    brought_again: int
    typed_again: int
    slowest_ms: int
    """The slowest of these answers."""
    found: Findings

    def figures(self) -> dict[str, int]:
        """As issue and documents name them."""
        return {
            "messages": self.messages,
            "kills": sum(self.killed.values()),
            "lost": self.found.lost,
            "duplicated": self.found.duplicated,
            "reordered": self.found.reordered,
            "uncertain": self.found.uncertain,
            "kakao_over_4500_ms": self.late,
        }

    def kept(self) -> bool:
        """Whether every promise was kept."""
        figures = self.figures()
        broken = ("lost", "duplicated", "reordered", "kakao_over_4500_ms")
        return not any(figures[name] for name in broken) and figures["uncertain"] <= figures["kills"]


async def run(plan: Plan, folder: Path, model: Path, tell: Callable[[str], None]) -> Result:
    """Start a bot in `folder`, break it as planned, wait until it is quiet, and compare.

    `tell` hears how far it is. Raises `TimeoutError` when the bot does not start, or does not come to rest.
    """
    tell("봇을 켜고 있어요")
    async with stack_with_platforms(folder, model, CHANNELS, log_level="WARNING") as stack:
        chance = random.Random(plan.seed)
        citizens = Citizens.of(stack.platforms, plan.conversations, chance)
        breaking = Breaking(stack, plan, chance)
        await _under_load(stack, plan, citizens, breaking, tell)
        tell("조용해지기를 기다리고 있어요")
        await citizens.all_brought(_QUIET_WITHIN)
        await _quiet(stack, citizens, tell)
        await breaking.look()
        tell("기록과 화면을 견주고 있어요")
        found = await compare(stack, citizens, breaking.full)
        if breaking.taken_twice or not breaking.remembered:
            moved = f"{breaking.taken_twice} of {breaking.remembered} messages moved a dialogue twice"
            found.double(moved, max(1, breaking.taken_twice))
        took = [*stack.platforms["kakao"].took, *stack.platforms["naver"].took]
        return Result(
            messages=sum(said.taken for said in citizens.said),
            killed=dict(breaking.killed),
            late=sum(seconds > _IN_TIME for seconds in took),
            brought_again=citizens.brought_again,
            typed_again=citizens.typed_again,
            slowest_ms=round(max(took) * 1000),
            found=found,
        )


async def _under_load(
    stack: Stack, plan: Plan, citizens: Citizens, breaking: Breaking, tell: Callable[[str], None]
) -> None:
    async def report() -> None:
        began = time.monotonic()
        while True:
            seconds = time.monotonic() - began
            tell(f"{seconds:.0f}초/{plan.seconds:.0f}초 · {len(citizens.said)}통 · "
                 f"죽임 {breaking.killed.total()}/{plan.kills}")  # fmt: skip
            await asyncio.sleep(1)

    tending = [asyncio.create_task(child.tend()) for child in stack.children.values()]
    tending.append(asyncio.create_task(report()))
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(citizens.write(plan.seconds, plan.rate))
            group.create_task(breaking.run())
        await stack.ready()
    finally:
        for task in tending:
            task.cancel()
        await asyncio.gather(*tending, return_exceptions=True)


async def _quiet(stack: Stack, citizens: Citizens, tell: Callable[[str], None]) -> None:
    """Until nothing is under way, or the time for it is over."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_QUIET_WITHIN):
            await settled(stack, citizens, tell)


async def settled(stack: Stack, citizens: Citizens, tell: Callable[[str], None]) -> None:
    """Wait until nothing is under way; who must write once more to get the rest of an answer does so."""
    while True:
        under_way, waiting = await unfinished(stack)
        tell(f"조용해지기를 기다리고 있어요 · 남은 차례와 배달 {under_way}, 되물을 시민 {len(waiting)}")
        if not under_way and not waiting and not stack.platforms["telegram"].updates:
            return
        if not under_way:
            for account in waiting:
                citizens.fetch(*account)
            await citizens.all_brought(_QUIET_WITHIN)
        await asyncio.sleep(0.5)


def table(result: Result, plan: Plan) -> Table:
    """The result as a table."""
    found = result.found
    rows = [
        ("메시지", str(result.messages), f"{plan.conversations}개 대화, 메신저 {len(CHANNELS)}곳"),
        ("죽인 프로세스", str(sum(result.killed.values())), _list(result.killed)),
        ("잃음", str(found.lost), "0이어야 해요"),
        ("두 번", str(found.duplicated), "0이어야 해요"),
        ("순서 바뀜", str(found.reordered), "0이어야 해요"),
        ("알 수 없음", str(found.uncertain), "죽인 수보다 많으면 안 돼요"),
        ("4.5초 넘은 카카오톡·네이버 답", str(result.late), f"가장 늦은 것 {result.slowest_ms:,} ms"),
        ("다시 가져온 메시지", str(result.brought_again), f"시민이 다시 쓴 것 {result.typed_again}"),
        ("사과로 끝난 차례", str(found.apologised), f"적지 못해 바로 사과한 것 {found.apologised_unwritten}"),
        ("기록", str(found.rows), f"화면에 보인 것 {found.shown}"),
    ]
    made = Table("", "수", "", title="고장 시험")
    for row in rows:
        made.add_row(*row)
    return made


def _list(killed: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(killed.items()))


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300.0, help="load")
    parser.add_argument("--rate", type=float, default=20.0, help="messages a second")
    parser.add_argument("--kills", type=int, default=32)
    parser.add_argument("--pause", type=float, default=60.0, help="seconds that Rasa hangs")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    plan = Plan(options.seconds, options.rate, options.kills, pause=options.pause, seed=options.seed)
    console = Console(stderr=True, highlight=False)
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # the bot dies in the midst of requests
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C: no process stays behind
    model = train(Settings(_env_file=None), console=console)
    if model is None:
        return 1
    with tempfile.TemporaryDirectory() as folder, console.status("") as status:
        result = asyncio.run(run(plan, Path(folder), model, status.update))
    console.print(table(result, plan))
    for note in result.found.notes[:_NOTES]:
        console.print(f"· {note}", markup=False)
    console.print(f"같은 차례로 다시 하려면 --seed {plan.seed}")
    extra = {"killed": result.killed, "seed": plan.seed, "seconds": plan.seconds, "rate": plan.rate}
    write("faults.json", {**result.figures(), **extra, "about": about()})
    return 0 if result.kept() else 1


if __name__ == "__main__":
    sys.exit(main())
