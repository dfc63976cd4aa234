"""What the tests of reports and ideas share: a desk over a real database, and citizens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content.store import ContentStore
from bot.identity.personal import open_personal
from bot.log.log import ConversationLog
from bot.messages import Outbound
from bot.settings import Settings
from bot.voices.build import VoiceDesk, build_voices
from bot.voices.ideas import Proposal
from bot.voices.news import Teller
from bot.voices.reports import Problem
from bot.voices.tables import Idea, Report
from tests.log_support import NOON, database, inbound


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


class Town:
    """Citizens, and what they were told."""

    def __init__(self, engine: AsyncEngine, folder: Path, url: str) -> None:
        self.engine, self.clock = engine, Clock()
        self.settings = Settings(_env_file=None, var_dir=folder, database_url=url)
        self.content = ContentStore(self.settings)
        vault = open_personal(self.settings).vault
        self.desk: VoiceDesk = build_voices(self.settings, engine, self.content, vault, self.clock)
        self.log = ConversationLog(engine, self.clock)
        self.told: list[tuple[int, str]] = []
        self._said: set[tuple[int, str]] = set()
        self.teller = Teller(engine, self._tell, self.content.persona, self.clock)

    async def _tell(self, conversation_id: int, messages: Sequence[Outbound], once: str) -> bool:
        if await self.log.conversation(conversation_id) is None:
            raise LookupError
        if (conversation_id, once) in self._said:
            return False
        self._said.add((conversation_id, once))
        self.told += [(conversation_id, message.text) for message in messages]
        return True

    async def citizen(self, name: str) -> int:
        stored = await self.log.receive(inbound(user=name, message=f"hello {name}"))
        assert stored is not None
        return stored.conversation_id

    async def report(
        self,
        citizen: int,
        message: str = "m",
        delivery: str = "queue",
        most: int | None = None,
        **more: object,
    ) -> Report:
        problem = {
            "category": "streetlight",
            "department": "roads",
            "text": "가로등이 꺼졌어요",
            "place": "시청 앞",
            "latitude": None,
            "longitude": None,
            "photos": [{"channel": "phone", "ref": "file-1"}],
            "contact": None,
            "delivery": delivery,
            "due_at": self.clock() + timedelta(days=7),
        }
        return await self.desk.reports.file(citizen, message, Problem(**{**problem, **more}), most)  # type: ignore[arg-type]

    async def idea(
        self, citizen: int, title: str, text: str = "그러면 좋겠어요", *, shown: bool = False
    ) -> Idea:
        proposal = Proposal("traffic", "parking", title, text, notify=True)
        made = await self.desk.ideas.propose(citizen, f"{title} {citizen}", proposal)
        if shown:
            await self.desk.ideas.publish(made.id, title, text, "traffic", "parking")
        return made


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    url = f"sqlite+aiosqlite:///{folder}/voices.db"
    async with database(url) as engine:
        yield Town(engine, folder, url)
