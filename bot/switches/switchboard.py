"""Switching: beginning and ending emergency notices and silences of the bot, and what there was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import changing, reading
from bot.messages import utc_now
from bot.switches.tables import BotOff, EmergencyNotice, NoticeSeen

Instead = Literal["phone", "hours", "person"]
LONGEST_TEXT = 600
"""Characters of a notice: what fits into one message of every channel, with what stands around it."""
LONGEST = timedelta(days=30)
"""Nothing is switched for longer: who forgets it finds it ended."""


@dataclass(frozen=True)
class NewNotice:
    """An emergency notice as it is written."""

    text: str
    reason: str
    starts_at: datetime
    ends_at: datetime
    districts: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    push_hours: int = 0


@dataclass(frozen=True)
class NewOff:
    """A silence as it is decided."""

    reason: str
    ends_at: datetime
    channel: str = ""
    topic: str = ""
    instead: Instead = "phone"
    says: str = ""


class Switchboard:
    """Writes and reads them. Every method is one transaction."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    async def notify(self, new: NewNotice, who: int) -> int:
        """Begin a notice; its id."""
        written = {**asdict(new), "pushed_to": 0, "pushed": 0, "made_by": who, "made_at": self._clock()}
        for field in ("districts", "channels", "words"):
            written[field] = list(written[field])
        statement = insert(EmergencyNotice).values(written).returning(EmergencyNotice.id)
        async with changing(self._engine) as connection:
            id_: int = (await connection.execute(statement)).scalar_one()
        return id_

    async def silence(self, new: NewOff, who: int) -> int:
        """Switch something off; its id."""
        written = {**asdict(new), "made_by": who, "made_at": self._clock()}
        async with changing(self._engine) as connection:
            made = await connection.execute(insert(BotOff).values(written).returning(BotOff.id))
            id_: int = made.scalar_one()
        return id_

    async def end(self, table: type[EmergencyNotice] | type[BotOff], id_: int, who: int) -> bool:
        """End one before its time; False when it is over already."""
        now = self._clock()
        mine = (table.id == id_, table.ended_at.is_(None), table.ends_at > now)
        async with changing(self._engine) as connection:
            ended = await connection.execute(update(table).where(*mine).values(ended_at=now, ended_by=who))
            return ended.rowcount > 0

    async def again(self, table: type[EmergencyNotice] | type[BotOff], id_: int) -> bool:
        """Take the end back; False when the time is over."""
        mine = (table.id == id_, table.ended_at.is_not(None), table.ends_at > self._clock())
        async with changing(self._engine) as connection:
            going = await connection.execute(update(table).where(*mine).values(ended_at=None, ended_by=None))
            return going.rowcount > 0

    async def extend(self, table: type[EmergencyNotice] | type[BotOff], id_: int, until: datetime) -> bool:
        """Another end; False when it is over already."""
        mine = (table.id == id_, table.ended_at.is_(None), table.ends_at > self._clock())
        async with changing(self._engine) as connection:
            return (await connection.execute(update(table).where(*mine).values(ends_at=until))).rowcount > 0

    async def notices(self, limit: int = 50) -> tuple[Sequence[EmergencyNotice], Sequence[EmergencyNotice]]:
        """Those that are on or to come, and those that are over, the latest first."""
        running = self._running(EmergencyNotice)
        async with reading(self._engine) as session:
            on = await session.scalars(select(EmergencyNotice).where(*running).order_by(EmergencyNotice.id))
            over = select(EmergencyNotice).where(~_all(running)).order_by(EmergencyNotice.id.desc())
            return on.all(), (await session.scalars(over.limit(limit))).all()

    async def offs(self, limit: int = 50) -> tuple[Sequence[BotOff], Sequence[BotOff]]:
        """What is off, and what was, the latest first."""
        running = self._running(BotOff)
        async with reading(self._engine) as session:
            on = await session.scalars(select(BotOff).where(*running).order_by(BotOff.id))
            over = select(BotOff).where(~_all(running)).order_by(BotOff.id.desc())
            return on.all(), (await session.scalars(over.limit(limit))).all()

    async def notice(self, id_: int) -> EmergencyNotice | None:
        """One notice."""
        async with reading(self._engine) as session:
            return await session.get(EmergencyNotice, id_)

    async def silenced(self, id_: int) -> BotOff | None:
        """One silence."""
        async with reading(self._engine) as session:
            return await session.get(BotOff, id_)

    async def seen(self, ids: Sequence[int]) -> dict[int, int]:
        """How many citizens have been shown each notice."""
        count = select(NoticeSeen.notice_id, func.count()).where(NoticeSeen.notice_id.in_(ids))
        async with reading(self._engine) as session:
            found = (await session.execute(count.group_by(NoticeSeen.notice_id))).all()
        return {row[0]: row[1] for row in found}

    def _running(
        self, table: type[EmergencyNotice] | type[BotOff]
    ) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return table.ended_at.is_(None), table.ends_at > self._clock()


def _all(conditions: tuple[ColumnElement[bool], ...]) -> ColumnElement[bool]:
    first, *others = conditions
    for other in others:
        first = first & other
    return first
