"""One process of a bot under test: started, killed, paused, and started again as a supervisor does."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import IO

import aiohttp

from bot.cli.stack import Process

_FAREWELL = 15.0
"""Seconds until a process that was asked to end is killed."""


class Child:
    """What `bot.cli.stack` says how to start. Its words go to `log` through a pipe, as under supervisord."""

    def __init__(self, process: Process, environment: dict[str, str], folder: Path, log: Path) -> None:
        self.process = process
        self.log = log
        self.environment = environment | process.environment
        """Variables by name."""
        self._folder = folder
        self._popen: subprocess.Popen[bytes] | None = None
        self._since = 0.0
        self._early = 0

    @property
    def name(self) -> str:
        """What it is: gateway, rasa, actions, redis or city-api."""
        return self.process.name

    @property
    def pid(self) -> int:
        """Of the process as it is now. Raises `RuntimeError` before the first start."""
        if self._popen is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._popen.pid

    @property
    def alive(self) -> bool:
        """Whether it runs (or is paused)."""
        return self._popen is not None and self._popen.poll() is None

    def start(self) -> None:
        """Start it in a group of its own."""
        self._popen = subprocess.Popen(
            self.process.command,
            cwd=self._folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self._popen.stdout is not None
        threading.Thread(target=_copy, args=(self._popen.stdout, self.log), daemon=True).start()
        self._since = time.monotonic()

    def family(self) -> list[int]:
        """Its process and that one's children; none when it is dead."""
        if not self.alive:
            return []
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [self.pid, *map(int, children)]

    def pause(self) -> list[int]:
        """Stop the process and its children in their tracks; whom `resume` wakes."""
        family = self.family()
        for pid in family:
            os.kill(pid, signal.SIGSTOP)
        return family

    @staticmethod
    def resume(family: list[int]) -> None:
        """Let those who were paused, and live, go on."""
        for pid in family:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                continue

    def file_limit(self, size: int) -> None:
        """No file that it writes may reach beyond `size` bytes, as on a full disk; negative: any size."""
        soft = resource.RLIM_INFINITY if size < 0 else size
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))

    async def tend(self) -> None:
        """Start it again whenever it ends, until cancelled: at once, or after a pause that grows by a second
        with each death before it had been up for `steady_after` seconds.
        """
        while True:
            if not self.alive:
                steady = time.monotonic() - self._since >= self.process.steady_after
                self._early = 0 if steady else self._early + 1
                await asyncio.sleep(self._early)
                self.start()
            await asyncio.sleep(0.05)

    async def ready(self, session: aiohttp.ClientSession, within: float) -> None:
        """Wait until it answers. Raises `TimeoutError` with the end of its log."""
        end = time.monotonic() + within
        while not await self._answers(session):
            if time.monotonic() > end:
                tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
                raise TimeoutError(f"{self.name} does not answer\n{tail}")
            await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """Ask it to end, then make it; its children with it."""
        if self._popen is None:
            return
        self._signal(signal.SIGTERM)
        end = time.monotonic() + _FAREWELL
        while self._popen.poll() is None and time.monotonic() < end:  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.05)
        self._signal(signal.SIGKILL)
        self._popen.wait()

    def _signal(self, number: signal.Signals) -> None:
        """To its group, which is its alone."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        if not self.process.health:
            with socket.socket() as probe:
                return probe.connect_ex((self.process.host, self.process.port)) == 0
        try:
            async with session.get(self.process.health, timeout=aiohttp.ClientTimeout(total=2)) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False


def _copy(words: IO[bytes], log: Path) -> None:
    with log.open("ab", buffering=0) as file:
        while piece := os.read(words.fileno(), 65536):
            file.write(piece)
