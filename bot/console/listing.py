"""What the list beside every transcript shows: filters, who waits, the newest conversations, search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from bot.console import labels
from bot.log.queries import Transcripts
from bot.log.records import Filter
from bot.outcomes import LABELS, Outcome

PAGE = 40
HITS = 60
FIELDS = ("channel", "state", "outcome", "intent", "since", "until")


@dataclass(frozen=True)
class Wanted:
    """The list's query, as it stands in the address."""

    words: str
    fields: dict[str, str]
    filter: Filter
    before: tuple[datetime, int] | None

    @property
    def query(self) -> str:
        """The query string that shows the same list again."""
        return urlencode({"q": self.words, **self.fields} if self.words else self.fields)

    @property
    def active(self) -> int:
        """How many filters are set."""
        return len(self.fields)


def read(query: Mapping[str, str], calendar: labels.Calendar) -> Wanted:
    """The list that an address asks for; what makes no sense in it is left out."""
    fields = {name: query[name].strip() for name in FIELDS if query.get(name, "").strip()}
    since, until = (calendar.start_of(fields.get(name, "")) for name in ("since", "until"))
    for name, moment in (("since", since), ("until", until)):
        if moment is None:
            fields.pop(name, None)
    return Wanted(
        words=" ".join(query.get("q", "").split())[:200],
        fields=fields,
        filter=Filter(
            channel=fields.get("channel"),
            state=fields.get("state"),
            outcome=fields.get("outcome"),
            intent=fields.get("intent"),
            since=since,
            until=until + timedelta(days=1) if until else None,
        ),
        before=_cursor(query.get("before", "")),
    )


async def load(transcripts: Transcripts, wanted: Wanted, now: datetime) -> dict[str, Any]:
    """What the list's template needs."""
    context: dict[str, Any] = {"wanted": wanted, "now": now, "hits": None, "waiting": [], "more": ""}
    if wanted.words:
        context["hits"] = await transcripts.search(wanted.words.split(), wanted.filter, HITS + 1)
        return context
    rows = await transcripts.recent(wanted.filter, wanted.before, PAGE + 1)
    if len(rows) > PAGE:
        last = rows[PAGE - 1]
        cursor = f"{last.last_at.isoformat()},{last.id}"
        context["more"] = urlencode({**wanted.fields, "before": cursor})
    if wanted.before is None and not wanted.active:
        context["waiting"] = await transcripts.waiting()
        rows = [row for row in rows if row.state != "waiting"]
    context["rows"] = rows[:PAGE]
    return context


async def choices(transcripts: Transcripts) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer: (value, label)."""
    return {
        "channel": [(name, labels.CHANNELS.get(name, name)) for name in await transcripts.channels()],
        "state": list(labels.STATES.items()),
        "outcome": [(str(code), LABELS[code]) for code in Outcome],
        "intent": [(name, labels.INTENTS.get(name, name)) for name in await transcripts.intents()],
    }


def _cursor(text: str) -> tuple[datetime, int] | None:
    moment, _, number = text.partition(",")
    try:
        at = datetime.fromisoformat(moment)
        return (at, int(number)) if at.tzinfo else None
    except ValueError:
        return None
