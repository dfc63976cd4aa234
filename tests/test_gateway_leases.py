"""What a gateway has is its own while it lives, and nobody's the moment it does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.fleet.membership import LEASE, Membership
from bot.fleet.shared import Shared
from bot.log.engine import open_engine
from bot.log.log import ConversationLog
from bot.messages import Outbound, Reply
from tests.databases import emptied
from tests.log_support import database, inbound


class Watch:
    """A gateway's own clock, which a test moves on."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class One:
    """A gateway without its signs of life: it gives one when a test says so."""

    def __init__(self, url: str, name: str, resend: tuple[str, ...] = ()) -> None:
        connections = f"test {name}"
        self.engine = open_engine(url, connections)
        self.watch = Watch()
        self.fleet = Shared(self.engine, self.engine, name, connections)
        self.log = ConversationLog(self.engine, gateway=self.fleet.number)

        async def recover(connection: AsyncConnection | None) -> None:
            await self.log.settle_interrupted(resend, connection)

        self.lease = Membership(self.engine, name, connections, recover, self.watch)
        self.fleet._membership = self.lease

    async def beat(self, after: float = 0.0) -> bool:
        self.watch.now += after
        return await self.lease.beat()


@pytest.fixture
async def one_and_other(postgres: str) -> AsyncIterator[tuple[One, One]]:
    async with database(postgres) as engine:
        await emptied(engine)
        one, other = One(postgres, "one:1"), One(postgres, "other:2")
        for each in (one, other):
            await each.lease.join()
        yield one, other
        for each in (one, other):
            await each.engine.dispose()


async def silent(engine: AsyncEngine, gateway: One) -> None:
    """Nothing has been heard of a gateway for longer than its lease."""
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE gateways SET seen_at = seen_at - interval '1 hour' WHERE id = :id"),
            {"id": gateway.fleet.number()},
        )


async def dies(gateway: One, for_: One) -> None:
    """A gateway falls silent, and another one, which has been there for a while, notices."""
    await silent(for_.engine, gateway)
    assert await for_.beat(LEASE + 1)


@asynccontextmanager
async def said(gateway: One, *texts: str) -> AsyncIterator[tuple[int, list[int]]]:
    """A conversation of a gateway in which something is to be delivered: its id, and the rows'."""
    stored = await gateway.log.receive(inbound())
    assert stored
    assert await gateway.fleet.take(stored.conversation_id)
    reply = Reply(messages=tuple(Outbound(text=each) for each in texts), outcome="answered_faq")
    rows = await gateway.log.finish_turn(stored.id, reply, latency_ms=1)
    yield stored.conversation_id, [row.id for row in rows]


async def states(gateway: One, conversation_id: int) -> list[str | None]:
    return [line.delivery for line in await gateway.log.history(conversation_id) if line.author == "bot"]


async def test_a_conversation_is_one_gateways_and_what_comes_meanwhile_is_not_forgotten(
    one_and_other: tuple[One, One],
) -> None:
    one, other = one_and_other
    assert await one.fleet.take(7)
    assert await one.fleet.take(7)
    assert not await other.fleet.take(7)
    assert await other.fleet.take(8)
    assert one.fleet.mine(7)
    assert not one.fleet.mine(8)
    assert not await one.fleet.leave(7)
    assert not one.fleet.mine(7)
    first = await one.log.receive(inbound())
    assert first
    assert await one.fleet.take(first.conversation_id)
    await one.log.finish_turn(first.id, Reply(messages=(), outcome="ignored"), latency_ms=1)
    await other.log.receive(inbound("그리고", message="m2"))
    assert not await other.fleet.take(first.conversation_id)
    assert await one.fleet.leave(first.conversation_id)


