"""A Rasa server and an action server of one's own, for a command that must not disturb the live bot."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr
from rich.console import Console

from bot.catalogue.copying import copy_catalogue
from bot.cli.crashes import ProcessLog
from bot.cli.stack import (
    Process,
    actions_process,
    city_api_process,
    environment,
    rasa_process,
    rasa_token,
    redis_process,
)
from bot.cli.supervising import answers
from bot.releases.signing import model_secret
from bot.settings import ROOT, Settings

_START_WITHIN = 180
"""Seconds until all must be up."""


class DidNotStart(Exception):
    """A process ended or stayed silent while starting; the text says why, what to do and where its log is."""


@contextmanager
def private_stack(settings: Settings, model: Path, work_dir: Path, console: Console) -> Iterator[Settings]:
    """Start the bot without a gateway on free ports; yields the settings that reach it.

    It knows the live bot's public services. Raises `DidNotStart`, and SQLAlchemyError when the live bot's
    database cannot be read.
    """
    ports = _free_ports(4)
    own = settings.model_copy(
        update={
            "var_dir": work_dir,
            "metrics_port": 0,
            "redis_url": "",
            "rasa_url": "",
            "actions_url": "",
            "city_api_url": "",
            "redis_port": ports[0],
            "rasa_port": ports[1],
            "actions_port": ports[2],
            "city_api_port": ports[3],
        }
    )
    secrets = {"rasa_token": rasa_token(own), "model_key": model_secret(settings)}
    secret = {name: SecretStr(value) for name, value in secrets.items()}
    own = own.model_copy(update={**secret, "database_url": ""})
    asyncio.run(copy_catalogue(settings, own))
    wanted = [redis_process(own), city_api_process(own), actions_process(own), rasa_process(own, model)]
    running: list[subprocess.Popen[bytes]] = []
    try:
        running.extend(_start(process, own) for process in wanted)
        _wait(wanted, running, work_dir, settings.var_dir / "log", console)
        yield own
    finally:
        for child in running:
            child.terminate()
        for child in running:
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()


def _start(process: Process, settings: Settings) -> subprocess.Popen[bytes]:
    variables = {
        "SOTONG_CITY_API_URL": settings.city_api,
        "REDIS_URL": settings.redis,
        "DATABASE_URL": settings.database,
        "SOTONG_DATA_DIR": str(settings.data_dir),
        "SOTONG_VAR_DIR": str(settings.var_dir),
    }
    with (settings.var_dir / f"{process.name}.log").open("wb") as log:
        return subprocess.Popen(
            process.command,
            cwd=ROOT,
            env=environment(settings) | variables | process.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _wait(
    wanted: list[Process],
    running: list[subprocess.Popen[bytes]],
    work_dir: Path,
    keep: Path,
    console: Console,
) -> None:
    started = time.monotonic()
    missing = {process.name: process for process in wanted}
    logs = [ProcessLog(process, work_dir / f"{process.name}.log", 0) for process in wanted]
    with console.status("봇을 켜고 있어요") as status:
        while missing:
            seconds = time.monotonic() - started
            status.update(f"봇을 켜고 있어요 · {', '.join(missing)} · {seconds:.0f}초")
            for log, child in zip(logs, running, strict=True):
                model = log.unusable_model()
                if model or child.poll() is not None:
                    raise DidNotStart(f"{log.why(model)} 기록: {_kept(log, keep)}")
            missing = {name: process for name, process in missing.items() if not answers(process)}
            if missing and seconds > _START_WITHIN:
                raise DidNotStart(f"{', '.join(missing)}이(가) {_START_WITHIN}초 안에 켜지지 않았어요.")
            time.sleep(0.1)


def _kept(log: ProcessLog, keep: Path) -> Path:
    """A copy of a log that outlives the command."""
    keep.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(log.path, keep / f"private-{log.path.name}"))


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for probe in sockets:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in sockets]
    finally:
        for probe in sockets:
            probe.close()
