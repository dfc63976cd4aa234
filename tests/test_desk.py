import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.handoff.desk import HandoffDesk
from bot.handoff.queue import Queue
from bot.log.engine import open_engine, writing
from bot.log.log import ConversationLog
from bot.log.migrate import migrate
from bot.log.tables import Operator
from bot.messages import Reply
from tests.log_support import NOON, database, inbound

OPERATORS = (1, 2, 3)


async def hire(engine: AsyncEngine) -> None:
    async with writing(engine) as session:
        for number in OPERATORS:
            session.add(
                Operator(
                    id=number,
                    login=f"op{number}",
                    name=f"상담원{number}",
                    password_hash="-",
                    must_change_password=False,
                    roles=["operator"],
                    failed_logins=0,
                    created_at=NOON,
                )
            )


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    async with database(f"sqlite+aiosqlite:///{tmp_path}/desk.db") as opened:
        await hire(opened)
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(engine: AsyncEngine, clock: Clock) -> HandoffDesk:
    return HandoffDesk(engine, clock)


@pytest.fixture
def log(engine: AsyncEngine, clock: Clock) -> ConversationLog:
    return ConversationLog(engine, clock)


async def conversation(log: ConversationLog, user: str) -> int:
    stored = await log.receive(inbound(user=user, message=f"{user}-1"))
    assert stored is not None
    return stored.conversation_id


async def test_of_two_claims_at_once_exactly_one_holds(desk: HandoffDesk, log: ConversationLog) -> None:
    for round_ in range(5):
        number = await conversation(log, f"u{round_}")
        await desk.request(number, "asked")
        claims = await asyncio.gather(desk.claim(number, 1), desk.claim(number, 2), desk.claim(number, 3))
        assert sorted(claims) == [False, False, True]
        view = await log.conversation(number)
        assert view is not None
        assert (view.state, view.operator_id) == ("operator", claims.index(True) + 1)


async def test_the_whole_way_round(desk: HandoffDesk, log: ConversationLog) -> None:
    number = await conversation(log, "u1")
    assert await desk.state(number) == "bot"
    await desk.request(number, "not_understood")
    [waiting] = await log.waiting()
    assert (waiting.id, waiting.handoff_reason, waiting.waiting_since) == (number, "not_understood", NOON)
    assert await desk.claim(number, 1)
    assert not await desk.release(number, 2)
    assert await desk.release(number, 1)
    assert await desk.state(number) == "bot"
    assert await desk.claim(number, 2)
    assert await desk.close(number, 2)
    assert await desk.state(number) == "closed"
    assert not await desk.claim(number, 1)
    again = await log.receive(inbound(user="u1", message="u1-2"))
    assert again is not None
    assert again.state == "bot"
    view = await log.conversation(number)
    assert view is not None
    assert (view.operator, view.handoff_reason, view.waiting_since) == (None, None, None)


async def test_place_in_the_queue_and_waiting_time(
    desk: HandoffDesk, log: ConversationLog, clock: Clock
) -> None:
    first, second, third = [await conversation(log, user) for user in "abc"]
    assert await desk.request(first, "asked") == Queue(1, None)
    assert await desk.request(second, "asked") == Queue(2, None)
    clock.now += timedelta(minutes=4)
    await desk.claim(first, 1)
    assert await desk.request(third, "asked") == Queue(2, timedelta(minutes=4))
    assert await desk.request(second, "crisis") == Queue(1, timedelta(minutes=4))
    assert await desk.request(first, "asked") == Queue(0, None)


async def test_stepping_in_unasked_counts_as_no_wait(desk: HandoffDesk, log: ConversationLog) -> None:
    stepped_in, asked = await conversation(log, "a"), await conversation(log, "b")
    await desk.claim(stepped_in, 1)
    assert await desk.request(asked, "asked") == Queue(1, None)


async def test_who_stops_waiting_leaves_the_queue(desk: HandoffDesk, log: ConversationLog) -> None:
    first, second = await conversation(log, "a"), await conversation(log, "b")
    await desk.request(first, "asked")
    await desk.request(second, "asked")
    assert await desk.withdraw(first)
    assert not await desk.withdraw(first)
    assert await desk.state(first) == "bot"
    assert await desk.request(second, "asked") == Queue(1, None)


