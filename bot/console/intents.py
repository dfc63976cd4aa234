"""What citizens can mean: all intents, one of them with its examples, and one example."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp_jinja2
from aiohttp import web

from bot.console.guard import needs
from bot.console.intent_parts import ENTITIES, NAME, pieces
from bot.console.teaching import USE_DAYS, Teaching
from bot.console.words import N_, words
from bot.content.check_texts import fold
from bot.studio.intents import Intent, Intents, Twin
from bot.studio.training_quality import Quality, Score, confused_with

PAGE = 50
FEW = 20
"""Examples below which an intent is hardly learned."""
WEAK = 0.8
"""F1 below which an intent is looked at first."""
SORTS = {
    "name": N_("이름"),
    "weak": N_("품질이 낮은 것부터"),
    "few": N_("문장이 적은 것부터"),
    "used": N_("많이 쓰인 것부터"),
}
SHOWS = {
    "": N_("모든 문장"),
    "missed": N_("다른 뜻으로 잘못 알아들은 문장"),
    "twins": N_("다른 뜻과 같거나 비슷한 문장"),
    "marked": N_("낱말을 표시한 문장"),
}
_NOTICES = {
    "add": N_("문장을 더했어요. 아직 초안이에요."),
    "change": N_("문장을 고쳤어요. 아직 초안이에요."),
    "remove": N_("문장을 지웠어요. 아직 초안이에요."),
    "move": N_("문장을 옮겼어요. 아직 초안이에요."),
    "mark": N_("낱말을 표시했어요. 아직 초안이에요."),
    "unmark": N_("표시를 지웠어요. 아직 초안이에요."),
    "undone": N_("되돌렸어요."),
    "new": N_("새 뜻을 초안으로 만들었어요. 학습해 보고 게시하면 챗봇이 알아들어요."),
}


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    name: str
    label: str
    count: int
    score: Score | None
    trend: float | None
    """F1 now less F1 in the trial before."""
    used: int
    doubled: int
    draft: bool


class IntentPages:
    """Looking at intents; changing them is `IntentEdits`."""

    def __init__(self, teaching: Teaching) -> None:
        self._teaching = teaching

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        return [
            web.get("/studio/intents", self.index),
            web.get(f"/studio/intents/{NAME}", self.intent),
            web.get(f"/studio/intents/{NAME}/example", self.example),
        ]

    @needs("view")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """All intents that fit the words searched for."""
        texts = await self._teaching.texts()
        intents = await self._teaching.intents(texts)
        studies = await self._teaching.studies()
        latest, before = await self._teaching.quality(studies)
        use = await self._teaching.use()
        wanted = " ".join(request.query.get("q", "").split())[:100]
        sort = request.query.get("sort", "name")
        rows = [
            Row(
                name,
                self._teaching.label(request, intents, name),
                len(intent.examples),
                latest.scores.get(name) if latest else None,
                _trend(latest, before, name),
                use.get(name, 0),
                intents.doubled.get(name, 0),
                any(said.path in texts.drafts for said in intent.examples),
            )
            for name, intent in intents.all.items()
        ]
        found = (
            [row for row in rows if _fits(intents.all[row.name], row.label, fold(wanted))] if wanted else rows
        )
        context = {
            "rows": sorted(found, key=_ORDERS.get(sort, _ORDERS["name"])),
            "total": len(rows),
            "examples": sum(row.count for row in rows),
            "quality": latest,
            "before": before,
            "running": next((one for one in studies if one.state == "running" and one.what == "train"), None),
            "broken": intents.broken,
            "q": wanted,
            "sort": sort,
            "SORTS": SORTS,
            "FEW": FEW,
            "WEAK": WEAK,
            "days": USE_DAYS,
            "label": lambda name: self._teaching.label(request, intents, name),
            "notice": _NOTICES.get(request.query.get("notice", ""), ""),
        }
        return aiohttp_jinja2.render_template("intents.html", request, context)

    @needs("view")
    async def intent(self, request: web.Request) -> web.StreamResponse:
        """One intent with its examples."""
        return await self.page(request)

    async def page(
        self, request: web.Request, error: str = "", typed: str = "", status: int = 200
    ) -> web.StreamResponse:
        """The intent's page; `error` and `typed` are of a form that was refused."""
        texts, intents, intent = await self._teaching.intent(request)
        latest, before = await self._teaching.quality(await self._teaching.studies())
        missed = {fold(one.text): one for one in (latest.missed.get(intent.name, ()) if latest else ())}
        twins = {twin.said.raw: twin for twin in intents.twins(intent.name)}
        show, wanted = request.query.get("show", ""), " ".join(request.query.get("q", "").split())[:100]
        chosen: Mapping[str, Callable[[Any], bool]] = {
            "missed": lambda said: said.key in missed,
            "twins": lambda said: said.raw in twins,
            "marked": lambda said: said.raw != said.plain,
        }
        keep = chosen.get(show, lambda said: True)
        said = [one for one in intent.examples if keep(one) and (not wanted or fold(wanted) in one.key)]
        page = _number(request.query.get("page", ""), -(-len(said) // PAGE) or 1)
        shown = said[(page - 1) * PAGE : page * PAGE]
        names = tuple(intents.entities)
        use = await self._teaching.use()
        context = {
            "intent": intent,
            "title": self._teaching.label(request, intents, intent.name),
            "examples": [
                (one, pieces(one.raw, names), missed.get(one.key), twins.get(one.raw)) for one in shown
            ],
            "found": len(said),
            "page": page,
            "pages": -(-len(said) // PAGE) or 1,
            "query": urlencode({"q": wanted, "show": show}),
            "q": wanted,
            "show": show,
            "SHOWS": SHOWS,
            "counts": {"missed": len(missed), "twins": len(twins)},
            "score": latest.scores.get(intent.name) if latest else None,
            "trend": _trend(latest, before, intent.name),
            "mixed": confused_with(latest, intent.name)[:8] if latest else [],
            "attracted": (latest.attracted.get(intent.name, ()) if latest else ())[:20],
            "used": use.get(intent.name, 0),
            "days": USE_DAYS,
            "drafts": [texts.drafts[path] for path in intent.paths if path in texts.drafts],
            "others": self._others(request, intents, intent),
            "label": lambda name: self._teaching.label(request, intents, name),
            "notice": _NOTICES.get(request.query.get("notice", ""), ""),
            "undo": undo_of(request),
            "error": error,
            "typed": typed,
            "FEW": FEW,
            "WEAK": WEAK,
        }
        return aiohttp_jinja2.render_template("intent.html", request, context, status=status)

    def _others(self, request: web.Request, intents: Intents, intent: Intent) -> list[tuple[str, str]]:
        """Where its examples could be moved: (name, label), by label."""
        found = [(name, self._teaching.label(request, intents, name)) for name in intents.all]
        return sorted((one for one in found if one[0] != intent.name), key=lambda one: one[1])

    @needs("view")
    async def example(self, request: web.Request) -> web.StreamResponse:
        """One example: its words, its marks, and where else it could belong."""
        return await self.one(request)

    async def one(
        self, request: web.Request, error: str = "", typed: Mapping[str, str] | None = None, status: int = 200
    ) -> web.StreamResponse:
        """The example's page; `error` and `typed` are of a form that was refused."""
        _, intents, intent = await self._teaching.intent(request)
        raw = request.query.get("raw") or (typed or {}).get("raw", "")
        said = next((one for one in intent.examples if one.raw == raw), None)
        if said is None:
            raise web.HTTPSeeOther(f"/studio/intents/{intent.name}")
        _ = words(request)
        twin: Twin | None = intents.near(said.raw, intent.name)
        context = {
            "intent": intent,
            "title": self._teaching.label(request, intents, intent.name),
            "said": said,
            "pieces": pieces(said.raw, tuple(intents.entities)),
            "entities": [
                (name, _(ENTITIES[name]) if name in ENTITIES else name) for name in intents.entities
            ],
            "others": self._others(request, intents, intent),
            "twin": twin,
            "label": lambda name: self._teaching.label(request, intents, name),
            "notice": _NOTICES.get(request.query.get("notice", ""), ""),
            "undo": undo_of(request),
            "error": error,
            "typed": typed or {},
        }
        return aiohttp_jinja2.render_template("intent_example.html", request, context, status=status)


def undo_of(request: web.Request) -> dict[str, Any] | None:
    """What the notice's button needs to take the last change back: an action and its fields."""
    query = request.query
    match query.get("notice", ""):
        case "remove":
            return {"action": "add", "examples": query.get("raw", "")}
        case "change":
            return {"action": "change", "raw": query.get("raw", ""), "new": query.get("old", "")}
        case "move":
            return {"action": "return", "raw": query.get("raw", ""), "from": query.get("to", "")}
        case "add":
            return {"action": "remove", "raw": query.get("raw", "")}
        case "mark" | "unmark":
            return {"action": "change", "raw": query.get("raw", ""), "new": query.get("old", "")}
    return None


def _trend(latest: Quality | None, before: Quality | None, name: str) -> float | None:
    if not latest or not before or name not in latest.scores or name not in before.scores:
        return None
    return latest.scores[name].f1 - before.scores[name].f1


def _fits(intent: Intent, label: str, wanted: str) -> bool:
    return (
        wanted in fold(intent.name)
        or wanted in fold(label)
        or any(wanted in said.key for said in intent.examples)
    )


def _number(text: str, most: int) -> int:
    page = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
    return min(max(1, page), most)


_ORDERS: Mapping[str, Callable[[Row], Any]] = {
    "name": lambda row: row.label,
    "weak": lambda row: (row.score is None, row.score.f1 if row.score else 0.0, row.label),
    "few": lambda row: (row.count, row.label),
    "used": lambda row: (-row.used, row.label),
}
