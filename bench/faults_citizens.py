"""Citizens who write to a bot by its messengers, and what these do when it does not take a message."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field

from bot.messages import REST
from demo.platforms.platform import Choice, Platform

_QUESTIONS = (
    "여권 재발급 얼마예요? ({number})",
    "제 민원 어디까지 됐나요? ({number})",
    "2031-{number}",
    "접수번호 2031-{number} 어디까지 됐어요",
)
"""What a citizen says, one after the other: a question, a form and the number it asks for, both at once."""
NUMBER = re.compile(r"\((\d{6})\)|2031-(\d{6})")
"""The number in a text: no two messages have the same, and answers about a case say it again."""
_BRINGS_AGAIN = ("line", "webhook")
"""Platforms that bring a request until it is answered 200; Telegram's is fetched, the others' is gone."""
_TWICE = 0.03
"""Part of the messages that such a platform brings once more although it need not."""
_PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds until a request comes again, the last one from then on."""
_TYPES_AGAIN_AFTER = 5.0
"""Seconds until a citizen whose message was not taken writes another."""


@dataclass
class Said:
    """One message of a citizen."""

    number: int
    platform: str
    user_id: str
    text: str
    at: float
    """Seconds of the monotonic clock."""
    taken: bool = False
    """Whether the platform got its 200 (or waits for the message to be fetched)."""


@dataclass
class Citizens:
    """Everybody who writes, at a steady rate; `accounts` is who, by platform and user id."""

    platforms: dict[str, Platform]
    random: random.Random
    accounts: list[tuple[str, str]]
    said: list[Said] = field(default_factory=list)
    brought_again: int = 0
    typed_again: int = 0
    _turns: Counter[tuple[str, str]] = field(default_factory=Counter)
    _about_to: set[tuple[str, str]] = field(default_factory=set)
    """Who is going to write once more."""
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    @classmethod
    def of(cls, platforms: dict[str, Platform], count: int, chance: random.Random) -> Citizens:
        """So many of them, shared out evenly."""
        names = list(platforms)
        return cls(platforms, chance, [(names[n % len(names)], str(5000 + n)) for n in range(count)])

    async def write(self, seconds: float, rate: float) -> None:
        """Let them write so many messages a second, everybody about equally often."""
        began, sent, order = time.monotonic(), 0, list[tuple[str, str]]()
        while (now := time.monotonic()) - began < seconds:
            while sent < (now - began) * rate:
                if not order:
                    order = self.random.sample(self.accounts, len(self.accounts))
                self.say(*order.pop())
                sent += 1
            await asyncio.sleep(0.02)

    def say(self, platform: str, user_id: str) -> None:
        """One message; it is on its way when this returns."""
        self._turns[platform, user_id] += 1
        number = len(self.said) + 1
        question = _QUESTIONS[(self._turns[platform, user_id] + int(user_id)) % len(_QUESTIONS)]
        text = question.format(number=f"{number:06}")
        said = Said(number, platform, user_id, text, time.monotonic())
        self.said.append(said)
        self._begin(self._bring(said))

    def fetch(self, platform: str, user_id: str) -> None:
        """Tap the button that fetches the rest of an answer; who has none writes something."""
        seen = [shown for shown in self.platforms[platform].shown if shown.user_id == user_id]
        choices = seen[-1].choices if seen else ()
        button = next((one for one in choices if REST in str(one.data)), None)
        if button is None:
            self.say(platform, user_id)
        else:
            self._begin(self._tap(platform, user_id, button))

    async def all_brought(self, within: float) -> None:
        """Wait until nothing is on its way any more. Raises `TimeoutError`."""
        async with asyncio.timeout(within):
            while self._running:
                await asyncio.gather(*self._running)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _tap(self, platform: str, user_id: str, button: Choice) -> None:
        await self.platforms[platform].press(user_id, button)

    async def _bring(self, said: Said) -> None:
        platform = self.platforms[said.platform]
        identity = platform.new_id()
        if said.platform not in _BRINGS_AGAIN:
            said.taken = await platform.say(said.user_id, said.text, identity) == 200
            account = (said.platform, said.user_id)
            if not said.taken and account not in self._about_to:
                self.typed_again += 1
                self._about_to.add(account)
                await asyncio.sleep(_TYPES_AGAIN_AFTER)
                self._about_to.remove(account)
                self.say(*account)
            return
        tries = 0
        while not said.taken:
            said.taken = await platform.say(said.user_id, said.text, identity) == 200
            if not said.taken:
                self.brought_again += 1
                await asyncio.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
                tries += 1
        if self.random.random() < _TWICE:
            self.brought_again += 1
            await platform.say(said.user_id, said.text, identity)


def number_in(text: str) -> int | None:
    """By what number a message is known; None where there is none."""
    found = NUMBER.search(text)
    return int(found[1] or found[2]) if found else None
