"""What is stored about a citizen: an overview for the chat, and everything for taking away.

It looks into every table of a citizen (`bot.log.erasure.citizens_columns`), so that a new part appears by
itself; a name for it stands in `KINDS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.log.engine import reading
from bot.log.erasure import citizens_columns
from bot.log.tables import Message, Words
from bot.rights.tables import Wording


@dataclass(frozen=True)
class Kind:
    """What a table holds of a citizen."""

    title: str
    since: str
    """Column of the moment it is from."""
    kept: str = ""
    """Kind of `bot.rights.retention` whose days tell when it goes."""
    ends: str = "대화와 함께 지워요"
    """When it goes otherwise."""


KINDS: Mapping[str, Kind] = {
    "messages": Kind("나눈 대화", "at", "messages"),
    "handoffs": Kind("상담 이력", "requested_at", "handoffs"),
    "consents": Kind("동의", "given_at", "consents"),
    "notices_shown": Kind("보여 드린 안내", "at"),
    "subscriptions": Kind("알림 신청", "created_at", ends="그만두실 때까지"),
    "checklists": Kind("생활 체크리스트", "created_at", "checklists"),
    "referrals": Kind("다른 기관에 넘긴 질문", "created_at", "referrals"),
    "reports": Kind("신고", "created_at", "reports"),
    "ideas": Kind("제안", "created_at", "ideas"),
    "idea_votes": Kind("함께 바란 제안", "at", "votes"),
    "voice_news": Kind("신고·제안 소식", "at", "news"),
    "contacts": Kind("상담원에게 남긴 말", "touched_at", "contacts"),
    "approvals": Kind("담당자가 확인하는 답", "created_at", "approvals"),
    "ratings": Kind("평가와 의견", "asked_at", "ratings"),
    "reviews": Kind("답을 살펴본 기록", "at", "reviews"),
    "mutes": Kind("답을 쉰 기록", "at", "mutes"),
    "emergency_notices_seen": Kind("보여 드린 긴급 안내", "at"),
    "answer_waits": Kind("답을 기다리는 질문", "created_at", "answers"),
}
_OURS = frozenset({"buttons", "notes", "seen"})
"""Tables that hold nothing of a citizen's which the transcript does not show: our own working papers."""
_LEFT_OUT = frozenset(
    {"conversation_id", "operator_id", "platform_id", "provider_id", "citizen", "asked", "looked"}
)
"""Columns that say nothing to the citizen: our numbers and other people's."""


@dataclass(frozen=True)
class Held:
    """So much of one kind."""

    title: str
    rows: int
    since: datetime | None
    kind: Kind


async def overview(engine: AsyncEngine, conversation_id: int) -> list[Held]:
    """What there is of each kind; kinds of which there is nothing are left out."""
    found = []
    async with reading(engine) as session:
        for column in _columns():
            kind = kind_of(column)
            moment = func.min(column.table.columns[kind.since]) if kind.since else func.min(None)
            query = select(func.count(), moment).select_from(column.table).where(_is(column, conversation_id))
            rows, since = (await session.execute(query)).one()
            if rows:
                found.append(Held(kind.title, rows, since, kind))
    return found


async def everything(engine: AsyncEngine, conversation_id: int) -> dict[str, list[dict[str, Any]]]:
    """Every row by the title of its kind, oldest first; values are what JSON can hold."""
    found = {}
    async with reading(engine) as session:
        for column in _columns():
            rows = await _rows(session, column, conversation_id)
            if rows:
                found[kind_of(column).title] = rows
    return found


def kind_of(column: Column[Any]) -> Kind:
    """What a table is called; one that has no name yet goes by the name it has in the database."""
    return KINDS.get(column.table.name, Kind(column.table.name, ""))


async def _rows(session: AsyncSession, column: Column[Any], conversation_id: int) -> list[dict[str, Any]]:
    table = column.table
    query = select(table).where(_is(column, conversation_id)).order_by(*table.primary_key)
    rows = [
        {name: _plain(value) for name, value in row._mapping.items() if name not in _LEFT_OUT}
        for row in await session.execute(query)
    ]
    if table.name == "messages":
        mine = Message.conversation_id == conversation_id
        words = select(Words.message_id, Words.text).join(Message, Message.id == Words.message_id).where(mine)
        texts = {row.message_id: row.text for row in await session.execute(words)}
        rows = [{"text": texts.get(row["id"], ""), **row} for row in rows]
    if table.name in ("consents", "notices_shown"):
        known = {
            row.version: row.text for row in await session.execute(select(Wording.version, Wording.text))
        }
        rows = [{**row, "text": known.get(row["version"], "")} for row in rows]
    return rows


def _columns() -> list[Column[Any]]:
    """In the order of `KINDS`."""
    names = list(KINDS)
    columns = [column for column in citizens_columns() if column.table.name not in _OURS]
    return sorted(columns, key=lambda c: names.index(c.table.name) if c.table.name in KINDS else len(names))


def _is(column: Column[Any], conversation_id: int) -> Any:
    return column == conversation_id


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value
