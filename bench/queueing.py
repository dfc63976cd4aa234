"""A simulation of messages on their way through a bot's processes: queues before each, and cores they share.

A process works at one message at a time, the first come first. Machines have cores; when more processes of a
machine want to work than it has cores, all go on at an equal part of the speed, as the system's scheduler
shares them. Messages come at random (Poisson) at a rate.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    """What a message needs of one kind of process, in the order of its way."""

    kind: str
    seconds: float
    """Of a core, on average; single messages differ as `spread` of the model says."""


@dataclass(frozen=True)
class Server:
    """One process."""

    kind: str
    machine: str


@dataclass
class Model:
    """A bot: its processes, and the cores of each machine."""

    servers: Sequence[Server]
    cores: dict[str, int]
    way: Sequence[Work]
    spread: float = 0.5
    """Standard deviation of a step's work as a part of its average (gamma distribution)."""
    pause: float = 0.0
    """Seconds of a message's way in which nobody works: disks, timers, the network."""
    answered: int | None = None
    """The step of the way after which the citizen has the answer; None: the last."""


@dataclass(frozen=True)
class Outcome:
    """Response times of the messages of one run, in seconds, sorted."""

    took: Sequence[float]
    unfinished: int
    """Messages that were still on their way at the end: many, where more come than can be answered."""

    def within(self, part: float) -> float:
        """Seconds within which so great a part of the messages was answered."""
        return self.took[min(len(self.took) - 1, int(len(self.took) * part))]


def simulate(model: Model, rate: float, seconds: float, seed: int = 1) -> Outcome:
    """Let messages come at `rate` a second for so many seconds; the first tenth of them does not count."""
    chance = random.Random(seed)
    run = _Run(model, chance)
    coming = chance.expovariate(rate)
    took: list[float] = []
    while min(coming, run.next_end()) < seconds:
        if coming <= run.next_end():
            run.enter(coming, coming, 0)
            coming += chance.expovariate(rate)
        else:
            now, since = run.end()
            if since is not None and since > seconds / 10:
                took.append(now - since + model.pause)
    return Outcome(sorted(took), run.waiting())


class _Process:
    def __init__(self, machine: _Machine) -> None:
        self.machine = machine
        self.queue: deque[tuple[float, int]] = deque()
        """Messages, the one in work first: since when they are on their way, and which step is theirs."""


class _Machine:
    """Cores that all who work share evenly. `clock` is the seconds of a core that each of those has had who
    have worked from the beginning: a piece of work is done at a moment of that clock, whoever else comes.
    """

    def __init__(self, cores: int) -> None:
        self.cores = cores
        self.at = 0.0
        self.clock = 0.0
        self.working: list[tuple[float, int, _Process]] = []
        """A heap: when it is done, by the clock."""
        self.changes = 0

    def until(self, now: float) -> None:
        """Everybody works until now."""
        self.clock += (now - self.at) * self.speed()
        self.at = now

    def speed(self) -> float:
        """At which part of a core's speed each works."""
        return min(1.0, self.cores / len(self.working)) if self.working else 1.0

    def next_end(self) -> float:
        """When the first is done if nobody else comes."""
        return self.at + (self.working[0][0] - self.clock) / self.speed()


class _Run:
    def __init__(self, model: Model, chance: random.Random) -> None:
        self._model = model
        self._chance = chance
        self._shape = 1 / model.spread**2
        machines = {name: _Machine(cores) for name, cores in model.cores.items()}
        self._kinds: dict[str, list[_Process]] = {}
        for server in model.servers:
            self._kinds.setdefault(server.kind, []).append(_Process(machines[server.machine]))
        self._turn = dict.fromkeys(self._kinds, 0)
        self._ends: list[tuple[float, int, int, _Machine]] = []
        """A heap of when machines are done with something; of each only the latest counts."""
        self._count = 0

    def enter(self, now: float, since: float, step: int) -> None:
        """A message comes to its next step: the balancer gives it to the processes in turn."""
        kind = self._model.way[step].kind
        self._turn[kind] = (self._turn[kind] + 1) % len(self._kinds[kind])
        process = self._kinds[kind][self._turn[kind]]
        process.queue.append((since, step))
        if len(process.queue) == 1:
            self._begin(now, process)

    def next_end(self) -> float:
        """When the first of the processes is done, if nothing else comes."""
        while self._ends and self._ends[0][2] != self._ends[0][3].changes:
            heapq.heappop(self._ends)
        return self._ends[0][0] if self._ends else math.inf

    def end(self) -> tuple[float, float | None]:
        """Take who is done first to the next step: now; and since when the message came that this answers."""
        now = self.next_end()
        machine = self._ends[0][3]
        machine.until(now)
        process = heapq.heappop(machine.working)[2]
        since, step = process.queue.popleft()
        self._changed(machine)
        if process.queue:
            self._begin(now, process)
        last = len(self._model.way) - 1
        if step < last:
            self.enter(now, since, step + 1)
        answered = last if self._model.answered is None else self._model.answered
        return now, since if step == answered else None

    def waiting(self) -> int:
        """Messages on their way."""
        return sum(len(one.queue) for kind in self._kinds.values() for one in kind)

    def _begin(self, now: float, process: _Process) -> None:
        machine, mean = process.machine, self._model.way[process.queue[0][1]].seconds
        work = self._chance.gammavariate(self._shape, mean / self._shape)
        machine.until(now)
        self._count += 1
        heapq.heappush(machine.working, (machine.clock + work, self._count, process))
        self._changed(machine)

    def _changed(self, machine: _Machine) -> None:
        machine.changes += 1
        if machine.working:
            self._count += 1
            heapq.heappush(self._ends, (machine.next_end(), self._count, machine.changes, machine))
