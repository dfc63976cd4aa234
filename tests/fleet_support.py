"""A fleet on a small project of its own, citizens who write to it, and an action server beside it."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from aiohttp import web

from bench.turns_content import examples, fitted, names, write
from bot.settings import ROOT

PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
TOKEN = "token-of-a-test"
SHOWN = {"Authorization": f"Bearer {TOKEN}"}
MODEL_KEY = "a key that signs models in tests"
INTENTS = names(6)
_FORM = r"""
domain:
  intents: [open_case, look_around]
  actions: [action_open, action_look]
  forms: {case_form: {required_slots: [first, second]}}
  slots:
    first:
      type: text
      influence_conversation: false
      mappings: [{type: from_text, conditions: [{active_loop: case_form, requested_slot: first}]}]
    second:
      type: text
      influence_conversation: false
      mappings: [{type: from_text, conditions: [{active_loop: case_form, requested_slot: second}]}]
  responses:
    utter_ask_first: [{text: "첫 칸이에요.\n\n무엇을 적을까요?", buttons: [{title: 가, payload: 가}]}]
    utter_ask_second: [{text: "둘째 칸이에요.\n\n무엇을 적을까요?"}]
nlu:
- {intent: open_case, examples: "- 민원 열기\n- 민원 열어 주세요\n- 새 민원을 열래요"}
- {intent: look_around, examples: "- 둘러보기\n- 그냥 둘러볼래요\n- 둘러보고 있어요"}
rules:
- {rule: open, steps: [{intent: open_case}, {action: case_form}, {active_loop: case_form}]}
- rule: opened
  condition: [{active_loop: case_form}]
  steps:
  - action: case_form
  - active_loop: null
  - slot_was_set: [{requested_slot: null}]
  - action: action_open
- {rule: look, steps: [{intent: look_around}, {action: action_look}]}
"""
"""A form of two slots filled with whatever is said, an action behind it, and an action by itself."""


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _add_form(folder: Path) -> None:
    form = yaml.safe_load(_FORM)
    domain = yaml.safe_load((folder / "domain.yml").read_text("utf-8"))
    for key, more in form["domain"].items():
        if isinstance(more, list):
            domain.setdefault(key, []).extend(more)
        else:
            domain.setdefault(key, {}).update(more)
    (folder / "domain.yml").write_text(yaml.safe_dump(domain, allow_unicode=True), "utf-8")
    for kind in ("nlu", "rules"):
        text = yaml.safe_dump({"version": "3.1", kind: form[kind]}, allow_unicode=True)
        (folder / "data" / kind / "form.yml").write_text(text, "utf-8")


class Office:
    """A fleet on a small project of its own."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self.folder, self.port = folder, free_port()
        self.actions_port, self.traces_port = free_port(), free_port()
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "REDIS_URL": redis_url,
            "RASA_TELEMETRY_ENABLED": "false",
            "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
            "OMP_NUM_THREADS": "1",
            "SOTONG_MODEL_KEY": MODEL_KEY,
            "SOTONG_TRACES_URL": f"http://127.0.0.1:{self.traces_port}",
            "SOTONG_TRACES_SHARE": "0",  # but what the caller traces
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            "SOTONG_RASA_TOKEN": TOKEN,
        }
        config = fitted(yaml.safe_load((ROOT / "config.yml").read_text("utf-8")))
        write(folder, yaml.safe_dump(config, allow_unicode=True, sort_keys=False), intents=6)
        _add_form(folder)
        (folder / "data" / "thesaurus").symlink_to(ROOT / "data" / "thesaurus")
        store = {"type": "bot.nlu.tracker_store.BoundedRedisTrackerStore", "key_prefix": f"{self.port}:"}
        actions = {"url": f"http://127.0.0.1:{self.actions_port}/webhook"}
        endpoints = {"tracker_store": store, "action_endpoint": actions}
        (folder / "endpoints.yml").write_text(yaml.safe_dump(endpoints))
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
        """Start the fleet with the latest model; old ones are removed while it runs."""
        models = (self.folder / "models").glob("sotong-*.tar.gz")
        latest = max(models, key=lambda path: path.stat().st_mtime)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(PYTHON, "-m", "bot.nlu.fleet", "--model", latest, "--port", str(self.port)),
                    *("--watch", "--studies", self.folder / "studies"),
                ],
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

    async def say(self, sender: str, text: str, message_id: str | None = None) -> list[dict[str, Any]]:
        """What the REST channel gives back for a message."""
        metadata = {"message_id": message_id, "channel": "web"} if message_id else None
        message = {"sender": sender, "message": text, "metadata": metadata}
        async with self._session.post(f"{self._url}/webhooks/rest/webhook", json=message) as response:
            said: list[dict[str, Any]] = await response.json()
        return said

    async def conversation(self, sender: str) -> dict[str, Any]:
        """Rasa's tracker of a citizen's conversation."""
        async with self._session.get(f"{self._url}/conversations/{sender}/tracker") as response:
            tracker: dict[str, Any] = await response.json()
        return tracker

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
    async with aiohttp.ClientSession(headers=SHOWN) as session:
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


class Actions:
    """The office's action server: what it is to answer, and which messages it was asked about."""

    def __init__(self, *responses: dict[str, Any]) -> None:
        self.responses = list(responses)
        self.asked: list[Any] = []
        self.headers: list[Any] = []
        """The metadata of the message, for each time that an action ran."""

    async def run(self, request: web.Request) -> web.Response:
        call = await request.json()
        self.asked.append(call["tracker"]["latest_message"]["metadata"])
        self.headers.append(request.headers)
        await asyncio.sleep(0.2)
        return web.json_response({"events": [], "responses": self.responses})


@asynccontextmanager
async def action_server(office: Office, *responses: dict[str, Any]) -> AsyncIterator[Actions]:
    """An action server that answers every action with `responses`."""
    actions = Actions(*responses)
    app = web.Application()
    app.router.add_post("/webhook", actions.run)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", office.actions_port).start()
    try:
        yield actions
    finally:
        await runner.cleanup()
