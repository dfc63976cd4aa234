"""Publishing, rolling back and what dies on the way: real SQL, real files, real processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.releases.folder import prints
from bot.releases.live import live_number, open_live
from bot.releases.releases import FIRST, Blocked, Meanwhile, NoSuchRelease, NothingNew, Releases
from bot.settings import ROOT, Settings
from tests.databases import emptied
from tests.log_support import NOON, database
from tests.releases_support import PASSED, PASSPORT, Editor, answer, candidate, city, live, place, say

KIM = Editor()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return city(tmp_path, ROOT)


@pytest.fixture(params=["sqlite", "postgresql"])
async def engine(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[AsyncEngine]:
    url = settings.database if request.param == "sqlite" else request.getfixturevalue("postgres")
    async with database(url) as engine:
        await emptied(engine)
        yield engine


@pytest.fixture
def releases(engine: AsyncEngine, settings: Settings) -> Releases:
    return Releases(engine, settings, lambda: NOON)


async def test_nothing_published_hand_edits_are_live(releases: Releases, settings: Settings) -> None:
    open_live(settings)
    say(settings, "6만 원이에요.")
    assert live(settings) == answer("6만 원이에요.")
    assert await releases.active() is None
    assert await releases.unpublished() == []


async def test_publishing_makes_it_live_and_writes_it_down(
    releases: Releases, settings: Settings, tmp_path: Path
) -> None:
    before = place(settings, PASSPORT).read_text("utf-8")
    made = candidate(settings, tmp_path / "candidate", {PASSPORT: answer("5만 3천 원이에요.")})
    release = await releases.publish(made, KIM, "수수료가 올랐어요", PASSED)
    assert (release.number, release.follows, release.who, release.why) == (
        2,
        1,
        "김한빛",
        "수수료가 올랐어요",
    )
    assert live_number(settings) == 2
    assert live(settings) == answer("5만 3천 원이에요.")
    assert place(settings, PASSPORT).read_text("utf-8") == answer("5만 3천 원이에요.")
    assert await releases.active() == release
    first = await releases.get(1)
    assert (first.why, first.operator_id) == (FIRST, None)
    assert (await releases.unpack(1) / PASSPORT).read_text("utf-8") == before
    assert [each.number for each in await releases.list()] == [2, 1]
    assert [(each.kind, each.number) for each in await releases.history()] == [("publish", 2), ("first", 1)]
    assert await releases.files(2) == prints(settings.live)

    say(settings, "손으로 고쳤어요.")
    assert live(settings) == answer("5만 3천 원이에요.")
    assert await releases.unpublished() == [PASSPORT]


async def test_rolling_back_brings_everything_back(
    releases: Releases, settings: Settings, tmp_path: Path
) -> None:
    extra = "data/answers/extra.yml"
    old = answer("5만 원이에요.")
    made = candidate(
        settings, tmp_path / "c", {PASSPORT: answer("잘못"), extra: answer("x").replace("fee", "x")}
    )
    await releases.publish(made, KIM, "잘못 고침", PASSED)
    back, by_hand = await releases.rollback(1, KIM, "되돌려요")
    assert (back.number, by_hand) == (1, ())
    assert live(settings) == place(settings, PASSPORT).read_text("utf-8") == old
    assert not place(settings, extra).exists()
    assert not (settings.live / extra).exists()
    assert (await releases.active()) == back
    again, _ = await releases.rollback(2, KIM, "다시")
    assert again.number == 2
    assert live(settings, extra)
    with pytest.raises(NothingNew):
        await releases.rollback(2, KIM, "또")
    with pytest.raises(NoSuchRelease):
        await releases.rollback(9, KIM, "없는 것")


async def test_hand_edits_survive_a_roll_back_and_are_named(
    releases: Releases, settings: Settings, tmp_path: Path
) -> None:
    other = "data/answers/other.yml"
    made = candidate(
        settings, tmp_path / "c", {PASSPORT: answer("둘"), other: answer("y").replace("fee", "y")}
    )
    await releases.publish(made, KIM, "둘", PASSED)
    say(settings, "손으로 셋")
    _, by_hand = await releases.rollback(1, KIM, "되돌려요")
    assert by_hand == (PASSPORT,)
    assert place(settings, PASSPORT).read_text("utf-8") == answer("손으로 셋")
    assert live(settings) == answer("5만 원이에요.")
    assert not place(settings, other).exists()


async def test_what_changed_meanwhile_is_named_and_nothing_is_written(
    releases: Releases, settings: Settings, tmp_path: Path
) -> None:
    made = candidate(settings, tmp_path / "c", {PASSPORT: answer("둘")})
    say(settings, "그 사이 손으로")
    with pytest.raises(Meanwhile) as raised:
        await releases.publish(made, KIM, "둘", PASSED)
    assert raised.value.paths == (PASSPORT,)
    assert place(settings, PASSPORT).read_text("utf-8") == answer("그 사이 손으로")
    assert await releases.list() == []
    assert live_number(settings) is None


async def test_blocked_is_published_only_when_overruled(
    releases: Releases, settings: Settings, tmp_path: Path
) -> None:
    made = candidate(settings, tmp_path / "c", {PASSPORT: answer("둘")})
    blocked = {"blocked": True, "problems": [{"rule": "golden"}]}
    with pytest.raises(Blocked):
        await releases.publish(made, KIM, "둘", blocked)
    with pytest.raises(Blocked):
        await releases.publish(made, KIM, "둘", blocked, overruled="  ")
    release = await releases.publish(made, KIM, "둘", blocked, overruled="시장님 지시")
    assert (release.overruled, release.verdict) == ("시장님 지시", blocked)
    again = candidate(settings, tmp_path / "d", {})
    with pytest.raises(NothingNew):
        await releases.publish(again, KIM, "같은 것", PASSED)


async def test_of_two_at_once_one_wins(releases: Releases, settings: Settings, tmp_path: Path) -> None:
    two = [candidate(settings, tmp_path / word, {PASSPORT: answer(word)}) for word in ("가", "나")]
    done = await asyncio.gather(
        *(releases.publish(each, KIM, each.name, PASSED) for each in two), return_exceptions=True
    )
    lost = [each for each in done if isinstance(each, Meanwhile)]
    assert len(lost) == 1
    assert lost[0].paths == (PASSPORT,)
    won = await releases.active()
    assert won
    assert live(settings) == place(settings, PASSPORT).read_text("utf-8") == answer(won.why)
