"""An inbox over a real log: citizens whose turns end as a test says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content.store import ContentStore
from bot.encoder.encoder import Encoder
from bot.log.engine import reading
from bot.log.log import ConversationLog
from bot.log.tables import Words
from bot.loop.build import Loop, build_loop
from bot.loop.grouping import Grouping
from bot.loop.inbox import GroupView, State, Wanted
from bot.loop.tables import InboxLine
from bot.messages import Candidate, Outbound, Reply
from bot.settings import Settings
from bot.staff.accounts import Accounts
from bot.studio.drafts import Drafts
from tests.log_support import NOON, database, inbound

UNKNOWN = "죄송해요. 아직 답을 모르는 질문이에요."


@dataclass
class Ward:
    """A city whose citizens ask what the bot does not know."""

    engine: AsyncEngine
    settings: Settings
    loop: Loop
    drafts: Drafts
    log: ConversationLog
    operator: int = 0
    now: datetime = NOON
    numbers: int = field(default=0)

    def clock(self) -> datetime:
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)

    async def turn(
        self,
        text: str,
        outcome: str = "unanswered",
        *,
        user: str = "kim",
        tap: bool = False,
        near: Sequence[str] = (),
        intent: str = "ask_faq",
        channel: str = "webchat",
    ) -> int:
        """Somebody writes, or taps, and the turn ends like this; the conversation."""
        self.numbers += 1
        more = {"payload": "short"} if tap else {}
        stored = await self.log.receive(
            inbound("" if tap else text, user=user, message=str(self.numbers), channel=channel, **more)
        )
        assert stored
        hits = tuple(Candidate(id=id_, score=0.3) for id_ in near)
        said = (Outbound(text=UNKNOWN),)
        await self.log.finish_turn(
            stored.id, Reply(messages=said, outcome=outcome, intent=intent, candidates=hits), 5
        )
        return stored.conversation_id

    async def arrived(self) -> list[tuple[str, str]]:
        """What is in the inbox once it has been looked after: (words, why)."""
        await self.loop.inflow.run()
        query = select(Words.text, InboxLine.why).join(InboxLine, InboxLine.message_id == Words.message_id)
        async with reading(self.engine) as session:
            rows = await session.execute(query.order_by(InboxLine.message_id))
            return [(row.text, row.why) for row in rows]

    async def grouped(self, encoder: Encoder, state: State = "open") -> dict[str, int]:
        """Titles of the groups, with their lines."""
        await self.loop.inflow.run()
        await Grouping(self.engine, encoder, self.clock).run()
        return {each.title: each.lines for each in await self.groups(state)}

    async def groups(self, state: State = "open") -> list[GroupView]:
        page = await self.loop.inbox.page(Wanted(state=state), self.now, 0, 100)
        return list(page.groups)

    async def group_of(self, title: str, state: State = "open") -> int:
        return next(each.id for each in await self.groups(state) if each.title == title)


@asynccontextmanager
async def ward(settings: Settings) -> AsyncIterator[Ward]:
    async with database(settings.database) as engine:
        made: Ward

        def clock() -> datetime:
            return made.now

        accounts = Accounts(engine, clock, PasswordHasher(time_cost=1, memory_cost=64))
        loop = build_loop(settings, engine, ContentStore(settings), clock)
        made = Ward(engine, settings, loop, Drafts(engine, clock), ConversationLog(engine, clock))
        await accounts.create("haneul", "김하늘", ("editor",), ("*",))
        made.operator = next(iter(await accounts.names()))
        yield made
