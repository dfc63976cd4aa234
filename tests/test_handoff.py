"""Waiting for a person, being handed on, and the bot that is told what was said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bot.gateway import Gateway
from bot.handoff.memory import Memory
from bot.handoff.notes import Notes, named
from bot.handoff.rules import DeskFile
from bot.log.engine import writing
from bot.log.tables import Operator
from bot.messages import Outbound
from bot.outcomes import Outcome
from bot.settings import Settings
from tests.gateway_support import OFFICE_HOURS, City, open_city
from tests.scripted_rasa import reply

PASSWORDLESS = {"password_hash": "-", "must_change_password": False, "created_at": OFFICE_HOURS}


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[City]:
    async with open_city(Settings(_env_file=None, var_dir=tmp_path), 0) as opened:
        async with writing(opened.desk._engine) as session:
            for number, name in enumerate(("김한빛", "김한빛나", "박바다"), start=1):
                session.add(Operator(id=number, login=f"op{number}", name=name, **PASSWORDLESS))
        opened.rasa.answer = lambda text: (
            reply(outcome="handed_off", handoff="asked") if "상담원" in text else reply(f"답: {text}")
        )
        yield opened


async def talk(city: City, user: str = "kim") -> int:
    found = await city.log.find("phone", user)
    assert found is not None
    return found.id


async def test_who_waits_asks_again_and_hears_the_new_place(city: City) -> None:
    await city.ask("상담원", to="first")
    await city.ask("상담원")
    assert "2번째" in city.phone.shown[-1]["text"]
    first = await talk(city, "first")
    city.now += timedelta(minutes=4)
    assert await city.gateway.claim(first, 1, "김한빛")
    await city.ask("저 지금 몇 번째예요?")
    assert "1번째" in city.phone.shown[-1]["text"]
    assert "4분쯤" in city.phone.shown[-1]["text"]
    (_, place), (_, _back) = city.phone.shown[-1]["buttons"]
    shown = len(city.phone.shown)
    await city.ask("적어 둘게요")
    await city.ask("이것도요")
    assert len(city.phone.shown) == shown + 1, "told once that it is kept"
    await city.ask(payload=place)
    assert "1번째" in city.phone.shown[-1]["text"]
    assert await city.gateway.claim(await talk(city), 2, "김한빛나")
    await city.turns.idle()
    shown = len(city.phone.shown)
    await city.ask(payload=place)
    assert len(city.phone.shown) == shown, "a person has it: nobody else speaks"


async def test_what_the_bot_was_thinking_is_not_said_over_a_person(city: City) -> None:
    await city.ask("여권")
    city.rasa.delay = 0.3
    await city.send("수수료")
    while len(city.rasa.asked) < 2:
        await asyncio.sleep(0.01)
    number = await talk(city)
    assert await city.gateway.claim(number, 1, "김한빛")
    await city.turns.idle()
    assert city.phone.shown[-1]["text"].startswith("김한빛 상담원")
    lines = await city.log.history(number)
    assert [line.outcome for line in lines if line.text == "수수료"] == [Outcome.WITH_PERSON]
    assert await city.gateway.tell(number, reply_messages("내일 쓰레기 버리는 날이에요."), "once-1")
    assert (await city.log.history(number))[-1].author == "system", "a notice, not the bot's word"


def reply_messages(text: str) -> list[Outbound]:
    return [Outbound(text=text)]


async def test_the_bot_is_told_what_was_said_without_it(city: City) -> None:
    await city.ask("여권")
    number = await talk(city)
    city.now += timedelta(minutes=1)
    await city.gateway.claim(number, 1, "김한빛")
    await city.ask("새솔동 살아요")
    assert await city.gateway.say(number, "010-1234-5678로 전화하시면 돼요.", 1)
    assert await city.gateway.release(number, 1)
    ((key, events),) = city.rasa.remembered
    assert key == "phone:kim"
    slots = {each["name"]: each["value"] for each in events if each["event"] == "slot"}
    assert slots["dong"] == "새솔동"
    assert slots["person_talk"] == {"citizen": "새솔동 살아요", "person": "[휴대전화]로 전화하시면 돼요."}
    assert [each["text"] for each in events if each["event"] == "user"] == ["새솔동 살아요"]
    assert events[-1] == {"event": "action", "name": "action_listen"}


@pytest.mark.parametrize(
    ("form", "slots", "payload"),
    [
        ("service_form", {"service": "case_status"}, "/use_service"),
        ("benefit_form", {}, "/check_benefit"),
        ("voice_form", {"voice": {"kind": "report"}}, "/report_problem"),
        ("voice_form", {"voice": {"kind": "idea"}}, "/make_suggestion"),
        ("wish_form", {"wish": '{"aim":"subscribe"}'}, "/subscribe"),
        ("wish_form", {"wish": '{"aim":"life_event"}'}, "/life_event"),
    ],
)
async def test_a_form_is_set_aside_and_can_be_gone_on_with(
    city: City, form: str, slots: dict[str, object], payload: str
) -> None:
    await city.ask("여권")
    number = await talk(city)
    await city.gateway.claim(number, 1, "김한빛")
    await city.gateway.say(number, "잠시만요.", 1)
    city.rasa.tracker = {"active_loop": {"name": form}, "slots": slots}
    assert await city.gateway.release(number, 1)
    await city.turns.idle()
    ((_, events),) = city.rasa.remembered
    assert {"event": "active_loop", "name": None} in events
    assert {"event": "slot", "name": "requested_slot", "value": None} in events
    ((label, sent),) = city.phone.shown[-1]["buttons"]
    assert "이어서" in label
    await city.ask(payload=sent)
    assert city.rasa.asked[-1]["message"] == payload


async def test_a_form_that_waited_for_a_second_person_is_offered_at_the_end(city: City) -> None:
    await city.ask("여권")
    number = await talk(city)
    await city.gateway.claim(number, 1, "김한빛")
    city.rasa.tracker = {"active_loop": {"name": "service_form"}, "slots": {}}
    await city.gateway.transfer(number, 1, "박바다", to_operator_id=3)
    assert await memory(city.gateway).catch_up() == 0, "people still have it"
    city.now += timedelta(days=2)
    await city.gateway.claim(number, 3, "박바다")
    assert await city.gateway.release(number, 3), "without a word, too"
    await city.turns.idle()
    assert len(city.rasa.remembered) == 2
    assert len(city.phone.shown[-1]["buttons"]) == 1


async def test_the_bot_is_told_also_what_was_said_before_a_transfer(city: City) -> None:
    await city.ask("여권")
    number = await talk(city)
    await city.gateway.claim(number, 1, "김한빛")
    await city.gateway.say(number, "사진은 6개월 안에 찍은 것이면 돼요.", 1)
    city.now += timedelta(minutes=1)
    await city.gateway.transfer(number, 1, "박바다", to_operator_id=3)
    city.now += timedelta(minutes=1)
    await city.gateway.claim(number, 3, "박바다")
    assert await city.gateway.release(number, 3)
    events = [each for _, told in city.rasa.remembered for each in told]
    slots = {each["name"]: each["value"] for each in events if each["event"] == "slot"}
    assert slots["person_talk"]["person"] == "사진은 6개월 안에 찍은 것이면 돼요."


async def test_a_bot_that_was_away_is_told_later(city: City) -> None:
    await city.ask("여권")
    number = await talk(city)
    await city.gateway.claim(number, 1, "김한빛")
    await city.gateway.say(number, "네, 맞아요.", 1)
    city.rasa.has_model = False
    assert await city.gateway.close(number, 1, "answered")
    city.rasa.has_model = True
    city.rasa.remembered.clear()
    assert await memory(city.gateway).catch_up() == 1
    assert len(city.rasa.remembered) == 1
    assert await memory(city.gateway).catch_up() == 0


def memory(gateway: Gateway) -> Memory:
    assert gateway._memory is not None
    return gateway._memory


async def test_handed_on_asleep_and_left_alone(city: City) -> None:
    await city.ask("상담원")
    number, desk = await talk(city), city.desk
    assert await city.gateway.claim(number, 1, "김한빛")
    assert await city.gateway.transfer(number, 1, "여권민원과", department_id="passport") == []
    await city.turns.idle()
    assert "여권민원과" in city.phone.shown[-1]["text"]
    view = await city.log.conversation(number)
    assert view is not None
    assert (view.state, view.department_id, view.operator_id) == ("waiting", "passport", None)
    assert not await city.gateway.say(number, "저는 이제 아니에요", 1)
    assert await city.gateway.claim(number, 2, "김한빛나")
    assert await city.gateway.snooze(number, 2, city.now + timedelta(hours=1))
    city.now += timedelta(minutes=30)
    assert await desk.lapse(timedelta(minutes=10)) == []
    city.now += timedelta(minutes=31)
    assert await desk.wake_due() == [(number, 2)]
    assert await desk.lapse(timedelta(minutes=10)) == []
    city.now += timedelta(minutes=11)
    assert await desk.lapse(timedelta(minutes=10)) == [(number, 2)]
    await city.gateway.left_alone(number)
    await city.turns.idle()
    assert "다른 상담원" in city.phone.shown[-1]["text"]
    assert await city.gateway.claim(number, 3, "박바다")
    assert await city.gateway.say(number, "제가 도와드릴게요", 3)
    city.now += timedelta(hours=2)
    assert await desk.lapse(timedelta(minutes=10)) == [], "the citizen owes the next word"
    await city.gateway.snooze(number, 3, city.now + timedelta(hours=1))
    await city.ask("감사합니다")
    view = await city.log.conversation(number)
    assert view is not None
    assert (view.operator_id, view.snoozed_until) == (3, None)
    assert await city.gateway.close(number, 3, "answered")
    assert await city.gateway.reopen(number, 3, "박바다")
    assert not await city.gateway.reopen(number, 1, "김한빛")


async def test_a_transfer_and_its_note_happen_together(city: City) -> None:
    await city.ask("여권")
    number, notes = await talk(city), Notes(city.desk._engine, lambda: city.now)
    assert await city.gateway.claim(number, 1, "김한빛")
    broken = "CREATE TRIGGER full BEFORE INSERT ON notes BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    async with writing(city.desk._engine) as session:
        await session.execute(text(broken))
    with pytest.raises(IntegrityError, match="disk full"):
        await city.gateway.transfer(number, 1, "박바다", "사진을 봐 주세요", to_operator_id=3)
    assert await city.desk.holds(number, 1), "nothing has happened: it can be tried again"
    async with writing(city.desk._engine) as session:
        await session.execute(text("DROP TRIGGER full"))
    called = await city.gateway.transfer(number, 1, "박바다", "@김한빛나 님도 봐 주세요", to_operator_id=3)
    assert called == [2, 3]
    (note,) = await notes.of(number)
    assert (note.kind, note.passed_to, note.text) == ("transfer", "박바다", "@김한빛나 님도 봐 주세요")
    assert await city.gateway.transfer(number, 1, "박바다", "또", to_operator_id=3) is None
    assert len(await notes.of(number)) == 1, "no note without the transfer"


async def test_typing_is_shown_for_whom_it_belongs_to(city: City) -> None:
    await city.ask("여권")
    number = await talk(city)
    await city.gateway.claim(number, 1, "김한빛")
    assert await city.gateway.typing(number, 1)
    assert not await city.gateway.typing(number, 2)
    assert city.phone.typed == 1


async def test_notes_are_masked_and_call_colleagues(city: City) -> None:
    await city.ask("여권")
    number, notes = await talk(city), Notes(city.desk._engine, lambda: city.now)
    called = await notes.add(number, 3, "@김한빛나 님, 010-1234-5678 확인 부탁해요", calls=[2])
    assert called == [2], "김한빛 is not called by a longer name"
    await notes.add(number, 3, "혼자 보는 메모")
    first, second = await notes.of(number)
    assert "010" not in first.text
    assert first.called == ("김한빛나",)
    assert second.called == ()
    assert await notes.unseen(2) == 1
    (call,) = await notes.calls_of(2)
    assert (call.author, call.seen) == ("박바다", False)
    assert await notes.see(2, number)
    assert not await notes.see(2, number)
    assert await notes.unseen(2) == 0
    with pytest.raises(LookupError):
        await notes.add(404, 3, "?")
    await city.log.erase(number)
    assert await notes.calls_of(2) == []


def test_names_in_a_note() -> None:
    people = {1: ("김한", "han"), 2: ("김한빛", "bit"), 3: ("이도", "do")}
    assert named("@김한빛이랑 @do 봐 주세요", people) == {2, 3}
    assert named("김한 이도", people) == set()
    assert named("@", {}) == set()


def test_words_that_ask_for_the_turn() -> None:
    rules = DeskFile(categories=(), lapse_minutes=5, wait_words=("몇 번째", "How long"))
    assert rules.asks_for_turn("몇번째인가요")
    assert rules.asks_for_turn("how  LONG?")
    assert not rules.asks_for_turn("여권이요")
