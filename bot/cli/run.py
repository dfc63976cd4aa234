"""`sotong run`: everything under one supervisor (supervisord), until Ctrl-C.

supervisord restarts a process that dies at once, and one that dies while starting after a pause that
grows with every try.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from rich.console import Console

from bot.cli.crashes import Crashes
from bot.cli.preflight import busy_ports, faults, tell
from bot.cli.stack import environment, processes
from bot.cli.supervising import supervised
from bot.cli.train import train
from bot.cli.watching import tell_changes, tell_first_operator, watch
from bot.releases.starting import start_live
from bot.settings import Settings

_STOP_WITHIN = 30
"""Seconds the processes have to end."""


def run(settings: Settings, *, simulate: bool = False) -> int:
    """Start everything and wait; the exit status for the shell.

    With `simulate` channels without an account are on for `sotong simulate`.
    """
    console = Console(stderr=True, soft_wrap=True)
    running = running_pid(settings)
    if running:
        console.print(
            f"소통이 이미 켜져 있어요(프로세스 {running}). 멈추려면 그 터미널에서 Ctrl-C를 누르세요."
        )
        return 1
    wanted = processes(settings, settings.models_dir) if not faults(settings) else []
    found = faults(settings) or busy_ports(settings, wanted)
    if found:
        tell(console, found)
        return 1
    asyncio.run(start_live(settings))
    model = train(settings, root=settings.live.absolute(), console=console)
    if model is None:
        return 1
    wanted = processes(settings, model, simulate=simulate)
    crashes = Crashes(console, settings.var_dir, wanted)
    supervisor = supervised(settings.var_dir, wanted, environment(settings))
    _announce(console, settings, simulate=simulate)
    return _wait(console, settings, crashes, supervisor)


def _announce(console: Console, settings: Settings, *, simulate: bool) -> None:
    chat = settings.public_url or f"http://{_shown(settings.host)}:{settings.port}"
    console.rule("[bold]소통")
    console.print(f"웹 채팅   [bold cyan]{chat}/chat/[/]", highlight=False)
    console.print(
        f"콘솔      [bold cyan]http://{_shown(settings.console_host)}:{settings.console_port}/[/]",
        highlight=False,
    )
    if simulate:
        from demo.platforms.simulation import simulated_channels  # noqa: PLC0415 - only for this line

        console.print(
            "흉내      다른 터미널에서 [bold].venv/bin/sotong simulate --channel 이름[/]: "
            + ", ".join(simulated_channels(settings)),
            highlight=False,
        )
    console.print(f"기록      {settings.var_dir / 'log'}", highlight=False)
    console.print("멈추기    Ctrl-C")
    console.rule()


def _shown(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound


def _wait(console: Console, settings: Settings, crashes: Crashes, supervisor: subprocess.Popen[bytes]) -> int:
    """Tell what becomes ready or stops being so, until the supervisor ends."""
    known: dict[str, bool] = {}

    def look(seconds: float) -> None:
        nonlocal known
        now = _readiness(settings)
        if now and not known:
            console.print(f"[green]✓[/] 웹 채팅과 콘솔이 열렸어요 ({seconds:.0f}초)")
            tell_first_operator(console, settings)
        tell_changes(console, known, now, seconds)
        known = now or known
        crashes.look()

    return watch(
        console, supervisor, look, folder=settings.var_dir, stop_within=_STOP_WITHIN, again="make run"
    )


_WORDS = {"bot": "봇(Rasa와 답변 검색)", "redis": "Redis", "database": "데이터베이스"}


def _readiness(settings: Settings) -> dict[str, bool]:
    """What `/readyz` says, in words; nothing while the gateway itself is not up."""
    host = _shown(settings.host)
    try:
        with urllib.request.urlopen(f"http://{host}:{settings.port}/readyz", timeout=5) as response:
            body = response.read()
    except urllib.error.HTTPError as error:
        body = error.read()
    except OSError:
        return {}
    try:
        return {_WORDS.get(name, str(name)): bool(ready) for name, ready in json.loads(body).items()}
    except ValueError:
        return {}


def running_pid(settings: Settings) -> int | None:
    """The supervisor's process while `sotong run` is at work here."""
    path = settings.var_dir / "run" / "supervisord.pid"
    try:
        pid = int(path.read_text())
        os.kill(pid, 0)
        command = Path(f"/proc/{pid}/cmdline")
        if command.exists() and b"supervisord" not in command.read_bytes():
            return None
    except (OSError, ValueError):
        return None
    return pid
