"""Reminders put together, for the gateway and for the action server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.catalogue.stored import Ours
from bot.channel import Channel
from bot.content.persona import Voice
from bot.jobs import Jobs
from bot.messages import utc_now
from bot.proactive.calendar_kinds import CollectionDays, Schedule
from bot.proactive.checklist_kind import ChecklistDeadlines
from bot.proactive.checklists import Checklists
from bot.proactive.city import CityHttp
from bot.proactive.kinds import City, Kind
from bot.proactive.life_events import LifeEvents
from bot.proactive.news_kinds import CaseMoves, DeadlineNear, NewServices
from bot.proactive.occurrences import DecentHours
from bot.proactive.reminders import EVERY, Reminders, Tell
from bot.proactive.services import StoredServices
from bot.proactive.subscriptions import Subscriptions
from bot.proactive.wish import CASE, CHECKLIST, COLLECTION, DEADLINE, NEWS, SCHEDULE
from bot.settings import Settings


def decent_hours(settings: Settings) -> DecentHours:
    """When citizens are written to unasked."""
    return DecentHours(ZoneInfo(settings.timezone), settings.reminders_from, settings.reminders_until)


def city_of(settings: Settings) -> CityHttp:
    """The city's API."""
    return CityHttp(settings.city_api, settings.city_api_key.get_secret_value())


def build_kinds(
    settings: Settings,
    engine: AsyncEngine,
    persona: Callable[[], Voice],
    city: City,
    events: LifeEvents,
    checklists: Checklists,
) -> Mapping[str, Kind]:
    """What can be wished for, by its name in `bot.proactive.wish`."""
    hours = decent_hours(settings)
    catalogue = StoredServices(engine, Ours(settings.service_agencies))
    return {
        SCHEDULE: Schedule(persona, hours.zone),
        COLLECTION: CollectionDays(persona, hours.zone, city),
        DEADLINE: DeadlineNear(persona, hours.zone, catalogue),
        NEWS: NewServices(persona, hours.zone, catalogue),
        CASE: CaseMoves(persona, hours, city),
        CHECKLIST: ChecklistDeadlines(persona, hours.zone, events, checklists),
    }


def add_reminders(
    jobs: Jobs,
    settings: Settings,
    engine: AsyncEngine,
    persona: Callable[[], Voice],
    tell: Tell,
    channels: Mapping[str, Channel],
    clock: Callable[[], datetime] = utc_now,
) -> Reminders:
    """The job of the gateway."""
    events = LifeEvents(settings.live_data / "life_events")
    kinds = build_kinds(settings, engine, persona, city_of(settings), events, Checklists(engine))
    reminders = Reminders(
        Subscriptions(engine, clock),
        kinds,
        tell,
        {name: channel.capabilities for name, channel in channels.items()},
        decent_hours(settings),
        clock,
    )
    jobs.every("reminders", EVERY, reminders.run)
    return reminders
