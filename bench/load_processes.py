"""What a bot's processes use while it is under load: processor time and memory."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

Family = Callable[[], list[int]]
"""The processes that make up one part of the bot, now."""


@dataclass
class Processes:
    """The parts of a bot by name, and the load generator, which uses the same cores."""

    parts: dict[str, Family]
    _before: dict[str, float] = field(default_factory=dict)

    def begin(self) -> None:
        """Count from here."""
        self._before = self._seconds()

    def milliseconds(self, messages: int) -> dict[str, float]:
        """Processor time for each message since `begin`, by part."""
        after = self._seconds()
        return {name: 1000 * (after[name] - self._before[name]) / messages for name in after}

    def megabytes(self) -> dict[str, float]:
        """Memory by part; a page that processes share is counted once in all."""
        return {name: sum(map(_proportional, family())) / 1024 for name, family in self.parts.items()}

    def _seconds(self) -> dict[str, float]:
        load = {"load generator": lambda: [os.getpid()]}
        return {name: sum(map(worked, family())) for name, family in (self.parts | load).items()}


def worked(pid: int) -> float:
    """Seconds of processor time, in user and in system mode, also of children that have ended (proc(5))."""
    with suppress(FileNotFoundError, ProcessLookupError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _proportional(pid: int) -> int:
    with suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def slope(points: list[tuple[float, float]]) -> float:
    """How much the second value grows for one of the first, by least squares; 0 for fewer than two points."""
    if len(points) < 2:
        return 0.0
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0
