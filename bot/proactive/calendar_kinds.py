"""Reminders by the calendar: at a time the citizen said, and on the collection days of a neighbourhood."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.content.hours import DAYS, holiday
from bot.content.persona import Voice
from bot.messages import Outbound
from bot.proactive.kinds import City, Collection, Due, Kind, Speaking, occurrence
from bot.proactive.occurrences import PUNCTUAL, day_end, following
from bot.proactive.subscriptions import First, Standing
from bot.proactive.wish import PARTS, Nothing, NotNow, Wish
from bot.proactive.wording import button, clock, near
from bot.text.recurrence import weekly

_ONCE_GOOD_FOR = timedelta(days=3)
"""A single reminder is late for so long and then forgotten."""


class Schedule(Speaking, Kind):
    """A reminder at the times the citizen named."""

    def __init__(self, persona: Callable[[], Voice], zone: ZoneInfo) -> None:
        super().__init__(persona)
        self._zone = zone

    async def first(self, wish: Wish, now: datetime) -> First:
        """The first occurrence."""
        moment = following(wish, now, self._zone)
        if moment is None:
            raise Nothing("past")
        return First(moment, wish)

    async def due(self, standing: Standing, now: datetime) -> Due:
        """The sentence; of those missed only the last, if it is still of use."""
        wish = standing.wish
        moment = self._still_useful(wish, standing.next_at, now)
        if moment != standing.next_at:
            return Due(moment, dropped=True)
        again = (
            (button(self._persona().say("remind_show_answer"), "show_more", answer_id=wish.answer_id),)
            if wish.answer_id
            else ()
        )
        local = moment.astimezone(self._zone)
        time = f"{near(local.date(), now.astimezone(self._zone).date())} {clock(local.time())}"
        if wish.about:
            said = self._say(standing, "remind_due", *again, about=wish.about, time=time)
        else:
            said = self._say(standing, "remind_due_plain", *again, time=time)
        return Due(following(wish, max(now, moment), self._zone), said, occurrence(moment))

    def _still_useful(self, wish: Wish, moment: datetime | None, now: datetime) -> datetime | None:
        """The occurrence itself, or the first after it that is not yet too late."""
        while moment is not None and self._useful_until(wish, moment) <= now:
            moment = following(wish, moment, self._zone)
        return moment

    def _useful_until(self, wish: Wish, moment: datetime) -> datetime:
        if not wish.rule:
            return moment + _ONCE_GOOD_FOR
        day = moment.astimezone(self._zone).date() + timedelta(days=wish.ahead or 0)
        return max(day_end(day, self._zone), moment + PUNCTUAL)


class CollectionDays(Schedule):
    """A reminder of the days on which a neighbourhood, asked of the city anew each time."""

    def __init__(self, persona: Callable[[], Voice], zone: ZoneInfo, city: City) -> None:
        super().__init__(persona, zone)
        self._city = city

    async def first(self, wish: Wish, now: datetime) -> First:
        """The next collection day. Raises `Nothing` for a place the city does not know."""
        collection = await self._city.collection(wish.dong)
        if collection is None:
            raise Nothing("unknown_dong")
        return await super().first(_with_days(wish, collection), now)

    async def due(self, standing: Standing, now: datetime) -> Due:
        """What may be put out that day; on a changed schedule it is reckoned anew."""
        try:
            collection = await self._city.collection(standing.wish.dong)
        except NotNow:
            collection = None  # the days as they were known last
        if collection is None:
            return await super().due(standing, now)
        wish = _with_days(standing.wish, collection)
        moment = self._still_useful(wish, standing.next_at, now)
        if moment != standing.next_at:
            return Due(moment, wish=wish, dropped=True)
        then = following(wish, max(now, moment), self._zone)
        day = moment.astimezone(self._zone).date() + timedelta(days=wish.ahead or 0)
        kinds = [PARTS[part] for part in wish.waste if DAYS[day.weekday()] in collection.days[part]]
        if not kinds:  # the city has changed the days since
            return Due(then, wish=wish)
        return Due(then, self._told(standing, collection, day, kinds, now), occurrence(moment), wish=wish)

    def _told(
        self, standing: Standing, collection: Collection, day: date, kinds: list[str], now: datetime
    ) -> tuple[Outbound]:
        name = holiday(day)
        return self._say(
            standing,
            "remind_collection_holiday" if name else "remind_collection",
            day=near(day, now.astimezone(self._zone).date()),
            waste=", ".join(kinds),
            dong=collection.dong,
            opens=collection.opens,
            closes=collection.closes,
            **({"holiday": name} if name else {}),
        )


def _with_days(wish: Wish, collection: Collection) -> Wish:
    days = "".join(collection.days[part] for part in wish.waste)
    return wish.model_copy(update={"rule": weekly(days), "dong": collection.dong})
