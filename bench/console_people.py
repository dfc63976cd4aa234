"""Citizens who write, and operators who have the board open, as their browsers see it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from argon2 import PasswordHasher
from redis.asyncio import Redis
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import reading, writing
from bot.log.tables import Conversation
from bot.messages import utc_now
from bot.settings import Settings
from bot.staff.build import build_staff

_WORDS = (
    "여권 재발급 얼마예요?",
    "상담원이랑 얘기할래요",
    "대형폐기물 어떻게 버려요",
    "그게 아니라요",
    "등본 떼는 법",
)
_PAUSE = 0.3
"""Seconds between two looks at a transcript, as in static/live.js."""
_WAITING = 30


class Citizens:
    """Each has one conversation, by the agency's own app."""

    def __init__(self, session: aiohttp.ClientSession, url: str, secret: str, number: int) -> None:
        self._session = session
        self._url = f"{url}/webhooks/webhook"
        self._secret = secret.encode()
        self._number = number
        self._written = 0
        self._ids: list[int] = []
        self.sent: dict[int, float] = {}
        """Conversation → when its citizen sent the latest message."""

    def conversation(self, citizen: int) -> int:
        """The conversation of a citizen. `find` comes first."""
        return self._ids[citizen]

    async def all_write(self) -> None:
        """Once each, so that there are conversations."""
        for start in range(0, self._number, 20):
            await asyncio.gather(*(self._write(citizen) for citizen in range(start, start + 20)))

    async def find(self, engine: AsyncEngine) -> list[int]:
        """The conversations, by citizen."""
        query = select(Conversation.user_id, Conversation.id).where(Conversation.channel == "webhook")
        async with reading(engine) as session:
            found = {row.user_id: row.id for row in await session.execute(query)}
        self._ids = [found[_name(citizen)] for citizen in range(self._number)]
        return self._ids

    async def at_rate(self, rate: float, seconds: float) -> int:
        """So many a second, one citizen after the other; how many were sent."""
        begin, tasks = time.monotonic(), []
        for number in range(round(rate * seconds)):
            await asyncio.sleep(max(0.0, begin + number / rate - time.monotonic()))
            tasks.append(asyncio.create_task(self._write(self._written % self._number)))
        await asyncio.gather(*tasks)
        return len(tasks)

    async def _write(self, citizen: int) -> None:
        self._written += 1
        said = {
            "id": f"m{self._written}",
            "user": _name(citizen),
            "text": _WORDS[self._written % len(_WORDS)],
        }
        body = json.dumps(said, ensure_ascii=False).encode()
        at = str(int(time.time()))
        signed = hmac.new(self._secret, at.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {"X-Sotong-Timestamp": at, "X-Sotong-Signature": f"v1={signed}"}
        headers["Content-Type"] = "application/json"
        if self._ids:
            self.sent[self._ids[citizen]] = time.monotonic()
        async with self._session.post(self._url, data=body, headers=headers) as response:
            response.raise_for_status()


def _name(citizen: int) -> str:
    return f"citizen-{citizen}"


class Operators:
    """As many browsers as people; each holds one conversation and has its transcript open."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        settings: Settings,
        engine: AsyncEngine,
        redis: Redis,
        number: int,
    ) -> None:
        self._session = session
        self._url = f"http://127.0.0.1:{settings.console_port}"
        self._engine = engine
        hasher = PasswordHasher(time_cost=1, memory_cost=64)
        self._staff = build_staff(settings, engine, redis, utc_now, hasher)
        self._number = number
        self._cookies: list[dict[str, str]] = []
        self._own: list[int] = []
        self._citizens: Citizens | None = None
        self._parsed: dict[str, list[tuple[int, int]]] = {}
        self.seconds: list[float] = []
        """From a citizen's sending to an open page, for every message and page."""
        self.fetched = 0
        """Transcripts that were fetched again."""

    async def come(self, citizens: Citizens) -> None:
        """Log in; everybody takes a conversation, and some citizens wait for a person."""
        self._citizens, ids = citizens, await citizens.find(self._engine)
        people = []
        for number in range(self._number):
            account = await self._staff.accounts.add(
                f"op{number}", f"상담원{number}", ("operator",), (), "초록 우산 다섯 개", must_change=False
            )
            people.append(account)
            token = await self._staff.sessions.open(account, address="127.0.0.1", agent="bench")
            self._cookies.append({"Cookie": f"sotong_console={token}"})
        self._own = ids[: self._number]
        async with writing(self._engine) as session:
            for number, operator_id in enumerate(people):
                held = update(Conversation).where(Conversation.id == ids[number])
                await session.execute(held.values(state="operator", operator_id=operator_id))
            waiting = ids[self._number : self._number + _WAITING]
            wait = update(Conversation).where(Conversation.id.in_(waiting))
            await session.execute(
                wait.values(state="waiting", waiting_since=utc_now(), handoff_reason="asked")
            )

    def forget(self) -> None:
        """Count from here."""
        self.seconds, self.fetched = [], 0

    async def page(self, path: str) -> int:
        """The status of a page that an operator opens."""
        async with self._session.get(self._url + path, headers=self._cookies[0]) as response:
            await response.read()
            return response.status

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Everybody has the page of their own conversation open, with the board beside it."""
        tasks = [asyncio.create_task(self._watch(number)) for number in range(self._number)]
        await asyncio.sleep(3)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for ended in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(ended, Exception):
                    raise ended

    async def _watch(self, number: int) -> None:
        cookies, own = self._cookies[number], self._own[number]
        known: dict[int, int] = {}
        wanted = asyncio.Event()
        reading_own = asyncio.create_task(self._read(own, cookies, wanted))
        try:
            async with self._session.get(
                f"{self._url}/events", headers=cookies, timeout=aiohttp.ClientTimeout(total=None)
            ) as response:
                response.raise_for_status()
                while True:
                    event = await response.content.readuntil(b"\n\n")
                    if b"event: rows\n" in event:
                        self._heard(event, time.monotonic(), known, own, wanted)
        finally:
            reading_own.cancel()

    def _heard(self, event: bytes, at: float, known: dict[int, int], own: int, wanted: asyncio.Event) -> None:
        assert self._citizens is not None
        for id_, heard in self._rows(event):
            if id_ == own:
                wanted.set()
            if heard > known.get(id_, 0):
                known[id_] = heard
                if id_ in self._citizens.sent:
                    self.seconds.append(at - self._citizens.sent[id_])

    def _rows(self, event: bytes) -> list[tuple[int, int]]:
        """Conversation and the citizen's newest line; an event is parsed once, it is the same for all."""
        name, _, rest = event.decode().partition("\n")
        if name not in self._parsed:
            told: dict[str, Any] = json.loads(rest.split("data: ", 1)[1])
            self._parsed[name] = [(row["id"], row["heard"]) for row in told["rows"]]
        return self._parsed[name]

    async def _read(self, own: int, cookies: dict[str, str], wanted: asyncio.Event) -> None:
        url = f"{self._url}/conversations/{own}?part=talk"
        while True:
            await wanted.wait()
            await asyncio.sleep(_PAUSE)
            wanted.clear()
            async with self._session.get(url, headers={**cookies, "X-Background": "1"}) as response:
                response.raise_for_status()
                await response.read()
                self.fetched += 1
