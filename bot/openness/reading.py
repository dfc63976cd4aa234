"""A week's questions and ratings as the log has them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import reading
from bot.log.tables import Message
from bot.openness.card import Figures
from bot.openness.counting import ENDS, Question, Week, rated
from bot.ratings.tables import Rating

_BATCH = 1000
"""Rows at a time: citizens' messages go on between them."""


async def figures(engine: AsyncEngine, since: datetime, until: datetime, names: Mapping[str, str]) -> Figures:
    """What may be published of a time, from `since` until just before `until`.

    `names`: id of an answer → what its topic is called.
    """
    week = Week()
    candidate = Message.candidates[0]["id"].as_string()
    asked = (
        select(
            *(Message.id, Message.at, Message.conversation_id, Message.channel, Message.outcome),
            *(Message.latency_ms, candidate),
        )
        .where(Message.at < until, Message.direction == "in", Message.outcome.in_(ENDS))
        .order_by(Message.at, Message.id)
        .limit(_BATCH)
    )
    place = Message.at >= since
    while True:
        async with reading(engine) as session:
            rows = (await session.execute(asked.where(place))).all()
        for id_, at, conversation, channel, outcome, latency, answer in rows:
            week.add(Question(conversation, channel, outcome, names.get(answer or "", ""), latency))
            place = or_(Message.at > at, and_(Message.at == at, Message.id > id_))
        if len(rows) < _BATCH:
            break
    scores = select(Rating.conversation_id, Rating.score).where(
        Rating.rated_at >= since, Rating.rated_at < until, Rating.score.is_not(None)
    )
    async with reading(engine) as session:
        said = [(row.conversation_id, row.score or 0) for row in await session.execute(scores)]
    return await asyncio.to_thread(lambda: week.figures(rated(said)))
