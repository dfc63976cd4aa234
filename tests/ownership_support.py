"""A gateway whose bot answers only when it is let to, for any order of events around a conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.answering import Answering
from bot.bodies import Bodies
from bot.content.store import ContentStore
from bot.fallback import Fallback
from bot.feed import Feed
from bot.gateway import Gateway
from bot.handoff.build import desk_rules
from bot.handoff.desk import HandoffDesk
from bot.handoff.memory import Memory
from bot.handoff.said import Said
from bot.handoff.takeover import Takeover
from bot.log.log import ConversationLog
from bot.messages import Outbound, Reply
from bot.outbox import Outbox
from bot.outcomes import Outcome
from bot.public_replies import PublicReplies
from bot.rights.build import build_rights
from bot.settings import Settings
from bot.speech import Speech
from bot.turns import Turns
from tests.gateway_support import OFFICE_HOURS, Phone

PERSON = "사람 불러 주세요"
OPERATORS = {1: "김한빛", 2: "박바다", 3: "정가람"}


@dataclass
class GatedBot:
    """Thinks until somebody opens the gate; a wish for a person is understood."""

    thinking: list[asyncio.Future[None]] = field(default_factory=list)
    remembered: list[tuple[str, tuple[Said, ...]]] = field(default_factory=list)

    async def reply(self, key: str, text: str, metadata: dict[str, Any]) -> Reply:
        gate = asyncio.get_running_loop().create_future()
        self.thinking.append(gate)
        try:
            await gate
        finally:
            self.thinking.remove(gate)
        if text == PERSON:
            return Reply(messages=(), outcome=Outcome.HANDED_OFF, handoff="asked")
        return Reply(messages=(Outbound(text=f"답: {text}"),), outcome=Outcome.ANSWERED_FAQ)

    async def ready(self) -> bool:
        return True

    async def forget(self, key: str) -> None:
        return None

    async def remember(self, key: str, said: Sequence[Said]) -> str:
        self.remembered.append((key, tuple(said)))
        return ""

    def answer(self) -> None:
        """Let it say what it has longest thought about."""
        for gate in self.thinking:
            if not gate.done():
                gate.set_result(None)
                return


class Office:
    """One gateway on a database; starting another on it goes on where this one stopped."""

    def __init__(self, settings: Settings, engine: AsyncEngine, now: datetime = OFFICE_HOURS) -> None:
        self.engine, self.now = engine, now
        content, self.bot, self.phone = ContentStore(settings), GatedBot(), Phone()
        channels = {"phone": self.phone}
        self.log, self.desk = ConversationLog(engine, self.clock), HandoffDesk(engine, self.clock)
        speech = Speech(content.persona, content.call_centre, self.clock)
        fallback = Fallback(speech, self.log.answered_before)
        rights = build_rights(settings, engine, content, channels, [self.bot.forget], self.clock)
        self.outbox, feed = Outbox(self.log, channels, speech.rest, self.clock), Feed()
        self.turns = Turns(
            self.log,
            Takeover(self.desk, speech, content.call_centre, desk_rules(settings)),
            Answering(self.bot, speech, fallback, start_timeout=1),
            fallback,
            PublicReplies(self.log, content.persona, ""),
            speech,
            rights.notices,
            rights.forgetting,
            self.outbox,
            Bodies(),
            channels,
            feed,
        )
        self.memory = Memory(engine, self.bot, self.clock)
        self.gateway = Gateway(
            self.log,
            self.desk,
            speech,
            rights.forgetting,
            self.turns,
            feed,
            channels=channels,
            memory=self.memory,
        )

    def clock(self) -> datetime:
        return self.now

    async def start(self) -> None:
        await self.outbox.recover()
        await self.turns.recover()
        await self.settle()

    async def settle(self) -> None:
        """Until nothing moves but what waits for the bot."""
        while len(self.turns._running) > len(self.bot.thinking) or any(g.done() for g in self.bot.thinking):
            await asyncio.sleep(0)

    async def look(self, after: timedelta) -> None:
        """What the gateway does by the clock."""
        await self.desk.wake_due()
        for conversation_id, _ in await self.desk.lapse(after):
            await self.gateway.left_alone(conversation_id)
