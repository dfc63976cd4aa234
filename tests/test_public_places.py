"""Public places whole: what everybody reads is general, short and rare; the rest goes to the private chat."""

from __future__ import annotations

import asyncio

import pytest

from bot.messages import Card, Fact, Outbound, Reply
from bot.settings import Settings
from tests.scripted_rasa import reply
from tests.test_channels import CITIZEN, Office, office

PUBLIC = ["xmentions", "youtube"]


async def seen(at: Office, text: str, within: float = 2.0) -> list[str]:
    """What is said in public to a comment, once the turn is over."""
    before, turns = len(at.platform.shown), len(at.rasa.asked)
    await at.platform.say(CITIZEN, text)
    async with asyncio.timeout(10):
        while len(at.rasa.asked) == turns:
            await asyncio.sleep(0.02)
    await at.apps.turns.idle()
    await asyncio.sleep(0.05)
    return [one.text for one in at.platform.shown[before:]]


@pytest.mark.parametrize("name", PUBLIC)
async def test_general_questions_are_answered_and_the_rest_is_invited(name: str, settings: Settings) -> None:
    async with asyncio.timeout(60), office(name, settings, public_url="https://bot.hanbit.example") as at:
        await at.apps.turns.idle()
        receiving = asyncio.create_task(
            at.apps.channels[name].receive(lambda wire: at.apps.webhooks.take(at.apps.channels[name], wire))
        )
        card = Card(
            title="여권 수수료", text="53,000원이에요.", facts=(Fact(label="담당", value="민원여권과"),)
        )
        made = Reply(messages=(Outbound(cards=(card,)),), outcome="answered_faq").model_dump(mode="json")
        at.rasa.answer = lambda text: [{"custom": {"sotong": made}}]
        (answer,) = await seen(at, "여권 재발급 얼마예요?")
        assert "53,000원" in answer
        assert "https://bot.hanbit.example" in answer
        at.rasa.answer = lambda text: reply("처리 중이에요", outcome="answered_service", intent="ask_case")
        (invitation,) = await seen(at, "제가 낸 민원 어디까지 됐나요?")
        assert "처리 중" not in invitation
        assert "https://bot.hanbit.example" in invitation
        at.rasa.answer = lambda text: reply("저도 반가워요!", outcome="chatted")
        assert await seen(at, "좋은 영상이네요 ㅎㅎ") == []
        at.rasa.answer = lambda text: reply(outcome="handed_off", handoff="asked")
        (person,) = await seen(at, "상담원과 이야기하고 싶어요. 되나요?")
        assert "상담원" not in person or "https://bot.hanbit.example" in person
        assert not [one for one in await at.apps.log.recent() if one.state != "bot"]
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)
