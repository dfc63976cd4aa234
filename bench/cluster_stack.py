"""A whole cluster on free ports, as `sotong cluster` has it, with messengers' stand-ins in this program."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from stack_child import Child
from stack_with_platforms import Stack, credentials, free_ports, is_setting

from bot.cli.stack import environment, rasa_token
from bot.cluster.machines import Cluster, Node
from bot.releases.signing import model_secret
from bot.settings import ROOT, Settings
from demo.platforms.build import PLATFORMS

_PORTS = (
    "port",
    "console_port",
    "redis_port",
    "postgres_port",
    "rasa_port",
    "actions_port",
    "city_api_port",
    "gov24_port",
    "identity_port",
)


@dataclass(frozen=True)
class ClusterStack(Stack):
    """The same with its machines."""

    cluster: Cluster
    nodes: list[Node]
    first: frozenset[str]
    """What must be up before the rest is started."""

    def topology(self) -> dict[str, int]:
        """How many there are of each kind."""
        kinds = [name.partition("-")[0] if name[-1].isdigit() else name for name in self.children]
        return {kind: kinds.count(kind) for kind in kinds}


@contextlib.asynccontextmanager
async def cluster_with_platforms(
    folder: Path, channels: Sequence[str], console: Console, **values: Any
) -> AsyncIterator[ClusterStack]:
    """Start everything below `folder`, with a copy of the content; `values` are further settings by name.

    Raises `TimeoutError` when a part does not answer in time, `RuntimeError` when no model can be trained.
    Whatever happens, all that was started ends.
    """
    data = folder / "data"
    await asyncio.to_thread(shutil.copytree, ROOT / "data", data)
    await asyncio.to_thread(folder.chmod, 0o711)  # PostgreSQL's account passes through
    ports = dict(zip(_PORTS, free_ports(len(_PORTS), "0.0.0.0"), strict=True))
    shared = credentials(channels)
    url = f"http://127.0.0.1:{ports['port']}"
    platforms = {channel: PLATFORMS[channel](url, shared) for channel in channels}
    async with contextlib.AsyncExitStack() as open_:
        for platform in platforms.values():
            await platform.start()
            open_.push_async_callback(platform.stop)
        places = {name: place for one in platforms.values() for name, place in one.settings.items()}
        given = {"var_dir": str(folder), "data_dir": str(data), **ports, **shared, **places, **values}
        given["rasa_token"] = rasa_token(Settings(_env_file=None, **given))
        given["model_key"] = model_secret(Settings(_env_file=None))  # the model was trained by that one
        cluster = Cluster(Settings(_env_file=None, **given))
        nodes = await asyncio.to_thread(cluster.prepare, console)
        if nodes is None:
            raise RuntimeError("no model could be trained")
        children = _children(cluster, nodes, given, folder)
        session = await open_.enter_async_context(aiohttp.ClientSession())
        before = frozenset(name for name in children if name.startswith(("postgres", "redis", "sentinel")))
        stack = ClusterStack(cluster.settings, platforms, children, session, cluster, nodes, before)
        for name, child in children.items():
            open_.push_async_callback(child.stop)
            child.start()
            if name in before:
                await child.ready(session, 30)
        await stack.ready()
        yield stack


def _children(cluster: Cluster, nodes: list[Node], given: dict[str, Any], folder: Path) -> dict[str, Child]:
    variables = {name: value for name, value in environment(cluster.settings).items() if not is_setting(name)}
    variables |= {f"SOTONG_{name.upper()}": str(value) for name, value in given.items()}
    variables |= {"PYTHONPATH": str(ROOT)}
    (folder / "log").mkdir(exist_ok=True)
    return {
        # Only Rasa reads files of the project by relative paths; the others would find a `.env` there.
        one.name: Child(
            one,
            variables,
            ROOT if one.name.startswith("rasa") else folder,
            folder / "log" / f"{one.name}.log",
        )
        for one in cluster.processes(nodes)
    }
