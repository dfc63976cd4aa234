"""What `sotong run` and `sotong cluster` tell while their processes are at work, until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

from rich.console import Console

from bot.cli.supervising import log_file
from bot.settings import Settings


def watch(
    console: Console,
    supervisor: subprocess.Popen[bytes],
    look: Callable[[float], None],
    *,
    folder: Path,
    stop_within: float,
    again: str,
) -> int:
    """Look every half second, with the seconds since the start, until the supervisor or somebody ends it.

    Then it has `stop_within` seconds to end its processes; `again` is the command that starts them anew. What
    the supervisor writes is below `folder`. The exit status for the shell.
    """
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, stop)
    began = time.monotonic()
    while supervisor.poll() is None and not stopping:
        look(time.monotonic() - began)
        time.sleep(0.5)
    if not stopping:
        where = ", ".join(str(log_file(folder, name)) for name in ("supervisord", "supervisord-errors"))
        console.print(
            f"[red]✗[/] 프로세스 관리자가 멈췄어요. [bold]{again}[/]으로 다시 켜 주세요. 기록: {where}",
            highlight=False,
        )
        return 1
    console.print("멈추고 있어요…")
    supervisor.terminate()
    try:
        supervisor.wait(stop_within)
    except subprocess.TimeoutExpired:
        console.print("[red]✗[/] 제때 멈추지 않은 프로세스가 있어 강제로 끝냈어요.")
        supervisor.kill()
        return 1
    console.print(f"모두 멈췄어요. 다시 켜려면 [bold]{again}[/]")
    return 0


def tell_changes(
    console: Console, before: Mapping[str, bool], now: Mapping[str, bool], seconds: float
) -> None:
    """Which of them have become ready, and which have stopped being so."""
    for name, ready in now.items():
        if ready and not before.get(name, False):
            console.print(f"[green]✓[/] {name} 준비됐어요 ({seconds:.0f}초)", highlight=False)
        elif before.get(name, False) and not ready:
            console.print(f"[yellow]![/] {name}이(가) 응답하지 않아 다시 켜고 있어요", highlight=False)


def tell_first_operator(console: Console, settings: Settings) -> None:
    """Login and one-time password, if nobody can log in yet; the gateway has made the tables."""
    first = asyncio.run(_first_operator(settings))
    if first:
        login, password = first
        console.print(
            f"  콘솔 첫 로그인: [bold]{login}[/] / [bold]{password}[/] (한 번만 쓸 수 있어요)",
            highlight=False,
        )


async def _first_operator(settings: Settings) -> tuple[str, str] | None:
    from bot.log.engine import open_engine  # noqa: PLC0415
    from bot.staff.accounts import Accounts  # noqa: PLC0415 - slow to import, and the page is up by now

    engine = open_engine(settings.database)
    try:
        return await Accounts(engine).first()
    finally:
        await engine.dispose()
