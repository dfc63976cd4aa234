"""Who owns a conversation, in any order of events: one at most, no message lost, no bot over a person."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from bot.handoff.desk import HandoffDesk
from bot.log.engine import open_engine, reading, writing
from bot.log.migrate import migrate
from bot.log.records import ConversationView, Entry
from bot.log.tables import Message, Operator
from bot.messages import Inbound
from bot.outcomes import Outcome
from bot.settings import Settings
from tests.gateway_support import OFFICE_HOURS
from tests.ownership_support import OPERATORS, PERSON, Office

T = TypeVar("T")
SILENT = timedelta(minutes=10)
who = st.sampled_from(sorted(OPERATORS))
whose = st.sampled_from(["a", "b"])


class Ownership(RuleBasedStateMachine):
    """Two citizens, three operators, a bot that may answer at any time, and a gateway that may restart."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.loop = asyncio.new_event_loop()
        self.written: dict[str, list[str]] = {"a": [], "b": []}
        self.spoken: list[tuple[int, str, int]] = []
        self.lines: dict[int, int] = {}
        self.before: dict[int, ConversationView] = {}
        self.quiet = frozenset[int]()
        self.messages = 0

    def run(self, awaitable: Awaitable[T]) -> T:
        return self.loop.run_until_complete(awaitable)

    @initialize()
    def opens(self) -> None:
        self.settings = Settings(_env_file=None, var_dir=Path(self.folder.name))
        self.run(migrate(self.settings.database))
        self.engine = open_engine(self.settings.database)
        self.office = Office(self.settings, self.engine)
        self.run(self._hire())
        for user in self.written:
            self.writes(user, person=False)

    async def _hire(self) -> None:
        async with writing(self.engine) as session:
            for number, name in OPERATORS.items():
                session.add(
                    Operator(
                        id=number,
                        login=f"op{number}",
                        name=name,
                        password_hash="-",
                        must_change_password=False,
                        roles=["operator"],
                        created_at=OFFICE_HOURS,
                    )
                )

    def view(self, user: str) -> ConversationView:
        found = self.run(self.office.log.find("phone", user))
        assert found is not None
        return found

    @rule(user=whose, person=st.booleans())
    def writes(self, user: str, person: bool) -> None:
        self.messages += 1
        text = PERSON if person else f"질문 {self.messages}"
        self.written[user].append(text)
        inbound = Inbound(
            channel="phone", user_id=user, message_id=str(self.messages), sent_at=OFFICE_HOURS, text=text
        )
        assert self.run(self.office.gateway.receive(inbound))
        assert not self.run(self.office.gateway.receive(inbound))
        self.run(self.office.settle())

    @rule()
    def bot_answers(self) -> None:
        self.office.bot.answer()
        self.run(self.office.settle())

    @rule(user=whose, several=st.lists(who, min_size=1, max_size=3, unique=True))
    def claim(self, user: str, several: list[int]) -> None:
        before, gateway = self.view(user), self.office.gateway

        async def at_once() -> list[bool]:
            return await asyncio.gather(
                *(gateway.claim(before.id, each, OPERATORS[each]) for each in several)
            )

        claims = self.run(at_once())
        assert sum(claims) == (1 if before.state in ("bot", "waiting") else 0)
        if any(claims):
            assert self.view(user).operator_id == several[claims.index(True)]
        self.run(self.office.settle())

    @rule(user=whose, operator=who)
    def speaks(self, user: str, operator: int) -> None:
        before = self.view(user)
        self.messages += 1
        said = self.run(self.office.gateway.say(before.id, f"말 {self.messages}", operator))
        assert said == (before.operator_id == operator)
        if said:
            self.spoken.append((before.id, f"말 {self.messages}", operator))
        self.run(self.office.settle())

    @rule(user=whose, operator=who, how=st.sampled_from(["release", "close", "to_department", "to_person"]))
    def leaves(self, user: str, operator: int, how: str) -> None:
        before, gateway = self.view(user), self.office.gateway
        if how == "release":
            left = self.run(gateway.release(before.id, operator))
        elif how == "close":
            left = self.run(gateway.close(before.id, operator, "answered"))
        elif how == "to_department":
            left = (
                self.run(gateway.transfer(before.id, operator, "여권과", department_id="passport"))
                is not None
            )
        else:
            left = self.run(gateway.transfer(before.id, operator, "박바다", to_operator_id=2)) is not None
        assert left == (before.operator_id == operator)
        self.run(self.office.settle())

    @rule(user=whose, operator=who, minutes=st.integers(1, 60))
    def sleeps(self, user: str, operator: int, minutes: int) -> None:
        before = self.view(user)
        until = self.office.now + timedelta(minutes=minutes)
        assert self.run(self.office.gateway.snooze(before.id, operator, until)) == (
            before.operator_id == operator
        )

    @rule(user=whose, operator=who)
    def reopens(self, user: str, operator: int) -> None:
        before = self.view(user)
        opened = self.run(self.office.gateway.reopen(before.id, operator, OPERATORS[operator]))
        assert opened == (before.state == "closed")
        self.run(self.office.settle())

    @rule(minutes=st.integers(1, 30))
    def time_passes(self, minutes: int) -> None:
        self.office.now += timedelta(minutes=minutes)
        self.run(self.office.look(SILENT))
        self.run(self.office.settle())

    @rule()
    def restarts(self) -> None:
        self.run(self.office.turns.close(0))
        self.office = Office(self.settings, self.engine, self.office.now)
        self.run(self.office.start())

    @invariant()
    def at_most_one_owner_and_no_bot_over_them(self) -> None:
        for user in self.written:
            after = self.view(user)
            assert (after.state == "operator") == (after.operator_id is not None)
            before = self.before.get(after.id)
            new = self.run(self.office.log.history(after.id, after=self.lines.get(after.id, 0), limit=500))
            if before and before.operator_id and before.operator_id == after.operator_id:
                assert all(line.author != "bot" for line in new)
            self.before[after.id] = after
            self.lines[after.id] = after.last_seq

    def teardown(self) -> None:
        if hasattr(self, "office"):
            while self.office.bot.thinking:
                self.bot_answers()
                self.at_most_one_owner_and_no_bot_over_them()
            for user, texts in self.written.items():
                self._nothing_is_lost(self.run(self._rows(self.view(user).id)), texts)
            said = [
                line for user in self.written for line in self._history(user) if line.author == "operator"
            ]
            assert sorted((line.conversation_id, line.text, line.operator_id) for line in said) == sorted(
                self.spoken
            )
            self.run(self.office.turns.close(0))
            self.run(self.engine.dispose())
        self.loop.close()
        self.folder.cleanup()

    def _history(self, user: str) -> list[Entry]:
        return self.run(self.office.log.history(self.view(user).id, limit=1000))

    async def _rows(self, number: int) -> list[Message]:
        async with reading(self.engine) as session:
            query = select(Message).where(Message.conversation_id == number).order_by(Message.seq)
            return list(await session.scalars(query))

    @staticmethod
    def _nothing_is_lost(rows: list[Message], texts: list[str]) -> None:
        asked = [row for row in rows if row.direction == "in"]
        assert [row.content["text"] for row in asked] == texts
        answered = {row.turn_id for row in rows if row.direction == "out"}
        for row in asked:
            assert row.turn_state == "done"
            assert row.outcome in (Outcome.WITH_PERSON, Outcome.IGNORED) or row.id in answered
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))


