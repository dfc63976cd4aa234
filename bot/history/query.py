"""What is looked for in everything that was said, and the conditions that it makes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import InstrumentedAttribute, aliased

from bot.log.tables import Message, Words


@dataclass(frozen=True)
class Query:
    """What is looked for; what is empty does not count. All must hold of a message, or of its turn.

    A turn is what a citizen wrote and all that the bot said to that: intent, outcome, answer and release are
    those of the turn, so that they are found beside words of the bot as well.
    """

    words: tuple[str, ...] = ()
    """Each stands somewhere in the message, capital letters or not."""
    since: datetime | None = None
    """With filters of turns: when the turn began."""
    until: datetime | None = None
    """Exclusive."""
    channel: str | None = None
    author: str | None = None
    """citizen, bot, operator or system."""
    intent: str | None = None
    outcome: str | None = None
    answers: frozenset[str] | None = None
    """Ids of the answers one of which was given."""
    operator_id: int | None = None
    """Who said it."""
    release: int | None = None

    @property
    def active(self) -> int:
        """How many filters are set."""
        return sum(getattr(self, each.name) is not None for each in fields(self) if each.name != "words")


TURN = aliased(Message)
"""What began the turn of a message."""


def ordered_by(wanted: Query) -> type[Message]:
    """By what messages are ordered."""
    asked = (wanted.intent, wanted.outcome, wanted.answers, wanted.release)
    return TURN if any(each is not None for each in asked) else Message


def of_message(wanted: Query) -> list[ColumnElement[bool]]:
    """What must hold of the message itself."""
    conditions = _of_time(wanted, Message) if ordered_by(wanted) is Message else []
    if wanted.channel:
        conditions.append(Message.channel == wanted.channel)
    if wanted.author:
        conditions.append(Message.author == wanted.author)
    if wanted.operator_id is not None:
        conditions.append(Message.operator_id == wanted.operator_id)
    return conditions


def of_turn(wanted: Query) -> list[ColumnElement[bool]]:
    """What must hold of its turn."""
    if ordered_by(wanted) is Message:
        return []
    conditions = _of_time(wanted, TURN)
    if wanted.intent is not None:
        conditions.append(TURN.intent == wanted.intent)
    if wanted.outcome is not None:
        conditions.append(TURN.outcome == wanted.outcome)
    if wanted.answers is not None:
        conditions.append(TURN.answer_id.in_(sorted(wanted.answers)))
    if wanted.release is not None:
        conditions.append(TURN.release == wanted.release)
    return conditions


def _of_time(wanted: Query, message: type[Message]) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.since:
        conditions.append(message.at >= wanted.since)
    if wanted.until:
        conditions.append(message.at < wanted.until)
    return conditions


def like(
    words: Collection[str], column: InstrumentedAttribute[str] = Words.text, *, sqlite: bool = False
) -> list[ColumnElement[bool]]:
    """Every word stands in the text. SQLite's LIKE ignores capitals; its lower() would copy every text."""
    if sqlite:
        return [column.like(f"%{_literal(word)}%", escape="\\") for word in words]
    return [func.lower(column).like(f"%{_literal(word.lower())}%", escape="\\") for word in words]


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
