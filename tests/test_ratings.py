"""How was it? Asked at the right time, answered by a button; what is bad comes back to those who mend it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.content.live_file import LiveFile
from bot.log.engine import reading
from bot.loop.tables import InboxLine
from bot.messages import Button, Candidate, Outbound, Reply
from bot.ratings.rules import RatingFile, askable
from bot.ratings.tables import Rating
from bot.settings import Settings
from tests.care_support import Desk, care_city
from tests.console_support import csrf, text, world
from tests.scripted_rasa import reply
from tests.staff_support import person


@pytest.fixture
async def desk(settings: Settings, free_port: int) -> AsyncIterator[Desk]:
    async with care_city(settings, free_port, share=100) as opened:
        yield opened


async def rows(desk: Desk) -> list[Rating]:
    async with reading(desk.parts.engine) as session:
        return list(await session.scalars(select(Rating).order_by(Rating.id)))


async def _asks(desk: Desk) -> bool:
    assert len(await desk.city.ask("여권 얼마예요?")) == 1
    return "아쉬웠어요" in str(desk.city.phone.shown[-1])


async def test_an_answer_is_asked_about_and_not_every_one(desk: Desk) -> None:
    desk.city.rasa.answer = lambda text: reply("5만 원", detail={"answer_id": "passport-fee"})
    assert await _asks(desk)
    assert not await _asks(desk)  # asked a moment ago
    desk.city.now += timedelta(days=4)
    assert await _asks(desk)
    desk.city.now += timedelta(days=4)
    desk.city.rasa.answer = lambda text: reply("무엇을 도와드릴까요?", outcome="chatted")
    assert len(await desk.city.ask("안녕")) == 1
    assert [(row.about, row.topic, row.channel, row.score) for row in await rows(desk)] == [
        ("answer", "passport", "phone", None)
    ] * 2


async def test_a_bad_rating_comes_into_the_inbox_and_its_words_are_kept_masked(desk: Desk) -> None:
    await desk.city.ask("여권 얼마예요?")
    assert len(await desk.tap("아쉬웠어요")) == 1
    async with reading(desk.parts.engine) as session:
        (line,) = await session.scalars(select(InboxLine))
    assert (line.message_id, line.why) == (1, "rated")
    await desk.tap("의견 남기기")
    desk.look()
    await desk.city.ask("틀렸어요. 제 번호는 900101-1234567 이에요")
    (row,) = await rows(desk)
    assert (row.score, row.comment) == (1, "틀렸어요. 제 번호는 [주민등록번호] 이에요")
    assert len(desk.city.rasa.asked) == 1  # a comment is no question
    assert await desk.city.ask("등본은요?") == ["답: 등본은요?"]


async def test_a_mind_can_be_changed_and_a_comment_left_out(desk: Desk) -> None:
    await desk.city.ask("여권 얼마예요?")
    await desk.tap("그저 그랬어요")
    await desk.tap("좋았어요")
    await desk.tap("의견 남기기")
    desk.look()
    await desk.tap("그만두기")
    desk.look()
    assert await desk.city.ask("등본은요?") == ["답: 등본은요?"]
    (row,) = await rows(desk)
    assert (row.score, row.comment) == (5, None)


async def test_words_of_danger_are_no_comment(desk: Desk) -> None:
    await desk.city.ask("여권 얼마예요?")
    await desk.tap("좋았어요")
    await desk.tap("의견 남기기")
    desk.look()
    assert await desk.city.ask("죽고 싶어요") == ["답: 죽고 싶어요"]  # the bot's own help
    assert (await rows(desk))[0].comment is None


async def test_a_closed_talk_is_asked_about_once(desk: Desk) -> None:
    await desk.city.ask("안녕")
    citizen = await desk.city.id()
    assert await desk.city.gateway.claim(citizen, desk.operator, "김하늘")
    assert await desk.city.gateway.close(citizen, desk.operator)
    talks = desk.talks()
    assert [await talks.run(), await talks.run(), await desk.talks().run()] == [1, 0, 0]
    await desk.city.turns.idle()
    await desk.tap("좋았어요")
    answer, talk = await rows(desk)
    assert (talk.about, talk.operator_id, talk.score, answer.score) == ("talk", desk.operator, 5, None)


async def test_an_erased_citizen_leaves_a_score_and_no_words(desk: Desk) -> None:
    await desk.city.ask("여권 얼마예요?")
    await desk.tap("아쉬웠어요")
    await desk.tap("의견 남기기")
    desk.look()
    await desk.city.ask("별로예요")
    await desk.city.gateway.erase(await desk.city.id())
    (row,) = await rows(desk)
    assert (row.conversation_id, row.message_id, row.comment, row.score) == (None, None, None, 1)


def test_rules_leave_out_what_is_no_time_to_ask(settings: Settings) -> None:
    rules = LiveFile(settings.live_data / "ratings.yml", RatingFile).current()
    assert rules.answers.share == 25

    class Stored:
        conversation_id, channel = 7, "webchat"

        class inbound:  # noqa: N801
            public = False

        def __init__(self, seq: int) -> None:
            self.seq = seq

    plain = Reply(messages=(Outbound(text="답"),), outcome="answered_faq")
    asked = sum(askable(rules.answers, Stored(seq), plain) for seq in range(1, 1001))  # type: ignore[arg-type]
    assert 200 <= asked <= 300
    everything = rules.answers.model_copy(update={"share": 100})
    choice = Outbound(text="답", buttons=(Button(label="더 보기", payload="/more"),))
    danger = Outbound(text="119", buttons=(Button(label="119", url="tel:119"),))
    shown = ({"messages": (each,)} for each in (choice, danger))
    for changed in (*shown, {"handoff": "asked"}, {"outcome": "clarified"}):
        assert not askable(everything, Stored(1), plain.model_copy(update=changed))  # type: ignore[arg-type]


async def test_a_wrong_answer_goes_to_the_inbox_and_to_a_department(tmp_path: Path) -> None:
    async with world(tmp_path) as made, person(made, "nuri", "operator") as client:
        citizen = await made.ask("여권 얼마예요?")
        hit = Candidate(id="passport-fee", score=0.9)
        said = (Outbound(text="백만 원이에요."),)
        given = Reply(messages=said, outcome="answered_faq", candidates=(hit,), intent="ask_faq")
        await made.answer(citizen, given)
        page = await text(client, f"/conversations/{citizen}")
        assert f"/conversations/{citizen}/review/1" in page
        form = await text(client, f"/conversations/{citizen}/review/1")
        assert "백만 원이에요." in form
        data = {"csrf": csrf(form), "verdict": "harmful", "theme": "사실이 틀림", "follow_up": "1"}
        done = await client.post(f"/conversations/{citizen}/review/1", data=data)
        assert "해로운 답이라고 적고" in await done.text()
        assert "해로워요" in await text(client, f"/conversations/{citizen}")
        listed = await text(client, "/reviews?verdict=harmful")
        assert "사실이 틀림" in listed
        assert "여권" in listed
        assert "여권 얼마예요?" in await text(client, "/studio/tasks")
        async with reading(made.engine) as session:
            (line,) = await session.scalars(select(InboxLine))
        assert (line.why, line.message_id) == ("reviewed", 1)
        again = await client.post(f"/conversations/{citizen}/review/1", data=data | {"verdict": "right"})
        assert "맞는 답이라고 적었어요." in await again.text()
        assert (await client.get(f"/conversations/{citizen}/review/2")).status == 404
