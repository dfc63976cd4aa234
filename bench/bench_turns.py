"""A turn through Rasa, stock and ours, side by side over HTTP with the same content and a real Redis.

    python bench/bench_turns.py [--quick]

100 intents with 20 examples each, a rule for each, replies from the domain (no action server takes part).
Both servers run at once and are asked in turns, so that whatever else the machine does meets both. Writes
`bench/results/turns.json` and, with the latency over the length of a conversation, `turns_detail.json`.
About ten minutes on two quiet cores; `--quick` tries the same with short conversations and few swaps.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import time
from collections.abc import Awaitable, Callable
from itertools import chain
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import aiohttp
from about import about, write
from rich.console import Console
from turns_content import examples, names
from turns_servers import Side, ours, redis, shown, stock

INTENTS = names(100)
CLIENTS = 8
CONVERSATION = 10
"""Turns of a conversation when clients write at once: then a new citizen comes."""
SHOWN = (1, 2, 5, 10, 20, 30, 40, 50)
"""Turns at which both are shown; ours goes on."""
console = Console(stderr=True, highlight=False)


class Clients:
    """Citizens who write to one of the two."""

    def __init__(self, session: aiohttp.ClientSession, side: Side) -> None:
        self._session, self._side = session, side
        self._conversations = 0
        self.failures: list[str] = []
        self.last = ""

    def newcomer(self) -> str:
        """A name that nobody had."""
        self._conversations += 1
        return f"{self._side.name}-{self._conversations}"

    async def turn(self, sender: str, number: int) -> float:
        """One message; milliseconds until the reply is here. A wrong or missing reply is a failure."""
        intent = INTENTS[number * 37 % len(INTENTS)]
        message = {"sender": sender, "message": examples(intent)[number % 20]}
        began = time.perf_counter()
        try:
            url = f"{self._side.url}/webhooks/rest/webhook"
            async with self._session.post(url, json=message) as response:
                said = await response.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            self.failures.append(repr(error))
            said = []
        taken = (time.perf_counter() - began) * 1000
        if len(said) != 1 or "text" not in said[0]:
            self.failures.append(f"{message}: {said}")
        else:
            self.last = said[0]["text"]
        return taken

    async def first_turns(self, count: int) -> list[float]:
        """The first turns of so many citizens."""
        return [await self.turn(self.newcomer(), number) for number in range(count)]

    async def conversation(self, turns: int) -> list[float]:
        """All turns of one citizen."""
        sender = self.newcomer()
        return [await self.turn(sender, number) for number in range(turns)]

    async def rate(self, clients: int, turns: int) -> float:
        """Messages a second when so many write at once, each so many turns."""

        async def client(own: int) -> None:
            for number in range(turns):
                if number % CONVERSATION == 0:
                    sender = self.newcomer()
                await self.turn(sender, number + own * 7)

        began = time.perf_counter()
        await asyncio.gather(*(client(own) for own in range(clients)))
        return clients * turns / (time.perf_counter() - began)


async def in_turns(
    sides: list[Clients], rounds: int, ask: Callable[[Clients], Awaitable[list[float]]]
) -> list[list[list[float]]]:
    """What `ask` measures, by side and round, the sides one after the other in every round."""
    found: list[list[list[float]]] = [[] for _ in sides]
    for _ in range(rounds):
        for measured, side in zip(found, sides, strict=True):
            measured.append(await ask(side))
    return found


async def latency(sides: list[Clients], quick: bool) -> tuple[dict[str, float], dict[str, list[list[float]]]]:
    """The ratios at turn 1 and 50, our growth to turn 10,000, and the curves."""
    await in_turns(sides, 1, lambda side: side.conversation(5))  # nobody is measured cold
    console.print("· 첫 턴")
    rounds = await in_turns(sides, 3 if quick else 8, lambda side: side.first_turns(10))
    firsts = [median(chain.from_iterable(kept)) for kept in rounds]
    console.print("· 50번째 턴까지")
    long = await in_turns(sides, 2 if quick else 5, lambda side: side.conversation(52))
    curves = [
        [[1, first], *([turn, _around(kept, turn)] for turn in SHOWN[1:])]
        for first, kept in zip(firsts, long, strict=True)
    ]
    last = 500 if quick else 10_000
    mine, sender, late = sides[1], sides[1].newcomer(), list[float]()
    for number in range(last):
        late.append(await mine.turn(sender, number))
        if (number + 1) % 1000 == 0:
            console.print(f"· 소통의 {number + 1:,}번째 턴")
    # The end of the long conversation and first turns alternate, so that both meet the same machine.
    ends, starts = list[float](), list[float]()
    for number in range(40):
        ends.append(await mine.turn(sender, last + number))
        starts += await mine.first_turns(1)
    for turn in (100, 200, 500, 1000, 2000, 5000):
        if turn < last:
            curves[1].append([turn, median(late[turn - 10 : turn + 10])])
    curves[1].append([last, median(ends)])
    ratios = {
        "turn_1_ratio": firsts[0] / firsts[1],
        "turn_50_ratio": curves[0][-1][1] / next(ms for turn, ms in curves[1] if turn == 50),
        "growth_10000": median(ends) / median(starts),
    }
    return ratios, {"stock": curves[0], "ours": curves[1]}


def _around(conversations: list[list[float]], turn: int) -> float:
    """The median of a turn and its neighbours."""
    return median(chain.from_iterable(one[max(1, turn - 3) : turn + 2] for one in conversations))


async def throughput(sides: list[Clients], quick: bool) -> dict[str, dict[str, float]]:
    """Messages a second by side and number of clients."""
    rates: dict[str, dict[str, float]] = {"stock": {}, "ours": {}}
    for clients in (1, CLIENTS):
        console.print(f"· {clients}명이 함께")
        rounds: list[list[float]] = [[], []]
        for _ in range(1 if quick else 3):
            for found, side in zip(rounds, sides, strict=True):
                found.append(await side.rate(clients, 2 * CONVERSATION if clients > 1 else 5 * CONVERSATION))
        for name, found in zip(rates, rounds, strict=True):
            rates[name][str(clients)] = median(found)
    return rates


class Staff:
    """Who saves new content while citizens write."""

    def __init__(self, side: Side, citizens: Clients) -> None:
        self._side, self._citizens = side, citizens
        self.slowest = 0.0

    def save(self, word: str) -> None:
        """Another wording of all replies and one more example of an intent."""
        domain = self._side.folder / "domain.yml"
        domain.write_text(re.sub(r"에 대한 \S+\.", f"에 대한 {word}.", domain.read_text("utf-8")), "utf-8")
        questions = self._side.folder / "data" / "nlu" / "questions.yml"
        text = re.sub(
            r"- (새로운_\S+ )?여권 하는 방법", f"- 새로운_{word} 여권 하는 방법", questions.read_text("utf-8")
        )
        questions.write_text(text, "utf-8")

    async def heard(self, word: str) -> float:
        """Seconds until a citizen hears `word`, who writes all the time. Raises `TimeoutError`."""
        began, sender = time.perf_counter(), self._citizens.newcomer()
        number = 0
        while word not in self._citizens.last:
            self.slowest = max(self.slowest, await self._citizens.turn(sender, number) / 1000)
            number += 1
            if time.perf_counter() - began > 300:
                raise TimeoutError((self._side.folder / "serve.log").read_text(errors="replace")[-3000:])
            await asyncio.sleep(0.05)
        return time.perf_counter() - began

    async def alone(self) -> float:
        """Memory in MB once the server before has gone."""
        while len(self._side.processes()) > 2:  # noqa: ASYNC110 - another process, nothing to wait for
            await asyncio.sleep(0.2)
        await asyncio.sleep(1)
        return self._side.memory_mb()


async def swaps(side: Side, quick: bool) -> dict[str, float]:
    """Seconds from save to answer, and what swapping costs in memory, messages and waiting."""
    count = 4 if quick else 20
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True), headers=shown()
    ) as session:
        citizens = Clients(session, side)
        staff = Staff(side, citizens)
        await citizens.turn(citizens.newcomer(), 0)
        seconds = []
        for word in ("첫째판이에요", "둘째판이에요", "셋째판이에요")[: 2 if quick else 3]:
            staff.save(word)
            seconds.append(await staff.heard(word))
            console.print(f"· 저장에서 답까지 {seconds[-1]:.1f}초")
        memory = []
        for number in range(count):
            word = ("첫째판이에요", "둘째판이에요")[number % 2]  # both are trained: only the swap is left
            staff.save(word)
            await staff.heard(word)
            memory.append(await staff.alone())
            console.print(f"· {number + 1}번째 교체, {memory[-1]:.0f} MB")
    return {
        "train_warm_s": median(seconds),
        "swap_growth": memory[-1] / memory[0],
        "slowest_s": staff.slowest,
        "failures": float(len(citizens.failures)),
        "first_mb": memory[0],
        "last_mb": memory[-1],
    }


async def measured(
    left: Side, right: Side, quick: bool
) -> tuple[dict[str, float], dict[str, object], list[str]]:
    """Everything that needs the servers."""
    async with aiohttp.ClientSession(headers=shown()) as session:
        sides = [Clients(session, left), Clients(session, right)]
        ratios, curves = await latency(sides, quick)
        rates = await throughput(sides, quick)
    memory = {side.name: side.memory_mb() for side in (left, right)}
    left.stop()
    changed = await swaps(right, quick)
    ratios |= {
        "throughput_ratio": rates["ours"][str(CLIENTS)] / rates["stock"][str(CLIENTS)],
        "rss_ratio": memory["stock"] / memory["ours"],
        "train_warm_s": changed["train_warm_s"],
        "swap_growth": changed["swap_growth"],
    }
    failures = [*sides[0].failures, *sides[1].failures]
    if changed["failures"]:
        failures.append(f"{changed['failures']:.0f} messages were lost while models were swapped")
    detail: dict[str, object] = {
        "latency_ms": curves,
        "throughput": rates,
        "memory_mb": memory,
        "swaps": changed,
        "notes": [
            f"메모리: 기본 Rasa {memory['stock']:.0f} MB, 소통 {memory['ours']:.0f} MB(두 프로세스 함께).",
            f"모델을 바꾸는 동안 잃은 메시지 {changed['failures']:.0f}개, "
            f"가장 오래 기다린 답 {changed['slowest_s']:.2f}초.",
        ],
    }
    return ratios, detail, failures


def main() -> int:
    """Run it; 1 when a message got no answer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    with TemporaryDirectory(prefix="turns-") as name, redis(Path(name)) as port:
        left, right = stock(Path(name) / "stock", port), ours(Path(name) / "ours", port)
        try:
            console.print("· 학습: 소통")
            mine = right.trained()
            console.print(f"  {mine:.0f}초. 학습: 기본 Rasa (몇 분 걸려요)")
            theirs = left.trained()
            console.print(f"  {theirs:.0f}초. 서버를 켜요")
            started = {side.name: side.start() for side in (left, right)}
            ratios, detail, failures = asyncio.run(measured(left, right, quick))
        finally:
            for side in (left, right):
                side.stop()
    ratios["train_cold_ratio"] = theirs / mine
    result = {key: round(value, 3) for key, value in sorted(ratios.items())}
    for key, value in result.items():
        console.print(f"{key:18} {value}")
    for failure in failures[:5]:
        console.print(f"[red]✗[/] {failure}", markup=False)
    if not quick:
        write("turns.json", result)
        write(
            "turns_detail.json",
            {**detail, "train_s": {"stock": theirs, "ours": mine}, "start_s": started, **about()},
        )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
