"""What must hold before the bot can start; each fault is a sentence and what to do about it."""

from __future__ import annotations

import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bot.cli.stack import RASA_ENV, Process, redis_server
from bot.settings import Settings

_DISK_NEEDED = 500 * 1024 * 1024
"""Bytes that must be free: logs, database and a model being trained."""

PORT_SETTING = {
    "gateway": "SOTONG_PORT",
    "console": "SOTONG_CONSOLE_PORT",
    "redis": "SOTONG_REDIS_PORT",
    "rasa": "SOTONG_RASA_PORT",
    "actions": "SOTONG_ACTIONS_PORT",
    "city-api": "SOTONG_CITY_API_PORT",
    "gov24": "SOTONG_GOV24_PORT",
    "identity": "SOTONG_IDENTITY_PORT",
}
"""Process → the setting that gives it another port."""


@dataclass(frozen=True)
class Fault:
    """Something that keeps the bot from starting."""

    what: str
    remedy: str


def faults(settings: Settings) -> list[Fault]:
    """What is missing on this machine."""
    found: list[Fault] = []
    if not (RASA_ENV / "bin" / "python").exists():
        found.append(Fault("Rasa가 쓰는 Python 3.10 환경(.venv-rasa)이 없어요.", "make setup을 실행하세요."))
    if not settings.redis_url:
        try:
            redis_server()
        except FileNotFoundError:
            found.append(
                Fault(
                    "Redis를 찾지 못했어요.",
                    "redis-server를 설치하거나(apt install redis-server) REDIS_URL을 정하세요.",
                )
            )
    found += _disk_faults(settings.var_dir)
    return found


def busy_ports(settings: Settings, processes: list[Process]) -> list[Fault]:
    """Ports that another program holds."""
    wanted = [(process.name, process.port) for process in processes]
    wanted.append(("console", settings.console_port))
    return [
        Fault(
            f"{port}번 포트({name})를 다른 프로그램이 쓰고 있어요.",
            f"그 프로그램을 끄거나, 다른 번호로 시작하세요: {PORT_SETTING[name]}={port + 1000} make run",
        )
        for name, port in wanted
        if not free(port)
    ]


def free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether nobody listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _disk_faults(folder: Path) -> list[Fault]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(folder)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return [
            Fault(
                f"{folder} 폴더에 쓸 수 없어요({error.strerror or '권한 없음'}).",
                "SOTONG_VAR_DIR로 다른 폴더를 정하세요.",
            )
        ]
    if free < _DISK_NEEDED:
        return [
            Fault(
                f"디스크에 {free // 2**20} MB만 남았어요(500 MB가 필요해요).",
                "공간을 비우거나 SOTONG_VAR_DIR로 다른 디스크의 폴더를 정하세요.",
            )
        ]
    return []


def tell(console: Console, found: list[Fault]) -> None:
    """Print them, each with what to do."""
    for fault in found:
        console.print(f"[red]✗[/] {fault.what}\n  → {fault.remedy}", highlight=False)
