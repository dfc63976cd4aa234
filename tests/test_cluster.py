"""The machines of a cluster on one, and nginx before them: what it does when a server hangs or is gone."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy import text

from bot.cli import cluster as command
from bot.cli.supervising import answers
from bot.cluster.machines import NODES, Cluster, Node
from bot.cluster.nginx import Places, nginx, nginx_process
from bot.cluster.postgres import Postgres, programs
from bot.log.engine import open_engine
from bot.settings import Settings
from tests.fleet_support import free_port


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that the accounts of PostgreSQL and nginx may pass through."""
    with TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o711)
        yield Path(name)


def test_every_process_has_a_place_of_its_own_and_nodes_share_what_they_must(folder: Path) -> None:
    cluster = Cluster(Settings(_env_file=None, var_dir=folder))
    nodes = [
        Node(f"node-{number}", cluster.node_settings(host), folder / "model.tar.gz")
        for number, host in enumerate(NODES, start=1)
    ]
    wanted = {process.name: process for process in cluster.processes(nodes)}
    kinds = Counter(name.rstrip("-123") for name in wanted)
    assert kinds | {"nginx": 1} == {
        **dict.fromkeys(("postgres", "nginx", "city-api", "identity"), 1),
        **{"gov24": 1, "redis": 2, "sentinel": 3, "gateway": 2, "rasa": 2, "actions": 2},
    }
    places = [(process.host, process.port) for process in wanted.values()]
    assert len(set(places)) == len(places)
    for kind in ("gateway", "rasa", "actions"):
        one, other = (wanted[f"{kind}-{number}"] for number in (1, 2))
        assert one.environment["SOTONG_VAR_DIR"] != other.environment["SOTONG_VAR_DIR"]
        for shared in ("DATABASE_URL", "REDIS_URL", "SOTONG_TOMBSTONES"):
            assert one.environment[shared] == other.environment[shared]
        assert [one.host, other.host] == list(NODES)
        for process in (one, other):
            assert f"//{process.host}:{process.port}" in process.health


def test_what_is_missing_is_told_with_the_command_that_installs_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "nginx", lambda: None)
    monkeypatch.setattr(command, "programs", lambda: None)
    faults = command.missing(Settings(_env_file=None, var_dir=folder, rasa_url="http://10.0.0.1:5005"))
    remedies = [fault.remedy for fault in faults]
    assert "apt-get install -y nginx-light" in remedies
    assert "apt-get install -y postgresql" in remedies
    assert any("SOTONG_RASA_URL" in fault.what for fault in faults)


def test_postgres_is_made_once_and_takes_only_our_password(folder: Path) -> None:
    if programs() is None:
        pytest.skip("PostgreSQL is not installed here.")
    server = Postgres(folder / "postgres", "127.0.0.1", free_port(), folder)

    async def known(url: str) -> Any:
        engine = open_engine(url)
        try:
            async with engine.connect() as connection:
                return await connection.scalar(text("SELECT current_user"))
        finally:
            await engine.dispose()

    with server.running():
        assert asyncio.run(known(server.url)) == "sotong"
        with pytest.raises(Exception, match="password authentication failed"):
            asyncio.run(known(server.url.replace("sotong:", "sotong:x")))


class Backend:
    """What stands behind nginx on one address: hangs where it is told to, and notes who came."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.hangs: set[str] = set()
        self.came: list[str] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.text()
        self.came.append(f"{request.path} {body}")
        if request.path in self.hangs:
            await asyncio.sleep(30)
        if request.headers.get("Upgrade") == "websocket":
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            await socket.send_str("open")
            await socket.close()
            return socket
        return web.json_response({"host": self.host, "headers": dict(request.headers)})


Front = tuple[Places, dict[str, Backend]]


@pytest.fixture
async def front(folder: Path) -> AsyncIterator[Front]:
    """nginx as the cluster has it, before two backends on every port."""
    if nginx() is None:
        pytest.skip("nginx is not installed here.")
    ports = iter([free_port() for _ in range(4)])
    places = Places(NODES, next(ports), next(ports), next(ports), next(ports))
    backends = {host: Backend(host) for host in NODES}
    runners = []
    for host, backend in backends.items():
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", backend.answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        for port in (places.public, places.console, places.rasa, places.actions):
            await web.TCPSite(runner, host, port).start()
    process = nginx_process(folder / "nginx", places)
    with (folder / "nginx.log").open("wb") as log:
        server = subprocess.Popen(process.command, stdout=log, stderr=log)
    try:
        end = time.monotonic() + 10
        while not await asyncio.to_thread(answers, process):
            assert server.poll() is None, (folder / "nginx.log").read_text()
            assert time.monotonic() < end
            await asyncio.sleep(0.02)
        yield places, backends
    finally:
        server.terminate()
        server.wait(10)
        for runner in runners:
            with suppress(asyncio.CancelledError):
                await runner.cleanup()


async def test_a_server_that_hangs_makes_nobody_wait_long_and_nothing_is_brought_twice_that_must_not(
    front: Front,
) -> None:
    places, backends = front
    slow, quick = backends[NODES[0]], backends[NODES[1]]
    slow.hangs = {"/webhooks/line", "/webhooks/rest/webhook"}
    for backend in backends.values():
        backend.hangs.add("/webhooks/kakao/secret")
    async with aiohttp.ClientSession() as session:

        async def post(port: int, path: str, body: str) -> tuple[int, float]:
            began = time.monotonic()
            async with session.post(f"http://127.0.0.1:{port}{path}", data=body) as response:
                await response.read()
                return response.status, time.monotonic() - began

        kakao = asyncio.create_task(post(places.public, "/webhooks/kakao/secret", "k"))
        lines = await asyncio.gather(*(post(places.public, "/webhooks/line", str(n)) for n in range(4)))
        assert [status for status, _ in lines] == [200] * 4
        assert max(took for _, took in lines) < 3.8
        # whoever hung is left alone for a while
        assert (await post(places.public, "/webhooks/line", "later"))[1] < 1
        status, took = await kakao
        assert status == 504
        assert 4 < took < 5
        came = Counter(slow.came + quick.came)
        assert came["/webhooks/kakao/secret k"] == 1
        assert {came[f"/webhooks/line {n}"] for n in range(4)} == {1, 2}


async def test_a_server_that_is_gone_is_not_missed_and_what_was_asked_arrives_as_it_was(front: Front) -> None:
    places, _ = front
    public, rasa = (f"http://127.0.0.1:{port}" for port in (places.public, places.rasa))
    async with aiohttp.ClientSession() as session:
        headers = {"X-Forwarded-For": "203.0.113.9"}
        async with session.get(f"{public}/chat/", headers=headers) as response:
            seen = (await response.json())["headers"]
        assert seen["Host"] == f"127.0.0.1:{places.public}"
        assert seen["X-Forwarded-For"] == "203.0.113.9, 127.0.0.1"
        async with session.ws_connect(f"{public}/chat/ws") as socket:
            assert await socket.receive_str() == "open"
        async with session.put(f"{rasa}/model", data=b"{}") as response:
            assert response.status == 403
        async with session.get(f"{rasa}/status") as response:
            assert response.status == 200
