"""The two sides of the turn benchmark: stock Rasa and ours, each with its project, training and server."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from about import RASA_PYTHON, ROOT
from turns_content import fitted, write

from bot.cli.stack import environment, redis_server
from bot.settings import Settings

_START_WITHIN = 300
STOCK: dict[str, Any] = {
    "recipe": "default.v1",
    "assistant_id": "bench",
    "language": "ko",
    "pipeline": [
        {"name": "WhitespaceTokenizer"},
        {"name": "RegexFeaturizer"},
        {"name": "LexicalSyntacticFeaturizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        {"name": "DIETClassifier", "epochs": 100, "constrain_similarities": True},
        {"name": "EntitySynonymMapper"},
        {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
    ],
    "policies": [{"name": "RulePolicy", "core_fallback_threshold": 0.3, "core_fallback_action_name": ""}],
}
"""What `rasa init` of 3.6.21 writes, without its selector and its TensorFlow policies: they only slow it."""


@dataclass
class Side:
    """One of the two."""

    name: str
    folder: Path
    port: int
    train: list[str]
    serve: list[str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Base address of the server."""
        return f"http://127.0.0.1:{self.port}"

    def trained(self) -> float:
        """Train from nothing; seconds. Raises `CalledProcessError` with the end of the log printed."""
        began = time.perf_counter()
        with (self.folder / "train.log").open("wb") as log:
            done = subprocess.run(
                self.train, cwd=self.folder, env=_environment(), stdout=log, stderr=log, check=False
            )
        if done.returncode:
            print((self.folder / "train.log").read_text(errors="replace")[-3000:])
            done.check_returncode()
        return time.perf_counter() - began

    def start(self) -> float:
        """Start the server; seconds until it has a model. Raises `TimeoutError`."""
        began = time.perf_counter()
        with (self.folder / "serve.log").open("wb") as log:
            self.process = subprocess.Popen(
                self.serve, cwd=self.folder, env=_environment(), stdout=log, stderr=subprocess.STDOUT
            )
        while time.perf_counter() - began < _START_WITHIN and self.process.poll() is None:
            with suppress(urllib.error.URLError, OSError):
                asked = urllib.request.Request(f"{self.url}/status", headers=shown())
                urllib.request.urlopen(asked, timeout=5).close()
                return time.perf_counter() - began
            time.sleep(0.1)
        raise TimeoutError((self.folder / "serve.log").read_text(errors="replace")[-3000:])

    def stop(self) -> None:
        """Stop the server."""
        if self.process:
            self.process.terminate()
            self.process.wait(30)

    def processes(self) -> list[int]:
        """The server and its children."""
        assert self.process is not None
        found = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False
        )
        return [self.process.pid, *map(int, found.stdout.split())]

    def memory_mb(self) -> float:
        """Resident memory of the server, and what its children have beyond the pages they share with it."""
        server, *children = self.processes()
        total = _kilobytes(server, "Rss:")
        for child in children:
            with suppress(FileNotFoundError, ProcessLookupError):
                total += _kilobytes(child, "Private_")
        return total / 1024


def _kilobytes(pid: int, kind: str) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(kind))


def shown() -> dict[str, str]:
    """The header by which our side knows us; the other does not look at it."""
    return {"Authorization": f"Bearer {_environment()['SOTONG_RASA_TOKEN']}"}


def _environment() -> dict[str, str]:
    return {**environment(Settings(_env_file=None)), "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": "-1"}


@contextmanager
def redis(folder: Path) -> Iterator[int]:
    """A Redis of the benchmark's own; yields its port."""
    port = free_port()
    command = [redis_server(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(10)


def stock(folder: Path, redis_port: int) -> Side:
    """Stock Rasa: DIET, RulePolicy, RedisTrackerStore, `rasa train` and `rasa run`."""
    store = {"type": "redis", "url": "127.0.0.1", "port": redis_port, "db": 1}
    _project(folder, fitted(STOCK), store)
    port = free_port()
    rasa = [str(RASA_PYTHON), "-m", "rasa"]
    serve = ["run", "--enable-api", "--interface", "127.0.0.1", "--port", str(port), "--model"]
    return Side(
        "stock",
        folder,
        port,
        [*rasa, "train", "--force", "--fixed-model-name", "stock"],
        [*rasa, *serve, "models/stock.tar.gz", "--credentials", "credentials.yml"],
    )  # fmt: skip


def ours(folder: Path, redis_port: int) -> Side:
    """Our side: the repository's `config.yml`, with the generated content's names in it."""
    config = fitted(yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8")))
    kind = "bot.nlu.tracker_store.BoundedRedisTrackerStore"
    _project(folder, config, {"type": kind, "url": f"redis://127.0.0.1:{redis_port}/0"})
    (folder / "data" / "thesaurus").symlink_to(ROOT / "data" / "thesaurus")
    port = free_port()
    python = [str(RASA_PYTHON), "-m"]
    return Side(
        "ours",
        folder,
        port,
        [*python, "bot.nlu.training", "--out", "models/sotong-first.tar.gz"],
        [*python, "bot.nlu.fleet", "--model", "models/sotong-first.tar.gz", "--port", str(port), "--watch"],
    )


def _project(folder: Path, config: dict[str, Any], store: dict[str, Any]) -> None:
    folder.mkdir()
    write(folder, yaml.safe_dump(config, allow_unicode=True, sort_keys=False))
    (folder / "endpoints.yml").write_text(yaml.safe_dump({"tracker_store": store}))


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
