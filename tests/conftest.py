"""What tests share: loopback only, a real Redis, a fresh installation in a temporary folder."""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from bot.settings import ROOT, Settings
from tests import redis_support

pytest_plugins = [
    "tests.actions_support",
    "tests.databases",
    "tests.retrieval_support",
    "tests.services_support",
]

# In CI the same examples every time: a new find must not stop somebody else's change.
hypothesis.settings.register_profile("sotong", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.load_profile("sotong")

SHARED = ROOT.parent / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first: with two files at a time nobody waits for them at the end."""
    items.sort(key=lambda item: item.get_closest_marker("rasa") is None)


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that reaches out of this machine fails and says what to fake."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address and isinstance(address[0], str):
            host = address[0]
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise AssertionError(f"a test connects to {host}: start a local server instead")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def shared() -> Path:
    """The public data beside the repository."""
    if not SHARED.is_dir():
        pytest.skip("the public data (../shared) is not here")
    return SHARED


@pytest.fixture
def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture(scope="session", autouse=True)
def _redis_stops() -> Iterator[None]:
    yield
    if redis_support.server.cache_info().currsize:
        redis_support.server().stop()


@pytest.fixture(scope="session")
def redis_url() -> str:
    """A Redis server of the test run's own."""
    return redis_support.server().url


@pytest.fixture
def settings(tmp_path: Path, redis_url: str) -> Settings:
    """A fresh installation: the repository's content, copied, so that a test may edit it."""
    data = tmp_path / "data"
    shutil.copytree(ROOT / "data", data)
    return Settings(
        _env_file=None,
        data_dir=data,
        var_dir=tmp_path / "var",
        database_url=f"sqlite+aiosqlite:///{tmp_path / 'log.db'}",
        redis_url=redis_url,
    )