async def test_a_duty_stays_where_it_is_until_its_gateway_ends(one_and_other: tuple[One, One]) -> None:
    one, other = one_and_other
    assert await one.fleet.on_duty("job:sync")
    assert not await other.fleet.on_duty("job:sync")
    assert await one.fleet.on_duty("job:sync")
    await one.fleet.retire()
    assert not await one.fleet.on_duty("job:sync")
    assert await other.fleet.on_duty("job:sync")
    await other.lease.part()
    assert not await other.fleet.on_duty("job:sync")


async def test_who_is_silent_loses_everything_even_what_a_transaction_has_locked(
    one_and_other: tuple[One, One],
) -> None:
    one, other = one_and_other
    assert await one.fleet.on_duty("job:sync")
    async with said(one, "하나") as (mine, rows), one.engine.connect() as frozen:
        assert await one.log.sending(dict.fromkeys(rows, 0))
        await frozen.execute(text("SELECT * FROM conversations, holds FOR UPDATE"))
        await frozen.execute(text("SELECT * FROM gateways FOR KEY SHARE"))
        assert not await other.beat()
        await dies(one, other)
        assert await other.fleet.take(mine)
        assert await other.fleet.on_duty("job:sync")
        assert await states(other, mine) == ["uncertain"]
        assert await other.log.receive(inbound("다시", message="m2"))
        await frozen.invalidate()
    assert not await one.fleet.take(99)
    assert await one.beat(), "it begins anew"
    assert not one.fleet.mine(mine)
    assert not await one.fleet.take(mine)
    assert not await one.fleet.on_duty("job:sync")
    assert await one.fleet.take(99)


async def test_by_its_own_clock_a_lease_ends_before_others_end_it(one_and_other: tuple[One, One]) -> None:
    one, _ = one_and_other
    assert await one.fleet.take(7)
    one.watch.now += LEASE - 0.1
    assert not one.fleet.mine(7)
    await one.beat()
    assert one.fleet.mine(7)


async def test_who_comes_back_first_after_an_outage_takes_nobody_for_dead(
    one_and_other: tuple[One, One],
) -> None:
    one, other = one_and_other
    await other.beat(LEASE + 1)
    other.lease.missed()
    await silent(other.engine, one)
    assert not await other.beat(60)
    assert not await other.beat(1)
    assert await other.beat(LEASE), "it had time enough"


async def test_who_goes_on_after_a_freeze_neither_sends_nor_undoes_what_was_sent(
    one_and_other: tuple[One, One],
) -> None:
    one, other = one_and_other
    async with said(one, "하나", "둘", "셋") as (mine, rows):
        assert await one.log.sending({rows[0]: 0})
        await dies(one, other)
        assert await states(other, mine) == ["uncertain", "pending", "pending"]
        assert await other.log.sending({rows[1]: 0})
        await other.log.taken({rows[1]: 1}, [], "a part")
        assert not await one.log.sending({rows[1]: 0}), "a part has gone"
        assert not await one.log.sending({rows[1]: 0, rows[2]: 0}), "all or none"
        assert await other.log.sending({rows[1]: 1, rows[2]: 0})
        await one.log.failed([rows[2]], "time-out", final=False)
        await one.log.uncertain([rows[2]], "time-out")
        await one.log.taken({rows[2]: 1}, [], "a part")
        await one.log.postponed([rows[2]])
        assert await states(other, mine) == ["uncertain", "sending", "sending"]
        await one.log.taken({rows[0]: 1}, [rows[0]], "what it knows")
        assert (await states(other, mine))[0] == "delivered"


async def test_what_waits_for_the_citizen_keeps_nobody_busy(one_and_other: tuple[One, One]) -> None:
    one, _ = one_and_other
    async with said(one, "하나") as (mine, rows):
        assert await one.log.pending() == [mine]
        assert await one.log.sending(dict.fromkeys(rows, 0))
        await one.log.postponed(rows)
        assert await one.log.pending() == []
        assert not await one.fleet.leave(mine)
        assert [row.id for row in await one.log.outbox(mine)] == rows
