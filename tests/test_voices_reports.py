"""Reports in the database, and the news of them."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from bot.identity.personal import open_seal
from bot.log.engine import changing, reading, writing
from bot.log.tables import Conversation
from bot.rights.consents import Consents, Purpose
from bot.voices.reports import NotPossible, TooMany, Wanted
from bot.voices.tables import Idea, Report, VoiceNews
from tests.voices_support import Town, town


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as made:
        yield made


async def test_a_message_files_once_and_numbers_tell_nothing(here: Town) -> None:
    kim = await here.citizen("kim")
    first, again = await asyncio.gather(here.report(kim), here.report(kim))
    assert first.number == again.number
    other = await here.report(kim, "another")
    numbers = {(await here.report(kim, f"m{count}")).number for count in range(20)}
    serials = sorted(int(number.rpartition("-")[2]) for number in numbers)
    assert serials[-1] - serials[0] > 1000  # 20 of a million in a row: never
    lee = await here.citizen("lee")
    assert await here.desk.reports.mine(lee) == []
    assert {row.number for row in await here.desk.reports.mine(kim, 30)} == numbers | {
        first.number,
        other.number,
    }


async def test_a_change_is_told_once_even_after_a_crash(here: Town) -> None:
    kim = await here.citizen("kim")
    row = await here.report(kim)
    await here.desk.reports.change(row.id, "assigned", "", department="도로과")
    assert await here.teller.run() == 1
    async with writing(here.engine) as session:  # the gateway stopped before it was noted
        await session.execute(update(VoiceNews).values(told_at=None))
    await here.teller.run()
    await here.desk.reports.change(row.id, "done", "전등을 바꿨어요.", department="도로과")
    await here.teller.run()
    assert [who for who, _ in here.told] == [kim, kim]
    assert row.number in here.told[0][1]
    assert "전등을 바꿨어요." in here.told[1][1]
    for state in ("received", "assigned", "rejected"):
        with pytest.raises(NotPossible):
            await here.desk.reports.change(row.id, state, "", department="도로과")


async def test_what_is_due_first_stands_first(here: Town) -> None:
    kim = await here.citizen("kim")
    late = await here.report(kim, "1")
    here.clock.pass_(days=2)
    await here.report(kim, "2", category="road")
    here.clock.pass_(days=6)
    rows, total = await here.desk.reports.listing(Wanted(state="open"), 0, 10)
    assert (rows[0].number, total) == (late.number, 2)
    overdue, _ = await here.desk.reports.listing(Wanted(overdue=True), 0, 10)
    assert [row.number for row in overdue] == [late.number]


async def test_what_was_raised_outlives_who_raised_it(here: Town) -> None:
    kim, lee = await here.citizen("kim"), await here.citizen("lee")
    row = await here.report(kim, contact="sealed")
    unread = await here.idea(kim, "막차를 늦춰 주세요")
    public = await here.idea(kim, "쉼터를 지어 주세요", shown=True)
    await here.desk.ideas.join(public.id, lee)
    await here.log.erase(kim)
    async with changing(here.engine) as connection:
        await connection.execute(delete(Conversation).where(Conversation.id == kim))
    async with reading(here.engine) as session:
        kept = await session.get(Report, row.id)
        assert kept is not None
        assert (kept.conversation_id, kept.message_id, kept.contact) == (None, None, None)
        assert not kept.photos
        assert kept.place == "시청 앞"
        forgotten = await session.get(Idea, unread.id)
        assert forgotten is not None
        assert (forgotten.own_title, forgotten.own_text, forgotten.title, forgotten.text) == ("", "", "", "")
    assert (await here.desk.board.counts([public.id]))[public.id] == 2
    await here.desk.reports.change(row.id, "done", "고쳤어요.", department="도로과")
    await here.desk.ideas.reply(public.id, "그럴게요.", "parking", "교통행정과")
    await here.teller.run()
    assert {who for who, _ in here.told} == set()  # the author is gone, and 이 did not ask to be told


async def test_a_contact_is_for_the_department_while_it_needs_it_and_may_have_it(here: Town) -> None:
    kim = await here.citizen("kim")
    sealed = base64.b64encode(open_seal(here.settings).close("010-1234-5678", "voices:contact")).decode()
    row = await here.report(kim, contact=sealed)
    consents = Consents(here.engine, here.clock)
    assert await here.desk.contacts.of(row) == ""  # nobody agreed
    await consents.give(kim, Purpose.CONTACT, "0123456789abcdef")
    assert await here.desk.contacts.of(row) == "010-1234-5678"
    await consents.withdraw(kim, Purpose.CONTACT)
    assert await here.desk.contacts.of(row) == ""
    done = await here.desk.reports.change(row.id, "done", "고쳤어요.", department="도로과")
    assert done.contact is None


async def test_so_many_a_day_and_the_next_one_another_day(here: Town) -> None:
    kim, lee = await here.citizen("kim"), await here.citizen("lee")
    first = await here.report(kim, "1", most=2)
    await here.report(kim, "2", most=2)
    with pytest.raises(TooMany):
        await here.report(kim, "3", most=2)
    assert (await here.report(kim, "1", most=2)).number == first.number  # after a crash
    await here.report(lee, "3", most=2)
    here.clock.pass_(days=1)
    await here.report(kim, "3", most=2)


async def test_another_department_gets_it_and_its_author_is_told(here: Town) -> None:
    kim = await here.citizen("kim")
    row = await here.report(kim)
    names = ("도로과", "공원녹지과")
    await here.desk.reports.move(row.id, "parks", names, "공원 안의 등이에요.")
    with pytest.raises(NotPossible):
        await here.desk.reports.move(row.id, "parks", names, "")
    await here.teller.run()
    ((_, told),) = here.told
    for part in (row.number, "공원녹지과", "공원 안의 등이에요."):
        assert part in told
    assert "도로과 → 공원녹지과" in (await here.desk.reports.history(row.id))[-1].note
    sent = await here.report(kim, "on its way", delivery="pending")
    with pytest.raises(NotPossible):  # the department's system has it
        await here.desk.reports.move(sent.id, "parks", names, "")
