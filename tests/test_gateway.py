"""What a citizen sees, whatever happens behind the gateway: always a reply, once, in order."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from bot.answering import MAX_QUESTION
from bot.channel import DeliveryError
from bot.messages import Attachment, AttachmentKind, Button, Outbound, Reply
from bot.rasa import escape
from bot.settings import Settings
from tests.gateway_support import NIGHT, City, open_city
from tests.log_support import found
from tests.scripted_rasa import reply


@pytest.fixture
async def city(settings: Settings, free_port: int) -> AsyncIterator[City]:
    async with open_city(settings, free_port) as opened:
        yield opened


async def test_a_question_is_answered_and_logged(city: City) -> None:
    city.rasa.answer = lambda text: reply("5만 원이에요.", intent="ask_faq", confidence=0.93)
    assert await city.ask("여권 재발급 얼마예요?") == ["5만 원이에요."]
    lines = await city.log.history(await city.id())
    assert [(line.author, line.text, line.outcome) for line in lines] == [
        ("citizen", "여권 재발급 얼마예요?", "answered_faq"),
        ("bot", "5만 원이에요.", None),
    ]
    assert (lines[0].intent, lines[0].confidence) == ("ask_faq", 0.93)
    assert lines[0].latency_ms is not None
    assert not city.phone.typed  # it was there at once


async def test_who_waits_for_an_answer_sees_that_it_is_being_written(city: City) -> None:
    city.rasa.delay = 1.0
    await city.ask("여권 재발급 얼마예요?")
    assert city.phone.typed == 1


async def test_the_same_message_three_times_is_one_turn(city: City) -> None:
    taken = await asyncio.gather(*(city.send("안녕", message_id="same") for _ in range(3)))
    await city.turns.idle()
    assert sorted(taken) == [False, False, True]
    assert len(city.rasa.asked) == len(city.phone.shown) == 1


async def test_ten_messages_in_one_second_are_ten_turns_in_order(city: City) -> None:
    city.rasa.delay = 0.01
    await asyncio.gather(*(city.send(f"질문 {number}") for number in range(10)))
    await city.turns.idle()
    lines = await city.log.history(await city.id())
    asked = [line.text for line in lines if line.author == "citizen"]
    assert len(asked) == 10
    assert [wire["text"] for wire in city.phone.shown] == [f"답: {text}" for text in asked]


async def test_conversations_do_not_wait_for_each_other(city: City) -> None:
    city.rasa.delay = 0.3
    started = asyncio.get_running_loop().time()
    for number in range(30):
        await city.send("질문", to=f"citizen-{number}")
    await city.turns.idle()
    assert asyncio.get_running_loop().time() - started < 30 * 0.3 / 2
    assert len(city.phone.shown) == 30


async def test_personal_data_reaches_neither_rasa_nor_the_log(city: City) -> None:
    texts = await city.ask("제 번호는 900101-1234567 이고 010-1234-5678 이에요")
    assert "주민등록번호" in texts[0]
    assert "휴대전화" not in texts[0]
    assert city.rasa.asked[0]["message"] == "제 번호는 [주민등록번호] 이고 [휴대전화] 이에요"
    lines = await city.log.history(await city.id())
    assert not any("1234567" in line.text or "5678" in line.text for line in lines)


@pytest.mark.parametrize(
    "typed", ["/restart", '/ask_faq{"a":"b"}', " //greet", "/", "/ /restart", "/erase_my_data"]
)
async def test_a_typed_slash_never_names_an_intent(city: City, typed: str) -> None:
    (text,) = await city.ask(typed)
    assert text
    assert not any(asked["message"].startswith("/") for asked in city.rasa.asked)
    assert not escape(typed).startswith("/")


@pytest.mark.parametrize(
    "text", ["<b>굵게</b><script>alert(1)</script>", "'; DROP TABLE messages;--", "\x00\u202e거꾸로"]
)
async def test_markup_and_sql_are_only_words(city: City, text: str) -> None:
    assert len(await city.ask(text)) == 1
    assert len(await city.log.history(await city.id())) == 2


async def test_an_endless_message_is_answered_by_its_beginning(city: City) -> None:
    note, answer = await city.ask("여권 " * 3400)
    assert "2,000" in note
    assert answer.startswith("답: 여권")
    assert len(city.rasa.asked[0]["message"]) <= MAX_QUESTION


@pytest.mark.parametrize("text", ["😀😀", "👍", "…", "?!", "   ", "ㅤ"])
async def test_nothing_to_read_gets_a_kind_word(city: City, text: str) -> None:
    (answer,) = await city.ask(text)
    assert len(answer) > 5
    assert city.rasa.asked == []


@pytest.mark.parametrize("kind", list(AttachmentKind))
async def test_each_attachment_reaches_the_bot_and_has_a_reply_without_it(
    city: City, kind: AttachmentKind
) -> None:
    sent = Attachment(kind=kind, ref="x", size=7)
    assert await city.ask(attachments=(sent,)) == ["답: /send_attachment"]
    (told,) = city.rasa.asked[0]["metadata"]["attachments"]
    assert Attachment.model_validate(told) == sent
    city.rasa.answer = lambda _: []
    for city.rasa.has_model in (True, False):
        (answer,) = await city.ask(attachments=(sent,))
        assert len(answer) > 5


async def test_a_photo_with_a_question_is_a_question(city: City) -> None:
    texts = await city.ask(
        "이거 어떻게 버려요", attachments=(Attachment(kind=AttachmentKind.PHOTO, ref="x"),)
    )
    assert texts == ["답: 이거 어떻게 버려요"]


async def test_an_edited_message_is_answered_anew(city: City) -> None:
    note, answer = await city.ask("전입신고 기한", edited=True)
    assert note
    assert answer == "답: 전입신고 기한"


@pytest.mark.parametrize("years", [-40, 40])
async def test_a_wrong_clock_changes_nothing(city: City, years: int) -> None:
    assert await city.ask("첫 질문", sent_at=city.now + timedelta(days=365 * years)) == ["답: 첫 질문"]
    assert await city.ask("둘째 질문") == ["답: 둘째 질문"]


async def test_a_button_means_what_we_stored_and_nothing_else(city: City) -> None:
    shown = Outbound(
        text="골라 주세요", buttons=(Button(label="여권", payload='/choose_answer{"answer_id":"p"}'),)
    )
    city.rasa.answer = lambda text: [
        {"custom": {"sotong": Reply(messages=(shown,), outcome="clarified").model_dump(mode="json")}}
    ]
    await city.ask("여권")
    ((label, short),) = city.phone.shown[0]["buttons"]
    assert label == "여권"
    assert len(short) <= 12
    city.rasa.answer = lambda text: reply("골랐어요")
    assert await city.ask("여권", payload=short) == ["골랐어요"]
    assert city.rasa.asked[-1]["message"] == '/choose_answer{"answer_id":"p"}'
    (expired,) = await city.ask("여권", payload="forged")
    assert "골랐어요" not in expired
    assert len(city.rasa.asked) == 2
    (foreign,) = await city.ask("여권", payload=short, to="lee")
    assert foreign == expired or foreign
    assert len(city.rasa.asked) == 2


@pytest.mark.parametrize(
    "broken",
    ["[]", "not json", '[{"custom": {"sotong": {"outcome": 3}}}]', '[{"custom": {}}]', '[{"text": ""}]'],
)
async def test_a_useless_answer_of_rasa_becomes_a_phone_number(city: City, broken: str) -> None:
    city.rasa.answer = lambda text: broken
    (answer,) = await city.ask("여권")
    assert "099-120-1000" in answer
    assert await city.outcomes() == ["error_bot"]


async def test_a_slow_rasa_becomes_a_phone_number(settings: Settings, free_port: int) -> None:
    async with open_city(settings.model_copy(update={"rasa_timeout": 0.2}), free_port) as city:
        city.rasa.delay = 2
        (answer,) = await city.ask("여권")
        assert "099-120-1000" in answer


async def test_while_rasa_starts_the_question_is_kept_and_answered(
    settings: Settings, free_port: int
) -> None:
    async with open_city(settings, free_port, rasa_up=False) as city:
        await city.send("여권 얼마예요")
        await _until(lambda: len(city.phone.shown) == 1)
        city.rasa.has_model = False
        await city.rasa.start()
        await asyncio.sleep(0.5)
        assert len(city.phone.shown) == 1
        city.rasa.has_model = True
        await city.turns.idle()
        first, second = (wire["text"] for wire in city.phone.shown)
        assert first != second
        assert second == "답: 여권 얼마예요"
        assert await city.outcomes() == ["answered_faq"]


async def test_an_action_server_that_restarts_costs_no_answer(city: City) -> None:
    city.rasa.actions_up = False
    await city.send("여권")
    await _until(lambda: len(city.phone.shown) == 1)
    city.rasa.actions_up = True
    await city.turns.idle()
    assert city.phone.shown[-1]["text"] == "답: 여권"


async def test_a_rasa_that_never_comes_up_is_no_silence(settings: Settings, free_port: int) -> None:
    short = settings.model_copy(update={"rasa_start_timeout": 0.5})
    async with open_city(short, free_port, rasa_up=False) as city:
        preparing, apology = await city.ask("여권")
        assert preparing != apology
        assert "099-120-1000" in apology
        await city.ask("상담원 연결해줘")
        assert (await city.log.conversation(await city.id())).state == "waiting"


async def test_an_interrupted_turn_is_resumed(settings: Settings, free_port: int) -> None:
    async with open_city(settings, free_port) as city:
        city.rasa.delay = 30
        await city.send("여권")
        await _until(lambda: len(city.rasa.asked) == 1)
        await city.turns.close(0)
    async with open_city(settings, free_port) as city:
        await city.turns.recover()
        await city.turns.idle()
        assert [wire["text"] for wire in city.phone.shown] == ["답: 여권"]


async def test_handoff_takeover_and_back(city: City) -> None:
    city.rasa.answer = lambda text: reply(outcome="handed_off", handoff="asked")
    (started,) = await city.ask("상담원 연결해줘")
    assert "1" in started
    conversation = await city.id()
    assert (await city.log.conversation(conversation)).state == "waiting"
    assert len(await city.ask("저기요")) == 1
    assert await city.ask("계세요?") == []
    engine_operator = await _operator(city)
    assert await city.gateway.claim(conversation, engine_operator, "김한빛")
    assert not await city.gateway.claim(conversation, engine_operator, "김한빛")
    await city.gateway.say(conversation, "무엇을 도와드릴까요?", engine_operator)
    await city.turns.idle()
    assert "김한빛" in city.phone.shown[-2]["text"]
    assert city.phone.shown[-1]["text"] == "무엇을 도와드릴까요?"
    asked = len(city.rasa.asked)
    assert await city.ask("주차 문의요") == []
    assert len(city.rasa.asked) == asked
    assert await city.gateway.release(conversation, engine_operator)
    await city.turns.idle()
    city.rasa.answer = lambda text: reply("다시 봇이에요")
    assert await city.ask("여권") == ["다시 봇이에요"]
    assert (await city.outcomes())[-2:] == ["with_person", "answered_faq"]


async def test_a_waiting_citizen_can_go_back_to_the_bot(city: City) -> None:
    city.rasa.answer = lambda text: reply(outcome="handed_off", handoff="asked")
    await city.ask("상담원")
    _, (label, short) = city.phone.shown[-1]["buttons"]
    await city.ask(label, payload=short)
    city.rasa.answer = lambda text: reply("봇이에요")
    assert await city.ask("여권") == ["봇이에요"]


async def test_at_night_the_citizen_is_told_when_somebody_comes(city: City) -> None:
    city.now = NIGHT
    city.rasa.answer = lambda text: reply(outcome="handed_off", handoff="asked")
    (text,) = await city.ask("상담원")
    assert "08:00" in text or "09:00" in text


async def test_erasing_leaves_nothing(city: City) -> None:
    await city.ask("비밀 이야기")
    city.rasa.answer = lambda text: reply("지웠어요", outcome="erased", erase=True)
    [said] = await city.ask("네, 지워 주세요")
    assert re.fullmatch(r"지웠어요\n.*D-20261118-[2-9A-Z]{6}.*", said)
    assert city.rasa.forgotten == ["phone:kim"]
    assert await city.log.find("phone", "kim") is None
    assert await found(city.log, "비밀") == []


async def test_a_failed_delivery_is_tried_again_in_order(city: City) -> None:
    city.phone.errors = [DeliveryError("busy", retry_after=0.01), DeliveryError("down")]
    city.rasa.answer = lambda text: reply("하나", "둘")
    assert await city.ask("여권") == ["하나", "둘"]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (DeliveryError("blocked", permanent=True), "failed"),
        (DeliveryError("timed out", ambiguous=True), "uncertain"),
    ],
)
async def test_a_delivery_that_is_lost_is_marked_and_holds_nothing_up(
    city: City, error: DeliveryError, state: str
) -> None:
    city.phone.errors = [error]
    city.rasa.answer = lambda text: reply("하나", "둘")
    assert await city.ask("여권") == ["둘"]
    lines = await city.log.history(await city.id())
    assert [line.delivery for line in lines if line.author == "bot"] == [state, "delivered"]


async def test_the_console_hears_of_every_message(settings: Settings, free_port: int) -> None:
    async with open_city(settings, free_port) as city:
        feed = city.gateway._feed
        async with feed.subscribe("console") as events:
            await city.ask("여권")
            first = await asyncio.wait_for(anext(events), 1)
            rest = [await asyncio.wait_for(anext(events), 1) for _ in range(2)]
        assert [first] * 2 == rest
        assert first == {"kind": "message", "conversation_id": await city.id()}


async def _operator(city: City) -> int:
    from bot.staff.accounts import Accounts

    operators = Accounts(city.desk._engine)
    password = await operators.create("kim", "김한빛")
    operator_id = await operators.verify("kim", password)
    assert operator_id is not None
    return operator_id


async def _until(holds: Callable[[], bool], within: float = 5.0) -> None:
    end = asyncio.get_running_loop().time() + within
    while not holds():
        assert asyncio.get_running_loop().time() < end, "did not happen in time"
        await asyncio.sleep(0.02)
