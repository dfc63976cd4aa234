"""What is switched at this moment, for every message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import looking
from bot.looked import Looked
from bot.messages import utc_now
from bot.switches.tables import BotOff, EmergencyNotice

_NOTICES = (
    select(
        EmergencyNotice.id,
        EmergencyNotice.text,
        EmergencyNotice.starts_at,
        EmergencyNotice.ends_at,
        EmergencyNotice.districts,
        EmergencyNotice.channels,
        EmergencyNotice.words,
    )
    .where(
        EmergencyNotice.ended_at.is_(None),
        EmergencyNotice.starts_at <= bindparam("now"),
        EmergencyNotice.ends_at > bindparam("now"),
    )
    .order_by(EmergencyNotice.id)
)
_OFFS = (
    select(BotOff.id, BotOff.channel, BotOff.topic, BotOff.instead, BotOff.says, BotOff.ends_at)
    .where(BotOff.ended_at.is_(None), BotOff.ends_at > bindparam("now"))
    .order_by(BotOff.id)
)


@dataclass(frozen=True)
class Notice:
    """What citizens are to hear before anything else."""

    id: int
    text: str
    starts_at: datetime
    ends_at: datetime
    districts: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def on(self, channel: str) -> bool:
        """Whether it is for a channel."""
        return not self.channels or channel in self.channels

    def asked_for(self, text: str) -> bool:
        """Whether a text asks about the very thing that the notice is about."""
        squeezed = "".join(text.casefold().split())
        return any("".join(word.casefold().split()) in squeezed for word in self.words)


@dataclass(frozen=True)
class Off:
    """What the bot does not answer."""

    id: int
    channel: str
    topic: str
    instead: str
    """phone, hours or person."""
    says: str
    ends_at: datetime


@dataclass(frozen=True)
class Switched:
    """Everything that is switched."""

    notices: tuple[Notice, ...] = ()
    offs: tuple[Off, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.notices or self.offs)

    def off(self, channel: str) -> Off | None:
        """Why a channel is not answered at all."""
        return next((off for off in self.offs if not off.topic and off.channel in ("", channel)), None)

    def topic_off(self, channel: str, topics: tuple[str, ...]) -> Off | None:
        """Why nothing is said about one of some topics."""
        return next(
            (off for off in self.offs if off.topic in topics and off.topic and off.channel in ("", channel)),
            None,
        )


class Live:
    """What is switched now, for one process."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock
        self._looked = Looked(self._look)
        self.now = self._looked.now
        self.look_again = self._looked.again

    async def _look(self) -> Switched:
        now = {"now": self._clock()}
        async with looking(self._engine) as connection:
            notices = (await connection.execute(_NOTICES, now)).all()
        async with looking(self._engine) as connection:
            offs = (await connection.execute(_OFFS, now)).all()
        return Switched(
            tuple(
                Notice(
                    row.id,
                    row.text,
                    row.starts_at,
                    row.ends_at,
                    tuple(row.districts),
                    tuple(row.channels),
                    tuple(row.words),
                )
                for row in notices
            ),
            tuple(Off(row.id, row.channel, row.topic, row.instead, row.says, row.ends_at) for row in offs),
        )
