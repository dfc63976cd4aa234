"""A gateway over a real log, with a scripted Rasa behind it and a telephone in a citizen's hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp

from bot.answering import Answering
from bot.channel import Capabilities, DeliveryError, WireRequest
from bot.content.store import ContentStore
from bot.desk import HandoffDesk
from bot.feed import Feed
from bot.gateway import Gateway
from bot.log.engine import open_engine
from bot.log.log import ConversationLog
from bot.log.migrate import migrate
from bot.messages import Inbound, Outbound
from bot.outbox import Outbox
from bot.rasa import RasaClient
from bot.settings import Settings
from bot.turns import Turns
from tests.scripted_rasa import ScriptedRasa

OFFICE_HOURS = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
"""A Wednesday, 11:00 in Korea."""
NIGHT = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)

LIMITS = Capabilities(4000, 10, 40, 64, False, False, True, True, 5.0)


@dataclass
class Phone:
    """A messenger that keeps what it is given; a test may make it fail."""

    name: str = "phone"
    capabilities: Capabilities = LIMITS
    shown: list[dict[str, Any]] = field(default_factory=list)
    errors: list[DeliveryError] = field(default_factory=list)
    typed: int = 0

    def verify(self, request: WireRequest) -> None:
        return None

    def parse(self, request: WireRequest) -> Sequence[Inbound]:
        return []

    def render(self, message: Outbound) -> list[dict[str, Any]]:
        return [{"text": message.text, "buttons": [(b.label, b.payload or b.url) for b in message.buttons]}]

    async def send(self, user_id: str, wire: dict[str, Any]) -> str:
        if self.errors:
            raise self.errors.pop(0)
        self.shown.append({"to": user_id, **wire})
        return str(len(self.shown))

    async def typing(self, user_id: str) -> None:
        self.typed += 1

    async def acknowledge(self, request: WireRequest) -> None:
        return None

    async def close(self) -> None:
        return None


@dataclass
class City:
    """A gateway with everything behind it, and a citizen's view of it."""

    gateway: Gateway
    turns: Turns
    log: ConversationLog
    desk: HandoffDesk
    rasa: ScriptedRasa
    phone: Phone
    answering: Answering
    now: datetime = OFFICE_HOURS
    numbers: int = 0

    async def send(self, text: str = "", *, to: str = "kim", **fields: Any) -> bool:
        self.numbers += 1
        fields = {"message_id": f"m{self.numbers}", "sent_at": self.now, **fields}
        return await self.gateway.receive(Inbound(channel="phone", user_id=to, text=text, **fields))

    async def ask(self, text: str = "", **fields: Any) -> list[str]:
        """Send and wait; the texts the citizen got."""
        before = len(self.phone.shown)
        await self.send(text, **fields)
        await self.turns.idle()
        return [wire["text"] for wire in self.phone.shown[before:]]

    async def outcomes(self) -> list[str | None]:
        conversation = await self.log.find("phone", "kim")
        assert conversation
        return [e.outcome for e in await self.log.history(conversation.id) if e.author == "citizen"]

    async def id(self, user: str = "kim") -> int:
        conversation = await self.log.find("phone", user)
        assert conversation
        return conversation.id


@asynccontextmanager
async def open_city(settings: Settings, port: int, *, rasa_up: bool = True) -> AsyncIterator[City]:
    await migrate(settings.database)
    engine = open_engine(settings.database)
    content = ContentStore(settings)
    rasa, phone = ScriptedRasa(port), Phone()
    if rasa_up:
        await rasa.start()
    log, desk, feed = ConversationLog(engine), HandoffDesk(engine), Feed()
    channels: Mapping[str, Any] = {"phone": phone}

    async def no_pause(_: float) -> None:
        return None

    async with aiohttp.ClientSession() as session:
        bot = RasaClient(session, rasa.url, rasa.url, timeout=settings.rasa_timeout)
        answering = Answering(
            bot, content.persona, content.call_centre, start_timeout=settings.rasa_start_timeout
        )
        city: City

        def clock() -> datetime:
            return city.now

        turns = Turns(
            log,
            desk,
            answering,
            bot,
            Outbox(log, channels, no_pause),
            channels,
            feed,
            content.call_centre,
            clock,
        )
        gateway = Gateway(log, desk, answering, bot, turns, feed)
        city = City(gateway, turns, log, desk, rasa, phone, answering)
        try:
            yield city
        finally:
            await turns.close(1)
            await rasa.stop()
            await engine.dispose()
