"""What a citizen meets when nobody is there: a form in the chat, a task for a department."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from bot.contacts.kept import opened
from bot.contacts.tables import ContactRequest
from bot.identity.personal import open_seal
from bot.log.engine import reading, writing
from bot.loop.tables import Task
from bot.loop.tasks import Tasks
from bot.messages import Inbound
from bot.rights.consents import Consents, Purpose
from bot.settings import Settings
from tests.gateway_support import LIMITS, NIGHT, OFFICE_HOURS, Phone
from tests.hours_support import Town, open_town
from tests.scripted_rasa import reply

NUMBER = "010-2345-6789"


@pytest.fixture
async def town(settings: Settings, free_port: int) -> AsyncIterator[Town]:
    async with open_town(settings, free_port) as opened:
        opened.city.now = NIGHT
        opened.city.rasa.answer = person
        yield opened


def person(said: str) -> list[dict[str, object]]:
    """The bot calls a person for whoever asks for one, and answers all else."""
    if "상담원" in said:
        return reply("상담원을 찾으시는군요.", outcome="handed_off", handoff="asked", intent="talk_to_person")
    if said == "모르겠는 말":
        return reply("죄송해요.", outcome="unanswered", handoff="not_understood")
    if "죽고" in said:
        return reply("109에 전화해 주세요.", outcome="chatted", handoff="crisis", intent="crisis")
    return reply(f"답: {said}")


async def requests(town: Town) -> list[ContactRequest]:
    async with reading(town.parts.engine) as session:
        return list(await session.scalars(select(ContactRequest).order_by(ContactRequest.id)))


async def tasks(town: Town) -> list[Task]:
    async with reading(town.parts.engine) as session:
        return list(await session.scalars(select(Task)))


async def test_out_of_hours_a_message_and_a_contact_become_a_task(town: Town, settings: Settings) -> None:
    said = await town.city.ask("상담원 연결해 주세요")
    assert "08:00" in said[-1]
    assert town.labels() == ["남기지 않기"]
    assert (await town.city.ask("여권이 안 나와서요. 전화 주세요"))[0].count("전화번호나 이메일") == 1
    assert town.labels() == ["이 대화로 답 받기", "남기지 않기"]
    done = (await town.city.ask(f"{NUMBER} 이에요"))[0]
    (kept,), (task,) = await requests(town), await tasks(town)
    assert kept.number in done
    assert "민원여권과" in done
    assert "010-****-6789" in done
    assert (task.department, task.state, task.created_by, task.id) == (
        *("civil-affairs", "open", None),
        kept.task_id,
    )
    assert task.due_on.isoformat() == "2026-11-19"
    assert (kept.text, kept.reason, kept.state) == ("여권이 안 나와서요. 전화 주세요", "asked", "sent")
    assert NUMBER not in str(vars(kept)) + task.title + task.note
    assert opened(open_seal(settings), kept) == NUMBER
    assert await Consents(town.parts.engine).has(await town.city.id(), Purpose.CALLBACK)
    assert (await town.city.desk.state(await town.city.id())) == "bot"
    assert await town.city.ask("여권 얼마예요") == ["답: 여권 얼마예요"]
    async with reading(town.parts.engine) as session:
        stored = (await session.execute(text("SELECT content FROM messages"))).scalars().all()
    assert "2345" not in str(stored)


async def test_a_number_in_the_message_is_asked_about(town: Town, settings: Settings) -> None:
    await town.city.ask("상담원")
    said = await town.city.ask(f"복지 상담이요. {NUMBER}로 전화 주세요")
    assert "010-****-6789" in said[0]
    assert town.labels() == ["네, 연락 주세요", "이 대화로 답 받기", "남기지 않기"]
    await town.tap("네, 연락 주세요")
    (kept,) = await requests(town)
    assert opened(open_seal(settings), kept) == NUMBER
    assert "[휴대전화]" in kept.text


async def test_the_answer_may_come_into_the_conversation(town: Town) -> None:
    await town.city.ask("상담원")
    await town.city.ask(f"{NUMBER} 여권 문의")
    assert "이 대화로" in (await town.tap("이 대화로 답 받기"))[0]
    (kept,) = await requests(town)
    assert (kept.contact, kept.hint, kept.state) == (None, "", "sent")
    assert not await Consents(town.parts.engine).has(await town.city.id(), Purpose.CALLBACK)


async def test_nothing_is_left_by_who_does_not_want_to(town: Town) -> None:
    await town.city.ask("상담원")
    assert "남기지 않았어요" in (await town.tap("남기지 않기"))[0]
    assert (await requests(town), await tasks(town)) == ([], [])
    assert await town.city.ask("여권") == ["답: 여권"]


async def test_a_yes_a_no_and_another_matter_in_words(settings: Settings, free_port: int) -> None:
    meant = {"네 그렇게 해 주세요": "affirm", "아니 됐어요": "cancel", "등본 떼는 법": "ask_faq"}

    async def understand(said: str) -> dict[str, float]:
        return {meant.get(said, "nlu_fallback"): 0.9}

    async with open_town(settings, free_port, understand=understand) as town:
        town.city.now = NIGHT
        town.city.rasa.answer = person
        await town.city.ask("상담원")
        await town.city.ask(f"여권 문의요. {NUMBER}")
        assert await town.city.ask("등본 떼는 법") == ["답: 등본 떼는 법"]
        assert "연락드려도" in (await town.city.ask("음 글쎄"))[0]
        await town.city.ask("네 그렇게 해 주세요")
        assert [each.state for each in await requests(town)] == ["sent"]
        await town.city.ask("상담원")
        await town.city.ask("또 물어볼 게 있어요")
        assert "남기지 않았어요" in (await town.city.ask("아니 됐어요"))[0]
        assert [each.state for each in await requests(town)] == ["sent"]


async def test_what_is_no_contact_is_asked_again(town: Town, settings: Settings) -> None:
    await town.city.ask("상담원")
    await town.city.ask("여권 문의")
    assert "찾지 못했어요" in (await town.city.ask("글쎄요"))[0]
    await town.city.ask("hong@example.com")
    (kept,) = await requests(town)
    assert opened(open_seal(settings), kept) == "hong@example.com"


async def test_a_form_left_alone_is_no_form_any_more(town: Town) -> None:
    await town.city.ask("상담원")
    town.city.now += timedelta(minutes=31)
    await town.hours.form.look()
    assert await town.city.ask("여권") == ["답: 여권"]
    await town.hours.requests.tidy()
    assert await requests(town) == []


async def test_a_button_of_the_bot_ends_the_form(town: Town) -> None:
    await town.city.ask("상담원")
    assert "안녕하세요" in (await town.city.ask("/start"))[0]
    assert await requests(town) == []


async def test_who_is_in_danger_fills_nothing_in(town: Town) -> None:
    await town.city.ask("상담원")
    said = await town.city.ask("죽고 싶어요")
    assert said[0] == "109에 전화해 주세요."
    assert await requests(town) == []
    assert await town.city.desk.state(await town.city.id()) == "waiting"


async def test_where_the_bot_calls_a_person_the_form_is_offered_only(town: Town) -> None:
    await town.city.ask("모르겠는 말")
    assert town.labels() == ["말 남기기"]
    assert await town.city.ask("여권") == ["답: 여권"]
    await town.tap("말 남기기")
    assert town.labels() == ["남기지 않기"]


async def test_in_office_hours_there_is_the_queue(town: Town) -> None:
    town.city.now = OFFICE_HOURS
    await town.city.ask("상담원")
    assert await town.city.desk.state(await town.city.id()) == "waiting"


async def test_after_a_restart_the_form_goes_on_and_nothing_is_sent_twice(
    settings: Settings, free_port: int
) -> None:
    async with open_town(settings, free_port) as first:
        first.city.now, first.city.rasa.answer = NIGHT, person
        await first.city.ask("상담원")
    async with open_town(settings, free_port) as town:
        town.city.now, town.city.numbers = NIGHT, 10
        await town.city.ask("여권 문의")
        await town.city.ask(NUMBER)
        assert len(await tasks(town)) == 1
        again = Inbound(channel="phone", user_id="kim", message_id="again", sent_at=NIGHT, text="[휴대전화]")
        stored = await town.city.log.receive(again)
        (kept,) = await requests(town)
        assert stored is not None
        taken_again = replace(stored, id=kept.turn_id)
        said = await town.hours.form.instead(taken_again, None)
        assert said is not None
        assert kept.number in said.messages[0].text
        assert len(await tasks(town)) == 1


async def test_a_channel_that_cannot_push_gets_the_form_at_noon_too(
    settings: Settings, free_port: int
) -> None:
    phone = Phone(capabilities=replace(LIMITS, can_push=False))
    async with open_town(settings, free_port, phone) as town:
        town.city.rasa.answer = person
        said = await town.city.ask("상담원")
        assert "099-120-1000" in said[-1]
        await town.city.ask("여권 문의")
        assert town.labels() == ["남기지 않기"]  # nobody could answer here
        await town.city.ask(NUMBER)
        assert len(await tasks(town)) == 1
        assert await town.city.desk.state(await town.city.id()) == "bot"


async def test_the_contact_goes_with_the_task_the_consent_and_the_citizen(town: Town) -> None:
    for number in range(3):
        await town.city.ask("상담원")
        await town.city.ask("여권 문의")
        await town.city.ask(f"010-2345-678{number}")
    first, second, _ = await tasks(town)
    async with writing(town.parts.engine) as session:
        await session.execute(text("UPDATE tasks SET state = 'done' WHERE id = :id"), {"id": first.id})
    await town.hours.requests.tidy()
    assert [bool(each.contact) for each in await requests(town)] == [False, True, True]
    await Consents(town.parts.engine).withdraw(await town.city.id(), Purpose.CALLBACK)
    assert [bool(each.contact) for each in await requests(town)] == [False, False, False]
    await town.city.gateway.erase(await town.city.id())
    assert await requests(town) == []
    assert await Tasks(town.parts.engine).get(second.id) is not None
