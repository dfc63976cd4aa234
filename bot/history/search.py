"""Finding messages: the newest ones in which all words stand, anywhere in them, and to which all filters fit.

SQLite reads every text, which takes it half a microsecond a message; nothing is done for that when a message
is written. PostgreSQL reads on from the newest message or turn to which the filters fit; words that are rare
it looks up in its index of every two letters (migration 0015).
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, cast, func, literal_column, or_, select, text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.history.query import TURN, Query, like, of_message, of_turn, ordered_by
from bot.log.engine import reading
from bot.log.queries import hits_of
from bot.log.records import Hit
from bot.log.tables import Message, Words

_NEWEST = 4000
"""Messages or turns that PostgreSQL reads first; a word in every sixtieth is found in them."""
_COMMON = 20_000
"""A word in more messages than that is common: it is soon met by reading on."""
_TURN = 100
"""Messages of one turn, at most."""
_PATIENCE_MS = 5000
"""PostgreSQL gives up after so long."""
_SETTINGS = "SELECT " + ", ".join(
    f"set_config('{name}', '{value}', true)"
    for name, value in {
        "statement_timeout": _PATIENCE_MS,
        "jit": "off",
        "max_parallel_workers_per_gather": 0,
        "enable_hashjoin": "off",
        "enable_mergejoin": "off",
        "enable_seqscan": "off",
        "join_collapse_limit": 1,
    }.items()
)
"""For one transaction. Every statement here begins with few rows, its first table, and goes on by indexes."""
_CANCELLED = "57014"
"""PostgreSQL's code for a statement that took too long."""

Cursor = tuple[datetime, int]
"""When a message, or the one that began its turn, was written, and its id."""


class TooMuch(Exception):
    """The search takes too long; fewer days or more filters make it quicker."""


@dataclass(frozen=True)
class Page:
    """What was found, the newest first."""

    hits: tuple[Hit, ...]
    before: Cursor | None
    """Pass it on for the next page; None: there is no more."""


