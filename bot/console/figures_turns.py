"""From a figure to the conversations behind it, and everything as a file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import aiohttp_jinja2
from aiohttp import web

from bot.console.figures_parts import chosen, duration, namer
from bot.console.figures_words import COUNT_COLUMNS, GROUP_NAMES, KIND_NAMES, TURN_COLUMNS
from bot.console.guard import HEADERS, WHO, demand, needs
from bot.console.labels import CHANNELS, INTENTS
from bot.console.words import Words, words
from bot.content.store import ContentStore
from bot.figures.counts import every_count
from bot.figures.histogram import middle
from bot.figures.kinds import Group, Kind
from bot.figures.period import LONGEST, day_of
from bot.figures.reading import Figures
from bot.figures.sheets import SHEETS, Cell
from bot.figures.turns import Place, Turn, Turns, Wanted
from bot.outcomes import LABELS
from bot.staff.audit import AuditTrail

PAGE = 50
NONE = "-"
"""Stands in an address for turns without a topic."""
_FIELDS = ("begin", "end", "channel", "topic", "group", "q", "slow")
_Rows = Sequence[Sequence[Cell]]
_TIMED = (Kind.FIRST, Kind.FULL, Kind.WAIT)


class FigureTurnPages:
    """Single turns, and exports."""

    def __init__(
        self,
        figures: Figures,
        turns: Turns,
        content: ContentStore,
        audit: AuditTrail,
        clock: Callable[[], datetime],
    ) -> None:
        self._figures = figures
        self._turns = turns
        self._content = content
        self._audit = audit
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where they are."""
        return [
            web.get("/figures/turns", self.index),
            web.get("/figures/export.{kind:csv|xlsx|json}", self.export),
        ]

    @needs("figures")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """The turns that were counted in a figure, the newest first."""
        demand(request[WHO], "watch")
        wanted = self._wanted(request.query)
        turns, further = await self._turns.page(wanted, _place(request.query.get("before", "")), PAGE)
        kept = {name: request.query[name] for name in _FIELDS if request.query.get(name)}
        context = {
            "rows": turns,
            "wanted": wanted,
            "fields": kept,
            "begin": wanted.begin.astimezone(self._figures.zone),
            "end": wanted.end.astimezone(self._figures.zone),
            "further": urlencode({**kept, "before": _written(further)}) if further else "",
            "newest": urlencode(kept) if "before" in request.query else "",
            "query": urlencode(kept),
            "topic_name": namer(self._content, request),
            "duration": lambda milliseconds: duration(request, milliseconds),
            "GROUP_NAMES": GROUP_NAMES,
            "topics": sorted(self._content.topic_names().items(), key=lambda each: each[1]),
            "channels": await self._figures.channels(),
            "NONE": NONE,
            "now": self._clock(),
        }
        return aiohttp_jinja2.render_template("figures_turns.html", request, context)

    @needs("figures")
    async def export(self, request: web.Request) -> web.StreamResponse:
        """Turns or counts as a file, sent while they are read: as long as they may be."""
        kind, what, _ = request.match_info["kind"], request.query.get("what", "counts"), words(request)
        columns: Sequence[str]
        if what == "turns":
            demand(request[WHO], "watch")
            columns, rows = TURN_COLUMNS, self._turn_rows(self._wanted(request.query), request)
        else:
            what, columns, rows = "counts", COUNT_COLUMNS, self._count_rows(request)
        note = urlencode({name: request.query[name] for name in request.query if name != "what"})
        await self._audit.note(request[WHO].operator_id, "figures_exported", f"file:{what}.{kind}", note)
        sheet = SHEETS[kind]()
        response = web.StreamResponse(
            headers={
                **HEADERS,
                "Content-Type": sheet.content_type,
                "Content-Disposition": f'attachment; filename="sotong-{what}.{kind}"',
                "Cache-Control": "no-store",
            }
        )
        await response.prepare(request)
        await response.write(sheet.begin([_(each) for each in columns]))
        async for some in rows:
            if part := sheet.rows(some):
                await response.write(part)
            await asyncio.sleep(0)  # citizens first
        await response.write(sheet.end())
        await response.write_eof()
        return response

    async def _turn_rows(self, wanted: Wanted, request: web.Request) -> AsyncIterator[_Rows]:
        _, topic = words(request), namer(self._content, request)
        async for some in self._turns.every(wanted):
            yield [self._cells(turn, _, topic) for turn in some]

    def _cells(self, turn: Turn, _: Words, topic: Callable[[str], str]) -> Sequence[Cell]:
        return (
            self._local(turn.at),
            _(CHANNELS.get(turn.channel, turn.channel)),
            topic(turn.topic),
            _(INTENTS.get(turn.intent, turn.intent)) if turn.intent else "",
            _outcome(turn.outcome, _),
            turn.confidence,
            turn.latency_ms,
            turn.conversation_id,
            turn.seq,
        )

    async def _count_rows(self, request: web.Request) -> AsyncIterator[_Rows]:
        today = day_of(self._clock(), self._figures.zone)
        period, _wrong = chosen(request.query, today, self._figures)
        _, topic = words(request), namer(self._content, request)
        hourly = request.query.get("by") == "hour"
        async for some in every_count(
            self._figures.engine, period, request.query.get("channel", ""), hourly=hourly
        ):
            yield [
                (
                    self._local(at) if hourly else f"{day_of(at, self._figures.zone)}",
                    _(KIND_NAMES[kind]),
                    _(CHANNELS.get(channel, channel)),
                    topic(about) if about else "",
                    round(middle(int(key)), 1)
                    if kind in _TIMED
                    else _outcome(key, _)
                    if kind == Kind.TURNS
                    else key,
                    n,
                )
                for at, kind, channel, about, key, n in some
            ]

    def _local(self, at: datetime) -> str:
        return f"{at.astimezone(self._figures.zone):%Y-%m-%d %H:%M:%S}"

    def _wanted(self, query: Mapping[str, str]) -> Wanted:
        """What an address asks for; what makes no sense in it is left out."""
        period, _ = chosen(query, day_of(self._clock(), self._figures.zone), self._figures)
        begin, end = (self._moment(query.get(name, "")) for name in ("begin", "end"))
        if begin is None or end is None or begin >= end or (end - begin).days > LONGEST:
            begin, end = period.begin, period.end
        slow, topic, group = query.get("slow", ""), query.get("topic", "")[:80], query.get("group", "")
        return Wanted(
            begin=begin,
            end=end,
            channel=query.get("channel", "")[:40],
            topic="" if topic == NONE else topic or None,
            group=group if group in set(Group) else "",
            word=" ".join(query.get("q", "").split())[:40],
            slower_ms=int(slow) if slow.isascii() and slow.isdecimal() and len(slow) < 8 else 0,
        )

    def _moment(self, text: str) -> datetime | None:
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return None
        return (at if at.tzinfo else at.replace(tzinfo=self._figures.zone)).astimezone(UTC)


def _outcome(code: str, _: Words) -> str:
    return _({str(known): label for known, label in LABELS.items()}.get(code, code))


def _written(place: Place) -> str:
    return f"{int(place[0].timestamp() * 1_000_000)}_{place[1]}"


def _place(text: str) -> Place | None:
    at, _, id_ = text.partition("_")
    if not (at.isascii() and at.isdecimal() and id_.isascii() and id_.isdecimal()) or len(text) > 40:
        return None
    try:
        return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(at)), int(id_)
    except OverflowError:
        return None
