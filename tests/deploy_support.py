"""What deploy/ says, read as the programs that use it read it."""

from __future__ import annotations

import functools
import re
import shlex
from pathlib import Path
from typing import Any

import helm_python
import yaml

from bot.settings import ROOT

DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "helm" / "sotong"
LEAST = {"ingress": {"host": "chat.example.kr", "tlsSecret": "chat-tls"}}
"""The least that the chart must be told."""
MOST = {
    **LEAST,
    "image": {"registry": "images.example.kr/minwon/", "pullSecrets": [{"name": "pull"}]},
    "gateway": {"autoscaling": {"enabled": False}, "storage": {"className": "fast"}},
    "queueAge": {"enabled": True, "selector": {"namespace": "minwon"}},
    "consoleIngress": {
        "enabled": True,
        "className": "office",
        "host": "console.example.kr",
        "tlsSecret": "console-tls",
        "annotations": {"example.kr/timeout": "120"},
    },
    "networkPolicy": {"database": {"to": [{"ipBlock": {"cidr": "10.0.0.0/24"}}], "ports": [5432]}},
    "podMonitor": {"enabled": True},
}
"""Everything that can be switched on."""

Thing = dict[str, Any]


def rendered(values: Thing) -> list[Thing]:
    """The Kubernetes objects of the chart, by Helm's own engine."""
    found = []
    for path, text in helm_python.Chart.load(CHART).render(values, name="sotong", namespace="minwon").items():
        if path.endswith(".yaml"):
            found += [thing for thing in yaml.safe_load_all(text) if thing]
    return found


def pods(things: list[Thing]) -> dict[str, Thing]:
    """Component → the pod that its workload makes: {metadata, spec}."""
    made = [thing["spec"]["template"] for thing in things if "template" in thing.get("spec", {})]
    return {pod["metadata"]["labels"]["app.kubernetes.io/component"]: pod for pod in made}


def containers(pod: Thing) -> list[Thing]:
    """All of a pod, those that come first too."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


@functools.cache
def compose() -> Thing:
    """deploy/compose.yaml."""
    found: Thing = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return found


@functools.cache
def stages() -> dict[str, list[tuple[str, str]]]:
    """Stage of the Dockerfile → its instructions: (word, the rest)."""
    text = (DEPLOY / "docker" / "Dockerfile").read_text("utf-8")
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    found: dict[str, list[tuple[str, str]]] = {"": []}
    stage = ""
    for line in filter(None, map(str.strip, text.splitlines())):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            stage = rest.split(" AS ")[1]
            found[stage] = []
        found[stage].append((word, rest.strip()))
    return found


def image_environment(stage: str) -> dict[str, str]:
    """What an image sets for its processes."""
    pairs: dict[str, str] = {}
    for word, rest in stages()[stage]:
        if word == "ENV":
            pairs |= dict(pair.split("=", 1) for pair in shlex.split(rest))
    return pairs


def image_command(stage: str, word: str) -> list[str]:
    """ENTRYPOINT, CMD or HEALTHCHECK of an image, which are JSON."""
    (rest,) = [rest for found, rest in stages()[stage] if found == word]
    command: list[str] = yaml.safe_load(rest[rest.index("[") :])
    return command


def unit(name: str) -> dict[str, list[str]]:
    """A systemd unit with what all units have: setting → values."""
    found: dict[str, list[str]] = {}
    for path in (DEPLOY / "systemd" / "sotong-.service.d" / "common.conf", DEPLOY / "systemd" / name):
        for line in path.read_text("utf-8").splitlines():
            key, equals, value = line.partition("=")
            if equals and not key.startswith("#"):
                found.setdefault(key, []).append(value)
    return found


def own_tool(name: str) -> str:
    """Path of a program of the development environment."""
    return str(ROOT / ".venv" / "bin" / name)


def relative(command: list[str]) -> list[str]:
    """A command of an image or a unit, for the program as it lies here."""
    return [part.replace("/opt/sotong", str(ROOT)) for part in command]


def files(folder: Path, *patterns: str) -> list[Path]:
    """Files below a folder."""
    return sorted(path for pattern in patterns for path in folder.rglob(pattern))
