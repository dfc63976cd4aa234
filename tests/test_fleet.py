"""The Rasa server as citizens meet it: new content, broken content and crashes while they write."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import yaml

from bench.turns_content import examples, fitted, names, write
from bot.settings import ROOT

PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
pytestmark = [
    pytest.mark.rasa,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not PYTHON.exists(), reason="no Rasa environment (.venv-rasa): make setup"),
]
INTENTS = names(6)


class Office:
    """A fleet on a small project of its own."""

    def __init__(self, folder: Path, port: int, redis_url: str) -> None:
        self.folder, self.port = folder, port
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "REDIS_URL": redis_url,
            "RASA_TELEMETRY_ENABLED": "false",
            "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
            "OMP_NUM_THREADS": "1",
        }
        config = fitted(yaml.safe_load((ROOT / "config.yml").read_text("utf-8")))
        write(folder, yaml.safe_dump(config, allow_unicode=True, sort_keys=False), intents=6)
        (folder / "data" / "thesaurus").symlink_to(ROOT / "data" / "thesaurus")
        store = {"type": "bot.nlu.tracker_store.BoundedRedisTrackerStore", "key_prefix": f"{port}:"}
        (folder / "endpoints.yml").write_text(yaml.safe_dump({"tracker_store": store}))
        self.log = folder / "fleet.log"

    def start(self) -> None:
        first = self.folder / "models" / "sotong-first.tar.gz"
        trained = subprocess.run(
            [PYTHON, "-m", "bot.nlu.training", "--out", first],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert trained.returncode == 0, trained.stdout[-3000:] + trained.stderr[-3000:]
        self.launch()

    def launch(self) -> None:
        first = self.folder / "models" / "sotong-first.tar.gz"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [PYTHON, "-m", "bot.nlu.fleet", "--model", first, "--port", str(self.port), "--watch"],
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(30) == 0

    def children(self) -> list[int]:
        found = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False
        )
        return [int(pid) for pid in found.stdout.split()]

    def save(self, word: str) -> None:
        """What staff do: another wording of every reply."""
        domain = self.folder / "domain.yml"
        text = re.sub(r"에 대한 \S+\.", f"에 대한 {word}.", domain.read_text("utf-8"))
        domain.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Office]:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = Office(tmp_path_factory.mktemp("office"), port, redis_url)
    running.start()
    yield running
    running.stop()


class Citizens:
    """Some who write one message after the other over connections that stay open."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url
        self.last, self.answered, self.slowest = "", 0, 0.0

    async def ask(self, sender: str, number: int) -> None:
        intent = INTENTS[number % 6]
        message = {"sender": sender, "message": examples(intent)[number % 20]}
        began = time.monotonic()
        async with self._session.post(f"{self._url}/webhooks/rest/webhook", json=message) as response:
            said = await response.json()
        assert [reply["text"].partition("에 대한")[0] for reply in said] == [intent]
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.last, self.answered = said[0]["text"], self.answered + 1

    async def keep_asking(self, sender: str) -> None:
        for number in range(1_000_000):
            await self.ask(sender, number)
            await asyncio.sleep(0.1)

    async def hear(self, word: str, seconds: float = 180) -> None:
        end = time.monotonic() + seconds
        while word not in self.last:
            assert time.monotonic() < end, f"nobody has heard {word!r}"
            await asyncio.sleep(0.05)


@asynccontextmanager
async def citizens(office: Office, count: int = 3) -> AsyncIterator[Citizens]:
    """`count` citizens at work; whatever goes wrong for one of them fails the test."""
    url = f"http://127.0.0.1:{office.port}"
    async with aiohttp.ClientSession() as session:
        for _ in range(600):
            try:
                async with session.get(f"{url}/status") as response:
                    if response.status == 200:
                        break
            except aiohttp.ClientError:
                await asyncio.sleep(0.2)
        there = Citizens(session, url)
        tasks = [asyncio.create_task(there.keep_asking(f"c{number}")) for number in range(count)]
        try:
            yield there
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            for task in tasks:
                task.cancel()


async def logged(office: Office, words: str, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while words not in office.log.read_text("utf-8", errors="replace"):
        assert time.monotonic() < end, office.log.read_text("utf-8", errors="replace")[-3000:]
        await asyncio.sleep(0.1)


async def only_server(office: Office, seconds: float = 120) -> int:
    """The one child left when no training runs and those before have gone."""
    end, alone = time.monotonic() + seconds, 0
    while alone < 10:
        assert time.monotonic() < end, office.children()
        children = office.children()
        alone = alone + 1 if len(children) == 1 else 0
        await asyncio.sleep(0.1)
    return children[0]


async def test_a_saved_file_answers_soon_and_nobody_notices_the_change(office: Office) -> None:
    async with citizens(office) as there:
        await there.hear("안내예요")
        for word in ("설명이에요", "도움말이에요"):
            there.slowest = 0.0
            office.save(word)
            await there.hear(word)
        assert there.slowest < 3  # seconds; the bench measures it on a quiet machine
        before = there.answered
        await asyncio.sleep(1)
        assert there.answered > before


async def test_broken_content_changes_nothing_and_the_next_save_heals(office: Office) -> None:
    rules = office.folder / "data" / "rules" / "questions.yml"
    good = rules.read_text("utf-8")
    async with citizens(office) as there:
        rules.write_text(good.replace("action: utter_ask_how_00", "action: utter_unheard_of"), "utf-8")
        await logged(office, "training has failed")
        before = there.answered
        await asyncio.sleep(1)
        assert there.answered > before
        rules.write_text(good, "utf-8")
        office.save("고친_글이에요")
        await there.hear("고친_글이에요")


async def test_a_server_that_dies_is_there_again(office: Office) -> None:
    async with citizens(office, count=0) as there:
        await there.ask("d", 0)
        server = await only_server(office)
        os.kill(server, signal.SIGKILL)
        await logged(office, "is started again")
        await asyncio.wait_for(there.ask("d", 1), 60)  # waits in the socket until somebody accepts
        assert office.children() != [server]


async def test_children_of_a_killed_fleet_leave_the_port_to_the_next(office: Office) -> None:
    async with citizens(office, count=0) as there:
        await there.ask("e", 0)
    office.process.kill()
    office.process.wait(10)
    office.launch()
    end = time.monotonic() + 60
    while not await asyncio.to_thread(_accepting, office):
        if office.process.poll() is not None:  # the port was still taken: whoever starts it tries again
            office.launch()
        assert time.monotonic() < end, office.log.read_text("utf-8", errors="replace")[-3000:]
        await asyncio.sleep(0.5)
    async with citizens(office, count=0) as there:
        await there.ask("e", 1)


def _accepting(office: Office) -> bool:
    """The fleet itself, not somebody it left behind, has a server that answers."""
    return office.process.poll() is None and bool(office.children())
