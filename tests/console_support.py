"""A console over a real log, desk and feed; the gateway is replaced by its four plain effects."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient
from argon2 import PasswordHasher
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.channel import Channel
from bot.console import build_console
from bot.content.store import ContentStore
from bot.feed import Feed
from bot.handoff.desk import HandoffDesk
from bot.identity.personal import open_personal
from bot.log.log import ConversationLog
from bot.messages import Outbound, Reply
from bot.rights.build import build_retention
from bot.rights.receipts import Receipts
from bot.rights.tombstones import Tombstones
from bot.settings import Settings
from bot.staff.build import build_staff
from bot.staff.roles import ALL
from bot.voices.build import build_voices
from tests import redis_support
from tests.log_support import NOON, database, inbound

PASSWORD = "초록 우산 다섯 개"
Client = TestClient[Any, Any]


class Clock:
    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


class DeskGateway:
    """What the gateway does for operators, without a bot and without channels."""

    def __init__(self, log: ConversationLog, desk: HandoffDesk, feed: Feed) -> None:
        self.log, self.desk, self.feed = log, desk, feed

    async def news(self, conversation_id: int) -> None:
        await self.feed.publish("console", {"kind": "message", "conversation_id": conversation_id})

    async def claim(self, conversation_id: int, operator_id: int, name: str) -> bool:
        claimed = await self.desk.claim(conversation_id, operator_id)
        if claimed:
            notice = Outbound(text=f"{name} 상담원이 이어서 도와드려요.")
            await self.log.say(conversation_id, [notice], "system", operator_id)
            await self.news(conversation_id)
        return claimed

    async def reopen(self, conversation_id: int, operator_id: int, name: str) -> bool:
        return await self.desk.reopen(conversation_id, operator_id)

    async def say(self, conversation_id: int, text: str, operator_id: int) -> bool:
        rows = await self.log.say(conversation_id, [Outbound(text=text)], "operator", operator_id)
        for row in rows:
            await self.log.taken({row.id: 1}, [row.id], "p")
        await self.news(conversation_id)
        return bool(rows)

    async def tell(self, conversation_id: int, messages: Sequence[Outbound], once: str) -> bool:
        told = await self.log.tell(conversation_id, messages, once)
        await self.news(conversation_id)
        return told

    async def see_to(self, conversation_id: int) -> None:
        await self.news(conversation_id)

    async def release(self, conversation_id: int, operator_id: int) -> bool:
        return await self.desk.release(conversation_id, operator_id)

    async def close(self, conversation_id: int, operator_id: int, category: str | None = None) -> bool:
        return await self.desk.close(conversation_id, operator_id, category)

    async def transfer(
        self, conversation_id: int, operator_id: int, name: str, note: str = "", **to: Any
    ) -> list[int] | None:
        return await self.desk.transfer(conversation_id, operator_id, name, note, **to)

    async def snooze(self, conversation_id: int, operator_id: int, until: datetime) -> bool:
        return await self.desk.snooze(conversation_id, operator_id, until)

    async def wake(self, conversation_id: int, operator_id: int) -> bool:
        return await self.desk.wake(conversation_id, operator_id)

    async def typing(self, conversation_id: int, operator_id: int) -> bool:
        return await self.desk.holds(conversation_id, operator_id)


class World:
    def __init__(
        self,
        engine: AsyncEngine,
        clock: Clock,
        settings: Settings,
        redis: Redis,
    ) -> None:
        self.engine, self.clock, self.settings = engine, clock, settings
        self.log = ConversationLog(engine, clock)
        self.desk = HandoffDesk(engine, clock)
        self.feed = Feed()
        hasher = PasswordHasher(time_cost=1, memory_cost=64)
        self.staff = build_staff(settings, engine, redis, clock, hasher)
        self.accounts, self.redis = self.staff.accounts, redis
        self.gateway = DeskGateway(self.log, self.desk, self.feed)
        self.channels: dict[str, Channel] = {}
        self.messages = 0
        stones = Tombstones(settings.tombstones_file)
        self.retention = build_retention(settings, engine, stones, clock)
        content = ContentStore(settings)
        self.voices = build_voices(settings, engine, content, open_personal(settings).vault, clock)

    def app(self) -> web.Application:
        return build_console(
            self.log,
            self.staff,
            self.feed,
            self.gateway,
            self.settings,
            self.clock,
            self.channels,
            self.voices,
            Receipts(self.engine),
            self.retention,
            self.engine,
        )

    async def hire(
        self,
        login: str,
        name: str,
        password: str,
        roles: Collection[str] = ("operator",),
        departments: Collection[str] = (ALL,),
    ) -> int:
        """A person who has changed the one-time password already."""
        first = await self.accounts.create(login, name, roles, departments)
        operator_id = await self.accounts.verify(login, first)
        assert operator_id is not None
        await self.accounts.change_password(operator_id, first, password)
        return operator_id

    async def ask(self, text: str, *, user: str = "u1", channel: str = "webchat") -> int:
        """A citizen writes; the console hears of it."""
        self.messages += 1
        stored = await self.log.receive(inbound(text, user=user, message=str(self.messages), channel=channel))
        assert stored is not None
        await self.gateway.news(stored.conversation_id)
        return stored.conversation_id

    async def answer(self, conversation_id: int, reply: Reply, latency_ms: int = 143) -> None:
        """The bot finishes the turn and the messages are delivered."""
        turn = await self.log.next_turn(conversation_id)
        assert turn is not None
        for row in await self.log.finish_turn(turn.id, reply, latency_ms):
            await self.log.taken({row.id: 1}, [row.id], "p")
        await self.gateway.news(conversation_id)


@asynccontextmanager
async def world(folder: Path, clock: Clock | None = None, **settings: object) -> AsyncIterator[World]:
    """A console with a database of its own; `settings` other than usual."""
    async with (
        database(f"sqlite+aiosqlite:///{folder}/console.db") as engine,
        console_over(engine, clock or Clock(), **settings) as made,
    ):
        yield made


@asynccontextmanager
async def console_over(engine: AsyncEngine, clock: Clock, **settings: object) -> AsyncIterator[World]:
    """A console over a database that there is, with the Redis of this test run."""
    redis_url = redis_support.server().url
    made = Settings(**{"_env_file": None, "redis_url": redis_url, **settings})  # type: ignore[arg-type]
    async with Redis.from_url(redis_url) as redis:
        await redis.flushdb()  # numbers of people begin anew in every database
        yield World(engine, clock, made, redis)


def csrf(page: str) -> str:
    """The token in a page's form."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found, page
    return found[1]


async def log_in(client: Client, login: str, password: str, **more: str) -> ClientResponse:
    page = await (await client.get("/login")).text()
    data = {"csrf": csrf(page), "login": login, "password": password, **more}
    return await client.post("/login", data=data, allow_redirects=False)


async def text(client: Client, path: str) -> str:
    response = await client.get(path)
    assert response.status == 200
    return await response.text()


async def token(client: Client) -> str:
    return csrf(await text(client, "/password"))
