"""`sotong cluster`: a country's topology on one machine, under one supervisor, until Ctrl-C."""

from __future__ import annotations

import shutil
import subprocess
import sys

from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from bot.cli.crashes import Crashes
from bot.cli.preflight import Fault, faults, free, tell
from bot.cli.run import running_pid
from bot.cli.stack import Process, environment
from bot.cli.supervising import answers, supervised
from bot.cli.watching import tell_changes, tell_first_operator, watch
from bot.cluster.machines import NODES, Cluster
from bot.cluster.nginx import nginx
from bot.cluster.postgres import account_exists, may_pass, programs
from bot.settings import Settings

_STOP_WITHIN = 45
"""Seconds the processes have to end."""


def cluster(settings: Settings, *, simulate: bool = False) -> int:
    """Start everything and wait; the exit status for the shell."""
    console = Console(stderr=True, soft_wrap=True)
    made = Cluster(settings, simulate)
    if running := running_pid(settings.model_copy(update={"var_dir": made.folder})):
        console.print(
            f"클러스터가 이미 켜져 있어요(프로세스 {running}). 멈추려면 그 터미널에서 Ctrl-C를 누르세요."
        )
        return 1
    if found := missing(settings):
        tell(console, found)
        return 1
    try:
        nodes = made.prepare(console)
    except subprocess.CalledProcessError as error:
        console.print("[red]✗[/] PostgreSQL을 준비하지 못했어요. 이렇게 말했어요:")
        console.print(str(error.output), markup=False)
        return 1
    except SQLAlchemyError as error:
        console.print(f"[red]✗[/] 데이터베이스를 준비하지 못했어요: {error}", markup=False)
        return 1
    if nodes is None:
        return 1
    wanted = made.processes(nodes)
    if found := busy(wanted):
        tell(console, found)
        return 1
    crashes = Crashes(console, made.folder, wanted)
    supervisor = supervised(made.folder, wanted, environment(made.settings))
    _announce(console, made, wanted)
    return _wait(console, made, wanted, crashes, supervisor)


def missing(settings: Settings) -> list[Fault]:
    """What this machine lacks."""
    found = faults(settings.model_copy(update={"redis_url": ""}))
    if nginx() is None:
        found.append(Fault("nginx를 찾지 못했어요.", "apt-get install -y nginx-light"))
    if programs() is None:
        found.append(Fault("PostgreSQL을 찾지 못했어요.", "apt-get install -y postgresql"))
    if sys.platform != "linux" or shutil.which("setpriv") is None:
        found.append(Fault("sotong cluster는 Linux에서만 켜져요.", "리눅스 서버나 가상 머신에서 실행하세요."))
    elif not account_exists():
        found.append(
            Fault(
                "root로 실행했는데 postgres 계정이 없어요.",
                "root가 아닌 계정으로 실행하세요.",
            )
        )
    elif not may_pass(settings.var_dir / "cluster"):
        found.append(
            Fault(
                f"postgres 계정이 {settings.var_dir.absolute()} 폴더에 들어갈 수 없어요.",
                "root가 아닌 계정으로 실행하거나, SOTONG_VAR_DIR로 다른 폴더를 정하세요.",
            )
        )
    taken = {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url}
    taken |= {"SOTONG_RASA_URL": settings.rasa_url, "SOTONG_ACTIONS_URL": settings.actions_url}
    found += [
        Fault(f"{name}이(가) 정해져 있어요. 클러스터는 자기 것을 켜요.", f"{name}을(를) 지우고 실행하세요.")
        for name, value in taken.items()
        if value
    ]
    return found


def busy(wanted: list[Process]) -> list[Fault]:
    """Ports that another program holds."""
    return [
        Fault(
            f"{process.host}의 {process.port}번 포트({process.name})를 다른 프로그램이 쓰고 있어요.",
            "그 프로그램을 끄거나(make run도요), 포트 설정을 바꾸세요: docs/settings.md",
        )
        for process in wanted
        if not free(process.port, process.host)
    ]


def _announce(console: Console, made: Cluster, wanted: list[Process]) -> None:
    settings = made.settings
    console.rule("[bold]소통 클러스터")
    console.print(f"웹 채팅   [bold cyan]http://127.0.0.1:{settings.port}/chat/[/]", highlight=False)
    console.print(f"콘솔      [bold cyan]http://127.0.0.1:{settings.console_port}/[/]", highlight=False)
    table = Table("주소", "프로세스", box=None, pad_edge=False)
    for host in dict.fromkeys(process.host for process in wanted):
        names = ", ".join(process.name for process in wanted if process.host == host)
        table.add_row(host, names)
    console.print(table)
    console.print(f"기록      {made.folder / 'log'}", highlight=False)
    control = f".venv/bin/supervisorctl -c {made.folder / 'run' / 'supervisord.conf'}"
    console.print(f"꺼 보기   {control} stop rasa-1", highlight=False)
    console.print("멈추기    Ctrl-C")
    console.rule()


def _wait(
    console: Console,
    made: Cluster,
    wanted: list[Process],
    crashes: Crashes,
    supervisor: subprocess.Popen[bytes],
) -> int:
    """Tell what becomes ready or stops being so, until the supervisor ends."""
    known: dict[str, bool] = {}
    told = False

    def look(seconds: float) -> None:
        nonlocal told
        now = {process.name: answers(process) for process in wanted}
        tell_changes(console, known, now, seconds)
        known.update(now)
        crashes.look()
        if not told and any(known[f"gateway-{number}"] for number in range(1, len(NODES) + 1)):
            told = True
            tell_first_operator(console, made.settings)

    return watch(
        console, supervisor, look, folder=made.folder, stop_within=_STOP_WITHIN, again="make cluster"
    )
