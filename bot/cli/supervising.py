"""One supervisor (supervisord) over many processes.

It restarts a process that dies at once, and one that dies while starting after a pause that grows with every
try.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import xmlrpc.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.cli.stack import Process
from bot.settings import ROOT

_LONGEST_SOCKET = 100
"""Bytes of a socket's path."""
_ANSWERS_WITHIN = 2.0
"""Seconds that the supervisor has to say how its processes are."""


def supervised(
    folder: Path, wanted: Sequence[Process], environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start the supervisor over these processes; what it writes goes below `folder`."""
    config = write_config(folder, wanted)
    with log_file(folder, "supervisord-errors").open("wb") as errors:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(config)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
    _knock(_door(folder / "run"), supervisor)
    return supervisor


def log_file(folder: Path, name: str) -> Path:
    """Where a process below `folder` writes."""
    return folder / "log" / f"{name}.log"


@dataclass(frozen=True)
class Life:
    """A process as its supervisor knows it; times in seconds since 1970."""

    name: str
    began: int
    """When it was started last."""
    ended: int
    """When it ended last; 0 = never."""
    lasts: int
    """Seconds since it was started; 0 when it is not there."""
    down: bool
    """It has ended and is going to be started again."""
    failed: bool
    """It has ended by a fault, or before it counted as started."""


def lives(folder: Path) -> list[Life]:
    """How the processes of the supervisor over `folder` are; none while it does not answer."""
    transport = _Transport(_door(folder / "run"))
    try:
        with xmlrpc.client.ServerProxy("http://supervisor", transport) as proxy:
            rows: Any = proxy.supervisor.getAllProcessInfo()
    except (OSError, http.client.HTTPException, xmlrpc.client.Error):
        return []
    return [
        Life(
            name=row["name"],
            began=row["start"],
            ended=row["stop"],
            lasts=row["now"] - row["start"] if row["pid"] else 0,
            down=row["statename"] in ("BACKOFF", "EXITED"),
            failed=row["statename"] == "BACKOFF" or row["exitstatus"] > 0,
        )
        for row in rows
    ]


class _Transport(xmlrpc.client.Transport):
    """XML-RPC through the supervisor's socket."""

    def __init__(self, door: Path) -> None:
        super().__init__()
        self._door = door

    def make_connection(self, _: object) -> http.client.HTTPConnection:
        return _Connection(self._door)


class _Connection(http.client.HTTPConnection):
    def __init__(self, door: Path) -> None:
        super().__init__("supervisor", timeout=_ANSWERS_WITHIN)
        self._door = door

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._door))


def write_config(folder: Path, wanted: Sequence[Process]) -> Path:
    """The supervisor's file, which restarts whatever ends; logs go to `folder`/log."""
    run_dir, log_dir = folder / "run", folder / "log"
    for each in (run_dir, log_dir):
        each.mkdir(parents=True, exist_ok=True)
    door = _door(run_dir)
    lines = [
        # `supervisorctl -c var/run/supervisord.conf status` shows and restarts single processes.
        "[unix_http_server]",
        f"file={_quoted(door)}",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
        "[supervisorctl]",
        f"serverurl=unix://{_quoted(door)}",
        "[supervisord]",
        f"logfile={_quoted(log_file(folder, 'supervisord'))}",
        f"pidfile={_quoted(run_dir / 'supervisord.pid')}",
        f"childlogdir={_quoted(log_dir)}",
        "silent=true",
        "logfile_maxbytes=5MB",
    ]
    for place, process in enumerate(wanted):
        command = " ".join(shlex.quote(part) for part in process.command).replace("%", "%%")
        lines += [
            f"[program:{process.name}]",
            f"command={command}",
            f"directory={_quoted(ROOT)}",
            f"priority={place + 1}",
            f"startsecs={process.steady_after}",
            "startretries=1000000",
            "autorestart=true",
            "stopasgroup=true",
            "killasgroup=true",
            "stopwaitsecs=15",
            "redirect_stderr=true",
            f"stdout_logfile={_quoted(log_file(folder, process.name))}",
            "stdout_logfile_maxbytes=20MB",
            "stdout_logfile_backups=3",
        ]
        if process.environment:
            pairs = ",".join(f'{name}="{value}"' for name, value in process.environment.items())
            lines.append("environment=" + pairs.replace("%", "%%"))
    path = run_dir / "supervisord.conf"
    path.touch(mode=0o600)
    path.write_text("\n".join(lines) + "\n")
    return path


def _door(run_dir: Path) -> Path:
    """The supervisor's socket; its path may not be longer than the system allows (108 bytes)."""
    path = run_dir / "supervisor.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET:
        return path
    mark = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"sotong-{mark}.sock"


def _knock(door: Path, supervisor: subprocess.Popen[bytes]) -> None:
    """Wake the supervisor: it starts its processes on its first event, else after a second."""
    end = time.monotonic() + 2
    while time.monotonic() < end and supervisor.poll() is None:
        with socket.socket(socket.AF_UNIX) as knocking:
            try:
                knocking.connect(str(door))
            except OSError:
                time.sleep(0.02)
            else:
                return


def _quoted(path: Path) -> str:
    return str(path).replace("%", "%%")


def answers(process: Process) -> bool:
    """Whether a process says that it can work."""
    if not process.health:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex((process.host, process.port)) == 0
    try:
        with urllib.request.urlopen(process.health, timeout=2) as response:  # noqa: S310 - our own address
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
