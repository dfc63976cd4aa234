"""The one exit: what the log holds for a citizen is fitted to the channel, sent, and marked.

A row is marked `sending` before the platform hears of it. So a crash in mid-send leaves a trace, and what
nobody can know is told apart from what surely was, or was not, delivered.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import structlog
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.bodies import Body
from bot.channel import BodyChannel, Channel, Delivery, DeliveryError
from bot.fit import fit
from bot.log.log import ConversationLog
from bot.log.records import OutboxRow
from bot.log.statements import POSTPONED
from bot.messages import Outbound, utc_now
from bot.telemetry.deliveries import DeliveryWatch

_ATTEMPTS = 8
"""Times a message is tried before it counts as failed."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
"""Seconds between tries: doubled each time, with jitter, unless the platform says how long."""
_AT_ONCE = 8
"""Calls under way to a platform that would show a message again: no more are uncertain after a crash."""
_SETTLED_AGAIN = 1.0
"""Seconds until the log is tried again with what became of a delivery."""
_KEYS = uuid.UUID("6f1d3c0e-5b1b-4a86-9a5e-6a0c57d3f9a1")

log = structlog.get_logger(__name__)

_T = TypeVar("_T")


@dataclass
class _Load:
    """Messages that go in one call."""

    row: OutboxRow
    """The first of its rows."""
    wires: list[dict[str, Any]] = field(default_factory=list)
    parts: dict[int, int] = field(default_factory=dict)
    """By row: so many of its messages are out when this load is."""
    done: list[int] = field(default_factory=list)
    """Rows that are complete then."""
    before: dict[int, int] = field(default_factory=dict)
    """By row: so many of its messages went, or go, before this load."""
    spent: bool = False
    """What the citizen's message offered to answer it by is used up: its response was all there is."""
    note: int | None = None
    """The row that says there is more to fetch, which makes sense in this very call only."""

    def key(self) -> str:
        return str(uuid.uuid5(_KEYS, ",".join(f"{row}:{count}" for row, count in self.parts.items())))


class _End(Enum):
    TAKEN = "taken"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    LATER = "later"
    ELSEWHERE = "elsewhere"


