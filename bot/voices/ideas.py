"""Ideas that citizens proposed: read by an operator first, then by everybody; joined, merged and answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.log.engine import reading, writing
from bot.voices import news
from bot.voices.news import News
from bot.voices.numbers import IDEA, new_number
from bot.voices.reports import NotPossible
from bot.voices.tables import Idea, IdeaVote

PUBLIC = ("published", "answered")
_DRAWS = 20


@dataclass(frozen=True)
class Proposal:
    """What a citizen proposes."""

    topic: str
    department: str
    title: str
    text: str
    notify: bool


class Ideas:
    """Ideas in the gateway's database; shared by the gateway and the action server."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    async def propose(self, conversation_id: int, message_id: str, proposal: Proposal) -> Idea:
        """Keep an idea, with its author's vote; the same message proposes it once.

        Raises RuntimeError when all numbers are taken.
        """
        mine = (Idea.conversation_id == conversation_id, Idea.message_id == message_id)
        for _ in range(_DRAWS):
            async with reading(self._engine) as session:
                if known := (await session.scalars(select(Idea).where(*mine))).one_or_none():
                    return known
            now = self._clock()
            row = Idea(
                number=new_number(IDEA, now),
                conversation_id=conversation_id,
                message_id=message_id,
                topic=proposal.topic,
                department=proposal.department,
                own_title=proposal.title,
                own_text=proposal.text,
                title="",
                text="",
                state="waiting",
                reason="",
                reply="",
                created_at=now,
                changed_at=now,
            )
            try:
                async with writing(self._engine) as session:
                    session.add(row)
                    await session.flush()
                    session.add(_vote(row.id, conversation_id, proposal.notify, now))
            except IntegrityError:
                continue  # the number is taken, or the message has just proposed it
            return row
        raise RuntimeError("no number is free")

    async def mine(self, conversation_id: int, limit: int = 5) -> Sequence[Idea]:
        """The ideas a citizen proposed, the newest first."""
        query = select(Idea).where(Idea.conversation_id == conversation_id)
        async with reading(self._engine) as session:
            return (await session.scalars(query.order_by(Idea.id.desc()).limit(limit))).all()

    async def joined(self, conversation_id: int, limit: int = 5) -> Sequence[Idea]:
        """The ideas of others that a citizen joined."""
        query = select(Idea).join(IdeaVote).where(IdeaVote.conversation_id == conversation_id)
        others = query.where(Idea.conversation_id.is_distinct_from(conversation_id), Idea.state.in_(PUBLIC))
        async with reading(self._engine) as session:
            return (await session.scalars(others.order_by(Idea.id.desc()).limit(limit))).all()

    async def get(self, idea_id: int) -> Idea | None:
        """One idea."""
        async with reading(self._engine) as session:
            return await session.get(Idea, idea_id)

    async def public(self) -> Sequence[Idea]:
        """Every idea that everybody may read."""
        async with reading(self._engine) as session:
            query = select(Idea).where(Idea.state.in_(PUBLIC)).order_by(Idea.id)
            return (await session.scalars(query)).all()

    async def join(self, idea_id: int, conversation_id: int) -> Idea:
        """One more citizen wants it; a second time changes nothing. Raises `NotPossible` unless it is public.

        An idea that was merged leads to the one it was merged into.
        """
        async with writing(self._engine) as session:
            row = await self._leading(session, idea_id)
            if row.state not in PUBLIC:
                raise NotPossible
            if await self._voted(session, row.id, conversation_id) is None:
                session.add(_vote(row.id, conversation_id, False, self._clock()))
        return row

    async def notify(self, idea_id: int, conversation_id: int) -> Idea:
        """The citizen wants to hear what becomes of an idea they joined. Raises `NotPossible`."""
        async with writing(self._engine) as session:
            row = await self._leading(session, idea_id)
            vote = await self._voted(session, row.id, conversation_id)
            if vote is None:
                raise NotPossible
            vote.notify = True
        return row

    async def leave(self, idea_id: int, conversation_id: int) -> Idea:
        """The citizen takes their voice back. Raises `NotPossible` when there is no such idea."""
        async with writing(self._engine) as session:
            row = await self._leading(session, idea_id)
            mine = (IdeaVote.idea_id == row.id, IdeaVote.conversation_id == conversation_id)
            await session.execute(delete(IdeaVote).where(*mine))
        return row

    async def publish(self, idea_id: int, title: str, text: str, topic: str, department: str) -> Idea:
        """Let everybody read it, or correct what they read. Raises `NotPossible`."""
        async with writing(self._engine) as session:
            row = await self._of(session, idea_id, ("waiting", "hidden", *PUBLIC))
            now, first = self._clock(), row.state not in PUBLIC
            row.title, row.text, row.topic, row.department = title, text, topic, department
            row.changed_at = now
            if first:
                row.state = "answered" if row.reply else "published"
                row.published_at = row.published_at or now
                details = {"number": row.number, "title": title}
                await self._tell_author(
                    session, row, News(f"idea:{row.id}:shown", "idea_news_shown", details)
                )
        return row

    async def hide(self, idea_id: int, reason: str) -> Idea:
        """Do not show it, and tell its author why. Raises `NotPossible`."""
        async with writing(self._engine) as session:
            row = await self._of(session, idea_id, ("waiting", *PUBLIC))
            now = self._clock()
            row.state, row.reason, row.changed_at = "hidden", reason, now
            details = {"number": row.number, "title": row.title or row.own_title, "reason": reason}
            once = f"idea:{row.id}:hidden:{int(now.timestamp())}"
            await self._tell_author(session, row, News(once, "idea_news_hidden", details))
        return row

    async def merge(self, idea_id: int, into_id: int) -> Idea:
        """Join an idea to a public one that wants the same: voices add up, each citizen's counts once, and
        they are told. Raises `NotPossible`.
        """
        async with writing(self._engine) as session:
            row = await self._of(session, idea_id, ("waiting", *PUBLIC))
            into = await self._of(session, into_id, PUBLIC)
            if row.id == into.id:
                raise NotPossible
            now = self._clock()
            row.state, row.merged_into, row.changed_at = "merged", into.id, now
            await session.execute(update(Idea).where(Idea.merged_into == row.id).values(merged_into=into.id))
            details = {"title": row.title or row.own_title, "into": into.title, "number": into.number}
            what = News(f"idea:{row.id}:merged:{into.id}", "idea_news_merged", details)
            await self._tell_all(session, row.id, what)
            for vote in await session.scalars(select(IdeaVote).where(IdeaVote.idea_id == row.id)):
                there = await self._voted(session, into.id, vote.conversation_id)
                if there is None:
                    vote.idea_id = into.id
                else:
                    there.notify = there.notify or vote.notify
                    await session.delete(vote)
        return into

    async def reply(self, idea_id: int, text: str, department: str, department_name: str) -> Idea:
        """The official answer: shown to everybody, and told to those who want to hear it.

        Raises `NotPossible`.
        """
        async with writing(self._engine) as session:
            row = await self._of(session, idea_id, PUBLIC)
            now = self._clock()
            row.reply, row.department, row.state = text, department, "answered"
            row.replied_at = row.changed_at = now
            details = {
                "number": row.number, "title": row.title, "reply": text, "department": department_name
            }  # fmt: skip
            what = News(f"idea:{row.id}:reply:{int(now.timestamp())}", "idea_news_reply", details)
            await self._tell_all(session, row.id, what)
        return row

    async def _tell_author(self, session: AsyncSession, row: Idea, what: News) -> None:
        if row.conversation_id is not None:
            await news.add(session, row.conversation_id, what, self._clock())

    async def _tell_all(self, session: AsyncSession, idea_id: int, what: News) -> None:
        """Whoever wants to hear of the idea."""
        query = select(IdeaVote.conversation_id).where(IdeaVote.idea_id == idea_id, IdeaVote.notify)
        for conversation_id in (await session.scalars(query)).all():
            if conversation_id is not None:
                await news.add(session, conversation_id, what, self._clock())

    async def _of(self, session: AsyncSession, idea_id: int, states: Sequence[str]) -> Idea:
        row = await session.get(Idea, idea_id, with_for_update=True)
        if row is None or row.state not in states:
            raise NotPossible
        return row

    async def _leading(self, session: AsyncSession, idea_id: int) -> Idea:
        row = await session.get(Idea, idea_id)
        if row is not None and row.merged_into is not None:
            row = await session.get(Idea, row.merged_into)
        if row is None:
            raise NotPossible
        return row

    async def _voted(
        self, session: AsyncSession, idea_id: int, conversation_id: int | None
    ) -> IdeaVote | None:
        if conversation_id is None:
            return None
        mine = (IdeaVote.idea_id == idea_id, IdeaVote.conversation_id == conversation_id)
        return (await session.scalars(select(IdeaVote).where(*mine))).one_or_none()


def _vote(idea_id: int, conversation_id: int, notify: bool, now: datetime) -> IdeaVote:
    return IdeaVote(idea_id=idea_id, conversation_id=conversation_id, notify=notify, at=now)
