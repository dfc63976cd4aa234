"""What citizens are told about how long we keep their data is true, for every kind of data."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.agencies.tables import Referral
from bot.content.store import ContentStore
from bot.log.engine import changing, open_engine, reading
from bot.log.log import ConversationLog
from bot.log.migrate import migrate
from bot.log.schema import Base
from bot.log.tables import Conversation, Handoff, Message, Words
from bot.messages import Inbound, Outbound, Reply
from bot.rights.build import build_retention, build_wordings
from bot.rights.consents import Consents, Purpose
from bot.rights.retention import RULES, Retention, RetentionFile
from bot.rights.tables import ConsentRow, Erasure
from bot.rights.tombstones import Tombstone, Tombstones
from bot.settings import Settings
from bot.staff.chain import append
from bot.voices.tables import Idea, Report, VoiceNews
from tests.log_support import found
from tests.rights_support import LONG_AGO, every, known, left

NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


class Office:
    """A database, a log and a retention with a clock of the test's own."""

    def __init__(self, settings: Settings, engine: AsyncEngine) -> None:
        self.now = NOON
        self.engine = engine
        self.log = ConversationLog(engine, clock=lambda: self.now)
        self.stones = Tombstones(settings.tombstones_file)
        self.retention: Retention = build_retention(settings, engine, self.stones, lambda: self.now)

    async def said(self, user: str, number: int, text: str, *, finish: bool = True) -> None:
        stored = await self.log.receive(
            Inbound(channel="phone", user_id=user, message_id=f"{user}-{number}", sent_at=self.now, text=text)
        )
        assert stored is not None
        if finish:
            messages = (Outbound(text=f"답: {text}"),)
            (row,) = await self.log.finish_turn(
                stored.id, Reply(messages=messages, outcome="answered_faq"), 5
            )
            await self.log.taken({row.id: 1}, [row.id], "1")

    async def count(self, *tables: type[Base]) -> list[int]:
        async with reading(self.engine) as session:
            return [
                (await session.execute(select(func.count()).select_from(table))).scalar_one()
                for table in tables
            ]


@pytest.fixture
async def office(settings: Settings):  # type: ignore[no-untyped-def]
    await migrate(settings.database)
    engine = open_engine(settings.database)
    yield Office(settings, engine)
    await engine.dispose()


async def test_old_words_go_and_new_or_unfinished_ones_stay(office: Office) -> None:
    office.now = NOON - timedelta(days=40)
    await office.said("gone", 1, "오래된 말")
    await office.said("open", 1, "아직 답하지 못한 말", finish=False)
    await office.said("both", 1, "오래된 앞말")
    office.now = NOON
    await office.said("both", 2, "새로운 말")

    removed = await office.retention.run()
    assert (removed["messages"], removed["conversations"]) == (4, 1)
    assert await office.log.find("phone", "gone") is None
    assert await found(office.log, "오래된") == []
    both = await office.log.find("phone", "both")
    assert both is not None
    assert [entry.text for entry in await office.log.history(both.id)] == ["새로운 말", "답: 새로운 말"]
    assert len(await found(office.log, "못한")) == 1
    assert set((await office.retention.run()).values()) == {0}
    assert await office.count(Conversation, Message, Words) == [2, 3, 3]


async def test_what_was_said_to_a_person_is_kept_for_longer(office: Office) -> None:
    office.now = NOON - timedelta(days=40)
    await office.said("kim", 1, "봇에게")
    kim = await office.log.find("phone", "kim")
    assert kim is not None
    office.now += timedelta(hours=1)
    talk = {"reason": "asked", "requested_at": office.now, "claimed_at": office.now}
    async with changing(office.engine) as connection:
        ends = office.now + timedelta(hours=1)
        await connection.execute(insert(Handoff).values(conversation_id=kim.id, ended_at=ends, **talk))
    await office.said("kim", 2, "사람에게")
    office.now = NOON
    await office.retention.run()
    assert [entry.text for entry in await office.log.history(kim.id)] == ["사람에게", "답: 사람에게"]
    office.now += timedelta(days=RetentionFile().handoff_messages)
    await office.retention.run()
    assert await office.log.history(kim.id) == []
    assert await office.log.find("phone", "kim") is None


