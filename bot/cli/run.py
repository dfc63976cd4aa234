"""`sotong run`: everything under one supervisor (supervisord), until Ctrl-C.

supervisord restarts a process that dies at once, and one that dies while starting after a pause that
grows with every try.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

from rich.console import Console

from bot.cli.preflight import busy_ports, faults, tell
from bot.cli.stack import environment, processes
from bot.cli.supervising import supervised
from bot.cli.train import train
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
    supervisor = supervised(settings.var_dir, wanted, environment(settings))
    _announce(console, settings, simulate=simulate)
    return _wait(console, settings, supervisor)


async def _first_operator(settings: Settings) -> tuple[str, str] | None:
    """Login and one-time password, made when there is no operator yet; the gateway has made the tables."""
    from bot.log.engine import open_engine  # noqa: PLC0415
    from bot.staff.accounts import Accounts  # noqa: PLC0415 - slow to import, and the page is up by now

    engine = open_engine(settings.database)
    try:
        return await Accounts(engine).first()
    finally:
        await engine.dispose()


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


def _tell_first_operator(console: Console, settings: Settings) -> None:
    first = asyncio.run(_first_operator(settings))
    if first:
        login, password = first
        console.print(
            f"  콘솔 첫 로그인: [bold]{login}[/] / [bold]{password}[/] (한 번만 쓸 수 있어요)",
            highlight=False,
        )


def _shown(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound


def _wait(console: Console, settings: Settings, supervisor: subprocess.Popen[bytes]) -> int:
    """Tell what becomes ready or stops being so, until the supervisor ends."""
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, stop)
    started, known = time.monotonic(), dict[str, bool]()
    while supervisor.poll() is None and not stopping:
        now = _readiness(settings)
        if now and not known:
            console.print(f"[green]✓[/] 웹 채팅과 콘솔이 열렸어요 ({time.monotonic() - started:.0f}초)")
            _tell_first_operator(console, settings)
        known = _report(console, known, now, time.monotonic() - started)
        time.sleep(0.5)
    if not stopping:
        reason = supervisor.stderr.read().decode(errors="replace").strip() if supervisor.stderr else ""
        console.print(f"[red]✗[/] 프로세스 관리자가 멈췄어요. {reason}", highlight=False)
        return 1
    console.print("멈추고 있어요…")
    supervisor.terminate()
    try:
        supervisor.wait(_STOP_WITHIN)
    except subprocess.TimeoutExpired:
        console.print("[red]✗[/] 제때 멈추지 않은 프로세스가 있어 강제로 끝냈어요.")
        supervisor.kill()
        return 1
    console.print("모두 멈췄어요. 다시 켜려면 [bold]make run[/]")
    return 0


_WORDS = {"bot": "봇(Rasa와 답변 검색)", "redis": "Redis", "database": "데이터베이스"}


def _report(
    console: Console, known: dict[str, bool], now: dict[str, bool], seconds: float
) -> dict[str, bool]:
    for name, ready in now.items():
        if ready and not known.get(name, False):
            console.print(
                f"[green]✓[/] {_WORDS.get(name, name)} 준비됐어요 ({seconds:.0f}초)", highlight=False
            )
        elif known.get(name, False) and not ready:
            console.print(
                f"[yellow]![/] {_WORDS.get(name, name)}이(가) 응답하지 않아 다시 켜고 있어요", highlight=False
            )
    return now or known


def _readiness(settings: Settings) -> dict[str, bool]:
    """What `/readyz` says; nothing while the gateway itself is not up."""
    host = _shown(settings.host)
    try:
        with urllib.request.urlopen(f"http://{host}:{settings.port}/readyz", timeout=5) as response:
            body = response.read()
    except urllib.error.HTTPError as error:
        body = error.read()
    except OSError:
        return {}
    try:
        return {str(name): bool(ready) for name, ready in json.loads(body).items()}
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