async def test_unknown_conversation(desk: HandoffDesk) -> None:
    assert not await desk.claim(404, 1)
    with pytest.raises(LookupError, match="404"):
        await desk.request(404, "asked")
    with pytest.raises(LookupError, match="404"):
        await desk.state(404)


async def test_erased_while_an_operator_holds_it(desk: HandoffDesk, log: ConversationLog) -> None:
    number = await conversation(log, "a")
    await desk.claim(number, 1)
    turn = await log.next_turn(number)
    assert turn is not None
    await log.finish_turn(turn.id, Reply(messages=(), outcome="with_person"), 1)
    await log.erase(number)
    assert await log.conversation(number) is None
    assert not await desk.close(number, 1)


class Desk(RuleBasedStateMachine):
    """Any order of requests, claims, releases, closes and new messages, against a plain model."""

    conversations = Bundle("conversations")

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.loop = asyncio.new_event_loop()
        url = f"sqlite+aiosqlite:///{self.folder.name}/desk.db"
        self.run(migrate(url))
        self.engine = open_engine(url)
        self.run(hire(self.engine))
        self.desk, self.log = HandoffDesk(self.engine), ConversationLog(self.engine)
        self.model: dict[int, tuple[str, int | None]] = {}
        self.messages = 0

    def run(self, awaitable: object) -> object:
        return self.loop.run_until_complete(awaitable)  # type: ignore[arg-type]

    def say(self, user: str) -> int:
        self.messages += 1
        stored = self.run(self.log.receive(inbound(user=user, message=str(self.messages))))
        return stored.conversation_id  # type: ignore[attr-defined, no-any-return]

    @rule(target=conversations)
    def new_citizen(self) -> int:
        number = self.say(f"new{self.messages}")
        self.model[number] = ("bot", None)
        return number

    @rule(number=conversations)
    def writes_again(self, number: int) -> None:
        view = self.run(self.log.conversation(number))
        assert self.say(view.user_id) == number  # type: ignore[attr-defined]
        if self.model[number][0] == "closed":
            self.model[number] = ("bot", None)

    @rule(number=conversations)
    def request(self, number: int) -> None:
        queue = self.run(self.desk.request(number, "asked"))
        if self.model[number][0] != "operator":
            self.model[number] = ("waiting", None)
            assert queue.position >= 1  # type: ignore[attr-defined]

    @rule(number=conversations, several=st.lists(st.sampled_from(OPERATORS), min_size=1, max_size=3))
    def claim(self, number: int, several: list[int]) -> None:
        async def at_once() -> list[bool]:
            return await asyncio.gather(*(self.desk.claim(number, operator) for operator in several))

        claims = self.run(at_once())
        free = self.model[number][0] in ("bot", "waiting")
        assert sum(claims) == (1 if free else 0)  # type: ignore[call-overload]
        if free:
            self.model[number] = ("operator", several[claims.index(True)])  # type: ignore[attr-defined]

    @rule(number=conversations)
    def withdraw(self, number: int) -> None:
        left = self.run(self.desk.withdraw(number))
        assert left == (self.model[number][0] == "waiting")
        if left:
            self.model[number] = ("bot", None)

    @rule(number=conversations, operator=st.sampled_from(OPERATORS), close=st.booleans())
    def leave(self, number: int, operator: int, close: bool) -> None:
        left = self.run((self.desk.close if close else self.desk.release)(number, operator))
        assert left == (self.model[number] == ("operator", operator))
        if left:
            self.model[number] = ("closed" if close else "bot", None)

    @rule(number=consumes(conversations))
    def erased(self, number: int) -> None:
        while (turn := self.run(self.log.next_turn(number))) is not None:
            reply = Reply(messages=(), outcome="ignored")
            self.run(self.log.finish_turn(turn.id, reply, 1))  # type: ignore[attr-defined]
        self.run(self.log.erase(number))
        del self.model[number]

    @invariant()
    def owners_are_as_expected(self) -> None:
        views = self.run(self.log.recent(limit=1000))
        assert {view.id: (view.state, view.operator_id) for view in views} == self.model  # type: ignore[attr-defined]
        waiting = {number for number, (state, _) in self.model.items() if state == "waiting"}
        assert {view.id for view in self.run(self.log.waiting())} == waiting  # type: ignore[attr-defined]

    def teardown(self) -> None:
        self.run(self.engine.dispose())
        self.loop.close()
        self.folder.cleanup()


TestAnyOrder = Desk.TestCase
TestAnyOrder.settings = settings(
    max_examples=8, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
