"""Quality review: one turn judged, and what was thought of the turns and the talks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp_jinja2
from aiohttp import web

from bot.console.guard import WHO, needs
from bot.console.words import N_, told
from bot.log.records import ConversationView, Entry
from bot.ratings.reviews import Judgement, Reviews, Turn, verdict
from bot.ratings.rules import RatingFile
from bot.ratings.store import Ratings
from bot.staff.audit import AuditTrail

PAGE = 50
LONGEST_NOTE = 1000
LATELY = timedelta(days=30)
VERDICTS = {"right": N_("맞아요"), "wrong": N_("틀렸어요"), "harmful": N_("해로워요")}
TONES = {"right": "good", "wrong": "warn", "harmful": "bad"}
NOTICES = {
    "right": N_("맞는 답이라고 적었어요."),
    "wrong": N_("틀린 답이라고 적고 ‘모르는 말’에 넣었어요."),
    "harmful": N_("해로운 답이라고 적고 ‘모르는 말’에 넣었어요."),
}
_ONE = r"/conversations/{id:\d{1,18}}/review/{seq:\d{1,9}}"


class ReviewPages:
    """`/reviews`, and a turn's own page."""

    def __init__(
        self,
        reviews: Reviews,
        ratings: Ratings,
        rules: Callable[[], RatingFile],
        names: Callable[[], Awaitable[dict[int, str]]],
        topic_names: Callable[[], Any],
        audit: AuditTrail,
        zone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._reviews = reviews
        self._ratings = ratings
        self._rules = rules
        self._names = names
        self._topic_names = topic_names
        self._audit = audit
        self._zone = zone
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        return [
            web.get("/reviews", self.index),
            web.get("/reviews/ratings", self.ratings),
            web.get(_ONE, self.turn),
            web.post(_ONE, self.judge),
        ]

    async def part(
        self, request: web.Request, conversation: ConversationView, lines: Sequence[Entry]
    ) -> dict[str, Any]:
        """What is thought of the lines of a conversation."""
        asked = [entry.id for entry in lines if entry.author == "citizen"]
        return {
            "review_verdicts": await self._reviews.of(asked) if asked else {},
            "REVIEW_VERDICTS": VERDICTS,
            "REVIEW_TONES": TONES,
        }

    @needs("watch")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """Judgements, the latest first."""
        wanted = verdict(request.query.get("verdict", "")) or ""
        page = _page(request)
        rows, total = await self._reviews.page(wanted, (page - 1) * PAGE, PAGE)
        context = {
            "rows": rows,
            "wanted": wanted,
            "query": f"verdict={wanted}" if wanted else "",
            "counts": await self._reviews.counts(),
            "names": await self._names(),
            "topic_names": self._topic_names(),
            **self._common(page, total),
        }
        return aiohttp_jinja2.render_template("reviews.html", request, context)

    @needs("watch")
    async def ratings(self, request: web.Request) -> web.StreamResponse:
        """What citizens thought, the latest first."""
        bad, page = request.query.get("bad") == "1", _page(request)
        rows, total = await self._ratings.page(bad, (page - 1) * PAGE, PAGE)
        context = {
            "rows": rows,
            "bad": bad,
            "query": "bad=1" if bad else "",
            "means": await self._ratings.mean(self._clock() - LATELY),
            "days": LATELY.days,
            "names": await self._names(),
            "topic_names": self._topic_names(),
            **self._common(page, total),
        }
        return aiohttp_jinja2.render_template("ratings.html", request, context)

    @needs("review")
    async def turn(self, request: web.Request) -> web.StreamResponse:
        """One line of a citizen, what was said to it, and the form."""
        turn = await self._turn(request)
        await self._audit.note(request[WHO].operator_id, "view", f"conversation:{turn.conversation_id}")
        return await self._show(request, turn)

    @needs("review")
    async def judge(self, request: web.Request) -> web.StreamResponse:
        """Write it down."""
        turn, form, who = await self._turn(request), await request.post(), request[WHO]
        chosen = verdict(str(form.get("verdict", "")))
        themes = self._rules().themes
        theme, note = str(form.get("theme", "")), str(form.get("note", "")).replace("\r\n", "\n").strip()
        if chosen is None:
            return await self._show(request, turn, told(request, "맞는지, 틀렸는지, 해로운지 골라 주세요."))
        judgement = Judgement(
            chosen,
            theme if theme in themes and chosen != "right" else "",
            note[:LONGEST_NOTE],
            form.get("follow_up") == "1" and chosen != "right",
        )
        today = self._clock().astimezone(self._zone).date()
        before = await self._reviews.find(turn.message_id)
        await self._reviews.judge(turn, judgement, who.operator_id, today)
        await self._audit.note(
            who.operator_id,
            "turn_reviewed",
            f"conversation:{turn.conversation_id}",
            f"line {turn.seq}",
            before={"verdict": before.verdict, "theme": before.theme} if before else None,
            after={"verdict": judgement.verdict, "theme": judgement.theme},
        )
        raise web.HTTPSeeOther(
            f"/conversations/{turn.conversation_id}?notice=review-{chosen}&at={turn.seq}#line-{turn.seq}"
        )

    async def _show(self, request: web.Request, turn: Turn, error: str = "") -> web.StreamResponse:
        context = {
            "turn": turn,
            "found": await self._reviews.find(turn.message_id),
            "themes": self._rules().themes,
            "verdicts": VERDICTS,
            "longest": LONGEST_NOTE,
            "error": error,
        }
        return aiohttp_jinja2.render_template("review.html", request, context, status=422 if error else 200)

    async def _turn(self, request: web.Request) -> Turn:
        found = await self._reviews.turn(int(request.match_info["id"]), int(request.match_info["seq"]))
        if found is None:
            raise web.HTTPNotFound
        return found

    def _common(self, page: int, total: int) -> dict[str, Any]:
        return {
            "now": self._clock(),
            "page": page,
            "total": total,
            "pages": -(-total // PAGE) or 1,
            "verdicts": VERDICTS,
            "tones": TONES,
        }


def _page(request: web.Request) -> int:
    text = request.query.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
