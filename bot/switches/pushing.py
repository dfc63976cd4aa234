"""Emergency notices said unasked, to those who wrote lately: where the platform lets us, once each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.channel import Capabilities
from bot.log.engine import changing, reading
from bot.log.tables import Conversation
from bot.messages import Outbound, utc_now
from bot.proactive.reminders import reach
from bot.proactive.subscriptions import count_pushes
from bot.switches.live import Notice
from bot.switches.notice import Notices
from bot.switches.tables import EmergencyNotice, NoticeSeen

EVERY = 2.0
"""Seconds between two runs."""
KIND = "emergency"
"""Under which such messages are counted among those said unasked."""
_BATCH = 200

Tell = Callable[[int, Sequence[Outbound], str], Awaitable[bool]]
"""`Gateway.tell`."""


class Pushing:
    """Goes through the conversations in order; tells first and writes it down then. A second gateway that
    does the same says nothing twice: what was told is known by its id.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        notices: Notices,
        channels: Mapping[str, Capabilities],
        tell: Tell,
        zone: ZoneInfo,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._engine = engine
        self._notices = notices
        self._channels = channels
        self._tell = tell
        self._zone = zone
        self._clock = clock

    async def run(self) -> int:
        """Write to some of those who are still to be written to; how many were."""
        now = self._clock()
        due = select(EmergencyNotice).where(
            EmergencyNotice.push_hours > 0,
            EmergencyNotice.ended_at.is_(None),
            EmergencyNotice.starts_at <= now,
            EmergencyNotice.ends_at > now,
        )
        async with reading(self._engine) as session:
            rows = (await session.scalars(due)).all()
        return sum([await self._push(row) for row in rows])

    async def count(self, channels: Sequence[str], hours: int) -> int:
        """How many citizens a notice would be written to; without regard to where they are."""
        query = select(func.count()).select_from(Conversation).where(*self._lately(channels, hours))
        async with reading(self._engine) as session:
            return await session.scalar(query) or 0

    async def _push(self, row: EmergencyNotice) -> int:
        notice = Notice(
            row.id, row.text, row.starts_at, row.ends_at, tuple(row.districts), tuple(row.channels)
        )
        seen = select(NoticeSeen.notice_id).where(
            NoticeSeen.notice_id == row.id, NoticeSeen.conversation_id == Conversation.id
        )
        query = (
            select(Conversation.id, Conversation.channel)
            .where(Conversation.id > row.pushed_to, ~seen.exists())
            .where(*self._lately(row.channels, row.push_hours))
            .order_by(Conversation.id)
            .limit(_BATCH)
        )
        async with reading(self._engine) as session:
            batch = (await session.execute(query)).all()
        told: dict[str, int] = {}
        for id_, channel in batch:
            if await self._say(notice, id_):
                told[channel] = told.get(channel, 0) + 1
        if batch:
            await self._note(row.id, batch[-1].id, told)
        return sum(told.values())

    async def _say(self, notice: Notice, conversation_id: int) -> bool:
        if not await self._notices.concerns(notice, conversation_id):
            return False
        once = f"emergency:{notice.id}:{conversation_id}"
        try:
            told = await self._tell(conversation_id, [self._notices.said(notice)], once)
            await self._notices.mark(notice, conversation_id)
        except (LookupError, IntegrityError):  # the citizen was forgotten meanwhile
            return False
        return told

    async def _note(self, notice_id: int, upto: int, told: Mapping[str, int]) -> None:
        mine = update(EmergencyNotice).where(EmergencyNotice.id == notice_id)
        day = self._clock().astimezone(self._zone).date()
        async with changing(self._engine) as connection:
            more = EmergencyNotice.pushed + sum(told.values())
            await connection.execute(mine.values(pushed_to=upto, pushed=more))
            for channel, messages in told.items():
                await count_pushes(connection, day, channel, KIND, messages)

    def _lately(self, channels: Sequence[str], hours: int) -> list[ColumnElement[bool]]:
        """Who wrote lately, may be written to, and has no person who would be spoken over."""
        now = self._clock()
        ways = reach(self._channels, now)
        wanted = [name for name in (*ways.free, *ways.since) if not channels or name in channels]
        open_: list[ColumnElement[bool]] = [
            Conversation.channel.in_([name for name in wanted if name in ways.free])
        ]
        open_ += [
            and_(Conversation.channel == name, Conversation.heard_at > ways.since[name])
            for name in wanted
            if name in ways.since
        ]
        return [
            Conversation.heard_at > now - timedelta(hours=hours),
            Conversation.left_at.is_(None),
            Conversation.erasing.is_(False),
            Conversation.state != "operator",
            or_(*open_),
        ]
