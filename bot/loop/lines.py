"""The lines of one group: what citizens wrote, what the bot said to it, what was made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.log.engine import reading
from bot.log.tables import Message, Words
from bot.loop.tables import InboxLine, Settlement
from bot.messages import Outbound

NEAREST = 3
_LONGEST = 300
"""Characters of what the bot said that are shown."""
_REPLIES = 6
"""Messages after a line among which its answer is."""


@dataclass(frozen=True)
class LineView:
    """A line of a group, and what became of it."""

    id: int
    conversation_id: int
    seq: int
    text: str
    at: datetime
    channel: str
    why: str
    intent: str | None
    answered: str
    """What the bot said to it."""
    candidates: tuple[tuple[str, float], ...]
    """Answers that retrieval thought of, with their chances."""
    settlement: Settlement | None


async def lines_of(
    engine: AsyncEngine, group_id: int, offset: int = 0, limit: int = 30
) -> tuple[Sequence[LineView], int]:
    """A group's lines, those nobody has seen to first, then the newest; and how many there are."""
    order = (InboxLine.settlement_id.is_not(None), InboxLine.at.desc(), InboxLine.message_id)
    mine = select(InboxLine.message_id).where(InboxLine.group_id == group_id)
    shown = mine.order_by(*order).offset(offset).limit(limit)
    query = (
        select(InboxLine, Message, Words.text, Settlement)
        .join(Message, Message.id == InboxLine.message_id)
        .join(Words, Words.message_id == InboxLine.message_id)
        .outerjoin(Settlement, Settlement.id == InboxLine.settlement_id)
        .where(InboxLine.message_id.in_(shown.scalar_subquery()))
        .order_by(*order)
    )
    count = select(func.count()).select_from(InboxLine).where(InboxLine.group_id == group_id)
    async with reading(engine) as session:
        total = await session.scalar(count) or 0
        rows = (await session.execute(query)).all()
        answered = {row.Message.id: await _answered(session, row.Message) for row in rows}
    return [
        LineView(
            id=line.message_id,
            conversation_id=message.conversation_id,
            seq=message.seq,
            text=text,
            at=line.at,
            channel=line.channel,
            why=line.why,
            intent=message.intent,
            answered=answered[message.id],
            candidates=tuple((each["id"], each["score"]) for each in message.candidates or ()),
            settlement=settlement,
        )
        for line, message, text, settlement in rows
    ], total


def nearest(lines: Sequence[LineView]) -> list[str]:
    """Ids of the answers that the lines were nearest to, all lines together."""
    chances: Counter[str] = Counter()
    for line in lines:
        for id_, score in line.candidates:
            chances[id_] += score  # type: ignore[assignment] # a Counter adds up any number
    return [id_ for id_, _ in chances.most_common(NEAREST)]


async def _answered(session: AsyncSession, message: Message) -> str:
    """The first of what was said to a line."""
    said = select(Message.content).where(
        Message.conversation_id == message.conversation_id,
        Message.seq.between(message.seq + 1, message.seq + _REPLIES),
        Message.turn_id == message.id,
    )
    content = await session.scalar(said.order_by(Message.seq.desc()).limit(1))
    return Outbound.model_validate(content).plain()[:_LONGEST] if content else ""
