"""The subscriptions in the database: who wants to be told what, and what of it is due."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, insert, or_, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.log.engine import changing, reading
from bot.log.tables import Conversation, Message
from bot.messages import utc_now
from bot.proactive.occurrences import PUNCTUAL
from bot.proactive.tables import PushCount, Subscription
from bot.proactive.wish import Wish
from bot.rights.purposes import Purpose
from bot.rights.tables import ConsentRow

MOST = 30
"""Subscriptions of one citizen; more is a mistake, or mischief."""


@dataclass(frozen=True)
class Standing:
    """A subscription as it stands."""

    id: int
    conversation_id: int
    channel: str
    wish: Wish
    state: Mapping[str, Any]
    next_at: datetime
    created_at: datetime


@dataclass(frozen=True)
class First:
    """Where a subscription begins."""

    next_at: datetime
    wish: Wish
    """With what had to be looked up: the days of a neighbourhood, the deadline of a service."""
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reach:
    """By which channels one may write to citizens now."""

    free: Sequence[str]
    """Channels on which we may always write."""
    since: Mapping[str, datetime]
    """Channels on which we may write to those who wrote since a moment."""


class Subscriptions:
    """Writes and reads them. Every method is one transaction and bears being run again."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    async def add(self, conversation_id: int, message_id: str, first: First) -> bool:
        """Write a subscription down; False when the citizen has the same already, or has `MOST`.

        Raises `sqlalchemy.exc.IntegrityError` if there is no such conversation.
        """
        row = {
            "conversation_id": conversation_id,
            "message_id": message_id,
            "kind": first.wish.kind,
            "wish": first.wish.model_dump(mode="json"),
            "state": dict(first.state),
            "next_at": first.next_at,
            "created_at": self._clock(),
        }
        mine = select(Subscription.message_id, Subscription.wish).where(
            Subscription.conversation_id == conversation_id
        )
        async with changing(self._engine) as connection:
            known = (await connection.execute(mine)).all()
            if any(each.message_id == message_id for each in known):  # a turn taken again
                return True
            if len(known) >= MOST or any(_same(first.wish, Wish.model_validate(each.wish)) for each in known):
                return False
            await connection.execute(insert(Subscription).values(row))
        return True

    async def of(self, conversation_id: int) -> list[Standing]:
        """A citizen's subscriptions, oldest first."""
        query = _standing().where(Subscription.conversation_id == conversation_id).order_by(Subscription.id)
        async with reading(self._engine) as session:
            return [_read(row) for row in await session.execute(query)]

    async def end(self, conversation_id: int, ids: Sequence[int] | None = None) -> int:
        """End some subscriptions of a citizen, or all of them; how many there were."""
        gone = delete(Subscription).where(Subscription.conversation_id == conversation_id)
        if ids is not None:
            gone = gone.where(Subscription.id.in_(ids))
        async with changing(self._engine) as connection:
            return (await connection.execute(gone)).rowcount

    async def change(self, conversation_id: int, id_: int, first: First) -> bool:
        """Give a subscription another wish; False when the citizen has none of that id."""
        values = {
            "kind": first.wish.kind,
            "wish": first.wish.model_dump(mode="json"),
            "state": dict(first.state),
            "next_at": first.next_at,
            "try_at": None,
        }
        changed = (
            update(Subscription)
            .where(Subscription.id == id_, Subscription.conversation_id == conversation_id)
            .values(values)
        )
        async with changing(self._engine) as connection:
            return (await connection.execute(changed)).rowcount > 0

    async def due(self, reach: Reach, *, decent: bool, limit: int) -> list[Standing]:
        """What can be told now, the oldest first.

        Left waiting are citizens with an operator, those who left, cannot be reached now, took their consent
        back or whose messenger refused the last reminder; and when the hour is not `decent`, all but what was
        wanted at just this hour.
        """
        now = self._clock()
        query = (
            _standing()
            .where(
                Subscription.next_at <= now,
                or_(Subscription.try_at.is_(None), Subscription.try_at <= now),
                Conversation.state.in_(("bot", "closed")),
                Conversation.left_at.is_(None),
                Conversation.erasing.is_(False),
                reachable(reach),
                _agreed(),
                ~_refused(),
            )
            .order_by(Subscription.next_at)
            .limit(limit)
        )
        if not decent:
            chosen = Subscription.wish["chosen"].as_boolean()
            query = query.where(and_(chosen, Subscription.next_at > now - PUNCTUAL))
        async with reading(self._engine) as session:
            return [_read(row) for row in await session.execute(query)]

    async def move(
        self,
        standing: Standing,
        next_at: datetime | None,
        *,
        wish: Wish | None = None,
        state: Mapping[str, Any] | None = None,
        told: str | None = None,
        messages: int = 0,
        day: date | None = None,
    ) -> bool:
        """Go on to the next occurrence; None ends the subscription. False when it was changed meanwhile.

        `told` is the id under which `messages` messages were said on the city's `day`.
        """
        same = (Subscription.id == standing.id, Subscription.next_at == standing.next_at)
        async with changing(self._engine) as connection:
            if next_at is None:
                moved = (await connection.execute(delete(Subscription).where(*same))).rowcount
            else:
                values: dict[str, Any] = {"next_at": next_at, "try_at": None}
                if wish is not None:
                    values["wish"] = wish.model_dump(mode="json")
                if state is not None:
                    values["state"] = dict(state)
                if told is not None:
                    values["told"] = told
                moved = (await connection.execute(update(Subscription).where(*same).values(values))).rowcount
            if moved and messages and day is not None:
                await count_pushes(connection, day, standing.channel, standing.wish.kind, messages)
        return moved > 0

    async def try_again(self, standing: Standing, after: timedelta) -> None:
        """It could not be done now."""
        later = update(Subscription).where(Subscription.id == standing.id)
        async with changing(self._engine) as connection:
            await connection.execute(later.values(try_at=self._clock() + after))

    async def pushes(self, since: date) -> list[tuple[date, str, str, int]]:
        """Messages sent unasked since a day: (day, channel, kind of wish, messages)."""
        query = select(PushCount).where(PushCount.day >= since).order_by(PushCount.day, PushCount.channel)
        async with reading(self._engine) as session:
            return [(row.day, row.channel, row.kind, row.messages) for row in await session.scalars(query)]