class History:
    """All messages that there are. What was erased is in no table, and so in no answer."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def search(self, wanted: Query, before: Cursor | None = None, limit: int = 50) -> Page:
        """The newest messages that match, from before the one that the cursor names.

        Messages of one turn stay together, so there may be a few more than `limit`. Raises `TooMuch` when
        PostgreSQL does not come to an end in time.
        """
        words = [unicodedata.normalize("NFC", word) for word in wanted.words if word.strip()]
        async with reading(self._engine) as session:
            if self._engine.dialect.name == "postgresql":
                found, more = await _on_postgres(session, words, wanted, before, limit)
            else:
                found, more = await _on_sqlite(session, words, wanted, before, limit)
            hits = await hits_of(session, [line.id for line in found])
        place = {line.id: number for number, line in enumerate(found)}
        hits.sort(key=lambda hit: place[hit.entry.id])
        return Page(tuple(hits), found[-1].cursor if found and more else None)


class _Line(NamedTuple):
    """A message that was found."""

    id: int
    key_at: datetime
    key_id: int
    """Of its turn where filters ask for turns, else its own: by these messages are ordered."""

    @property
    def cursor(self) -> Cursor:
        return self.key_at, self.key_id


async def _on_sqlite(
    session: AsyncSession, words: Sequence[str], wanted: Query, before: Cursor | None, limit: int
) -> tuple[list[_Line], bool]:
    """By ids: there is one writer, so they rise with time, and texts are read as they lie."""
    key = ordered_by(wanted)
    query: Select[*tuple[Any, ...]] = select(Message.id, key.at, key.id).where(
        *of_message(wanted), *of_turn(wanted)
    )
    if words:
        query = query.join(Words, Words.message_id == Message.id).where(*like(words, sqlite=True))
    if key is TURN:
        same = TURN.id == func.coalesce(Message.turn_id, Message.id)
        # the second condition follows from the first: by it few messages are looked at
        query = query.join(TURN, same & (Message.conversation_id == TURN.conversation_id))
    if before is not None:
        query = query.where(key.id < before[1])
    rows = await session.execute(query.order_by(key.id.desc(), Message.id.desc()).limit(limit + _TURN))
    return _whole_turns([_Line(*row) for row in rows], limit)


async def _on_postgres(
    session: AsyncSession, words: Sequence[str], wanted: Query, before: Cursor | None, limit: int
) -> tuple[list[_Line], bool]:
    """In growing parts from the newest on; words that are rare are looked up after the first of them."""
    await session.execute(text(_SETTINGS))
    over, size, found = time.monotonic() + _PATIENCE_MS / 1000, _NEWEST, list[_Line]()
    try:
        while True:
            some, last = await _part(session, words, wanted, before, size)
            found += some
            if last is None or len(found) > limit:
                break
            before = last
            if size == _NEWEST and words and await _are_rare(session, words):
                found += await _looked_up(session, words, wanted, before, limit + _TURN)
                break
            if time.monotonic() > over:
                raise TooMuch
            size *= 4
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") == _CANCELLED:
            raise TooMuch from error
        raise
    return _whole_turns(found, limit)


async def _part(
    session: AsyncSession, words: Sequence[str], wanted: Query, before: Cursor | None, size: int
) -> tuple[list[_Line], Cursor | None]:
    """What matches among the `size` newest messages or turns, and where these end; None: there are no more.

    These are what the filters that stand in one row leave.
    """
    key, turns = ordered_by(wanted), ordered_by(wanted) is TURN
    conditions = of_turn(wanted) if turns else of_message(wanted)
    candidates: Select[*tuple[Any, ...]] = select(key.id, key.at, key.conversation_id).where(*conditions)
    newest = _before(candidates, key, before)
    newest = newest.order_by(key.at.desc(), key.id.desc())
    last = (await session.execute(newest.offset(size - 1).limit(1))).one_or_none()
    part = newest.limit(size).cte("part").prefix_with("MATERIALIZED")
    query: Select[*tuple[Any, ...]] = select(Message.id, part.c.at, part.c.id).select_from(part)
    if turns:
        same = part.c.id == func.coalesce(Message.turn_id, Message.id)
        # the second condition follows from the first: by it few messages are looked at
        query = query.join(Message, same & (Message.conversation_id == part.c.conversation_id))
        query = query.where(*of_message(wanted))
    else:
        query = query.join(Message, Message.id == part.c.id)
    if words:
        query = query.join(Words, Words.message_id == Message.id).where(*like(words))
    rows = await session.execute(query.order_by(part.c.at.desc(), part.c.id.desc(), Message.id.desc()))
    return [_Line(*row) for row in rows], (last.at, last.id) if last else None


async def _are_rare(session: AsyncSession, words: Sequence[str]) -> bool:
    some = select(Words.message_id).where(_grams(words)).limit(_COMMON + 1).subquery()
    return (await session.scalar(select(func.count()).select_from(some)) or 0) <= _COMMON


async def _looked_up(
    session: AsyncSession, words: Sequence[str], wanted: Query, before: Cursor | None, limit: int
) -> list[_Line]:
    """What matches before the cursor, by the index of words."""
    key, indexed = ordered_by(wanted), select(Words.message_id.label("id")).where(_grams(words))
    if long := [word for word in words if len(word) > 2]:
        indexed = indexed.where(*like(long))
    among = indexed.cte("indexed").prefix_with("MATERIALIZED")
    query: Select[*tuple[Any, ...]] = select(Message.id, key.at, key.id).select_from(among)
    query = query.join(Message, Message.id == among.c.id)
    if key is TURN:
        query = query.join(TURN, TURN.id == func.coalesce(Message.turn_id, Message.id))
    query = _before(query.where(*of_message(wanted), *of_turn(wanted)), key, before)
    query = query.order_by(key.at.desc(), key.id.desc(), Message.id.desc()).limit(limit)
    return [_Line(*row) for row in await session.execute(query)]


def _whole_turns(lines: list[_Line], limit: int) -> tuple[list[_Line], bool]:
    """As many as wanted, and what is left of the last one's turn; whether there are more."""
    end = limit
    while 0 < end < len(lines) and lines[end].cursor == lines[end - 1].cursor:
        end += 1
    return lines[:end], len(lines) > end


def _before(
    query: Select[*tuple[Any, ...]], key: type[Message], cursor: Cursor | None
) -> Select[*tuple[Any, ...]]:
    if cursor is None:
        return query
    at, id_ = cursor
    return query.where(key.at <= at, or_(key.at < at, key.id < id_))


def _grams(words: Sequence[str]) -> ColumnElement[bool]:
    """Messages in which every two letters of each word stand side by side."""
    wanted: dict[str, None] = {}
    for word in words:
        letters = word.lower()
        pairs = [letters[place : place + 2] for place in range(len(letters) - 1)]
        wanted |= dict.fromkeys(map(_lexeme, pairs) if pairs else [f"{_lexeme(letters)}:*"])
    indexed: ColumnElement[object] = literal_column("message_grams(words.text)")
    return indexed.bool_op("@@")(cast(" & ".join(wanted), TSQUERY))


def _lexeme(letters: str) -> str:
    return "'" + letters.replace("\\", "\\\\").replace("'", "''") + "'"
