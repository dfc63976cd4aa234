"""What the bot said on a day, and what the releases of that day hold; to be printed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp_jinja2
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.console.guard import WHO, needs
from bot.console.labels import Calendar
from bot.history.held import Held, held
from bot.history.replay import Active, Replay
from bot.staff.audit import AuditTrail

SHOWN = 40
"""Different sentences that are shown."""
AROUND = timedelta(minutes=30)
"""Before and after a moment."""
_LONGEST = 200
_RELEASES = 6
"""Of one day, looked into; the last ones."""


@dataclass(frozen=True)
class _Shelf:
    """What one release of the day holds."""

    active: Active
    held: tuple[Held, ...]
    more: int
    there: bool


class ReplayPages:
    """One page."""

    def __init__(
        self,
        engine: AsyncEngine,
        audit: AuditTrail,
        names: Callable[[], Awaitable[dict[int, str]]],
        calendar: Calendar,
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._replay = Replay(engine)
        self._audit = audit
        self._names = names
        self._calendar = calendar
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where the page is."""
        return [web.get("/replay", self.page)]

    @needs("watch")
    async def page(self, request: web.Request) -> web.StreamResponse:
        """A form; with a day also what was said then."""
        query, now = request.query, self._clock()
        sought = " ".join(query.get("q", "").replace("\x00", "").split())[:_LONGEST]
        day, time = query.get("day", "").strip(), query.get("time", "").strip()
        start = self._calendar.start_of(day)
        moment = _moment(start, time)
        context: dict[str, Any] = {
            "words": sought,
            "day": day if start else "",
            "time": time if moment else "",
            "start": start,
            "moment": moment,
            "wrong_day": bool(day) and start is None,
            "most": _LONGEST,
            "shown": SHOWN,
            "now": now,
            "names": await self._names(),
            "heard": None,
            "releases_left_out": 0,
        }
        if start is not None:
            context |= await self._then(sought.split(), start, moment)
            await self._audit.note(request[WHO].operator_id, "replay", detail=f"{day} {time}".strip())
        return aiohttp_jinja2.render_template("replay.html", request, context)

    async def _then(self, words: list[str], start: datetime, moment: datetime | None) -> Mapping[str, Any]:
        since, until = start, start + timedelta(days=1)
        if moment is not None:
            since, until = moment - AROUND, moment + AROUND
        heard = await self._replay.heard(words, since, until)
        given = {id_ for told in heard.told[:SHOWN] for id_ in told.answers} if words else set()
        active = await self._replay.active(*((moment, moment) if moment else (since, until)))
        shelves = []
        for each in active[-_RELEASES:] if words else ():
            if each.number is None:
                shelves.append(_Shelf(each, (), 0, False))
            else:
                kept = await held(self._engine, each.number, words, given)
                shelves.append(_Shelf(each, kept.held, kept.more, kept.there))
        return {
            "heard": heard,
            "given": given,
            "active": active,
            "shelves_of_day": shelves,
            "releases_left_out": max(0, len(active) - _RELEASES),
            "since": since,
            "until": until,
        }


def _moment(start: datetime | None, time: str) -> datetime | None:
    if start is None:
        return None
    try:
        clock = datetime.strptime(time, "%H:%M")  # noqa: DTZ007 - only hours and minutes of it are taken
    except ValueError:
        return None
    return start.replace(hour=clock.hour, minute=clock.minute)
