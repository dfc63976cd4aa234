"""What the bot said on a day: in real conversations, word for word, and in the releases that were active.

What was said stands in the log as it went out, so nothing is worked out anew. What a release holds is read
from the release itself (`bot.releases`), not from what staff edit now.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import aliased

from bot.history.query import like
from bot.log.engine import reading
from bot.log.tables import Message, Words
from bot.releases import stored

_READ = 5000
"""Lines of a time that are looked at, the newest first."""
_EXAMPLES = 5
"""Places and questions shown of what was said many times."""


@dataclass(frozen=True)
class Place:
    """Where a line stands."""

    conversation_id: int
    seq: int
    at: datetime


@dataclass(frozen=True)
class Told:
    """The very same words, however often they were said."""

    text: str
    author: str
    """bot or operator."""
    times: int
    first: datetime
    last: datetime
    releases: tuple[int, ...]
    """From which it came; none where none was published, or where nobody had asked."""
    answers: tuple[str, ...]
    """Ids of the answers that were given with it."""
    questions: tuple[str, ...]
    """Some of what citizens had asked, masked as they stand in the log."""
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Heard:
    """All that was said in a time."""

    told: tuple[Told, ...]
    """What was said most often first."""
    lines: int
    cut: bool
    """There were more lines; only the newest have been looked at."""


@dataclass(frozen=True)
class Active:
    """A time in which a release was active."""

    number: int | None
    """None: nothing had been published yet."""
    since: datetime | None
    """None: from before all we know."""
    until: datetime | None
    """None: it still is."""
    who: str = ""
    why: str = ""


class Replay:
    """Looks into the log and into the history of releases."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def heard(self, words: Sequence[str], since: datetime, until: datetime) -> Heard:
        """What was said from `since` to before `until`.

        With words: those lines that hold all of them, or that answer a question which does.
        """
        turn, asked = aliased(Message), aliased(Words)
        query = (
            select(
                Words.text,
                Message.author,
                Message.conversation_id,
                Message.seq,
                Message.at,
                turn.release,
                turn.answer_id,
                asked.text.label("asked"),
            )
            .join(Words, Words.message_id == Message.id)
            .outerjoin(turn, turn.id == Message.turn_id)
            .outerjoin(asked, asked.message_id == Message.turn_id)
            .where(
                Message.at >= since,
                Message.at < until,
                Message.author.in_(["bot", "operator"]),
                *self._holding(words, asked),
            )
            .order_by(Message.at.desc(), Message.id.desc())
            .limit(_READ + 1)
        )
        groups: dict[tuple[str, str], Told] = {}
        async with reading(self._engine) as session:
            rows = (await session.execute(query)).all()
        for row in rows[:_READ]:
            key = row.author, row.text
            one = Told(
                row.text,
                row.author,
                1,
                row.at,
                row.at,
                () if row.release is None else (row.release,),
                (row.answer_id,) if row.answer_id else (),
                (row.asked,) if row.asked else (),
                (Place(row.conversation_id, row.seq, row.at),),
            )
            groups[key] = _together(groups[key], one) if key in groups else one
        told = sorted(groups.values(), key=lambda each: (-each.times, each.first))
        return Heard(tuple(told), min(len(rows), _READ), len(rows) > _READ)

    async def active(self, since: datetime, until: datetime) -> list[Active]:
        """The releases that were active in a time, in order. `since` == `until`: at that moment."""
        found = [Active(None, None, None)]
        for each in reversed(await stored.activations(self._engine)):
            if found[-1].number != each.number:
                found[-1] = replace(found[-1], until=each.at)
                found.append(Active(each.number, each.at, None, each.who, each.why))
        return [
            each
            for each in found
            if (each.until is None or each.until > since)
            and (each.since is None or each.since < until or each.since <= since)
        ]

    def _holding(self, words: Sequence[str], asked: type[Words]) -> list[ColumnElement[bool]]:
        words = [unicodedata.normalize("NFC", word) for word in words]
        if not words:
            return []
        sqlite = self._engine.dialect.name == "sqlite"
        return [
            or_(and_(*like(words, Words.text, sqlite=sqlite)), and_(*like(words, asked.text, sqlite=sqlite)))
        ]


def _together(newer: Told, older: Told) -> Told:
    return replace(
        newer,
        times=newer.times + older.times,
        first=older.first,
        releases=tuple(sorted({*newer.releases, *older.releases})),
        answers=tuple(dict.fromkeys((*newer.answers, *older.answers))),
        questions=tuple(dict.fromkeys((*newer.questions, *older.questions)))[:_EXAMPLES],
        places=(*newer.places, *older.places)[:_EXAMPLES],
    )
