"""Which of a citizen's lines did not end well: what comes into the inbox.

A line comes in when it stayed unanswered, when none of the answers offered for it was taken, and when the
citizen complained or asked for a person right after it was answered. `Inflow.add` is for whoever knows of
another reason, such as a rating.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from bot.content.duties import likely
from bot.content.models import Answer, DepartmentFile
from bot.log.engine import changing, reading
from bot.log.tables import Message, Words
from bot.loop.marks import Marks
from bot.loop.tables import InboxLine
from bot.messages import utc_now
from bot.outcomes import Outcome


class Why(StrEnum):
    """What was wrong with how a line ended."""

    UNANSWERED = "unanswered"
    CLARIFIED = "clarified"
    """Answers were offered and none was taken."""
    NONE_FIT = "none_fit"
    """The citizen said that none of them was meant."""
    COMPLAINED = "complained"
    WANTED_PERSON = "person"
    RATED = "rated"
    """The citizen said by a button that the answer was no good."""
    REVIEWED = "reviewed"
    """A colleague marked what the bot said as wrong or harmful."""


RIGHT_AFTER = timedelta(minutes=10)
"""A complaint within this time is about the answer before it."""
SILENT = timedelta(minutes=15)
"""Who has taken none of the answers offered by then takes none."""
OVERLAP = timedelta(hours=1)
"""Looked at again at every run: turns end late, citizens react late."""
EVERY = 20.0
"""Seconds between two runs."""
_BATCH = 1000
_NEAR = 24
"""Lines before and after one that are looked at; most of them are ours."""
_MARK = "inflow"
_ANSWERED = (Outcome.ANSWERED_FAQ, Outcome.ANSWERED_SERVICE)
_ENDS = {"complain_about_bot": Why.COMPLAINED, "talk_to_person": Why.WANTED_PERSON}
"""Intents that say something about the answer just given."""


@dataclass(frozen=True)
class Written:
    """A line of a citizen."""

    id: int
    seq: int
    at: datetime
    channel: str
    outcome: str | None
    intent: str | None
    typed: bool
    """Words of their own rather than a button."""
    candidates: tuple[str, ...]
    """Ids of the answers that were thought of, the likeliest first."""


def found(line: Written, before: Sequence[Written], after: Sequence[Written], now: datetime) -> Found | None:
    """What `line` tells of: of itself, or of the line before it. `before` and `after` are in order."""
    if line.outcome == Outcome.UNANSWERED and line.typed:
        return Found(line, Why.UNANSWERED)
    if line.outcome == Outcome.CLARIFIED and line.typed:
        why = _not_taken(line, after, now)
        return Found(line, why) if why else None
    why = _ENDS.get(line.intent or "")
    if why and before and before[-1].outcome in _ANSWERED and line.at - before[-1].at <= RIGHT_AFTER:
        asked = next((each for each in reversed(before) if each.typed), None)
        return Found(asked, why) if asked else None
    return None


def _not_taken(line: Written, after: Sequence[Written], now: datetime) -> Why | None:
    if not after:
        return Why.CLARIFIED if now - line.at >= SILENT else None
    following = after[0]
    if following.intent == "deny":
        return Why.NONE_FIT
    taken = following.intent == "choose_answer" or (following.outcome in _ANSWERED and not following.typed)
    return None if taken else Why.CLARIFIED


@dataclass(frozen=True)
class Found:
    """A line and what was wrong with it."""

    line: Written
    why: Why


class Inflow:
    """Puts lines into the inbox. Each comes in once; a run may be cut off and done again."""

    def __init__(
        self,
        engine: AsyncEngine,
        departments: Callable[[], DepartmentFile],
        answers: Callable[[], Sequence[Answer]],
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._engine = engine
        self._departments = departments
        self._answers = answers
        self._clock = clock
        self._marks = Marks(engine)
        self._owned: tuple[Sequence[Answer], Mapping[str, str | None]] = ((), {})

    async def run(self) -> int:
        """Take in what came since the last run; how many lines."""
        now, taken = self._clock(), 0
        before = await self._marks.at(_MARK)
        since = before - OVERLAP if before else None
        while True:
            async with reading(self._engine) as session:
                rows = (await session.execute(_telling(since))).all()
                seen = [await self._look(session, row, now) for row in rows]
            taken += await self._take([each for each in seen if each is not None])
            if len(rows) < _BATCH:
                break
            since = rows[-1].at
        await self._marks.set(_MARK, "", now)
        return taken

    async def add(self, message_id: int, why: Why) -> bool:
        """Take in a line that a citizen found badly answered; False when it is there or was no question."""
        query = _lines().where(Message.id == message_id, Message.direction == "in")
        async with reading(self._engine) as session:
            row = (await session.execute(query)).one_or_none()
        line = _written(row) if row else None
        return line is not None and line.typed and await self._take([Found(line, why)]) > 0

    async def _look(self, session: AsyncSession, row: Row[Any], now: datetime) -> Found | None:
        line = _written(row)
        if line.outcome == Outcome.UNANSWERED:
            return found(line, (), (), now)
        near = _lines().where(
            Message.conversation_id == row.conversation_id,
            Message.direction == "in",
            Message.seq.between(line.seq - _NEAR, line.seq + _NEAR),
        )
        around = [_written(each) for each in await session.execute(near.order_by(Message.seq))]
        before = [each for each in around if each.seq < line.seq]
        return found(line, before, [each for each in around if each.seq > line.seq], now)

    async def _take(self, new: Sequence[Found]) -> int:
        values = {
            each.line.id: {
                "message_id": each.line.id,
                "why": each.why,
                "at": each.line.at,
                "channel": each.line.channel,
            }
            for each in new
        }
        if not values:
            return 0
        owners, taken = self._owners(), 0
        thought = {each.line.id: [owners.get(id_) for id_ in each.line.candidates] for each in new}
        async with changing(self._engine, quick=False) as connection:
            texts = await connection.execute(
                select(Words.message_id, Words.text).where(Words.message_id.in_(values))
            )
            for id_, text in texts.all():
                who = likely(self._departments(), text, thought[id_]).id
                insert = _insert(connection)(InboxLine).values(**values[id_], department=who)
                taken += (await connection.execute(insert.on_conflict_do_nothing())).rowcount
        return taken

    def _owners(self) -> Mapping[str, str | None]:
        """Department by answer; made anew when the answers have changed."""
        answers = self._answers()
        if answers is not self._owned[0]:
            self._owned = (answers, {each.id: each.owner for each in answers})
        return self._owned[1]


def _telling(since: datetime | None) -> Any:
    """Lines that may tell of something, those in the inbox left out; only finished turns have an outcome."""
    known = select(InboxLine.message_id).where(InboxLine.message_id == Message.id).exists()
    conditions: list[ColumnElement[bool]] = [
        or_(
            Message.outcome.in_([Outcome.UNANSWERED, Outcome.CLARIFIED]),
            Message.intent.in_(_ENDS),
        ),
        ~known,
    ]
    if since is not None:
        conditions.append(Message.at >= since)
    return _lines().where(*conditions).order_by(Message.at, Message.id).limit(_BATCH)


def _lines() -> Any:
    return select(
        Message.id,
        Message.conversation_id,
        Message.seq,
        Message.at,
        Message.channel,
        Message.outcome,
        Message.intent,
        Message.content,
        Message.candidates,
    )


def _written(row: Row[Any]) -> Written:
    return Written(
        id=row.id,
        seq=row.seq,
        at=row.at,
        channel=row.channel,
        outcome=row.outcome,
        intent=row.intent,
        typed=row.content.get("payload") is None and bool(row.content.get("text", "").strip()),
        candidates=tuple(each["id"] for each in row.candidates or ()),
    )


def _insert(connection: AsyncConnection) -> Any:
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