TestAnyOrder = Ownership.TestCase
TestAnyOrder.settings = settings(
    max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


async def test_of_two_gateways_exactly_one_claims(tmp_path: Path) -> None:
    given = Settings(_env_file=None, var_dir=tmp_path)
    await migrate(given.database)
    engines = [open_engine(given.database), open_engine(given.database)]
    first, second = (Office(given, engine) for engine in engines)
    async with writing(engines[0]) as session:
        for number, name in OPERATORS.items():
            session.add(
                Operator(
                    id=number,
                    login=str(number),
                    name=name,
                    password_hash="-",
                    must_change_password=False,
                    created_at=OFFICE_HOURS,
                )
            )
    for round_ in range(8):
        inbound = Inbound(
            channel="phone", user_id=f"u{round_}", message_id=f"{round_}", sent_at=OFFICE_HOURS, text="네"
        )
        stored = await first.log.receive(inbound)
        assert stored is not None
        number = stored.conversation_id
        desks: tuple[HandoffDesk, HandoffDesk] = (first.desk, second.desk)
        claims = await asyncio.gather(desks[0].claim(number, 1), desks[1].claim(number, 2))
        assert sorted(claims) == [False, True]
        view = await second.log.conversation(number)
        assert view is not None
        assert view.operator_id == claims.index(True) + 1
    for engine in engines:
        await engine.dispose()