def _standing() -> Any:
    return select(
        Subscription.id,
        Subscription.conversation_id,
        Conversation.channel,
        Subscription.wish,
        Subscription.state,
        Subscription.next_at,
        Subscription.created_at,
    ).join(Conversation, Conversation.id == Subscription.conversation_id)


def _read(row: Row[Any]) -> Standing:
    return Standing(
        id=row.id,
        conversation_id=row.conversation_id,
        channel=row.channel,
        wish=Wish.model_validate(row.wish),
        state=row.state,
        next_at=row.next_at,
        created_at=row.created_at,
    )


def _same(one: Wish, other: Wish) -> bool:
    return one.model_copy(update={"start": None}) == other.model_copy(update={"start": None})


def reachable(reach: Reach) -> ColumnElement[bool]:
    """Citizens whom one may write to now, of those in `conversations`."""
    return or_(
        Conversation.channel.in_(reach.free),
        *(
            and_(Conversation.channel == channel, Conversation.heard_at >= moment)
            for channel, moment in reach.since.items()
        ),
    )


def _agreed() -> ColumnElement[bool]:
    return exists(
        select(ConsentRow.id).where(
            ConsentRow.conversation_id == Subscription.conversation_id,
            ConsentRow.purpose == Purpose.PUSH,
            ConsentRow.withdrawn_at.is_(None),
        )
    )


def _refused() -> ColumnElement[bool]:
    """The last reminder could not be delivered, and the citizen has not written since."""
    return exists(
        select(Message.id).where(
            Message.channel == Conversation.channel,
            Message.platform_id == Subscription.told + ":0",
            Message.delivery == "failed",
            or_(Conversation.heard_at.is_(None), Message.at > Conversation.heard_at),
        )
    )


async def count_pushes(
    connection: AsyncConnection, day: date, channel: str, kind: str, messages: int
) -> None:
    """Count messages said unasked on the city's `day`."""
    of = (PushCount.day == day, PushCount.channel == channel, PushCount.kind == kind)
    more = update(PushCount).where(*of).values(messages=PushCount.messages + messages)
    if (await connection.execute(more)).rowcount == 0:
        row = {"day": day, "channel": channel, "kind": kind, "messages": messages}
        await connection.execute(insert(PushCount).values(row))
