"""Emergency notices, silences, ratings and mutes put together, for the gateway."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.board.moods import open_moods
from bot.channel import Capabilities, Channel
from bot.content.live_file import LiveFile
from bot.content.store import ContentStore
from bot.danger import Danger
from bot.jobs import Jobs
from bot.loop.signals import Inflow
from bot.messages import Outbound, utc_now
from bot.mutes.rules import MuteFile
from bot.mutes.steps import MuteSteps
from bot.mutes.store import Mutes
from bot.ratings import talks
from bot.ratings.asking import RatingSteps
from bot.ratings.rules import RatingFile
from bot.ratings.store import Ratings
from bot.ratings.talks import Talks
from bot.settings import Settings
from bot.speech import Speech
from bot.steps import After, Before
from bot.switches import pushing
from bot.switches.districts import Districts, district_names
from bot.switches.live import Live
from bot.switches.notice import Notices
from bot.switches.off import Silence
from bot.switches.pushing import Pushing

Tell = Callable[[int, Sequence[Outbound], str], Awaitable[bool]]
"""`Gateway.tell`."""


@dataclass(frozen=True)
class Care:
    """The steps of a turn, and what the jobs need."""

    before: tuple[Before, ...]
    after: tuple[After, ...]
    """All but the notices, which come last of all: they wait for nobody's approval."""
    notices: Notices
    ratings: Ratings
    rating_steps: RatingSteps
    rules: Callable[[], RatingFile]


def build_care(
    settings: Settings,
    engine: AsyncEngine,
    content: ContentStore,
    channels: Mapping[str, Channel],
    speech: Speech,
    danger: Danger,
    clock: Callable[[], datetime] = utc_now,
) -> Care:
    """Nothing is read before a message or a job needs it."""
    zone = ZoneInfo(settings.timezone)
    moods = open_moods(settings.live_data)
    live = Live(engine, clock)
    notices = build_notices(settings, engine, speech, live, clock)
    silence = Silence(live, danger, notices, speech, content, channels, zone)
    ratings = Ratings(engine, clock)
    rules = LiveFile(settings.live_data / "ratings.yml", RatingFile).current
    inflow = Inflow(engine, content.departments, content.answers, clock)
    rating_steps = RatingSteps(ratings, rules, content.topics, danger, speech, inflow.add)
    mute_rules = LiveFile(settings.live_data / "mutes.yml", MuteFile).current
    mutes = MuteSteps(Mutes(engine, clock), mute_rules, moods.of, danger, speech, zone)
    before = (mutes, silence, rating_steps)
    after = (silence, rating_steps, mutes)
    return Care(before, after, notices, ratings, rating_steps, rules)


def build_notices(
    settings: Settings, engine: AsyncEngine, speech: Speech, live: Live, clock: Callable[[], datetime]
) -> Notices:
    """What says them."""
    names = cache(lambda: district_names(settings.live_data / "nlu"))
    return Notices(engine, live, Districts(engine, names), speech, ZoneInfo(settings.timezone), clock)


def add_care(
    jobs: Jobs,
    care: Care,
    settings: Settings,
    engine: AsyncEngine,
    tell: Tell,
    channels: Mapping[str, Channel],
    clock: Callable[[], datetime] = utc_now,
) -> None:
    """The jobs of the gateway."""
    can: Mapping[str, Capabilities] = {name: channel.capabilities for name, channel in channels.items()}
    push = Pushing(engine, care.notices, can, tell, ZoneInfo(settings.timezone), clock)
    jobs.every("emergency_notices", pushing.EVERY, push.run)
    asks = Talks(care.ratings, care.rating_steps, care.rules, can, tell, clock)
    jobs.every("talk_ratings", talks.EVERY, asks.run)
