"""Citizens in any number, who write and wait for the answer: what the load benchmark measures with."""

from __future__ import annotations

import asyncio
import random
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

import aiohttp

from demo.platforms.platform import Platform, Shown

_TURNS = 5
"""Messages of a citizen; then another comes."""
_PATIENCE = 15.0
"""Seconds after which a message counts as unanswered."""


class Way(ABC):
    """How citizens' words come to a bot, and its answers to them."""

    @abstractmethod
    def newcomer(self) -> str:
        """Somebody who has not written before."""

    @abstractmethod
    async def ask(self, citizen: str, text: str) -> bool:
        """Say something and wait until the first answer is there; whether one came."""


class Messengers(Way):
    """All of some messengers' stand-ins in turn. A citizen is `channel:number`."""

    def __init__(self, platforms: dict[str, Platform]) -> None:
        self._platforms = platforms
        self._numbers = count(10_000)
        self._waiting: dict[str, asyncio.Future[None]] = {}
        for platform in platforms.values():
            platform.on_show = self._seen_on(platform)

    def newcomer(self) -> str:
        """The next number, on the next messenger."""
        number = next(self._numbers)
        names = list(self._platforms)
        return f"{names[number % len(names)]}:{number}"

    async def ask(self, citizen: str, text: str) -> bool:
        """Bring it as the messenger does; the answer has come when the messenger shows it."""
        channel, _, user_id = citizen.partition(":")
        self._waiting[citizen] = answered = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(_PATIENCE):
                if await self._platforms[channel].say(user_id, text) != 200:
                    return False
                await answered
        except TimeoutError:
            return False
        finally:
            self._waiting.pop(citizen, None)
        return True

    def _seen_on(self, platform: Platform) -> Callable[[Shown], None]:
        def seen(shown: Shown) -> None:
            platform.shown.clear()
            waiting = self._waiting.get(f"{platform.name}:{shown.user_id}")
            if waiting is not None and not waiting.done():
                waiting.set_result(None)

        return seen


class RestChannel(Way):
    """Rasa's own REST channel."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = f"{url}/webhooks/rest/webhook"
        self._numbers = count()

    def newcomer(self) -> str:
        """The next number."""
        return f"citizen-{next(self._numbers)}"

    async def ask(self, citizen: str, text: str) -> bool:
        """Post it; the answer is in the response."""
        limit = aiohttp.ClientTimeout(total=_PATIENCE)
        try:
            async with self._session.post(
                self._url, json={"sender": citizen, "message": text}, timeout=limit
            ) as response:
                return bool(await response.json())
        except (aiohttp.ClientError, TimeoutError):
            return False


@dataclass
class Load:
    """What one stretch of load was like."""

    seconds: float = 0.0
    taken: list[float] = field(default_factory=list)
    """Seconds until the answer, for each message; an unanswered one counts as all the patience there is."""
    unanswered: int = 0

    @property
    def messages(self) -> int:
        """All that were written."""
        return len(self.taken)

    @property
    def rate(self) -> float:
        """Answered messages a second."""
        return (self.messages - self.unanswered) / self.seconds

    def within(self, part: float) -> float:
        """Milliseconds within which so great a part of the messages was answered."""
        ordered = sorted(self.taken)
        return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * part))]


class Citizens:
    """Those who write by one way; `texts` is what they say, in any order."""

    def __init__(self, way: Way, texts: Sequence[str], seed: int = 1) -> None:
        self._way = way
        self._texts = texts
        self._chance = random.Random(seed)
        self._idle: deque[tuple[str, int]] = deque()
        """Who has their answer, and how often they have written."""

    async def at_once(self, citizens: int, seconds: float) -> Load:
        """So many at a time, each writing again as soon as they are answered: as much as the bot can take."""
        load, began = Load(), time.monotonic()

        async def one_after_another() -> None:
            while time.monotonic() - began < seconds:
                await self._write(load)

        await asyncio.gather(*(one_after_another() for _ in range(citizens)))
        load.seconds = time.monotonic() - began
        return load

    async def at_rate(self, rate: float, seconds: float) -> Load:
        """So many messages a second, whether the others are answered or not."""
        load, began, writing = Load(), time.monotonic(), set[asyncio.Task[None]]()
        for number in range(round(rate * seconds)):
            await asyncio.sleep(began + number / rate - time.monotonic())
            writing.add(task := asyncio.create_task(self._write(load)))
            task.add_done_callback(writing.discard)
        await asyncio.gather(*writing)
        load.seconds = time.monotonic() - began
        return load

    async def _write(self, load: Load) -> None:
        citizen, turns = self._idle.popleft() if self._idle else (self._way.newcomer(), 0)
        began = time.monotonic()
        if await self._way.ask(citizen, self._chance.choice(self._texts)):
            load.taken.append(time.monotonic() - began)
            if turns + 1 < _TURNS:
                self._idle.append((citizen, turns + 1))
        else:
            load.taken.append(_PATIENCE)
            load.unanswered += 1
