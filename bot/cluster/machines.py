"""The machines of a cluster, each a loopback address of its own on this one: ports are the usual ones.

127.0.0.1 has what stands before the nodes: nginx, by which citizens, staff, gateways and Rasa servers reach
any node, and the demo city. A node has a gateway, an action server and a Rasa server, and a folder that is
its alone but for the secrets, which an administrator gives to all.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from pydantic import SecretStr
from rich.console import Console

from bot.cli.stack import (
    Process,
    actions_process,
    city_api_process,
    gateway_process,
    gov24_process,
    identity_process,
    rasa_process,
    rasa_token,
)
from bot.cli.train import model_path, train
from bot.cluster.nginx import Places, nginx_process
from bot.cluster.postgres import Postgres
from bot.cluster.redis import PRIMARY, redis_processes
from bot.log.migrate import migrate
from bot.releases.starting import start_live
from bot.settings import Settings

NODES = ("127.0.0.2", "127.0.0.3")
_REDIS = ("127.0.0.12", "127.0.0.13")
"""The primary at first, and its replica."""
_SENTINELS = ("127.0.0.22", "127.0.0.23", "127.0.0.24")
_POSTGRES = "127.0.0.32"


@dataclass(frozen=True)
class Node:
    """One machine that answers citizens."""

    name: str
    settings: Settings
    model: Path
    """What its Rasa server begins with."""


@dataclass(frozen=True)
class Cluster:
    """All of it; `asked` are the settings of whoever starts it, all files are below `var_dir`/cluster."""

    asked: Settings
    simulate: bool = False
    """Whether messengers without an account are on for `sotong simulate`."""

    @cached_property
    def folder(self) -> Path:
        """Where everything lies."""
        return self.asked.var_dir.absolute() / "cluster"

    @cached_property
    def postgres(self) -> Postgres:
        """The database server."""
        return Postgres(self.folder / "postgres", _POSTGRES, self.asked.postgres_port, self.asked.var_dir)

    @cached_property
    def settings(self) -> Settings:
        """For a command that has to do with the cluster as a whole, and for whoever writes to it."""
        sentinels = ",".join(f"{host}:{self.asked.redis_port}" for host in _SENTINELS)
        return self.asked.model_copy(
            update={
                "database_url": self.postgres.url,
                "redis_url": f"redis+sentinel://{sentinels}/{PRIMARY}/0",
                "rasa_token": SecretStr(rasa_token(self.asked)),
                "tombstones": self.folder / "erased.jsonl",
            }
        )

    def node_settings(self, host: str) -> Settings:
        """Those of a node's processes."""
        folder = self.folder / f"node-{NODES.index(host) + 1}"
        return self.settings.model_copy(
            update={
                "var_dir": folder,
                "models_dir": folder / "models",
                "trusted_proxies": 1,
                "console_proxies": 1,
                **dict.fromkeys(("host", "console_host", "rasa_host", "actions_host"), host),
            }
        )

    def prepare(self, console: Console) -> list[Node] | None:
        """Make what must be there before anything starts: folders, database, tables, content, model.

        None when no model could be trained, which has been told. Raises what PostgreSQL's programs,
        SQLAlchemy and the file system raise.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711)  # PostgreSQL's and nginx's accounts pass through
        nodes: list[Node] = []
        console.print("PostgreSQL을 준비하고 있어요…")
        with self.postgres.running():
            asyncio.run(migrate(self.settings.database))
            for number, host in enumerate(NODES, start=1):
                own = self.node_settings(host)
                _link(own.var_dir / "secrets", self.asked.var_dir / "secrets")
                _link(own.var_dir / "encoder", self.asked.var_dir / "encoder")
                asyncio.run(start_live(own))
                model = self._model(own, console)
                if model is None:
                    return None
                nodes.append(Node(f"node-{number}", own, model))
        return nodes

    def processes(self, nodes: list[Node]) -> list[Process]:
        """All that is to be started, in this order."""
        asked = self.asked
        places = Places(NODES, asked.port, asked.console_port, asked.rasa_port, asked.actions_port)
        wanted = [
            self.postgres.process(),
            *redis_processes(self.folder, _REDIS, _SENTINELS, asked.redis_port),
            nginx_process(self.folder / "nginx", places),
        ]
        if not asked.city_api_url:
            wanted.append(city_api_process(asked))
        if asked.demo_login:
            wanted.append(identity_process(asked))
        if not asked.gov24_url:
            wanted.append(gov24_process(asked))
        gateways = [self._of(node, gateway_process(node.settings, simulate=self.simulate)) for node in nodes]
        actions = [self._of(node, actions_process(node.settings)) for node in nodes]
        rasa = [self._of(node, rasa_process(node.settings, node.model, watch=True)) for node in nodes]
        return [*wanted, *gateways, *actions, *rasa]

    def _of(self, node: Node, process: Process) -> Process:
        """A node's process: its name, its address and its settings."""
        own = node.settings
        variables = {
            "SOTONG_VAR_DIR": own.var_dir,
            "SOTONG_MODELS_DIR": own.models_dir,
            "SOTONG_TOMBSTONES": own.tombstones,
            "SOTONG_HOST": own.host,
            "SOTONG_CONSOLE_HOST": own.console_host,
            "SOTONG_ACTIONS_HOST": own.actions_host,
            "SOTONG_RASA_HOST": own.rasa_host,
            "SOTONG_METRICS_HOST": own.host,
            "SOTONG_TRUSTED_PROXIES": own.trusted_proxies,
            "SOTONG_CONSOLE_PROXIES": own.console_proxies,
            "DATABASE_URL": own.database,
            "REDIS_URL": own.redis,
        }
        return replace(
            process,
            name=f"{process.name}-{node.name.removeprefix('node-')}",
            health=process.health.replace("//127.0.0.1:", f"//{own.host}:"),
            host=own.host,
            environment={**process.environment, **{name: str(value) for name, value in variables.items()}},
        )

    def _model(self, own: Settings, console: Console) -> Path | None:
        """The model for a node's content in its own folder; trained once for all."""
        target = model_path(own, own.live)
        if target.exists():
            return target
        trained = train(self.asked, root=own.live.absolute(), console=console)
        if trained is None:
            return None
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(trained, target)
        return target


def _link(path: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not (path.is_symlink() and os.readlink(path) == str(target.absolute())):
        path.unlink(missing_ok=True)
        path.symlink_to(target.absolute())
