"""How long each kind of data is kept (`data/retention.yml`), what is due, and the removal of it.

Every kind is a rule: rows of a table that are older than so many days by one of their moments. Removing is a
transaction a kind, may be cut off and run again at any time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, cast

from pydantic import Field
from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Delete,
    SQLColumnExpression,
    Table,
    Update,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.agencies.tables import Referral
from bot.approval.tables import Approval
from bot.contacts.tables import ContactRequest
from bot.content.live_file import LiveFile
from bot.content.models import Content
from bot.handoff.tables import NoteRow
from bot.log.engine import changing, reading
from bot.log.erasure import citizens_columns, nobodys
from bot.log.statements import UNFINISHED
from bot.log.tables import Audit, Conversation, Handoff, Message
from bot.loop.tables import AnswerWait, Task
from bot.mutes.tables import Mute
from bot.proactive.tables import Checklist
from bot.ratings.tables import Rating, Review
from bot.rights.tables import ConsentRow, Erasure
from bot.rights.tombstones import Tombstones
from bot.staff.chain import cut
from bot.voices.tables import Idea, IdeaVote, Report, VoiceNews

_Days = Annotated[int, Field(ge=1, le=36500)]

SOON = (1, 7, 30)
"""Days ahead that a preview looks."""
_MARKS = frozenset({"buttons", "notices_shown", "emergency_notices_seen", "consents", "messages"})
"""Tables of a citizen that alone are no reason to remember who they are."""


class RetentionFile(Content):
    """`data/retention.yml`: days by kind."""

    handoff_messages: _Days = 365
    handoffs: _Days = 365
    notes: _Days = 365
    consents: _Days = 1095
    receipts: _Days = 1095
    audit: _Days = 730
    checklists: _Days = 180
    referrals: _Days = 365
    reports: _Days = 1095
    ideas: _Days = 1095
    votes: _Days = 1095
    news: _Days = 90
    answers: _Days = 180
    ratings: _Days = 365
    reviews: _Days = 365
    mutes: _Days = 180
    contacts: _Days = 365
    approvals: _Days = 180


@dataclass(frozen=True)
class Rule:
    """One kind of data."""

    kind: str
    title: str
    table: Table
    since: SQLColumnExpression[Any]
    """The moment its days count from; rows in which it is empty are kept."""
    only: ColumnElement[bool] | None = None
    stays: bool = False
    """The rows stay, and no longer say whose they are."""

    def due(self, before: datetime) -> ColumnElement[bool]:
        """Which rows are older than a moment."""
        old = self.since < before
        return old if self.only is None else and_(old, self.only)


def _by_hand() -> ColumnElement[bool]:
    """Messages between a wish for a person and the end of that talk."""
    return (
        exists()
        .where(
            Handoff.conversation_id == Message.conversation_id,
            Handoff.claimed_at.is_not(None),
            Message.at >= Handoff.requested_at,
            or_(Handoff.ended_at.is_(None), Message.at <= Handoff.ended_at),
        )
        .correlate(Message)
    )


_ENDED = ("answered", "hidden", "merged")
"""States in which nothing more happens to an idea."""
_FINISHED_IDEAS = select(Idea.id).where(Idea.state.in_(_ENDED))
_WAITED = func.coalesce(Approval.decided_at, Approval.created_at)
_FINISHED_TASKS = select(Task.id).where(Task.state == "done")
_FINISHED = Message.id.not_in(select(Message.id).where(UNFINISHED))


def _table(model: type[Any]) -> Table:
    return cast(Table, model.__table__)


RULES = (
    Rule("messages", "챗봇과 나눈 대화", _table(Message), Message.at, and_(_FINISHED, ~_by_hand())),
    Rule("handoff_messages", "상담원과 나눈 대화", _table(Message), Message.at, and_(_FINISHED, _by_hand())),
    Rule("handoffs", "상담 이력", _table(Handoff), Handoff.ended_at),
    Rule("notes", "상담 메모", _table(NoteRow), NoteRow.at),
    Rule("consents", "거둔 동의의 증명", _table(ConsentRow), ConsentRow.withdrawn_at),
    Rule("receipts", "삭제 접수증", _table(Erasure), Erasure.at, Erasure.memory_of.is_(None)),
    Rule("audit", "운영자가 본 기록", _table(Audit), Audit.at),
    Rule("checklists", "생활 사건 체크리스트", _table(Checklist), Checklist.updated_at),
    Rule(
        "referrals",
        "다른 기관에 넘긴 질문",
        _table(Referral),
        func.coalesce(Referral.answered_at, Referral.created_at),
        Referral.state.in_(["answered", "failed"]),
    ),
    Rule(
        "ideas",
        "끝난 제안의 쓴 사람",
        _table(Idea),
        Idea.changed_at,
        and_(Idea.conversation_id.is_not(None), Idea.state.in_(_ENDED)),
        stays=True,
    ),
    Rule(
        "votes",
        "끝난 제안을 함께 바란 사람",
        _table(IdeaVote),
        IdeaVote.at,
        and_(IdeaVote.conversation_id.is_not(None), IdeaVote.idea_id.in_(_FINISHED_IDEAS)),
        stays=True,
    ),
    Rule("news", "전해 드린 신고·제안 소식", _table(VoiceNews), VoiceNews.told_at),
    Rule(
        "contacts",
        "상담원에게 남긴 말",
        _table(ContactRequest),
        ContactRequest.touched_at,
        ContactRequest.task_id.is_(None) | ContactRequest.task_id.in_(_FINISHED_TASKS),
    ),
    Rule("approvals", "담당자가 확인한 답", _table(Approval), _WAITED),
    Rule("answers", "답을 기다리는 질문", _table(AnswerWait), AnswerWait.created_at),
    Rule(
        "ratings",
        "시민의 평가와 의견",
        _table(Rating),
        Rating.asked_at,
        Rating.conversation_id.is_not(None),
        stays=True,
    ),
    Rule(
        "reviews",
        "직원이 답을 평가한 메모",
        _table(Review),
        Review.at,
        Review.conversation_id.is_not(None),
        stays=True,
    ),
    Rule("mutes", "답을 쉰 대화와 그 까닭", _table(Mute), func.coalesce(Mute.until, Mute.at)),
    Rule(
        "reports",
        "처리가 끝난 신고",
        _table(Report),
        Report.changed_at,
        Report.state.in_(["done", "rejected"]),
    ),
)
"""`messages` before `handoffs`: whether a message was said to a person is known by the handoff."""


@dataclass(frozen=True)
class Due:
    """What is due of a kind."""

    kind: str
    title: str
    days: int
    rows: int
    """All there are."""
    oldest: datetime | None
    now: int
    """Rows that go with the next run."""
    soon: dict[int, int]
    """Days ahead → rows that will have gone by then, those of `now` among them."""


class Retention:
    """Looks what is due and removes it."""

    def __init__(
        self,
        engine: AsyncEngine,
        file: LiveFile[RetentionFile],
        message_days: int,
        tombstones: Tombstones,
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._file = file
        self._message_days = message_days
        self._tombstones = tombstones
        self._clock = clock

    def days(self, kind: str) -> int:
        """How many days a kind is kept. Raises `ContentError` when the file was never good."""
        if kind == "messages":
            return self._message_days
        found: int = getattr(self._file.current(), kind)
        return found

    async def preview(self) -> list[Due]:
        """What would go now and soon; nothing is removed."""
        now, found = self._clock(), []
        async with reading(self._engine) as session:
            for rule in RULES:
                days = self.days(rule.kind)
                ends = [now - timedelta(days=days - ahead) for ahead in (0, *SOON)]
                counts = [func.count().filter(rule.due(end)) for end in ends]
                there = func.count() if rule.only is None else func.count().filter(rule.only)
                oldest = func.min(rule.since) if rule.only is None else func.min(rule.since).filter(rule.only)
                row = (await session.execute(select(there, oldest, *counts).select_from(rule.table))).one()
                rows, first, due, *soon = row
                found.append(
                    Due(rule.kind, rule.title, days, rows, first, due, dict(zip(SOON, soon, strict=True)))
                )
        return found

    async def run(self) -> dict[str, int]:
        """Remove what is due; how many rows, by kind, and how many conversations in which nothing is left."""
        now, removed = self._clock(), {}
        for rule in RULES:
            before = now - timedelta(days=self.days(rule.kind))
            if rule.kind == "receipts":
                self._tombstones.drop(before)  # first: a receipt that is gone is not to be made again
            async with changing(self._engine, quick=False) as connection:
                if rule.kind == "audit":
                    removed[rule.kind] = await cut(connection, before, now)
                    continue
                done = await connection.execute(_removal(rule).where(rule.due(before)))
                removed[rule.kind] = cast("CursorResult[object]", done).rowcount
        async with changing(self._engine, quick=False) as connection:
            silent = Conversation.last_at < now - timedelta(days=self._message_days)
            gone = await connection.execute(delete(Conversation).where(silent, *_nothing_left()))
            removed["conversations"] = cast("CursorResult[object]", gone).rowcount
        return removed


def _removal(rule: Rule) -> Delete | Update:
    if not rule.stays:
        return delete(rule.table)
    column = next(column for column in citizens_columns() if column.table is rule.table)
    return update(rule.table).values(nobodys(column))


def _nothing_left() -> list[ColumnElement[bool]]:
    """No message, no standing consent, and no row of any part."""
    messages = select(Message.id).where(Message.conversation_id == Conversation.id)
    standing = select(ConsentRow.id).where(
        ConsentRow.conversation_id == Conversation.id, ConsentRow.withdrawn_at.is_(None)
    )
    others = (
        select(column).where(column == Conversation.id)
        for column in citizens_columns()
        if column.table.name not in _MARKS
    )
    return [~each.exists() for each in (messages, standing, *others)]
