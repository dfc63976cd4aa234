"""A city whose citizens can leave a message, and whose chosen answers wait for a person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.board.moods import open_moods
from bot.contacts.build import OfficeHours, build_hours
from bot.danger import Danger, Understand
from bot.handoff.takeover import Elsewhere
from bot.identity.personal import open_personal
from bot.messages import Candidate, Card, Outbound, Reply
from bot.settings import Settings
from bot.steps import After, Before
from tests.gateway_support import City, Parts, Phone, open_city

FEE = Reply(
    messages=(Outbound(cards=(Card(title="여권 수수료", text="성인 10년 여권은 5만 원이에요."),)),),
    outcome="answered_faq",
    intent="ask_faq",
    confidence=0.9,
    candidates=(Candidate(id="passport-fee", score=0.9, question="여권 수수료"),),
    detail={"answer_id": "passport-fee"},
)
"""What the bot says about passports."""


@dataclass
class Town:
    """A city with the office hours' parts in it."""

    city: City
    hours: OfficeHours
    parts: Parts

    async def tap(self, label: str) -> list[str]:
        """Press a button of the last message that has buttons."""
        wire = next(each for each in reversed(self.city.phone.shown) if each["buttons"])
        payload = dict(wire["buttons"])[label]
        return await self.city.ask(payload=payload)

    def labels(self) -> list[str]:
        """The buttons of the last message."""
        return [label for label, _ in self.city.phone.shown[-1]["buttons"]]


async def nobody(_: str) -> dict[str, float]:
    """Understands nothing."""
    return {}


@asynccontextmanager
async def open_town(
    settings: Settings, port: int, phone: Phone | None = None, understand: Understand = nobody
) -> AsyncIterator[Town]:
    """`clock` of everything is `town.city.now`."""
    personal = open_personal(settings)
    made: list[tuple[OfficeHours, Parts]] = []

    def steps(parts: Parts) -> tuple[Sequence[Before], Sequence[After], Elsewhere]:
        danger = Danger(open_moods(settings.data_dir).of, understand, parts.content.persona)
        hours = build_hours(
            settings,
            parts.engine,
            parts.content,
            parts.channels,
            parts.speech,
            parts.desk,
            parts.feed,
            personal.vault,
            parts.wordings,
            danger.help,
            parts.see_to,
            understand,
            parts.clock,
        )
        made.append((hours, parts))
        return (hours.form,), (hours.holding,), hours.form.instead_of_queue

    try:
        async with open_city(settings, port, phone=phone, vault=personal.vault, steps=steps) as city:
            yield Town(city, *made[0])
    finally:
        await personal.close()
