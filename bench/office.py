"""One agency's whole installation, the person who answers at its console, and a citizen on its messenger."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from stack_with_platforms import Stack, stack_with_platforms

from bot.settings import ROOT
from demo.platforms.platform import Platform, Shown

MESSENGER = "telegram"
_PASSWORD = "초록 우산 다섯 개"
_LOOK = 0.3
"""Seconds between two looks at a page."""


class NotSo(Exception):
    """Something that was to come true did not; says what."""


@dataclass(frozen=True)
class About:
    """What an agency says of itself."""

    id: str
    name: str
    phone: str


@dataclass
class Office:
    """A running installation."""

    about: About
    stack: Stack

    @property
    def citizens(self) -> Platform:
        """The messenger of its citizens."""
        return self.stack.platforms[MESSENGER]

    async def sotong(self, *words: str) -> str:
        """What a command of this installation prints. Raises `NotSo` when it fails."""
        environment = self.stack.children["gateway"].environment
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "bot", *words],
            cwd=self.stack.settings.var_dir,
            env={**environment, "COLUMNS": "200", "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise NotSo(f"sotong {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    async def trusts(self, other: Office) -> None:
        """Read the other's entry and, the fingerprints compared, trust it: what staff does once."""
        shown = _found(r"지문: (\S+)", await other.sotong("agencies", "show"))
        read = _found(r"지문: (\S+)", await self.sotong("agencies", "add", other.stack.url))
        if shown != read:
            raise NotSo(f"{other.about.name}: {read} is not {shown}")
        await self.sotong("agencies", "trust", other.about.id, read)

    async def off(self) -> None:
        """Everything of it ends."""
        for child in reversed(self.stack.children.values()):
            await child.stop()

    async def on(self) -> None:
        """Everything of it is started again."""
        for child in self.stack.children.values():
            child.start()
        await self.stack.ready()


@contextlib.asynccontextmanager
async def office(
    folder: Path, model: Path, about: About, port: int, others: Sequence[int]
) -> AsyncIterator[Office]:
    """Start one whose citizens' port is `port`; whoever listens on the `others` it may call.

    Raises `TimeoutError` when it does not get ready.
    """
    data = folder / "data"
    await asyncio.to_thread(_write_content, data, about)
    origins = [f"http://127.0.0.1:{each}" for each in others]
    values = {"data_dir": str(data), "port": port, "inside_origins": origins, "log_level": "WARNING"}
    var = folder / "var"
    var.mkdir()
    async with stack_with_platforms(var, model, (MESSENGER,), **values) as stack:
        yield Office(about, stack)


def _write_content(data: Path, about: About) -> None:
    """The demo's content as the agency's own: it is not somewhere else to itself."""
    shutil.copytree(ROOT / "data", data)
    own = {"id": about.id, "name": about.name, "places": [about.name], "phone": about.phone}
    (data / "agency.yml").write_text(yaml.safe_dump(own, allow_unicode=True), encoding="utf-8")
    whose = data / "jurisdiction.yml"
    known = yaml.safe_load(whose.read_text(encoding="utf-8"))
    places = known["elsewhere"]["places"]
    known["elsewhere"]["places"] = [each for each in places if each != about.name]
    whose.write_text(yaml.safe_dump(known, allow_unicode=True), encoding="utf-8")


@dataclass
class Citizen:
    """Somebody on the messenger of an office; `_seen` messages were looked at."""

    office: Office
    id: str
    _seen: int = field(default=0)

    async def says(self, text: str) -> None:
        """Write. Raises `NotSo` when the messenger could not bring it."""
        if await self.office.citizens.say(self.id, text) != 200:
            raise NotSo(f"not taken: {text}")

    async def taps(self, label: str) -> None:
        """Tap the newest button that is called so. Raises `NotSo`."""
        for shown in reversed(self.told):
            for choice in shown.choices:
                if label in choice.label:
                    await self.office.citizens.press(self.id, choice)
                    return
        raise NotSo(f"no button {label}")

    @property
    def told(self) -> list[Shown]:
        """All that was shown to them."""
        return [shown for shown in self.office.citizens.shown if shown.user_id == self.id]

    async def hears(self, what: str, within: float = 30.0) -> str:
        """Wait for a message with these words; it and what came before it is looked at then.

        Raises `NotSo` with what came instead.
        """
        end = time.monotonic() + within
        while time.monotonic() < end:
            for place, shown in enumerate(self.told[self._seen :], self._seen + 1):
                if what in shown.text:
                    self._seen = place
                    return shown.text
            await asyncio.sleep(_LOOK)
        instead = [shown.text for shown in self.told[self._seen :]]
        raise NotSo(f"‘{what}’ did not come within {within:.0f} s, but {instead}")

    def times(self, what: str) -> int:
        """How many messages have these words."""
        return sum(what in shown.text for shown in self.told)


class Operator:
    """Somebody with a browser at the console of an office."""

    def __init__(self, office: Office, session: aiohttp.ClientSession) -> None:
        self._office = office
        self._session = session
        self._url = f"http://127.0.0.1:{office.stack.settings.console_port}"

    async def comes(self, login: str, name: str) -> None:
        """Get an account from the command line, log in with its password of one use, and choose another."""
        said = await self._office.sotong("user", "add", login, "--name", name, "--role", "operator")
        first = said.rpartition(": ")[2].strip()
        await self._fills("/login", "/login", login=login, password=first)
        await self._fills("/password", "/password", old=first, new=_PASSWORD, again=_PASSWORD)

    async def waiting(self, text: str, within: float = 30.0) -> str:
        """The page of the conversation in which somebody waits with these words. Raises `NotSo`."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            for path in dict.fromkeys(re.findall(r"/conversations/\d+", await self.page("/"))):
                if text in await self.page(f"{path}?part=talk"):
                    return path
            await asyncio.sleep(_LOOK)
        raise NotSo(f"nobody waits with ‘{text}’")

    async def answers(self, path: str, text: str) -> None:
        """Take the conversation and answer."""
        await self._fills(path, f"{path}/claim")
        await self._fills(path, f"{path}/reply", text=text)

    async def page(self, path: str) -> str:
        """What a page of the console shows."""
        async with self._session.get(self._url + path) as response:
            response.raise_for_status()
            return await response.text()

    async def _fills(self, path: str, action: str, **fields: Any) -> None:
        form = {"csrf": _found(r'name="csrf" value="([^"]+)"', await self.page(path)), **fields}
        headers = {"Origin": self._url}
        async with self._session.post(self._url + action, data=form, headers=headers) as response:
            if response.status != 200:
                raise NotSo(f"{action}: HTTP {response.status} {await response.text()}")


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise NotSo(f"no {pattern} in: {text[:500]}")
    return found[1]
