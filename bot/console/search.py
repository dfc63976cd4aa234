"""Finding messages in everything that was ever said, and the searches that people keep."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode

import aiohttp_jinja2
from aiohttp import web

from bot.console import labels
from bot.console.guard import WHO, needs
from bot.console.labels import Calendar
from bot.console.words import N_
from bot.content.store import ContentStore
from bot.history.query import Query
from bot.history.saved import LONGEST_NAME, NotSaved, SavedSearches
from bot.history.search import Cursor, History, TooMuch
from bot.log.queries import Transcripts
from bot.outcomes import LABELS, Outcome
from bot.staff.audit import AuditTrail

PAGE = 50
FIELDS = (
    "since", "until", "channel", "author", "intent", "outcome", "topic", "department", "operator", "release",
)  # fmt: skip
_LONGEST = 200
"""Letters of the words that are looked for."""
NOTICES = {
    "saved": N_("검색을 저장했어요."),
    "dropped": N_("저장한 검색을 지웠어요."),
    "personal": N_(
        "개인정보가 든 낱말은 저장할 수 없어요. 저장한 검색은 시민이 지워 달라고 해도 남기 때문이에요."
    ),
    "many": N_("저장한 검색이 너무 많아요. 쓰지 않는 것을 지우고 다시 저장해 주세요."),
    "name": N_("저장할 이름을 80자까지 적어 주세요."),
}
_WRONG = ("personal", "many", "name")


class SearchPages:
    """One page: a form, what was found, saved searches."""

    def __init__(
        self,
        history: History,
        saved: SavedSearches,
        transcripts: Transcripts,
        content: ContentStore,
        audit: AuditTrail,
        names: Callable[[], Awaitable[dict[int, str]]],
        calendar: Calendar,
        clock: Callable[[], datetime],
    ) -> None:
        self._history = history
        self._saved = saved
        self._log = transcripts
        self._content = content
        self._audit = audit
        self._names = names
        self._calendar = calendar
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where the page is."""
        return [
            web.get("/search", self.page),
            web.post("/search/saved", self.save),
            web.post(r"/search/saved/{id:\d{1,18}}/delete", self.drop),
        ]

    @needs("watch")
    async def page(self, request: web.Request) -> web.StreamResponse:
        """The newest messages that match; without a word or a filter only the form."""
        who, names = request[WHO], await self._names()
        sought, fields = read(request.query)
        before = _cursor(request.query.get("before", ""))
        query = self._query(sought, fields)
        found, too_much = None, False
        if query.words or query.active:
            try:
                found = await self._history.search(query, before, PAGE)
            except TooMuch:
                too_much = True
            if before is None:
                await self._audit.note(who.operator_id, "search")
        again = {"q": sought, **fields} if sought else fields
        context = {
            "words": sought,
            "fields": fields,
            "found": found,
            "too_much": too_much,
            "query": urlencode(again),
            "older": _older(again, found.before if found else None),
            "newest": before is None,
            "choices": await self._choices(names),
            "names": names,
            "saved": await self._saved.of(who.operator_id),
            "longest": LONGEST_NAME,
            "most": _LONGEST,
            "notice": NOTICES.get(request.query.get("notice", ""), ""),
            "wrong": request.query.get("notice") in _WRONG,
            "now": self._clock(),
        }
        return aiohttp_jinja2.render_template("search.html", request, context)

    @needs("watch")
    async def save(self, request: web.Request) -> web.StreamResponse:
        """Keep the search of the page, for oneself or for everybody."""
        form, who = await request.post(), request[WHO]
        sought, fields = read(dict(parse_qsl(str(form.get("query", ""))[:2000])))
        again = {"q": sought, **fields} if sought else fields
        notice = "saved"
        try:
            id_ = await self._saved.save(
                who.operator_id, str(form.get("name", "")), sought, urlencode(again), "shared" in form
            )
        except NotSaved as error:
            notice = error.why
        else:
            await self._audit.note(who.operator_id, "search_saved", f"search:{id_}")
        raise web.HTTPSeeOther(f"/search?{urlencode({**again, 'notice': notice})}")

    @needs("watch")
    async def drop(self, request: web.Request) -> web.StreamResponse:
        """Forget one of one's own."""
        who, id_ = request[WHO], int(request.match_info["id"])
        if await self._saved.drop(id_, who.operator_id) is None:
            raise web.HTTPNotFound
        await self._audit.note(who.operator_id, "search_dropped", f"search:{id_}")
        raise web.HTTPSeeOther("/search?notice=dropped")

    def _query(self, sought: str, fields: Mapping[str, str]) -> Query:
        since, until = (self._calendar.start_of(fields.get(name, "")) for name in ("since", "until"))
        query = Query(
            words=tuple(sought.split()),
            since=since,
            until=until + timedelta(days=1) if until else None,
            channel=fields.get("channel"),
            author=fields.get("author"),
            intent=fields.get("intent"),
            outcome=fields.get("outcome"),
            operator_id=_number(fields.get("operator", "")),
            release=_number(fields.get("release", "")),
        )
        if "topic" in fields or "department" in fields:
            query = replace(query, answers=self._answers(fields.get("topic"), fields.get("department")))
        return query

    def _answers(self, topic: str | None, department: str | None) -> frozenset[str]:
        """Ids of the answers of a topic, or of those that a department answers for, or of both."""
        topics = self._content.topics()
        default = self._content.departments().default
        return frozenset(
            each.id
            for each in self._content.answers()
            if (not topic or topics.get(each.id) == topic)
            and (not department or (each.owner or default) == department)
        )

    async def _choices(self, names: Mapping[int, str]) -> dict[str, list[tuple[str, str]]]:
        topics = self._content.topic_names()
        return {
            "channel": [(name, labels.CHANNELS.get(name, name)) for name in await self._log.channels()],
            "author": list(labels.AUTHORS.items()),
            "intent": [(name, labels.INTENTS.get(name, name)) for name in await self._log.intents()],
            "outcome": [(str(code), LABELS[code]) for code in Outcome],
            "topic": sorted(topics.items(), key=lambda each: each[1]),
            "department": [(each.id, each.name) for each in self._content.departments().departments],
            "operator": [(str(id_), name) for id_, name in names.items()],
        }


def read(query: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The words and the filters of an address; what makes no sense in it is left out."""
    fields = {name: query[name].strip()[:100] for name in FIELDS if query.get(name, "").strip()}
    for name in ("since", "until"):
        if name in fields and not _is_day(fields[name]):
            del fields[name]
    for name in ("operator", "release"):
        if name in fields and _number(fields[name]) is None:
            del fields[name]
    return " ".join(query.get("q", "").replace("\x00", "").split())[:_LONGEST], fields


def _is_day(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - only whether it is one
    except ValueError:
        return False
    return True


def _older(fields: Mapping[str, str], cursor: Cursor | None) -> str:
    return urlencode({**fields, "before": f"{cursor[0].isoformat()},{cursor[1]}"}) if cursor else ""


def _cursor(text: str) -> Cursor | None:
    moment, _, number = text.partition(",")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    id_ = _number(number)
    return (at, id_) if at.tzinfo and id_ is not None else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