class Outbox:
    """Sends a conversation's pending messages, in order.

    `rest` makes the message by which a citizen fetches what did not go into a response; `mine` says whether a
    conversation is this gateway's to speak in.
    """

    def __init__(
        self,
        conversation_log: ConversationLog,
        channels: Mapping[str, Channel],
        rest: Callable[[], Outbound],
        clock: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        watch: DeliveryWatch | None = None,
        mine: Callable[[int], bool] = lambda _: True,
    ) -> None:
        self._log = conversation_log
        self._channels = channels
        self._rest = rest
        self._clock = clock
        self._sleep = sleep
        self._mine = mine
        self._watch = watch or DeliveryWatch(CollectorRegistry())
        self._busy: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        """By conversation: a row that somebody is about to send is nobody else's."""
        self._room = {name: asyncio.Semaphore(_AT_ONCE) for name in channels}

    async def recover(self, connection: AsyncConnection | None = None) -> None:
        """See to what was being sent by a run of the program, or by a gateway, that has ended."""
        resend = [name for name, channel in self._channels.items() if channel.capabilities.resend]
        uncertain = await self._log.settle_interrupted(resend, connection)
        if uncertain:
            log.warning("deliveries_uncertain", count=uncertain)

    async def deliver(self, conversation_id: int, body: Body | None = None) -> int:
        """Send all that is pending, and say how many rows that were.

        `body` takes the first messages as long as it is open. A message that fails for good does not hold up
        the next; one for which there is no way now does.
        """
        async with self._busy.setdefault(conversation_id, asyncio.Lock()):
            return await self._deliver(conversation_id, body)

    async def _deliver(self, conversation_id: int, body: Body | None) -> int:
        rows = await self._log.outbox(conversation_id)
        if not rows:
            return 0
        channel = self._channels.get(rows[0].channel)
        if channel is None:
            ids = [row.id for row in rows]
            await self._log.failed(ids, f"channel {rows[0].channel} is not set up", final=True)
            return len(rows)
        failed, doubtful, answered = set[int](), set[int](), set[int | None]()
        loads = await self._loads(rows, channel, body is not None and body.open)
        for place, load in enumerate(loads):
            if not failed.isdisjoint(load.parts):
                continue
            in_body = body is not None and body.open
            if load.row.turn_id in answered or (load.row.postponed and isinstance(channel, BodyChannel)):
                load.spent = True
            end = await self._try(channel, load, body)
            if in_body and end is _End.TAKEN:
                answered.add(load.row.turn_id)
            if end is _End.LATER:
                await self._later(loads[place:])
                break
            if end is _End.ELSEWHERE:
                break
            if end is _End.FAILED:
                failed.update(load.parts)
            elif end is _End.UNCERTAIN:
                doubtful.update(load.parts)
            elif again := doubtful.intersection(load.parts):
                await self._log.uncertain(sorted(again), "a part of it may be missing")
        return len(rows)

    async def _loads(self, rows: Sequence[OutboxRow], channel: Channel, in_body: bool) -> list[_Load]:
        """The calls that are needed; a response that cannot take all, and cannot be followed, says so."""
        loads = self._shared_out(rows, channel, in_body, channel.capabilities.batch)
        if in_body and len(loads) > 1 and not channel.capabilities.can_push:
            (note,) = await self._log.say(
                rows[0].conversation_id, [self._rest()], author="bot", delivery="sending"
            )
            wires = self._wires(note.message, channel)
            loads = self._shared_out(rows, channel, in_body, channel.capabilities.batch - len(wires))
            first = loads[0]
            first.wires += wires
            first.parts[note.id], first.note = len(wires), note.id
            first.done.append(note.id)
        return loads

    def _shared_out(
        self, rows: Sequence[OutboxRow], channel: Channel, in_body: bool, first_room: int
    ) -> list[_Load]:
        """Messages of one turn share a call where the platform takes several; in a response, all."""
        loads: list[_Load] = []
        for row in rows:
            wires = self._wires(row.message, channel)
            for number, wire in enumerate(wires[row.parts_sent :], start=row.parts_sent + 1):
                load = loads[-1] if loads else None
                room = first_room if in_body and len(loads) == 1 else channel.capabilities.batch
                if (
                    load is None
                    or len(load.wires) >= room
                    or not (
                        (in_body and len(loads) == 1)
                        or row.id in load.parts
                        or (row.turn_id is not None and load.row.turn_id == row.turn_id)
                    )
                ):
                    load = _Load(row)
                    loads.append(load)
                load.wires.append(wire)
                load.before.setdefault(row.id, number - 1)
                load.parts[row.id] = number
                if number == len(wires):
                    load.done.append(row.id)
        return loads

    @staticmethod
    def _wires(message: Outbound, channel: Channel) -> list[dict[str, Any]]:
        return [wire for part in fit(message, channel.capabilities) for wire in channel.render(part)]

    async def _try(self, channel: Channel, load: _Load, body: Body | None) -> _End:
        ids, row = list(load.parts), load.row
        refused = self._refused(channel, row)
        if refused:
            await self._log.failed(ids, refused, final=True)
            return _End.FAILED
        reply_to = "" if load.spent else row.reply_to
        delivery = Delivery(row.user_id, load.key(), reply_to, row.heard_at, again=row.interrupted)
        for attempt in range(1, _ATTEMPTS + 1):
            in_body = body is not None and body.open
            async with nullcontext() if in_body or channel.capabilities.resend else self._room[channel.name]:
                end = await self._attempt(channel, load, body, delivery, last=attempt == _ATTEMPTS)
            self._watch.attempt(
                row.channel, end.value if isinstance(end, _End) else "again", self._waited(row)
            )
            if isinstance(end, _End):
                return end
            log.warning("delivery_failed", channel=row.channel, row=row.id, attempt=attempt, final=False)
            if end.ambiguous:
                delivery = replace(delivery, again=True)
            pause = end.retry_after or min(_FIRST_PAUSE * 2 ** (attempt - 1), _LONGEST_PAUSE)
            await self._sleep(pause * random.uniform(1.0, 1.2))
        return _End.FAILED

    def _waited(self, row: OutboxRow) -> float | None:
        """Seconds since the message that a row answers; None when it answers none."""
        if row.turn_id is None or row.heard_at is None:
            return None
        return (self._clock() - row.heard_at).total_seconds()

    async def _attempt(
        self, channel: Channel, load: _Load, body: Body | None, delivery: Delivery, *, last: bool
    ) -> _End | DeliveryError:
        """What became of one call; the fault after which there is another."""
        ids = list(load.parts)
        if not self._mine(load.row.conversation_id):
            return _End.ELSEWHERE
        if not await self._settle(partial(self._log.sending, load.before)):
            return _End.ELSEWHERE
        try:
            provider_id = await self._send(channel, load, body, delivery)
        except DeliveryError as error:
            if error.later:
                return _End.LATER
            final = error.permanent or last
            if error.ambiguous and (final or not channel.capabilities.resend):
                await self._settle(partial(self._log.uncertain, ids, str(error)))
                return _End.UNCERTAIN
            await self._settle(partial(self._log.failed, ids, str(error), final=final))
            if not final:
                return error
            log.warning("delivery_failed", channel=channel.name, row=load.row.id, final=True)
            return _End.FAILED
        await self._settle(partial(self._log.taken, load.parts, load.done, provider_id))
        return _End.TAKEN

    async def _later(self, loads: Sequence[_Load]) -> None:
        """The rest waits for the citizen's next message, but for what says that there is a rest."""
        notes = [load.note for load in loads if load.note is not None]
        rows = {row for load in loads for row in load.parts}.difference(notes)
        await self._settle(partial(self._log.postponed, sorted(rows)))
        if notes:
            await self._settle(partial(self._log.failed, notes, POSTPONED, final=True))

    async def _settle(self, write: Callable[[], Awaitable[_T]]) -> _T:
        """Write down how a delivery stands, as soon as that is possible: nobody else knows it."""
        while True:
            try:
                return await write()
            except SQLAlchemyError as error:
                log.error("delivery_not_settled", error=type(error).__name__)
                await self._sleep(_SETTLED_AGAIN)

    def _refused(self, channel: Channel, row: OutboxRow) -> str:
        """Why a platform would not take it anyway."""
        window = channel.capabilities.window
        if window is None or row.heard_at is None:
            return ""
        late = self._clock() - row.heard_at > timedelta(seconds=window)
        return "the platform's time for a reply is over" if late else ""

    async def _send(self, channel: Channel, load: _Load, body: Body | None, delivery: Delivery) -> str:
        if body is None or not body.open:
            try:
                return await channel.send(delivery, load.wires)
            except DeliveryError:
                raise
            except Exception as error:
                log.exception("delivery_broke", channel=channel.name, row=load.row.id)
                raise DeliveryError(type(error).__name__, ambiguous=True) from error
        await body.give(load.wires)
        return delivery.key
