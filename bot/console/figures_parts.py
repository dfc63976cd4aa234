"""What the figures' pages share: which period is asked for, where links lead, how things are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from bot.console.figures_words import DESK_NAMES, GROUP_NAMES, NO_TOPIC, PRESETS, SCORES, WEEKDAYS
from bot.console.labels import INTENTS
from bot.console.words import words
from bot.content.store import ContentStore
from bot.figures.kinds import Kind
from bot.figures.period import LONGEST, Part, Period, day_of
from bot.figures.reading import Figures
from bot.figures.tables import Unusual

USUAL_DAYS = 7
TOPICS = 12
"""Rows that are shown at once."""


def chosen(query: Mapping[str, str], today: date, figures: Figures) -> tuple[Period, bool]:
    """The period that is asked for, and whether what was asked made no sense: then it is the usual one."""
    usual = Period(today - timedelta(days=USUAL_DAYS - 1), today, figures.zone)
    given = [query.get(name, "") for name in ("since", "until")]
    if not any(given):
        return usual, False
    try:
        since = date.fromisoformat(given[0] or given[1])
        until = min(today, date.fromisoformat(given[1])) if given[1] else today
    except ValueError:
        return usual, True
    if since > until or (until - since).days >= LONGEST or since.year < 2000:
        return usual, True
    return Period(since, until, figures.zone), False


def common(request: web.Request, period: Period, channel: str) -> dict[str, Any]:
    """What the figures' templates share."""
    _ = words(request)
    query = {"since": period.since.isoformat(), "until": period.until.isoformat()}
    if channel:
        query["channel"] = channel

    def link(path: str, **more: str | None) -> str:
        """An address with the period and channel of this page, and more or less."""
        both = {**query, **more}
        return f"{path}?{urlencode({name: each for name, each in both.items() if each is not None})}"

    def turns(part: Part | None = None, **more: str) -> str:
        """Where the single turns of a part of the period are."""
        begin, end = (part.begin, part.end) if part else (period.begin, period.end)
        local = [each.astimezone(period.zone).strftime("%Y-%m-%dT%H:%M") for each in (begin, end)]
        return link("/figures/turns", since=None, until=None, begin=local[0], end=local[1], **more)

    def turns_since(each: Unusual, field: str) -> str:
        """Where the turns are that something unusual was found in."""
        part = Part(each.began_at, each.seen_at + timedelta(minutes=1))
        return turns(part, **({field: each.subject} if field else {}))

    def closer(part: Part) -> str:
        """Where a part of the period is looked at closer."""
        if period.step == "hour":
            return turns(part)
        first, last = (day_of(each, period.zone) for each in (part.begin, part.end - timedelta(seconds=1)))
        return link("/figures", since=first.isoformat(), until=last.isoformat())

    def part_name(part: Part) -> str:
        at = part.begin.astimezone(period.zone)
        if period.step == "hour":
            return _("%(h)d시", h=at.hour) if period.days == 1 else _("%(d)d일 %(h)d시", d=at.day, h=at.hour)
        if period.step == "month":
            return f"{at.year}.{at.month}."
        return f"{at.month}.{at.day}." + (" ~" if period.step == "week" else "")

    return {
        "period": period,
        "channel": channel,
        "link": link,
        "turns": turns,
        "turns_since": turns_since,
        "closer": closer,
        "part_name": part_name,
        "duration": lambda milliseconds: duration(request, milliseconds),
        "GROUP_NAMES": GROUP_NAMES,
        "PRESETS": PRESETS,
        "WEEKDAYS": WEEKDAYS,
        "DESK_NAMES": DESK_NAMES,
        "SCORES": SCORES,
        "KIND": Kind,
        "TOPICS": TOPICS,
        "days_ago": lambda today, days: (today - timedelta(days=days - 1)).isoformat(),
    }


def duration(request: web.Request, milliseconds: float | None) -> str:
    """`320 ms`, `1.4초`, `3분 20초`; a dash for nothing."""
    _ = words(request)
    if milliseconds is None:
        return "–"
    seconds = milliseconds / 1000
    if seconds < 1:
        return f"{milliseconds:.0f} ms"
    if seconds < 60:
        return _("%(n).1f초", n=seconds)
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return _("%(m)d분 %(s)d초", m=minutes, s=rest) if rest else _("%(m)d분", m=minutes)
    return _("%(h)d시간 %(m)d분", h=minutes // 60, m=minutes % 60)


def namer(content: ContentStore, request: web.Request) -> Callable[[str], str]:
    """What a topic is called: by its file, by its intent, or as having none."""
    names, _ = content.topic_names(), words(request)

    def name(topic: str) -> str:
        return names.get(topic) or _(INTENTS.get(topic, topic)) if topic else _(NO_TOPIC)

    return name
