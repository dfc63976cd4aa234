"""Reminders of what happens elsewhere: deadlines and new services of the catalogue, the state of a case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.catalogue.service import PublicService
from bot.content.persona import Voice
from bot.messages import Button
from bot.proactive.deadlines import read_deadline
from bot.proactive.kinds import City, Due, Kind, Speaking, digest, occurrence
from bot.proactive.occurrences import DecentHours
from bot.proactive.subscriptions import First, Standing
from bot.proactive.wish import Nothing, Wish
from bot.proactive.wording import button, near

_USUAL = (7, 1)
"""Days before a deadline on which a citizen is reminded who named none."""
_LOOK_AGAIN = timedelta(minutes=30)
"""Between two looks at a case."""
_NEWS_AT = time(10)
"""When new services are told: the catalogue is brought up to date at night."""
_MOST_NEWS = 5
"""New services named in one reminder."""
_ENDED = ("완료", "반려", "취소", "종결", "취하", "처리완료")
"""States of a case after which nothing more happens."""


@dataclass(frozen=True)
class Fresh:
    """What a synchronisation of the catalogue added."""

    mark: int
    """Number of the last synchronisation looked at."""
    services: Sequence[PublicService]


class Catalogue(Protocol):
    """What is asked of the catalogue of services."""

    async def get(self, id_: str) -> PublicService | None:
        """A service; None when there is none, or it has ended."""

    async def fresh(self, mark: int, words: str) -> Fresh:
        """The services that meet `words` among those that came after the synchronisation `mark`."""


class DeadlineNear(Speaking, Kind):
    """Reminds some days before the last day to apply for a service, as the catalogue has it by then.

    Without a service the day stands in the wish itself (an answer's last day).
    """

    def __init__(self, persona: Callable[[], Voice], zone: ZoneInfo, catalogue: Catalogue) -> None:
        super().__init__(persona)
        self._zone = zone
        self._catalogue = catalogue

    async def first(self, wish: Wish, now: datetime) -> First:
        """The first reminder. Raises `Nothing`: `no_deadline`, `always` open, `past`, or `soon` over."""
        today = now.astimezone(self._zone).date()
        wish = await self._looked_up(wish, today)
        if wish.day is None:
            raise Nothing("no_deadline")
        moment = self._next(wish, now)
        if moment is None:
            raise Nothing("past" if wish.day < today else "soon")
        return First(moment, wish)

    async def due(self, standing: Standing, now: datetime) -> Due:
        """The reminder; none when the deadline was moved or is no longer known."""
        today = now.astimezone(self._zone).date()
        try:
            wish = await self._looked_up(standing.wish, today)
        except Nothing:
            return Due(None, dropped=True)
        if wish.day is None or wish.day < today:
            return Due(None, dropped=True)
        then = self._next(wish, now)
        if wish.day != standing.wish.day and wish.day - today > timedelta(days=max(_days(wish))):
            return Due(then, wish=wish)
        left = (wish.day - today).days
        said = self._say(
            standing,
            "remind_deadline" if left else "remind_deadline_today",
            *self._more(wish),
            about=wish.about,
            day=near(wish.day, today),
            left=str(left),
        )
        return Due(then, said, occurrence(standing.next_at), wish=wish)

    def _more(self, wish: Wish) -> tuple[Button, ...]:
        voice = self._persona()
        if wish.service_id:
            shown = button(voice.say("remind_show_service"), "search_service", service_id=wish.service_id)
        elif wish.answer_id:
            shown = button(voice.say("remind_show_answer"), "show_more", answer_id=wish.answer_id)
        else:
            return ()
        return (shown,)

    async def _looked_up(self, wish: Wish, today: date) -> Wish:
        if not wish.service_id:
            return wish
        service = await self._catalogue.get(wish.service_id)
        if service is None:
            raise Nothing("ended")
        deadline = read_deadline(service.deadline, today)
        if deadline.last is None:
            raise Nothing("always" if deadline.always else "no_deadline")
        return wish.model_copy(update={"day": deadline.last, "about": service.name})

    def _next(self, wish: Wish, after: datetime) -> datetime | None:
        """The first reminder later than a moment."""
        if wish.day is None:
            return None
        moments = (
            datetime.combine(wish.day - timedelta(days=days), wish.at, self._zone) for days in _days(wish)
        )
        return min((moment for moment in moments if moment > after), default=None)


class NewServices(Speaking, Kind):
    """Tells of services that came into the catalogue and meet some words."""

    def __init__(self, persona: Callable[[], Voice], zone: ZoneInfo, catalogue: Catalogue) -> None:
        super().__init__(persona)
        self._zone = zone
        self._catalogue = catalogue

    async def first(self, wish: Wish, now: datetime) -> First:
        """Tomorrow: what is there already is no news."""
        fresh = await self._catalogue.fresh(0, wish.about)
        return First(self._tomorrow(now), wish, {"mark": fresh.mark})

    async def due(self, standing: Standing, now: datetime) -> Due:
        """Their names."""
        fresh = await self._catalogue.fresh(int(standing.state["mark"]), standing.wish.about)
        then = self._tomorrow(now)
        if not fresh.services:
            return Due(then, state={"mark": fresh.mark})
        shown = fresh.services[:_MOST_NEWS]
        names = "\n".join(f"- {service.name} ({service.agency})" for service in shown)
        label = self._persona().say("remind_show_service")
        open_ = button(label, "search_service", service_id=shown[0].id)
        said = self._say(standing, "remind_news", open_, about=standing.wish.about, names=names)
        return Due(then, said, str(fresh.mark), state={"mark": fresh.mark})

    def _tomorrow(self, now: datetime) -> datetime:
        day = now.astimezone(self._zone).date() + timedelta(days=1)
        return datetime.combine(day, _NEWS_AT, self._zone)


class CaseMoves(Speaking, Kind):
    """Tells when the state of a case has changed; looks every so often until the case is done."""

    def __init__(self, persona: Callable[[], Voice], hours: DecentHours, city: City) -> None:
        super().__init__(persona)
        self._hours = hours
        self._city = city

    async def first(self, wish: Wish, now: datetime) -> First:
        """The state now. Raises `Nothing`: `no_case`, or `done`."""
        case = await self._city.case(wish.number)
        if case is None:
            raise Nothing("no_case")
        if _ended(case.state):
            raise Nothing("done")
        found = wish.model_copy(update={"about": case.title})
        return First(self._hours.next(now + _LOOK_AGAIN), found, {"state": case.state, "changes": 0})

    async def due(self, standing: Standing, now: datetime) -> Due:
        """The new state, once."""
        case = await self._city.case(standing.wish.number)
        then = self._hours.next(now + _LOOK_AGAIN)
        if case is None or case.state == standing.state["state"]:
            return Due(then)
        changes = int(standing.state["changes"]) + 1
        said = self._say(
            standing,
            "remind_case",
            number=standing.wish.number,
            title=case.title,
            before=str(standing.state["state"]),
            state=case.state,
            next_step=case.next_step,
        )
        # The state belongs to the id: if it changes again before this is written down, that is told too.
        once = f"{changes}:{digest(case.state)}"
        state = {"state": case.state, "changes": changes}
        return Due(None if _ended(case.state) else then, said, once, state=state)


def _days(wish: Wish) -> tuple[int, ...]:
    return _USUAL if wish.ahead is None else (wish.ahead,)


def _ended(state: str) -> bool:
    return "".join(state.split()) in _ENDED
