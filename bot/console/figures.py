"""The dashboard: what was asked, how it ended, how long it took, and what was not as usual."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp_jinja2
from aiohttp import web

from bot.console.figures_parts import chosen, common, namer
from bot.console.figures_words import GROUP_NAMES, NOTICES
from bot.console.guard import WHO, needs
from bot.content.check import MAX_AGE_DAYS
from bot.content.live_file import LiveFile
from bot.content.models import Answer
from bot.content.store import ContentStore
from bot.figures.drawing import columns, lines, squares
from bot.figures.kinds import Kind
from bot.figures.period import Period, day_of
from bot.figures.prices import PriceFile, cost
from bot.figures.reading import Figures, Moment, answer_rate, grouped
from bot.figures.rolling import Rolling
from bot.loop.inbox import GroupView, Inbox, Wanted
from bot.staff.audit import AuditTrail

INBOX = 8
"""Groups of unanswered lines that are shown."""


@dataclass(frozen=True)
class Row:
    """One channel or topic."""

    key: str
    groups: Counter[Any]
    total: int
    rate: float | None
    before: int


@dataclass(frozen=True)
class Stale:
    """How many answers need a look."""

    overdue: int
    expired: int
    never: int


class FigurePages:
    """Reads what was rolled up; of the log only the groups of unanswered lines."""

    def __init__(
        self,
        figures: Figures,
        rolling: Rolling,
        inbox: Inbox,
        content: ContentStore,
        prices: LiveFile[PriceFile],
        audit: AuditTrail,
        clock: Callable[[], datetime],
    ) -> None:
        self._figures = figures
        self._rolling = rolling
        self._inbox = inbox
        self._content = content
        self._prices = prices
        self._audit = audit
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        return [web.get("/figures", self.index), web.post("/figures/count", self.count)]

    @needs("figures")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """Everything of a period, beside the one before."""
        today = day_of(self._clock(), self._figures.zone)
        period, wrong = chosen(request.query, today, self._figures)
        channel = request.query.get("channel", "")[:40]
        totals, before, course, earlier, clock = await asyncio.gather(
            self._figures.totals(period, channel),
            self._figures.totals(period.before, channel),
            self._figures.course(period, channel),
            self._figures.course(period.before, channel, timed=False),
            self._figures.clock(period, channel),
        )
        unusual = await self._figures.unusual(period)
        prices = self._prices.current().push
        context = {
            **common(request, period, channel),
            "wrong": wrong,
            "today": today,
            "channels": await self._figures.channels(),
            "totals": totals,
            "before": before,
            "course": course,
            "columns": columns(
                [moment.groups for moment in course],
                list(GROUP_NAMES),
                _before(course, earlier),
            ),
            "earlier": _before(course, earlier),
            "times": lines(
                {
                    name: [_seconds(moment.quantile(kind, share)) for moment in course]
                    for name, (kind, share) in TIMES.items()
                }
            ),
            "squares": squares(clock),
            "week": clock,
            "by_channel": _rows(totals.by(0), before.by(0)),
            "by_topic": _rows(totals.by(1), before.by(1)),
            "marks": _marks(course, unusual),
            "unusual": unusual,
            "counted_at": await self._rolling.counted_at(),
            "groups": await self._groups(period),
            "stale": _stale(self._content.answers(), today),
            "cost": cost(totals.pushed, prices),
            "cost_before": sum(cost(before.pushed, prices).values()),
            "prices": prices,
            "topic_name": namer(self._content, request),
            "now": self._clock(),
            "notice_text": NOTICES.get(request.query.get("notice", ""), ""),
        }
        return aiohttp_jinja2.render_template("figures.html", request, context)

    @needs("figures")
    async def count(self, request: web.Request) -> web.StreamResponse:
        """Count a period anew, after answers were moved to other topics or the clock was wrong."""
        form = await request.post()
        given = {name: str(form.get(name, "")) for name in ("since", "until", "channel")}
        today = day_of(self._clock(), self._figures.zone)
        period, _ = chosen(given, today, self._figures)
        done = await self._rolling.again(period.since, period.until)
        detail = f"{period.since} – {period.until}"
        await self._audit.note(request[WHO].operator_id, "figures_counted", "figures:", detail)
        given["notice"] = "counted" if done else "busy"
        raise web.HTTPSeeOther(f"/figures?{urlencode({name: each for name, each in given.items() if each})}")

    async def _groups(self, period: Period) -> list[GroupView]:
        page = await self._inbox.page(Wanted(since=period.begin), self._clock(), 0, INBOX)
        return list(page.groups)


TIMES = {
    "first": (Kind.FIRST, 0.5),
    "half": (Kind.FULL, 0.5),
    "most": (Kind.FULL, 0.95),
}
"""Lines of the picture of durations."""


def _rows(now: Mapping[str, Counter[str]], before: Mapping[str, Counter[str]]) -> list[Row]:
    """The busiest first, what has no topic last."""
    rows = [
        Row(
            key,
            grouped(outcomes),
            outcomes.total(),
            answer_rate(outcomes),
            before.get(key, Counter()).total(),
        )
        for key, outcomes in now.items()
    ]
    return sorted(rows, key=lambda row: (not row.key, -row.total, row.key))


def _before(course: list[Moment], earlier: list[Moment]) -> list[float]:
    """Turns of the period before, part by part."""
    found = [float(moment.groups.total()) for moment in earlier][-len(course) :]
    return [0.0] * (len(course) - len(found)) + found if any(found) else []


def _marks(course: list[Moment], unusual: Any) -> dict[int, list[Any]]:
    """Which columns are marked, and with what."""
    found: dict[int, list[Any]] = {}
    for place, moment in enumerate(course):
        there = [
            each for each in unusual if each.began_at < moment.part.end and each.seen_at >= moment.part.begin
        ]
        if there:
            found[place] = there
    return found


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _stale(answers: tuple[Answer, ...], today: date) -> Stale:
    return Stale(
        overdue=sum(
            1 for each in answers if each.confirmed_on and (today - each.confirmed_on).days > MAX_AGE_DAYS
        ),
        expired=sum(1 for each in answers if each.valid_until and each.valid_until < today),
        never=sum(1 for each in answers if each.confirmed_on is None),
    )
