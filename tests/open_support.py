"""The open pages over a log of their own, with weeks in which citizens asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content.store import ContentStore
from bot.log.engine import changing
from bot.log.tables import Conversation, Message
from bot.openness.build import Openness, build_openness
from bot.releases.live import open_live
from bot.settings import Settings
from tests.log_support import database
from tests.scripted_rasa import ScriptedRasa

MONDAY = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
"""Monday, 23 November, 8:00 in Korea: week 47 is over."""
LAST_WEEK = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)
"""In week 47."""


@dataclass
class Citizens:
    """They ask, each of them one question."""

    engine: AsyncEngine
    people: int = 0

    async def asked(
        self,
        people: int,
        outcome: str,
        answer: str | None = None,
        *,
        at: datetime = LAST_WEEK,
        channel: str = "webchat",
    ) -> None:
        """So many citizens asked one question each, which ended like this."""
        numbers = range(self.people + 1, self.people + people + 1)
        self.people += people
        conversation = {
            **{"channel": channel, "state": "bot", "created_at": at, "last_at": at, "last_seq": 1},
            **{"last_text": "", "last_author": "citizen", "erasing": False},
        }
        message = {
            **{"seq": 1, "direction": "in", "author": "citizen", "content": {}, "at": at, "channel": channel},
            **{"outcome": outcome, "candidates": [{"id": answer, "score": 1.0}] if answer else []},
            **{"turn_state": "done", "attempts": 0},
        }
        async with changing(self.engine) as connection:
            await connection.execute(
                insert(Conversation), [{**conversation, "id": n, "user_id": f"secret-{n}"} for n in numbers]
            )
            rows = [{**message, "conversation_id": n, "latency_ms": 100 + n} for n in numbers]
            await connection.execute(insert(Message), rows)

    async def busy_week(self, at: datetime = LAST_WEEK) -> None:
        """A week with something of everything."""
        await self.asked(40, "answered_faq", "passport-fee", at=at)
        await self.asked(15, "unanswered", "passport-fee", at=at)
        await self.asked(25, "answered_faq", "waste-bulky", at=at, channel="kakao")
        await self.asked(3, "clarified", "waste-bulky", at=at, channel="kakao")
        await self.asked(12, "clarified", "tax-property", at=at)
        await self.asked(30, "answered_faq", "tax-property", at=at)
        await self.asked(14, "handed_off", at=at)
        await self.asked(4, "refused", at=at)
        await self.asked(50, "chatted", at=at)


@dataclass
class Open(Citizens):
    """The pages, and what is behind them."""

    openness: Openness = field(kw_only=True)
    rasa: ScriptedRasa = field(kw_only=True)
    client: TestClient[Any, Any] = field(kw_only=True)
    settings: Settings = field(kw_only=True)
    now: datetime = MONDAY

    def later(self, **time: float) -> None:
        """Time passes."""
        self.now += timedelta(**time)


@asynccontextmanager
async def open_pages(folder: Path, **changes: Any) -> AsyncIterator[Open]:
    """With `changes` of the settings."""
    rasa = ScriptedRasa(0)
    await rasa.start()
    settings = open_live(
        Settings(_env_file=None, var_dir=folder, **{"rasa_url": rasa.url, "actions_url": rasa.url, **changes})
    )
    try:
        async with (
            database(f"sqlite+aiosqlite:///{folder}/open.db") as engine,
            aiohttp.ClientSession() as session,
        ):
            made: Open
            openness = build_openness(settings, engine, session, ContentStore(settings), lambda: made.now)
            public = web.Application()
            openness.mount(public)
            async with TestClient(TestServer(public)) as client:
                made = Open(engine, openness=openness, rasa=rasa, client=client, settings=settings)
                yield made
    finally:
        await rasa.stop()
