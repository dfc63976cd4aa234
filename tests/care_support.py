"""A gateway with everything that may stand in the bot's way: notices, silences, ratings, mutes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from argon2 import PasswordHasher

from bot.board.moods import open_moods
from bot.danger import Danger
from bot.mutes.store import Mutes
from bot.rasa import BotNotReady
from bot.ratings.store import Ratings
from bot.ratings.talks import Talks
from bot.settings import Settings
from bot.staff.accounts import Accounts
from bot.steps import After, Before
from bot.switches.build import Care, build_care
from bot.switches.pushing import Pushing
from bot.switches.switchboard import NewNotice, NewOff, Switchboard
from tests.gateway_support import City, Parts, Phone, open_city


@dataclass
class Desk:
    """What people at the console do to a running gateway."""

    city: City
    care: Care
    parts: Parts
    switchboard: Switchboard
    ratings: Ratings
    mutes: Mutes
    operator: int
    settings: Settings

    async def notify(self, text: str, *, hours: float = 5, **more: object) -> int:
        now = self.city.now
        new = NewNotice(text, "시험", now, now + timedelta(hours=hours), **more)  # type: ignore[arg-type]
        id_ = await self.switchboard.notify(new, self.operator)
        self.look()
        return id_

    async def silence(self, *, hours: float = 5, **more: object) -> int:
        new = NewOff("시험", self.city.now + timedelta(hours=hours), **more)  # type: ignore[arg-type]
        id_ = await self.switchboard.silence(new, self.operator)
        self.look()
        return id_

    def look(self) -> None:
        """As if the moments until the next look had passed."""
        silence, ratings, mutes = self.care.after
        silence._live.look_again()  # type: ignore[attr-defined]
        ratings._awaited.again()  # type: ignore[attr-defined]
        mutes.look_again()  # type: ignore[attr-defined]

    def pushing(self) -> Pushing:
        can = {name: channel.capabilities for name, channel in self.parts.channels.items()}
        notices, tell = self.care.notices, self.city.gateway.tell
        return Pushing(self.parts.engine, notices, can, tell, notices._zone, self.parts.clock)

    def talks(self) -> Talks:
        can = {name: channel.capabilities for name, channel in self.parts.channels.items()}
        steps, rules = self.care.rating_steps, self.care.rules
        return Talks(self.ratings, steps, rules, can, self.city.gateway.tell, self.parts.clock)

    async def tap(self, label: str, **more: str) -> list[str]:
        """Tap the button that was shown last under a label."""
        shown = [wire for wire in self.city.phone.shown if wire["to"] == more.get("to", "kim")]
        ids = [id_ for wire in shown for name, id_ in wire["buttons"] if name == label]
        assert ids, shown
        return await self.city.ask(payload=ids[-1], **more)


@asynccontextmanager
async def care_city(
    settings: Settings,
    port: int,
    *,
    understood: dict[str, float] | None = None,
    phone: Phone | None = None,
    share: int = 0,
) -> AsyncIterator[Desk]:
    """`understood` is what the model makes of every text; without it the model is away.

    `share`: of a hundred answers so many are asked about.
    """
    rules = settings.live_data / "ratings.yml"
    rules.write_text(rules.read_text("utf-8").replace("share: 25", f"share: {share}"), "utf-8")
    made: list[tuple[Care, Parts]] = []

    async def understand(text: str) -> dict[str, float]:
        if understood is None:
            raise BotNotReady("not in this test")
        return understood

    def steps(parts: Parts) -> tuple[Sequence[Before], Sequence[After], None]:
        danger = Danger(open_moods(settings.live_data).of, understand, parts.content.persona)
        care = build_care(
            settings, parts.engine, parts.content, parts.channels, parts.speech, danger, parts.clock
        )
        made.append((care, parts))
        return care.before, (*care.after, care.notices), None

    async with open_city(settings, port, steps=steps, phone=phone) as city:
        ((care, parts),) = made
        accounts = Accounts(parts.engine, parts.clock, PasswordHasher(time_cost=1, memory_cost=64))
        await accounts.create("haneul", "김하늘", ("administrator",), ("*",))
        operator = next(iter(await accounts.names()))
        yield Desk(
            city,
            care,
            parts,
            Switchboard(parts.engine, parts.clock),
            care.ratings,
            Mutes(parts.engine, parts.clock),
            operator,
            settings,
        )
