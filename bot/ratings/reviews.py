"""Quality review: a colleague marks what the bot made of a line; what is wrong goes back into the loop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, cast

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content.duties import likely
from bot.content.store import ContentStore
from bot.log.engine import changing, reading
from bot.log.tables import Message, Words
from bot.loop.signals import Why
from bot.loop.tasks import Tasks
from bot.messages import utc_now
from bot.ratings.tables import Review

Verdict = Literal["right", "wrong", "harmful"]
DUE = {"wrong": timedelta(days=7), "harmful": timedelta(days=1)}
"""Until when a department sees to it."""
_QUOTED = 60


@dataclass(frozen=True)
class Turn:
    """A line of a citizen and what was said to it."""

    message_id: int
    conversation_id: int
    seq: int
    channel: str
    text: str
    intent: str | None
    outcome: str | None
    answers: tuple[str, ...]
    """Ids of the answers that were thought of, the likeliest first."""
    said: tuple[str, ...]


@dataclass(frozen=True)
class Judgement:
    """What a colleague thinks of a turn."""

    verdict: Verdict
    theme: str = ""
    note: str = ""
    follow_up: bool = False
    """A department is to see to it."""


class Reviews:
    """Writes and reads them."""

    def __init__(
        self,
        engine: AsyncEngine,
        content: ContentStore,
        tasks: Tasks,
        into_inbox: Callable[[int, Why], Awaitable[bool]],
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """`into_inbox` is `Inflow.add`."""
        self._engine = engine
        self._content = content
        self._tasks = tasks
        self._into_inbox = into_inbox
        self._clock = clock

    async def turn(self, conversation_id: int, seq: int) -> Turn | None:
        """The turn of a citizen's line; None when there is none, or it is not over."""
        asked = select(Message, Words.text).join(Words, Words.message_id == Message.id)
        asked = asked.where(Message.conversation_id == conversation_id, Message.seq == seq)
        async with reading(self._engine) as session:
            row = (await session.execute(asked.where(Message.direction == "in"))).one_or_none()
            if row is None or row.Message.outcome is None:
                return None
            line, text = row
            said = select(Words.text).join(Message, Message.id == Words.message_id)
            mine = (Message.conversation_id == conversation_id, Message.turn_id == line.id)
            texts = (await session.scalars(said.where(*mine).order_by(Message.seq))).all()
        ids = tuple(each["id"] for each in line.candidates or ())
        return Turn(
            line.id, conversation_id, seq, line.channel, text, line.intent, line.outcome, ids, tuple(texts)
        )

    async def of(self, message_ids: Sequence[int]) -> dict[int, str]:
        """Verdicts on lines, by line."""
        query = select(Review.message_id, Review.verdict).where(Review.message_id.in_(message_ids))
        async with reading(self._engine) as session:
            rows = (await session.execute(query)).all()
        return {id_: verdict for id_, verdict in rows if id_ is not None}

    async def find(self, message_id: int) -> Review | None:
        """What is thought of a line."""
        async with reading(self._engine) as session:
            return await session.scalar(select(Review).where(Review.message_id == message_id))

    async def judge(self, turn: Turn, judgement: Judgement, who: int, today: date) -> int | None:
        """Write a judgement down, in place of an earlier one; the task that came of it, if one did.

        What is wrong or harmful comes into the inbox as well, where answers and examples are made of it.
        """
        before = await self.find(turn.message_id)
        task_id = before.task_id if before else None
        if judgement.follow_up and task_id is None:
            task_id = await self._give(turn, judgement, who, today)
        owned = turn.answers[0] if turn.answers and (turn.outcome or "").startswith("answered_faq") else ""
        topic = self._content.topics().get(owned, "") or (turn.intent or "")
        values = {
            "conversation_id": turn.conversation_id,
            "message_id": turn.message_id,
            "seq": turn.seq,
            "channel": turn.channel,
            "topic": topic[:80],
            "verdict": judgement.verdict,
            "theme": judgement.theme,
            "note": judgement.note,
            "task_id": task_id,
            "operator_id": who,
            "at": self._clock(),
        }
        async with changing(self._engine) as connection:
            insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            new = insert(Review).values(values)
            await connection.execute(new.on_conflict_do_update(index_elements=["message_id"], set_=values))
        if judgement.verdict != "right":
            await self._into_inbox(turn.message_id, Why.REVIEWED)
        return task_id

    async def page(self, verdict: str, offset: int, limit: int) -> tuple[Sequence[Review], int]:
        """Judgements, the latest first, and how many there are; of one verdict or of all."""
        where = [Review.verdict == verdict] if verdict else []
        query = select(Review).where(*where).order_by(Review.at.desc()).offset(offset).limit(limit)
        async with reading(self._engine) as session:
            total = await session.scalar(select(func.count()).select_from(Review).where(*where)) or 0
            return (await session.scalars(query)).all(), total

    async def counts(self) -> dict[str, int]:
        """How many there are, by verdict."""
        query = select(Review.verdict, func.count()).group_by(Review.verdict)
        async with reading(self._engine) as session:
            return {row[0]: row[1] for row in (await session.execute(query)).all()}

    async def _give(self, turn: Turn, judgement: Judgement, who: int, today: date) -> int:
        owners = {each.id: each.owner for each in self._content.answers()}
        department = likely(
            self._content.departments(), turn.text, [owners.get(id_) for id_ in turn.answers]
        ).id
        text = turn.text if len(turn.text) <= _QUOTED else turn.text[: _QUOTED - 1] + "…"
        note = "\n".join(part for part in (judgement.theme, judgement.note) if part)
        due = today + DUE[judgement.verdict] if judgement.verdict in DUE else today
        return await self._tasks.give(department, text, note, due, who)


def verdict(text: str) -> Verdict | None:
    """One of the three, from a form."""
    return cast(Verdict, text) if text in ("right", "wrong", "harmful") else None
