"""What lies sealed in the database for longer than minutes, sealed again after the key was replaced."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.contacts.kept import PLACE as CALL_BACK
from bot.contacts.tables import ContactRequest
from bot.identity.ring import Ring
from bot.identity.seal import Broken
from bot.log.engine import changing, reading
from bot.log.tables import Operator
from bot.staff.factors import place as factor
from bot.voices.contact import PLACE as REPORT
from bot.voices.tables import Report

_AT_ONCE = 200
"""Rows in one transaction."""


@dataclass(frozen=True)
class _Column:
    name: str
    table: Any
    column: Any
    place: Callable[[int], str]


_COLUMNS = (
    _Column("신고의 연락처", Report, Report.contact, lambda _: REPORT),
    _Column("상담원에게 남긴 연락처", ContactRequest, ContactRequest.contact, lambda _: CALL_BACK),
    _Column("2단계 인증의 열쇠", Operator, Operator.totp_secret, factor),
)


@dataclass(frozen=True)
class Resealed:
    """What was found of one kind."""

    name: str
    fresh: int
    """Rows that the newest key had sealed already."""
    again: int
    """Rows that it has sealed now, or would."""
    shut: int
    """Rows that none of the keys opens."""


async def reseal(engine: AsyncEngine, ring: Ring, *, write: bool = True) -> list[Resealed]:
    """Seal everything with the first key; without `write` only count.

    A row that somebody changes meanwhile is left as they write it: a running bot seals with the first key
    anyway. Raises `sqlalchemy.exc.SQLAlchemyError`.
    """
    return [await _reseal(engine, ring, one, write) for one in _COLUMNS]


async def _reseal(engine: AsyncEngine, ring: Ring, one: _Column, write: bool) -> Resealed:
    table: Table = one.table.__table__
    fresh = again = shut = after = 0
    while True:
        page = select(table.c.id, one.column).where(one.column.is_not(None), table.c.id > after)
        async with reading(engine) as session:
            rows = (await session.execute(page.order_by(table.c.id).limit(_AT_ONCE))).all()
        if not rows:
            return Resealed(one.name, fresh, again, shut)
        changes = []
        for row_id, sealed in rows:
            try:
                new = ring.again(base64.b64decode(sealed), one.place(row_id))
            except (Broken, binascii.Error):
                shut += 1
                continue
            if new is None:
                fresh += 1
            else:
                again += 1
                changes.append((row_id, sealed, base64.b64encode(new).decode()))
        if write and changes:
            async with changing(engine) as connection:
                for row_id, sealed, new_text in changes:
                    mine = update(table).where(table.c.id == row_id, one.column == sealed)
                    await connection.execute(mine.values({one.column.name: new_text}))
        after = rows[-1][0]
