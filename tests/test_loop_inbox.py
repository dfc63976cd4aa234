"""What comes into the inbox, how it is grouped, and what becomes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.encoder.encoder import Encoder
from bot.log.engine import reading
from bot.loop.grouping import Grouping
from bot.loop.inbox import Wanted
from bot.loop.lines import lines_of, nearest
from bot.loop.settling import Gone, Made
from bot.loop.signals import SILENT, Why
from bot.loop.tables import InboxGroup, InboxLine, Settlement
from bot.settings import Settings
from tests.loop_support import UNKNOWN, Ward, ward

SHIP, SHIP_TOO, CAT = (
    "우주선 주차는 어디에 하나요",
    "우주선 주차할 곳 있나요",
    "길고양이 중성화 신청하고 싶어요",
)


@pytest.fixture
async def here(settings: Settings) -> AsyncIterator[Ward]:
    async with ward(settings) as made:
        yield made


class TestInflow:
    async def test_a_line_that_stayed_unanswered_comes_in_once(self, here: Ward) -> None:
        await here.turn(SHIP)
        await here.turn("안녕하세요", "chatted", intent="greet")
        assert await here.arrived() == [(SHIP, "unanswered")]
        here.pass_(minutes=30)
        await here.turn(CAT)
        assert await here.arrived() == [(SHIP, "unanswered"), (CAT, "unanswered")]

    async def test_answers_offered_and_none_taken(self, here: Ward) -> None:
        await here.turn("여권 값", "clarified", user="takes")
        await here.turn("", "answered_faq", user="takes", tap=True, intent="choose_answer")
        await here.turn("여권 사진", "clarified", user="none fits")
        await here.turn("", "unanswered", user="none fits", tap=True, intent="deny")
        await here.turn("여권 색", "clarified", user="asks on")
        await here.turn("표지 색이요", "answered_faq", user="asks on")
        await here.turn("여권 두께", "clarified", user="silent")
        arrived = [("여권 사진", "none_fit"), ("여권 색", "clarified")]
        assert await here.arrived() == arrived
        here.now += SILENT
        assert await here.arrived() == [*arrived, ("여권 두께", "clarified")]

    @pytest.mark.parametrize(
        ("intent", "why"), [("complain_about_bot", "complained"), ("talk_to_person", "person")]
    )
    async def test_not_content_right_after_an_answer(self, here: Ward, intent: str, why: str) -> None:
        await here.turn("여권 값", "clarified", user="park")
        await here.turn("", "answered_faq", user="park", tap=True, intent="choose_answer")
        await here.turn("뭔 소리예요", "chatted", user="park", intent=intent)
        await here.turn("여권 사진", "answered_faq", user="later")
        here.pass_(minutes=20)
        await here.turn("답답하네", "chatted", user="later", intent=intent)
        await here.turn("답답하네", "chatted", user="at once", intent=intent)
        assert await here.arrived() == [("여권 값", why)]

    async def test_a_rating_is_a_reason_too(self, here: Ward) -> None:
        await here.turn("여권 값", "answered_faq")
        await here.turn("", "chatted", tap=True)
        assert await here.loop.inflow.add(1, Why.RATED)
        assert not await here.loop.inflow.add(1, Why.RATED)
        assert not await here.loop.inflow.add(3, Why.RATED)  # a button
        assert not await here.loop.inflow.add(999, Why.RATED)
        assert await here.arrived() == [("여권 값", "rated")]

    async def test_the_department_is_guessed_by_words_then_by_the_answers_near(self, here: Ward) -> None:
        await here.turn("자동차세가 이상해요", user="words")
        await here.turn("이거 뭐예요", user="near", near=["passport-fee", "passport-lost"])
        await here.turn("이거 뭐예요 정말", user="nothing")
        await here.arrived()
        query = select(InboxLine.department).order_by(InboxLine.message_id)
        async with reading(here.engine) as session:
            words, near, nothing = (await session.scalars(query)).all()
        file = here.loop.content.departments()
        owner = next(each.owner for each in here.loop.content.answers() if each.id == "passport-fee")
        assert (words != file.default, near, nothing) == (True, owner, file.default)


class TestGrouping:
    async def test_by_meaning_and_new_ones_join(self, here: Ward, encoder: Encoder) -> None:
        for number, text in enumerate([SHIP, SHIP_TOO, CAT, "ㅁㄴㅇㄹ", "zxqv"]):
            await here.turn(text, user=f"u{number}")
        groups = await here.grouped(encoder)
        assert sorted(groups.values()) == [1, 2, 2]
        assert groups[CAT] == 1
        await here.turn("길냥이 중성화 신청", user="late")
        groups = await here.grouped(encoder)
        assert sorted(groups.values()) == [2, 2, 2]
        assert await Grouping(here.engine, encoder, here.clock).run() == 0

    async def test_another_encoder_knows_the_groups_again(self, here: Ward, encoder: Encoder) -> None:
        class Renamed:
            name = "another"
            encode = encoder.encode

        await here.turn(SHIP)
        await here.grouped(encoder)
        await here.turn(SHIP_TOO, user="park")
        assert list((await here.grouped(Renamed())).values()) == [2]
        async with reading(here.engine) as session:
            assert (await session.scalars(select(InboxGroup.encoder))).all() == ["another"]

    async def test_figures_filters_and_search(self, here: Ward, encoder: Encoder) -> None:
        await here.turn(SHIP, user="old", channel="telegram")
        here.pass_(days=10)
        await here.turn(SHIP, user="new")
        await here.turn(SHIP_TOO, "clarified", user="new too")
        await here.turn(CAT, user="cat")
        here.now += SILENT
        await here.grouped(encoder)
        [ship, cat] = await here.groups()
        assert (ship.lines, ship.this_week, ship.last_week, ship.trend) == (3, 2, 1, "up")
        assert set(ship.channels) == {"webchat", "telegram"}
        assert ship.whys == {"unanswered": 2, "clarified": 1}

        async def titles(**wanted: object) -> list[tuple[int, int]]:
            page = await here.loop.inbox.page(Wanted(**wanted), here.now, 0, 10)  # type: ignore[arg-type]
            return [(each.id, each.lines) for each in page.groups]

        assert await titles(why="clarified") == [(ship.id, 1)]
        assert await titles(channel="telegram") == [(ship.id, 1)]
        assert await titles(words="중성화 신청") == [(cat.id, 1)]
        assert await titles(words="100%") == []
        assert await titles(since=here.now - timedelta(days=2)) == [(ship.id, 2), (cat.id, 1)]
        assert (await titles(newest=True))[0][0] in (ship.id, cat.id)
        assert await titles(department=cat.department) == [(cat.id, 1)]

    async def test_its_lines_say_what_the_bot_said_and_which_answers_were_near(
        self, here: Ward, encoder: Encoder
    ) -> None:
        await here.turn(SHIP, near=["parking-resident", "passport-fee"])
        await here.turn(SHIP_TOO, user="park", near=["parking-resident"])
        await here.grouped(encoder)
        [group] = await here.groups()
        lines, total = await lines_of(here.engine, group.id)
        assert total == 2
        assert {line.answered for line in lines} == {UNKNOWN}
        assert nearest(lines) == ["parking-resident", "passport-fee"]

    async def test_who_is_erased_leaves_nothing(self, here: Ward, encoder: Encoder) -> None:
        kim = await here.turn(SHIP)
        await here.turn(SHIP_TOO, user="park")
        cat = await here.turn(CAT, user="lee")
        await here.grouped(encoder)
        await here.log.erase(kim)
        await here.log.erase(cat)
        assert await here.grouped(encoder) == {SHIP_TOO: 1}
        async with reading(here.engine) as session:
            assert await session.scalar(select(func.count()).select_from(InboxLine)) == 1


class TestSettling:
    async def test_what_is_settled_leaves_the_list_and_can_be_undone(
        self, here: Ward, encoder: Encoder
    ) -> None:
        await here.turn(SHIP)
        await here.turn(SHIP_TOO, user="park")
        await here.grouped(encoder)
        [group] = await here.groups()
        assert await here.loop.settling.texts(group.id, []) == [group.title]
        settled = await here.loop.settling.settle(group.id, [1], Made("dismissed", "chat"), here.operator)
        assert [each.lines for each in await here.groups()] == [1]
        assert [each.lines for each in await here.groups("done")] == [1]
        with pytest.raises(Gone):
            await here.loop.settling.settle(group.id, [1], Made("dismissed", "chat"), here.operator)
        assert await here.loop.settling.undo(settled)
        assert [each.lines for each in await here.groups()] == [2]
        assert not await here.loop.settling.undo(settled)

    async def test_what_means_the_same_waits_for_the_same_answer(self, here: Ward, encoder: Encoder) -> None:
        await here.turn(SHIP)
        await here.grouped(encoder)
        [group] = await here.groups()
        made = Made("answer", "answer:ship", (SHIP,))
        await here.drafts.save("answer:ship", SHIP, None, "topic: x", 0, here.operator)
        await here.loop.settling.settle(group.id, [], made, here.operator)
        await here.turn(SHIP_TOO, user="park")
        assert await here.grouped(encoder) == {}
        assert [each.lines for each in await here.groups("under_way")] == [2]
        assert await here.loop.settling.follow() == 0
        await here.drafts.drop(["answer:ship"])
        assert await here.loop.settling.follow() == 1
        assert [each.lines for each in await here.groups("done")] == [2]
        await here.turn(SHIP, user="lee")  # published, and still not understood
        assert list((await here.grouped(encoder)).values()) == [1]

    async def test_dismissed_for_good(self, here: Ward, encoder: Encoder) -> None:
        await here.turn("ㅁㄴㅇㄹ")
        await here.grouped(encoder)
        [group] = await here.groups()
        await here.loop.settling.settle(group.id, [], Made("dismissed", "chat", keep=True), here.operator)
        await here.turn("zxqv", user="park")
        assert await here.grouped(encoder) == {}
        assert [each.lines for each in await here.groups("done")] == [2]

    async def test_a_draft_given_up_opens_its_lines_again(self, here: Ward, encoder: Encoder) -> None:
        await here.turn(SHIP)
        await here.grouped(encoder)
        [group] = await here.groups()
        draft = await here.drafts.save("answer:ship", SHIP, None, "topic: x", 0, here.operator)
        made = Made("answer", "answer:ship", (SHIP,))
        await here.loop.settling.settle(group.id, [], made, here.operator)
        await here.drafts.discard("answer:ship", draft.version)
        assert await here.loop.settling.follow() == 0
        assert [each.lines for each in await here.groups()] == [1]

    async def test_settlements_of_erased_lines_go(self, here: Ward, encoder: Encoder) -> None:
        kim = await here.turn(SHIP)
        await here.grouped(encoder)
        [group] = await here.groups()
        await here.loop.settling.settle(group.id, [], Made("dismissed", "chat"), here.operator)
        await here.log.erase(kim)
        await here.grouped(encoder)
        async with reading(here.engine) as session:
            assert await session.scalar(select(func.count()).select_from(Settlement)) == 0
