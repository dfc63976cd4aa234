"""nginx before the nodes: what deploy/nginx says, with the addresses of this installation."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.cli.stack import Process
from bot.settings import ROOT

_SNIPPETS = ROOT / "deploy" / "nginx"
_BINARIES = ("/usr/sbin/nginx", "/usr/local/sbin/nginx")
"""Where it lies although an ordinary account's PATH does not say so."""
_DOWN_FOR = 5
"""Seconds in which a server that failed a request is asked no other."""


@dataclass(frozen=True)
class Places:
    """Hosts of the nodes, and the ports, which are the same before and behind nginx."""

    nodes: Sequence[str]
    public: int
    console: int
    rasa: int
    actions: int


def nginx() -> str | None:
    """The program; None where it is not installed."""
    return shutil.which("nginx") or next((each for each in _BINARIES if Path(each).exists()), None)


def nginx_process(folder: Path, places: Places) -> Process:
    """The server on 127.0.0.1, with its settings and everything it writes in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    link = folder / "sotong"
    link.unlink(missing_ok=True)
    link.symlink_to(_SNIPPETS)
    file = folder / "nginx.conf"
    file.write_text(_written(folder, places))
    command = (nginx() or "nginx", "-c", str(file), "-p", str(folder), "-e", "stderr")
    return Process("nginx", command, places.public, "", steady_after=1)


def _written(folder: Path, places: Places) -> str:
    parts = {
        "gateways": (places.public, "public.conf", 32),
        "consoles": (places.console, "console.conf", 8),
        "rasa": (places.rasa, "rasa.conf", 64),
        "actions": (places.actions, "actions.conf", 64),
    }
    temporary = [
        f"    {kind}_temp_path {folder / 'temp' / kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    ]
    (folder / "temp").mkdir(exist_ok=True)
    (folder / "temp").chmod(0o711)
    lines = [
        "daemon off;",
        "worker_processes 1;",
        f"pid {folder / 'nginx.pid'};",
        "error_log stderr warn;",
        "events { worker_connections 8192; }",
        "http {",
        *temporary,
        "    include sotong/http.conf;",
        "    access_log off;",
    ]
    for name, (port, snippet, idle) in parts.items():
        servers = [
            f"        server {host}:{port} max_fails=1 fail_timeout={_DOWN_FOR}s;" for host in places.nodes
        ]
        lines += [
            f"    upstream {name} {{",
            f"        zone {name} 128k;",
            *servers,
            f"        keepalive {idle};",
            "    }",
            f"    server {{ listen 127.0.0.1:{port}; include sotong/{snippet}; }}",
        ]
    return "\n".join([*lines, "}", ""])
