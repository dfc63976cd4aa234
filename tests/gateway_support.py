"""A gateway over a real log, with a scripted Rasa behind it and a telephone in a citizen's hand."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import aiohttp
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.answering import Answering
from bot.bodies import Bodies
from bot.channel import (
    BodyChannel,
    Capabilities,
    Channel,
    Delivery,
    DeliveryError,
    WireAnswer,
    WireRequest,
)
from bot.content.store import ContentStore
from bot.fallback import Fallback
from bot.feed import Feed
from bot.gateway import Gateway
from bot.handoff.build import desk_rules
from bot.handoff.desk import HandoffDesk
from bot.handoff.memory import Memory
from bot.handoff.takeover import Elsewhere, Takeover
from bot.identity.vault import Vault
from bot.log.engine import open_engine
from bot.log.log import ConversationLog
from bot.log.migrate import migrate
from bot.messages import Inbound, Notice, Outbound
from bot.outbox import Outbox
from bot.public_replies import PublicReplies
from bot.rasa import RasaClient
from bot.rights.build import build_rights
from bot.rights.wordings import Wordings
from bot.settings import Settings
from bot.speech import Speech
from bot.steps import After, Before
from bot.turns import Turns
from bot.webhooks import Webhooks
from tests.scripted_rasa import ScriptedRasa

OFFICE_HOURS = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
"""A Wednesday, 11:00 in Korea."""
NIGHT = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)

LIMITS = Capabilities(4000, 10, 40, 64, False, False, True, True, 5.0)

IN_BODY = replace(LIMITS, can_push=False, typing=False, body_within=1.2, batch=2)


@dataclass
class Phone(Channel):
    """A messenger that keeps what it is given; a test may make it fail."""

    name: str = "phone"
    own_notice: bool = True
    capabilities: Capabilities = LIMITS
    shown: list[dict[str, Any]] = field(default_factory=list)
    errors: list[DeliveryError] = field(default_factory=list)
    typed: int = 0

    def verify(self, request: WireRequest) -> None:
        return None

    def parse(self, request: WireRequest) -> Sequence[Inbound | Notice]:
        return []

    def render(self, message: Outbound) -> list[dict[str, Any]]:
        return [{"text": message.text, "buttons": [(b.label, b.payload or b.url) for b in message.buttons]}]

    async def send(self, delivery: Delivery, wires: Sequence[dict[str, Any]]) -> str:
        if self.errors:
            raise self.errors.pop(0)
        self.shown += [{"to": delivery.user_id, **wire} for wire in wires]
        return str(len(self.shown))

    async def typing(self, user_id: str) -> None:
        self.typed += 1


@dataclass
class City:
    """A gateway with everything behind it, and a citizen's view of it."""

    gateway: Gateway
    turns: Turns
    log: ConversationLog
    desk: HandoffDesk
    rasa: ScriptedRasa
    phone: Phone
    webhooks: Webhooks
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


@dataclass
class Box(Phone, BodyChannel):
    """A messenger that takes the reply in the response to its request, and has no other way.

    `text` of a JSON request is the message, `tap` the id of a button.
    """

    capabilities: Capabilities = IN_BODY

    def parse(self, request: WireRequest) -> Sequence[Inbound | Notice]:
        said = json.loads(request.body)
        return [
            Inbound(
                channel=self.name,
                user_id="kim",
                message_id=said["id"],
                sent_at=OFFICE_HOURS,
                text=said.get("text", ""),
                payload=said.get("tap"),
                reply_to=said.get("callback", ""),
            )
        ]

    async def send(self, delivery: Delivery, wires: Sequence[dict[str, Any]]) -> str:
        if not delivery.reply_to:
            raise DeliveryError("nobody listens", later=True)
        return await super().send(delivery, wires)

    def body(self, wires: Sequence[dict[str, Any]]) -> WireAnswer:
        return WireAnswer(json.dumps(list(wires)).encode(), "application/json")

    def waiting(self, request: WireRequest, message: Outbound) -> WireAnswer:
        return self.body([{"waiting": message.text, "taps": [button.payload for button in message.buttons]}])


@dataclass(frozen=True)
class Parts:
    """What steps of a city are made of."""

    engine: AsyncEngine
    content: ContentStore
    channels: Mapping[str, Channel]
    speech: Speech
    log: ConversationLog
    desk: HandoffDesk
    feed: Feed
    wordings: Wordings
    clock: Callable[[], datetime]
    see_to: Callable[[int], Awaitable[None]]


Steps = Callable[[Parts], tuple[Sequence[Before], Sequence[After], Elsewhere | None]]


@asynccontextmanager
async def open_city(
    settings: Settings,
    port: int,
    *,
    rasa_up: bool = True,
    phone: Phone | None = None,
    vault: Vault | None = None,
    steps: Steps = lambda parts: ((), (), None),
) -> AsyncIterator[City]:
    """`steps` makes what stands before and after the bot, and in place of the queue."""
    await migrate(settings.database)
    engine = open_engine(settings.database)
    content = ContentStore(settings)
    rasa, phone = ScriptedRasa(port), phone or Phone()
    if rasa_up:
        await rasa.start()
    channels: Mapping[str, Channel] = {"phone": phone}

    async def no_pause(_: float) -> None:
        return None

    async with aiohttp.ClientSession() as session:
        bot = RasaClient(session, rasa.url, rasa.url, timeout=settings.rasa_timeout)
        city: City

        def clock() -> datetime:
            return city.now

        log, desk, feed = ConversationLog(engine, clock), HandoffDesk(engine, clock), Feed()
        speech = Speech(content.persona, content.call_centre, clock)
        fallback = Fallback(speech, log.answered_before)
        bodies = Bodies()
        outbox = Outbox(log, channels, speech.rest, clock, no_pause)
        rights = build_rights(settings, engine, content, channels, [bot.forget], clock)
        await outbox.recover()

        async def see_to(conversation_id: int) -> None:
            await gateway.see_to(conversation_id)

        before, after, elsewhere = steps(
            Parts(
                engine,
                content,
                channels,
                speech,
                log,
                desk,
                feed,
                rights.wordings,
                clock,
                see_to,
            )
        )
        turns = Turns(
            log,
            Takeover(desk, speech, content.call_centre, desk_rules(settings), elsewhere),
            Answering(bot, speech, fallback, start_timeout=settings.rasa_start_timeout),
            fallback,
            PublicReplies(log, content.persona, "https://chat.hanbit.example"),
            speech,
            rights.notices,
            rights.forgetting,
            outbox,
            bodies,
            channels,
            feed,
            before=before,
            after=after,
        )
        memory = Memory(engine, bot, clock)
        gateway = Gateway(log, desk, speech, rights.forgetting, turns, feed, vault, channels, memory)
        city = City(gateway, turns, log, desk, rasa, phone, Webhooks(channels, gateway, bodies))
        await rights.forgetting.recover()
        try:
            yield city
        finally:
            await turns.close(1)
            await rasa.stop()
            await engine.dispose()
