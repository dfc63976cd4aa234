"""Answers about chosen topics wait for a person: a yes, other words, a no, or the clock. Once, and never over
somebody who has taken the conversation.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.approval.approvals import Held, Rule
from bot.log.engine import writing
from bot.log.tables import Operator
from bot.messages import Button, Outbound
from bot.settings import Settings
from tests.gateway_support import LIMITS, NIGHT, OFFICE_HOURS, Phone
from tests.hours_support import FEE, Town, open_town
from tests.scripted_rasa import Item, reply

WAITS = Rule("passport", 10, "person")
HELP = Outbound(text="지금 위험하면 119에 전화하세요.", buttons=(Button(label="119", url="tel:119"),))


def fee(said: str) -> list[Item]:
    if "여권" not in said:
        return reply(f"답: {said}")
    messages = (HELP, *FEE.messages) if "살려" in said else FEE.messages
    made = FEE.model_copy(update={"messages": messages})
    return [{"recipient_id": "x", "custom": {"sotong": made.model_dump(mode="json")}}]


@pytest.fixture
async def town(settings: Settings, free_port: int) -> AsyncIterator[Town]:
    async with open_town(settings, free_port) as opened:
        await chosen(opened)
        yield opened


async def chosen(town: Town, rule: Rule = WAITS) -> None:
    """Two operators, and answers about passports wait."""
    async with writing(town.parts.engine) as session:
        for number, name in enumerate(("김한빛", "이보리"), start=1):
            session.add(
                Operator(
                    id=number,
                    login=f"o{number}",
                    name=name,
                    password_hash="x",
                    must_change_password=False,
                    created_at=OFFICE_HOURS,
                    roles=["operator"],
                )
            )
    town.city.rasa.answer = fee
    await town.hours.holding.approvals.set_rule(rule, 1)
    await town.hours.holding.look()


async def held(town: Town) -> Held:
    (one,) = await town.hours.holding.approvals.waiting()
    return one


def shown(town: Town) -> list[str]:
    return [wire["text"] for wire in town.city.phone.shown]


async def test_a_yes_gives_the_answer_once_and_to_one_operator(town: Town) -> None:
    said = await town.city.ask("여권 얼마예요")
    assert "담당자" in said[0]
    assert "11:10" in said[0]
    assert await town.city.outcomes() == ["held"]
    one = await held(town)
    assert (one.question, one.topic, one.channel) == ("여권 얼마예요", "passport", "phone")
    assert await town.city.ask("안녕") == ["답: 안녕"]  # all else goes on
    done = await asyncio.gather(*(town.hours.holding.approve(one, who) for who in (1, 2)))
    await town.city.turns.idle()
    assert sorted(done) == [False, True]
    given = shown(town)[-1]
    assert "여권 얼마예요" in given
    assert "5만 원" in given
    assert len(shown(town)) == 3
    assert await town.city.outcomes() == ["answered_faq", "answered_faq"]
    now = await town.hours.holding.approvals.get(one.id)
    assert now is not None
    assert (now.state, now.operator) == ("approved", ("김한빛", "이보리")[done.index(True)])
    assert await town.hours.holding.approvals.count() == 0


async def test_words_of_an_operators_own(town: Town) -> None:
    await town.city.ask("여권 얼마예요")
    assert await town.hours.holding.rewrite(await held(town), "올해는 5만 3천 원이에요.", 1)
    await town.city.turns.idle()
    assert shown(town)[-1].endswith("올해는 5만 3천 원이에요.")
    assert "5만 원이에요" not in shown(town)[-1]


async def test_a_no_calls_a_person(town: Town) -> None:
    await town.city.ask("여권 얼마예요")
    assert await town.hours.holding.refuse(await held(town), 1)
    await town.city.turns.idle()
    assert "상담원" in shown(town)[-1]
    assert "5만 원" not in " ".join(shown(town))
    assert await town.city.desk.state(await town.city.id()) == "waiting"
    assert await town.city.outcomes() == ["handed_off"]


async def test_when_the_time_is_up_a_person_is_called_once(town: Town) -> None:
    await town.city.ask("여권 얼마예요")
    town.city.now += timedelta(minutes=9)
    await town.hours.holding.run()
    assert len(shown(town)) == 1
    town.city.now += timedelta(minutes=1)
    await asyncio.gather(town.hours.holding.run(), town.hours.holding.run())
    await town.city.turns.idle()
    assert len(shown(town)) == 2
    assert await town.city.desk.state(await town.city.id()) == "waiting"


async def test_at_night_the_citizen_hears_whom_to_ask(town: Town) -> None:
    town.city.now = NIGHT
    await town.city.ask("여권 얼마예요")
    town.city.now += timedelta(minutes=11)
    await town.hours.holding.run()
    await town.city.turns.idle()
    assert "099-120-1000" in shown(town)[-1]
    assert town.labels() == ["말 남기기"]
    assert await town.city.desk.state(await town.city.id()) == "bot"


async def test_the_answer_may_be_the_fallback(town: Town) -> None:
    await town.hours.holding.approvals.set_rule(Rule("passport", 1, "answer"), 1)
    await town.hours.holding.look()
    await town.city.ask("여권 얼마예요")
    town.city.now += timedelta(minutes=2)
    await town.hours.holding.run()
    await town.city.turns.idle()
    assert "아직 담당자가" in shown(town)[-1]
    assert "5만 원" in shown(town)[-1]


async def test_nothing_is_said_over_a_person(town: Town) -> None:
    await town.city.ask("여권 얼마예요")
    one = await held(town)
    await town.city.gateway.claim(one.conversation_id, 2, "이보리")
    assert await town.hours.holding.approvals.waiting() == []
    assert not await town.hours.holding.approve(one, 1)
    town.city.now += timedelta(minutes=20)
    await town.hours.holding.run()
    await town.city.turns.idle()
    assert "5만 원" not in " ".join(shown(town))
    now = await town.hours.holding.approvals.get(one.id)
    assert now is not None
    assert now.state == "dropped"


async def test_help_in_danger_is_never_held(town: Town) -> None:
    said = await town.city.ask("살려 주세요 여권")
    assert said[0] == HELP.text
    assert "담당자" in said[1]


async def test_a_turn_that_is_taken_again_is_held_once(town: Town) -> None:
    await town.city.ask("여권 얼마예요")
    one = await held(town)
    again = await town.hours.holding.approvals.hold(one.conversation_id, 1, WAITS, FEE)
    assert again == one.due_at
    assert await town.hours.holding.approvals.count() == 1


async def test_without_rules_nothing_waits(town: Town) -> None:
    assert await town.hours.holding.approvals.end_rule("passport")
    await town.hours.holding.look()
    assert "5만 원" in (await town.city.ask("여권 얼마예요"))[0]
    assert not await town.hours.holding.approvals.end_rule("passport")


async def test_where_nobody_can_be_written_to_there_is_a_button(settings: Settings, free_port: int) -> None:
    async with open_town(settings, free_port, Phone(capabilities=replace(LIMITS, can_push=False))) as town:
        await chosen(town)
        await town.city.ask("여권 얼마예요")
        assert town.labels() == ["답 받기"]


async def test_it_goes_with_the_citizen(town: Town) -> None:
    await town.city.ask("여권 얼마예요")
    await town.city.gateway.erase(await town.city.id())
    assert await town.hours.holding.approvals.count() == 0
