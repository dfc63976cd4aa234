"""The desk put together, and its work by the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content.live_file import LiveFile
from bot.content.store import ContentStore
from bot.handoff.desk import HandoffDesk
from bot.handoff.memory import Bot, Memory
from bot.handoff.operators import Operators
from bot.handoff.rules import DeskFile
from bot.handoff.takeover import Elsewhere, Takeover
from bot.jobs import Jobs
from bot.settings import Settings
from bot.speech import Speech

_LOOK_EVERY = 15.0
"""Seconds between two looks at what sleeps, and at what was left alone."""
_TELL_EVERY = 60.0
"""Seconds until a bot that was out of reach is told again what was said without it."""


@dataclass(frozen=True)
class Handoffs:
    """Its parts, for the gateway."""

    desk: HandoffDesk
    takeover: Takeover
    memory: Memory
    rules: Callable[[], DeskFile]
    """Raises `ContentError` when data/desk.yml was never good."""


def build_handoff(
    settings: Settings,
    engine: AsyncEngine,
    content: ContentStore,
    speech: Speech,
    bot: Bot,
    desk: HandoffDesk,
    elsewhere: Elsewhere,
    clock: Callable[[], datetime],
) -> Handoffs:
    """What stands around the desk of one gateway."""
    rules = desk_rules(settings)
    takeover = Takeover(desk, speech, content.call_centre, rules, elsewhere)
    return Handoffs(desk, takeover, Memory(engine, bot, clock), rules)


def desk_rules(settings: Settings) -> Callable[[], DeskFile]:
    """data/desk.yml as it stands."""
    return LiveFile(settings.live_data / "desk.yml", DeskFile).current


def add_handoff(jobs: Jobs, handoff: Handoffs, operators: Operators) -> None:
    """Wakes what sleeps, offers others what was left alone, tells the bot what it missed."""

    async def look() -> None:
        for conversation_id, _ in await handoff.desk.wake_due():
            await operators.changed(conversation_id)
        for conversation_id, _ in await handoff.desk.lapse(timedelta(minutes=handoff.rules().lapse_minutes)):
            await operators.left_alone(conversation_id)

    jobs.every("desk", _LOOK_EVERY, look)
    jobs.every("remember", _TELL_EVERY, handoff.memory.catch_up)