async def test_every_kind_goes_when_its_days_are_over_and_not_before(
    settings: Settings, office: Office
) -> None:
    """Old rows of every table; each kind is gone the day after its last, and the preview had said so."""
    days = {name: 100 + 10 * place for place, name in enumerate(RetentionFile.model_fields)}
    _write(settings, days)
    kim = await known(office.engine)
    async with changing(office.engine) as connection:
        await connection.execute(update(ConsentRow).values(withdrawn_at=LONG_AGO))
        await connection.execute(update(Handoff).values(ended_at=LONG_AGO, claimed_at=None))
        await connection.execute(update(Referral).values(state="answered", answered_at=LONG_AGO))
        await connection.execute(update(Idea).values(state="answered", changed_at=LONG_AGO))
        await connection.execute(update(VoiceNews).values(told_at=LONG_AGO))
        await connection.execute(update(Report).values(state="done", changed_at=LONG_AGO))
        audit = {"at": LONG_AGO, "operator_id": None, "action": "view", "target": "conversation:1"}
        await append(connection, {**audit, "detail": "", "address": "", "changes": None})
        receipt = {"number": "D-1", "citizen": "c", "at": LONG_AGO, "rows": {}}
        await connection.execute(insert(Erasure).values(receipt))
    office.stones.add([Tombstone("D-1", "c", LONG_AGO.isoformat())])
    checked = {"handoff_messages"}
    for rule in sorted(RULES, key=lambda rule: office.retention.days(rule.kind)):
        if rule.kind == "handoff_messages":
            continue
        last = LONG_AGO + timedelta(days=office.retention.days(rule.kind))
        office.now = last - timedelta(hours=12)
        assert (await office.retention.run())[rule.kind] == 0, rule.kind
        due = next(due for due in await office.retention.preview() if due.kind == rule.kind)
        if due.rows:
            assert (due.now, due.soon[1], due.oldest) == (0, due.rows, LONG_AGO), rule.kind
            checked.add(rule.kind)
        office.now = last + timedelta(hours=12)
        assert (await office.retention.run())[rule.kind] == due.rows, rule.kind
    assert checked == {rule.kind for rule in RULES}
    assert office.stones.read() == {}
    marks = {"buttons", "notices_shown", "emergency_notices_seen", "seen"}
    assert (await left(office.engine, kim)).keys() == {"subscriptions", *marks}
    [idea] = await every(office.engine, Idea)
    assert idea.conversation_id is None


async def test_who_agreed_or_subscribed_is_not_forgotten_for_being_silent(office: Office) -> None:
    office.now = NOON - timedelta(days=400)
    await office.said("kim", 1, "알림 신청")
    kim = await office.log.find("phone", "kim")
    assert kim is not None
    consents = Consents(office.engine, lambda: office.now)
    assert await consents.give(kim.id, Purpose.PUSH, "v1")
    office.now = NOON
    await office.retention.run()
    assert await consents.has(kim.id, Purpose.PUSH)
    await consents.withdraw(kim.id)
    await office.retention.run()
    assert await office.log.find("phone", "kim") is None
    [proof] = await every(office.engine, ConsentRow)
    assert (proof.conversation_id, proof.withdrawn_at) == (None, NOON)


async def test_a_preview_names_every_kind_as_json(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    from bot.cli.rights import preview

    await migrate(settings.database)
    assert await preview(settings, as_json=True) == 0
    shown = json.loads(capsys.readouterr().out)
    assert {one["kind"]: one["days"] for one in shown}["messages"] == settings.retention_days
    assert {one["kind"] for one in shown} == {rule.kind for rule in RULES}


def _write(settings: Settings, days: dict[str, int]) -> None:
    lines = "".join(f"{kind}: {number}\n" for kind, number in days.items())
    (settings.data_dir / "retention.yml").write_text(lines, encoding="utf-8")


def test_citizens_are_told_the_days_that_are_set(settings: Settings) -> None:
    content = ContentStore(settings)
    assert f"{settings.retention_days}일" in content.persona().say("ask_privacy", 0)
    _write(settings, {"handoff_messages": 77})
    told = build_wordings(settings, content).first()
    assert f"{settings.retention_days}일" in told.text
    assert "77일" in told.text
