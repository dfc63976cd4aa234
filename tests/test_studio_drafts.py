"""Drafts: one an item, told apart by versions, undone step by step; SQLite and PostgreSQL alike."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.engine import writing
from bot.log.tables import Operator
from bot.studio.drafts import STEP, STEPS, Drafts, DraftTaken, NoDraft
from tests.databases import emptied
from tests.log_support import NOON, database

ITEM = "answer:passport-fee"


class Clock:
    now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(params=["sqlite", "postgresql"])
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path}/drafts.db"
    else:
        url = request.getfixturevalue("postgres")
    async with database(url) as opened:
        await emptied(opened)
        async with writing(opened) as session:
            for id_, name in ((1, "김하늘"), (2, "이바다")):
                session.add(
                    Operator(
                        id=id_,
                        login=f"user{id_}",
                        name=name,
                        password_hash="",
                        must_change_password=False,
                        created_at=NOON,
                    )
                )
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def drafts(engine: AsyncEngine, clock: Clock) -> Drafts:
    return Drafts(engine, clock)


async def test_a_draft_is_begun_changed_and_listed(drafts: Drafts, clock: Clock) -> None:
    first = await drafts.save(
        ITEM, "여권 수수료", "a", "b", 0, 1, department="passport", note="요금이 올라요"
    )
    assert (first.version, first.operator, first.kind, first.base, first.text) == (
        1,
        "김하늘",
        "changed",
        "a",
        "b",
    )
    clock.now += timedelta(minutes=1)
    other = await drafts.save("file:data/rules/faq.yml", "규칙", "x", None, 0, 2)
    again = await drafts.save(ITEM, "여권 수수료", "a", "c", 1, 2)
    assert (again.id, again.version, again.operator, again.updated_at) == (first.id, 2, "이바다", clock.now)
    assert await drafts.find(ITEM) == again
    assert {draft.item: draft.kind for draft in await drafts.list()} == {ITEM: "changed", other.item: "gone"}
    await drafts.drop([ITEM])
    assert [draft.item for draft in await drafts.list()] == [other.item]
    assert await drafts.history(ITEM) == []


async def test_the_second_editor_is_told_and_overwrites_nothing(drafts: Drafts) -> None:
    await drafts.save(ITEM, "제목", "a", "b", 0, 1)
    with pytest.raises(DraftTaken) as taken:
        await drafts.save(ITEM, "제목", "a", "다른 글", 0, 2)
    assert (taken.value.by, taken.value.draft.text) == ("김하늘", "b")
    found = await drafts.find(ITEM)
    assert found
    assert found.text == "b"


async def test_of_many_at_once_one_wins(drafts: Drafts) -> None:
    tries = [drafts.save(ITEM, "제목", None, f"글 {n}", 0, 1 + n % 2) for n in range(8)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    won = [result for result in results if not isinstance(result, BaseException)]
    assert len(won) == 1
    assert all(isinstance(result, DraftTaken) for result in results if result not in won)
    found = await drafts.find(ITEM)
    assert found
    assert found.text == won[0].text


async def test_the_same_text_again_is_no_change(drafts: Drafts) -> None:
    await drafts.save(ITEM, "제목", "a", "b", 0, 1)
    assert (await drafts.save(ITEM, "제목", "a", "b", 1, 2)).version == 1


async def test_undo_goes_back_step_by_step(drafts: Drafts, clock: Clock) -> None:
    version = 0
    for letter in "abcd":
        version = (await drafts.save(ITEM, "제목", "", letter, version, 1)).version
        clock.now += STEP / 2
    steps = await drafts.history(ITEM)
    assert [step.text for step in steps] == ["d", "b"]
    back = await drafts.undo(ITEM, steps[1].version, version, 2)
    assert (back.text, back.version) == ("b", version + 1)
    with pytest.raises(DraftTaken):
        await drafts.undo(ITEM, steps[0].version, version, 1)
    with pytest.raises(NoDraft):
        await drafts.undo(ITEM, 99, back.version, 1)


async def test_another_person_is_a_step_of_its_own_and_steps_are_bounded(
    drafts: Drafts, clock: Clock
) -> None:
    version = 0
    for n in range(STEPS + 5):
        version = (await drafts.save(ITEM, "제목", "", str(n), version, 1 + n % 2)).version
    steps = await drafts.history(ITEM)
    assert len(steps) == STEPS
    assert steps[0].text == str(STEPS + 4)


async def test_what_was_given_up_comes_back(drafts: Drafts) -> None:
    await drafts.save(ITEM, "제목", "a", "b", 0, 1)
    await drafts.discard(ITEM, 1)
    assert await drafts.find(ITEM) is None
    assert await drafts.list() == []
    await drafts.restore(ITEM, 1)
    found = await drafts.find(ITEM)
    assert found
    assert found.text == "b"
    await drafts.discard(ITEM, 1)
    anew = await drafts.save(ITEM, "제목", "a", "새로", 0, 2)
    assert (anew.version, [step.text for step in await drafts.history(ITEM)]) == (2, ["새로"])
    with pytest.raises(DraftTaken):
        await drafts.restore(ITEM, 1)
    with pytest.raises(NoDraft):
        await drafts.discard("answer:none", 1)


@pytest.mark.parametrize(
    "item", ["answer:../x", "file:/etc/passwd", "file:data/../.env", "file:.env", "x", "answer:"]
)
async def test_only_items_of_ours(drafts: Drafts, item: str) -> None:
    with pytest.raises(ValueError, match="no item"):
        await drafts.save(item, "제목", None, "a", 0, 1)
