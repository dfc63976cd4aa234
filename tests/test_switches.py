"""Emergency notices and silences, as citizens meet them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.looked import EVERY
from bot.messages import Button, Outbound
from bot.settings import Settings
from bot.switches.switchboard import NewNotice
from bot.switches.tables import BotOff, EmergencyNotice
from tests.care_support import Desk, care_city
from tests.gateway_support import LIMITS, Phone
from tests.scripted_rasa import reply

WATER = "오늘 18시까지 새솔동 일대의 수돗물이 나오지 않아요."
HELP = Outbound(text="지금 바로 119", buttons=(Button(label="119", url="tel:119"),))
LIFELINE = Outbound(text="혼자 견디지 않으셔도 돼요.", buttons=(Button(label="109", url="tel:109"),))


@pytest.fixture
async def desk(settings: Settings, free_port: int) -> AsyncIterator[Desk]:
    async with care_city(settings, free_port) as opened:
        yield opened


async def test_a_notice_comes_ahead_of_the_answer_and_once(desk: Desk) -> None:
    assert await desk.city.ask("여권 얼마예요?") == ["답: 여권 얼마예요?"]
    await desk.notify(WATER)
    first, answer = await desk.city.ask("여권 얼마예요?")
    assert WATER in first
    assert "11월 18일 16:00까지" in first
    assert answer == "답: 여권 얼마예요?"
    assert await desk.city.ask("등본은요?") == ["답: 등본은요?"]
    assert WATER in (await desk.city.ask("안녕", to="lee"))[0]


async def test_a_notice_is_live_within_a_second_in_a_gateway_that_is_not_told(desk: Desk) -> None:
    await desk.city.ask("안녕")
    now = desk.city.now
    await desk.switchboard.notify(NewNotice(WATER, "시험", now, now + timedelta(hours=1)), desk.operator)
    await asyncio.sleep(EVERY)
    assert WATER in (await desk.city.ask("여권"))[0]


async def test_who_asks_about_it_gets_it_again_and_nothing_else(desk: Desk) -> None:
    await desk.notify(WATER, words=("단수", "물이 안"))
    await desk.city.ask("안녕")
    (said,) = await desk.city.ask("물이안 나와요 언제까지예요")
    assert WATER in said
    assert (await desk.city.outcomes())[-1] == "answered_faq"
    desk.city.rasa.answer = lambda text: reply("어디인가요?", outcome="asked_back")
    both = await desk.city.ask("단수 신고할래요")  # in the middle of a form nothing is taken away
    assert both[1:] == ["어디인가요?"]


async def test_it_is_over_when_its_time_is_and_when_somebody_ends_it(desk: Desk) -> None:
    first = await desk.notify(WATER, hours=1)
    desk.city.now += timedelta(hours=2)
    desk.look()
    assert await desk.city.ask("안녕") == ["답: 안녕"]
    second = await desk.notify(WATER)
    assert await desk.switchboard.end(EmergencyNotice, second, desk.operator)
    assert not await desk.switchboard.end(EmergencyNotice, first, desk.operator)
    desk.look()
    assert await desk.city.ask("안녕하세요") == ["답: 안녕하세요"]
    assert await desk.switchboard.again(EmergencyNotice, second)
    desk.look()
    assert WATER in (await desk.city.ask("안녕하세요"))[0]


async def test_only_its_channels_and_districts_hear_it(desk: Desk) -> None:
    await desk.notify("다른 채널만", channels=("kakao",))
    await desk.notify(WATER, districts=("새솔동",))
    assert await desk.city.ask("한내동 쓰레기 요일") == ["답: 한내동 쓰레기 요일"]
    said = await desk.city.ask("아니, 새솔 사는데요")
    assert "대상: 새솔동" in said[0]
    assert WATER in (await desk.city.ask("여권", to="lee"))[0]  # nobody knows where they are


async def test_help_in_danger_stands_before_a_notice_and_alone_in_a_crisis(desk: Desk) -> None:
    await desk.notify(WATER)
    desk.city.rasa.answer = lambda text: reply(LIFELINE.text, "그리고 답")
    items = desk.city.rasa.answer("")
    items[0]["custom"]["sotong"]["messages"][0] = LIFELINE.model_dump(mode="json")
    desk.city.rasa.answer = lambda text: items
    assert await desk.city.ask("너무 힘들어요") == [LIFELINE.text, "그리고 답"]
    other = reply(HELP.text, "그리고 답")
    other[0]["custom"]["sotong"]["messages"][0] = HELP.model_dump(mode="json")
    desk.city.rasa.answer = lambda text: other
    said = await desk.city.ask("물이 새서 위험해요")
    assert [said[0], WATER in said[1], said[2]] == [HELP.text, True, "그리고 답"]


async def test_it_is_pushed_once_to_who_wrote_lately_and_may_be_written_to(desk: Desk) -> None:
    await desk.city.ask("안녕", to="early")
    desk.city.now += timedelta(hours=7)
    for citizen in ("kim", "lee", "park"):
        await desk.city.ask("안녕", to=citizen)
    await desk.city.desk.claim(await desk.city.id("park"), desk.operator)
    await desk.notify(WATER, push_hours=6)
    assert "kim" in [wire["to"] for wire in desk.city.phone.shown]
    before = len(desk.city.phone.shown)
    push = desk.pushing()
    assert await push.count((), 6) == 2
    assert [await push.run(), await push.run(), await desk.pushing().run()] == [2, 0, 0]
    await desk.city.turns.idle()
    assert sorted(wire["to"] for wire in desk.city.phone.shown[before:]) == ["kim", "lee"]
    assert await desk.city.ask("여권") == ["답: 여권"]  # they have seen it
    row = await desk.switchboard.notice(1)
    assert row is not None
    assert row.pushed == 2


async def test_no_channel_that_cannot_push_is_pushed_to(settings: Settings, free_port: int) -> None:
    phone = Phone(capabilities=LIMITS.__class__(4000, 10, 40, 64, False, False, True, False, 5.0))
    async with care_city(settings, free_port, phone=phone) as desk:
        await desk.city.ask("안녕")
        await desk.notify(WATER, push_hours=24)
        assert await desk.pushing().run() == 0
        assert WATER in (await desk.city.ask("여권"))[0]


async def test_while_the_bot_is_off_everybody_gets_a_phone_and_danger_its_help(desk: Desk) -> None:
    id_ = await desk.silence(says="답에 잘못이 있어 고치고 있어요.")
    (said,) = await desk.city.ask("여권 얼마예요?")
    assert "답에 잘못이 있어 고치고 있어요." in said
    assert "099-120-1000" in said
    assert (await desk.city.outcomes()) == ["switched_off"]
    assert "109" in (await desk.city.ask("죽고 싶어요"))[0]
    assert not desk.city.rasa.asked
    assert await desk.switchboard.end(BotOff, id_, desk.operator)
    desk.look()
    assert await desk.city.ask("여권") == ["답: 여권"]


async def test_what_the_model_takes_for_danger_gets_help_as_well(settings: Settings, free_port: int) -> None:
    async with care_city(settings, free_port, understood={"emergency": 0.2, "ask_faq": 0.8}) as desk:
        await desk.silence()
        assert "119" in (await desk.city.ask("부엌에서 연기가 자꾸 나는데 어쩌죠"))[0]


async def test_instead_of_the_bot_there_can_be_hours_or_a_person(desk: Desk) -> None:
    id_ = await desk.silence(instead="hours")
    assert "20:00까지" in (await desk.city.ask("여권"))[0]
    assert await desk.switchboard.end(BotOff, id_, desk.operator)
    await desk.silence(instead="person")
    await desk.notify(WATER)
    notice, off, queued = await desk.city.ask("등본")
    assert WATER in notice
    assert "사람이 도와드릴게요" in off
    assert queued
    assert await desk.city.desk.state(await desk.city.id()) == "waiting"


async def test_one_topic_is_off_and_all_others_are_answered(desk: Desk) -> None:
    await desk.silence(topic="passport", says="수수료가 바뀌는 중이에요.")
    desk.city.rasa.answer = lambda text: reply("5만 원", detail={"answer_id": "passport-fee"})
    (said,) = await desk.city.ask("여권 얼마예요?")
    assert "수수료가 바뀌는 중이에요." in said
    assert "5만" not in said
    both = {"answers": ["resident-copy", "passport-fee"]}
    desk.city.rasa.answer = lambda text: reply("두 가지예요", "5만 원", detail=both)
    assert "5만 원" not in await desk.city.ask("등본이랑 여권이요")
    desk.city.rasa.answer = lambda text: reply("천 원", detail={"answer_id": "resident-copy"})
    assert await desk.city.ask("등본은요?") == ["천 원"]
    await desk.silence(topic="ask_waste_day", channel="kakao")
    desk.city.rasa.answer = lambda text: reply("월요일", outcome="answered_service", intent="ask_waste_day")
    assert await desk.city.ask("쓰레기는요?") == ["월요일"]


async def test_who_has_a_person_keeps_them_while_the_bot_is_off(desk: Desk) -> None:
    await desk.city.ask("안녕")
    assert await desk.city.gateway.claim(await desk.city.id(), desk.operator, "김하늘")
    await desk.city.turns.idle()
    await desk.silence()
    assert await desk.city.ask("저기요") == []
