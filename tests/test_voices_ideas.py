"""Ideas: read first, then public, joined once by each, merged without counting anybody twice, answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.encoder.encoder import load_encoder
from bot.text.morphemes import Morphemes
from bot.voices.alike import most_alike
from bot.voices.board import Wanted
from bot.voices.reports import NotPossible
from bot.voices.similar import Similar
from tests.voices_support import Town, town


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as made:
        yield made


async def voices(here: Town, idea: int) -> int:
    return (await here.desk.board.counts([idea])).get(idea, 0)


async def test_nobody_reads_it_before_an_operator_has(here: Town) -> None:
    kim, lee = await here.citizen("kim"), await here.citizen("lee")
    made = await here.idea(kim, "김철수의 막차 제안")
    assert await here.desk.ideas.public() == []
    with pytest.raises(NotPossible):
        await here.desk.ideas.join(made.id, lee)
    await here.desk.ideas.publish(made.id, "막차를 늦춰요", "늦은 퇴근", "traffic", "parking")
    (shown,) = await here.desk.ideas.public()
    assert (shown.title, shown.own_title) == ("막차를 늦춰요", "김철수의 막차 제안")
    await here.desk.ideas.hide(made.id, "개인정보가 있어요.")
    assert await here.desk.ideas.public() == []
    await here.teller.run()
    assert [who for who, _ in here.told] == [kim, kim]
    assert "개인정보가 있어요." in here.told[1][1]


async def test_one_voice_for_each_citizen(here: Town) -> None:
    kim, lee = await here.citizen("kim"), await here.citizen("lee")
    made = await here.idea(kim, "막차를 늦춰요", shown=True)
    for _ in range(3):
        await here.desk.ideas.join(made.id, lee)
    await here.desk.ideas.join(made.id, kim)
    assert await voices(here, made.id) == 2
    assert [row.id for row in await here.desk.ideas.joined(lee)] == [made.id]
    assert await here.desk.ideas.joined(kim) == []
    await here.desk.ideas.leave(made.id, lee)
    assert await voices(here, made.id) == 1
    with pytest.raises(NotPossible):
        await here.desk.ideas.notify(made.id, lee)


async def test_merged_ideas_add_up_and_everybody_is_told_once(here: Town) -> None:
    kim, lee, park, choi = [await here.citizen(name) for name in ("kim", "lee", "park", "choi")]
    first = await here.idea(kim, "막차를 늦춰요", shown=True)
    second = await here.idea(lee, "버스를 밤늦게까지", shown=True)
    for citizen in (kim, park):
        await here.desk.ideas.join(second.id, citizen)
    await here.desk.ideas.notify(second.id, park)
    await here.teller.run()
    here.told.clear()
    await here.desk.ideas.merge(second.id, first.id)
    assert await voices(here, first.id) == 3
    assert await voices(here, second.id) == 0
    await here.desk.ideas.join(second.id, choi)  # a button shown before leads to the other
    assert await voices(here, first.id) == 4
    await here.teller.run()
    assert sorted(who for who, _ in here.told) == [lee, park]  # 김 joined without asking to be told
    here.told.clear()
    await here.desk.ideas.reply(first.id, "내년부터 늦춰요.", "parking", "교통행정과")
    await here.teller.run()
    assert sorted(who for who, _ in here.told) == [kim, lee, park]
    assert all("내년부터 늦춰요." in text for _, text in here.told)
    for target in (second.id, first.id):
        with pytest.raises(NotPossible):
            await here.desk.ideas.merge(first.id, target)
    assert await here.desk.board.leading(second.number) == first.number


async def test_the_list_is_counted_sorted_and_paged(here: Town) -> None:
    kim, lee = await here.citizen("kim"), await here.citizen("lee")
    old = await here.idea(kim, "오래된 제안", shown=True)
    here.clock.pass_(hours=1)
    new = await here.idea(kim, "새 제안", shown=True)
    await here.idea(kim, "아직 안 읽은 제안")
    await here.desk.ideas.join(old.id, lee)
    rows, total = await here.desk.board.page(Wanted(), 0, 10)
    assert ([(row.idea.id, row.voices) for row in rows], total) == ([(old.id, 2), (new.id, 1)], 2)
    newest, _ = await here.desk.board.page(Wanted(newest=True), 0, 1)
    assert newest[0].idea.id == new.id
    assert (await here.desk.board.page(Wanted(topic="culture"), 0, 10))[1] == 0


async def test_the_same_message_proposes_once(here: Town) -> None:
    kim = await here.citizen("kim")
    made = await asyncio.gather(*(here.idea(kim, "막차를 늦춰요") for _ in range(3)))
    assert len({row.number for row in made}) == 1
    assert await voices(here, made[0].id) == 1


async def test_ideas_of_the_same_meaning_are_found(here: Town) -> None:
    kim = await here.citizen("kim")
    bus = await here.idea(kim, "버스 막차 시간을 늦춰 주세요", "야근하고 나면 버스가 끊겨요", shown=True)
    await here.idea(kim, "동네에 도서관을 지어 주세요", "책 읽을 곳이 없어요", shown=True)
    similar = Similar(load_encoder("sotong", Morphemes()), here.desk.ideas.public)
    found = await similar.find("막차가 너무 일찍 끊겨요 버스를 더 늦게까지 운행해 주세요")
    assert [row.id for row in found] == [bus.id]
    assert await similar.find("강아지 놀이터가 있으면 좋겠어요") == []
    assert most_alike("버스 막차", await here.desk.ideas.public())[0].id == bus.id


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["join", "leave", "merge"]), st.integers(0, 2), st.integers(0, 2))))
async def test_voices_are_never_more_than_citizens(
    tmp_path_factory: pytest.TempPathFactory, deeds: list[tuple[str, int, int]]
) -> None:
    async with town(tmp_path_factory.mktemp("ideas")) as here:
        citizens = [await here.citizen(name) for name in ("kim", "lee", "park")]
        ideas = [(await here.idea(citizens[place], f"제안 {place}", shown=True)).id for place in range(3)]
        for deed, who, which in deeds:
            try:
                if deed == "merge":
                    await here.desk.ideas.merge(ideas[who], ideas[which])
                elif deed == "join":
                    await here.desk.ideas.join(ideas[which], citizens[who])
                else:
                    await here.desk.ideas.leave(ideas[which], citizens[who])
            except NotPossible:
                continue
        rows, _ = await here.desk.board.page(Wanted(), 0, 10)
        assert all(row.voices <= len(citizens) for row in rows)
        assert rows  # something stays public, whatever is merged
