"""Reminders over a real log and a real city API, by a clock that a test sets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from aiohttp.test_utils import TestServer
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.channel import Capabilities
from bot.content.store import ContentStore
from bot.log.engine import open_engine
from bot.messages import Outbound
from bot.proactive.build import build_kinds, city_of, decent_hours
from bot.proactive.checklists import Checklists
from bot.proactive.kinds import Kind
from bot.proactive.life_events import LifeEvents
from bot.proactive.reminders import Reminders, Tell
from bot.proactive.subscriptions import Subscriptions
from bot.proactive.wish import Wish
from bot.rights.consents import Consents, Purpose
from bot.settings import Settings
from demo.city_api.app import Faults, create_app
from demo.city_api.seed import City as Seeds
from demo.city_api.seed import load
from tests.gateway_support import LIMITS, City, Phone, open_city

SEOUL = ZoneInfo("Asia/Seoul")


def at(text: str) -> datetime:
    """A moment of the city's clock: `2026-11-24 09:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


@dataclass
class Office:
    """A citizen with a telephone, and the reminders that come to it."""

    city: City
    engine: AsyncEngine
    settings: Settings
    subscriptions: Subscriptions
    checklists: Checklists
    kinds: dict[str, Kind]
    faults: Faults
    seeds: Seeds
    tell: Tell
    capabilities: Capabilities = LIMITS
    seen: int = field(default=0)

    def go(self, moment: str) -> None:
        """Let it be that time."""
        self.city.now = at(moment)

    async def meet(self, user: str = "kim") -> int:
        """The citizen writes for the first time and agrees to reminders."""
        await self.city.ask("안녕하세요", to=user)
        mine = await self.city.id(user)
        await Consents(self.engine).give(mine, Purpose.PUSH, "v1")
        self.seen = len(self.city.phone.shown)
        return mine

    async def wish(self, wish: Wish, user: str = "kim", message: str = "yes") -> None:
        """Switch a reminder on."""
        first = await self.kinds[wish.kind].first(wish, self.city.now)
        assert await self.subscriptions.add(await self.city.id(user), message, first)

    async def run(self, tell: Tell | None = None) -> list[str]:
        """Run the job once; what came to the telephone since the last look."""
        reminders = Reminders(
            self.subscriptions,
            self.kinds,
            tell or self.tell,
            {"phone": self.capabilities},
            decent_hours(self.settings),
            lambda: self.city.now,
        )
        await reminders.run()
        await self.city.turns.idle()
        new = self.city.phone.shown[self.seen :]
        self.seen = len(self.city.phone.shown)
        return [wire["text"] for wire in new]

    async def told(self, until: str, step: timedelta = timedelta(hours=1)) -> list[tuple[str, str]]:
        """Run the job until a moment; when what came: `11-24 09:00`."""
        found = []
        while self.city.now < at(until):
            self.city.now += step
            stamp = self.city.now.astimezone(SEOUL).strftime("%m-%d %H:%M")
            found += [(stamp, text) for text in await self.run()]
        return found


@asynccontextmanager
async def open_office(
    settings: Settings, port: int, now: str, capabilities: Capabilities = LIMITS
) -> AsyncIterator[Office]:
    """Everything of it, the city's API included."""
    faults, seeds = Faults(), load()
    phone = Phone(capabilities=capabilities)
    app = create_app(seeds, "demo-key", lambda: date(2026, 11, 23), faults)
    async with open_city(settings, port, phone=phone) as city, TestServer(app) as server:
        city.now = at(now)
        settings = settings.model_copy(
            update={"city_api_url": str(server.make_url("")), "city_api_key": SecretStr("demo-key")}
        )
        engine, content = open_engine(settings.database), ContentStore(settings)
        events = LifeEvents(settings.data_dir / "life_events")
        checklists = Checklists(engine, lambda: city.now)
        kinds = build_kinds(settings, engine, content.persona, city_of(settings), events, checklists)
        try:
            yield Office(
                city,
                engine,
                settings,
                Subscriptions(engine, lambda: city.now),
                checklists,
                dict(kinds),
                faults,
                seeds,
                city.gateway.tell,
                capabilities,
            )
        finally:
            await engine.dispose()


class Crash(BaseException):
    """The program ends here."""


def crashing_after(tell: Tell) -> Tell:
    """Tells, and then the program ends before anything else is written down."""

    async def told(conversation_id: int, messages: Sequence[Outbound], once: str) -> bool:
        await tell(conversation_id, messages, once)
        raise Crash

    return told


DAY_WINDOW = replace(LIMITS, window=24 * 3600.0)
