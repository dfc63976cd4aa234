"""Answers suggested to an operator: retrieval alone, without a conversation and without a bot's manners."""

from __future__ import annotations

from typing import Any

from sanic import Blueprint, Request
from sanic.response import HTTPResponse, json

from actions.departments import department
from actions.live_answers import LiveAnswers
from actions.turn import Clock
from bot.content.store import ContentStore

LONGEST = 1000
"""Characters of a question that are looked at."""
_MOST = 10


def suggesting(live: LiveAnswers, content: ContentStore, clock: Clock) -> Blueprint:
    """`POST /suggest` with `{"text": …, "limit": 3}`: a list of `{id, question, text, owner, score}`."""
    routes = Blueprint("suggest")

    @routes.post("/suggest")
    async def suggest(request: Request) -> HTTPResponse:
        asked: dict[str, Any] = request.json or {}
        text, limit = str(asked.get("text", "")).strip()[:LONGEST], min(int(asked.get("limit", 3)), _MOST)
        found = await live.find(text, clock().date()) if text else None
        file = content.departments()
        return json(
            [
                {
                    "id": hit.answer.id,
                    "question": hit.answer.questions[0],
                    "text": hit.answer.answer.strip(),
                    "owner": department(file, hit.answer.owner).name,
                    "score": round(hit.score, 3),
                }
                for hit in (found.hits[:limit] if found else ())
            ]
        )

    return routes
