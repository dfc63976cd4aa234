"""Reminds of a checklist's deadlines, of those steps only that are still open by then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.content.persona import Voice
from bot.proactive.checklists import Checklists, Progress
from bot.proactive.kinds import Due, Kind, Speaking, occurrence
from bot.proactive.life_events import LifeEvents
from bot.proactive.subscriptions import First, Standing
from bot.proactive.wish import Nothing, Wish
from bot.proactive.wording import button, near

BEFORE = (7, 3, 1)
"""Days before a deadline."""


class ChecklistDeadlines(Speaking, Kind):
    """What of a life event's checklist ends soon. The steps and their days are read anew each time."""

    def __init__(
        self, persona: Callable[[], Voice], zone: ZoneInfo, events: LifeEvents, checklists: Checklists
    ) -> None:
        super().__init__(persona)
        self._zone = zone
        self._events = events
        self._checklists = checklists

    async def first(self, wish: Wish, now: datetime) -> First:
        """The first reminder, of whatever step; `wish.day` is the day of the event. Raises `Nothing`."""
        event = self._events.all().get(wish.event)
        if event is None or wish.day is None:
            raise Nothing("no_deadline")
        moment = self._next(Progress(event, wish.day), wish, now)
        if moment is None:
            raise Nothing("past")
        return First(moment, wish.model_copy(update={"about": event.name}))

    async def due(self, standing: Standing, now: datetime) -> Due:
        """The open steps that end within days."""
        event = self._events.all().get(standing.wish.event)
        progress = await self._checklists.of(standing.conversation_id, event) if event else None
        if event is None or progress is None:
            return Due(None, dropped=True)
        today = now.astimezone(self._zone).date()
        then = self._next(progress, standing.wish, now)
        ending = [
            (day, step)
            for day, step in progress.to_remind(today)
            if (day - today).days in range(max(BEFORE) + 1)
        ]
        if not ending:
            return Due(then)
        steps = "\n".join(f"- {step.title}: {near(day, today)}까지" for day, step in ending)
        show = button(self._persona().say("checklist_show"), "life_event", event=event.id)
        said = self._say(standing, "remind_checklist", show, event=event.name, steps=steps)
        return Due(then, said, occurrence(standing.next_at))

    def _next(self, progress: Progress, wish: Wish, after: datetime) -> datetime | None:
        today = after.astimezone(self._zone).date()
        moments = (
            _moment(day - timedelta(days=days), wish, self._zone)
            for day, _ in progress.to_remind(today)
            for days in BEFORE
        )
        return min((moment for moment in moments if moment > after), default=None)


def _moment(day: date, wish: Wish, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, wish.at, zone)
