"""The loop put together, for the gateway."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.channel import Channel
from bot.content.store import ContentStore
from bot.jobs import Jobs
from bot.loop import background, signals, telling
from bot.loop.background import Regrouping
from bot.loop.inbox import Inbox
from bot.loop.making import Making
from bot.loop.marks import Marks
from bot.loop.settling import Settling
from bot.loop.signals import Inflow
from bot.loop.tasks import Tasks
from bot.loop.telling import Telling, content_mark
from bot.loop.waits import Waits
from bot.messages import Reply, utc_now
from bot.proactive.build import decent_hours
from bot.proactive.reminders import Tell
from bot.rasa import Bot, escape
from bot.settings import Settings
from bot.studio.drafts import Drafts
from bot.studio.shelf import Shelf

_FOLLOW = 3.0
"""Seconds between two looks whether something was published."""


@dataclass(frozen=True)
class Loop:
    """What the console's pages work with."""

    engine: AsyncEngine
    content: ContentStore
    inflow: Inflow
    regrouping: Regrouping
    inbox: Inbox
    settling: Settling
    tasks: Tasks
    shelf: Shelf
    making: Making


def build_loop(
    settings: Settings,
    engine: AsyncEngine,
    content: ContentStore,
    clock: Callable[[], datetime] = utc_now,
) -> Loop:
    """`content` is what is live: whose department a line is for stands there."""
    shelf = Shelf(settings.answers)
    return Loop(
        engine,
        content,
        Inflow(engine, content.departments, content.answers, clock),
        Regrouping(engine, settings, clock),
        Inbox(engine),
        Settling(engine, clock),
        Tasks(engine, clock),
        shelf,
        Making(Drafts(engine, clock), settings.data_dir, shelf),
    )


def add_loop(
    jobs: Jobs,
    loop: Loop,
    settings: Settings,
    bot: Bot,
    tell: Tell,
    channels: Mapping[str, Channel],
    clock: Callable[[], datetime] = utc_now,
) -> Telling:
    """The jobs of the gateway."""
    teller = Telling(
        Waits(loop.engine, clock),
        Marks(loop.engine),
        lambda: content_mark(settings.live_data),
        asking(bot),
        tell,
        loop.content.persona,
        {name: channel.capabilities for name, channel in channels.items()},
        decent_hours(settings),
        clock,
    )
    jobs.every("inbox", signals.EVERY, loop.inflow.run)
    jobs.every("inbox_groups", background.EVERY, loop.regrouping.run)
    jobs.every("inbox_published", _FOLLOW, loop.settling.follow)
    jobs.every("answers_found", telling.EVERY, teller.run)
    return teller


def asking(bot: Bot) -> telling.Ask:
    """Puts a question to the bot as a live message would."""

    async def ask(name: str, question: str) -> Reply:
        try:
            return await bot.reply(
                name, escape(question), {"message_id": "", "channel": "loop", "locale": "ko"}
            )
        finally:
            await bot.forget(name)

    return ask
