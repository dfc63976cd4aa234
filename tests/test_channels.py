"""Every channel whole: the platform's webhook in, the bot behind, the platform's API out, faults between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from bot.app import Apps, build
from bot.messages import Button, Outbound, Reply
from bot.settings import Settings
from demo.platforms.build import PLATFORMS
from demo.platforms.kakao import KakaoPlatform
from demo.platforms.platform import Platform, Shown, Trouble
from demo.platforms.telegram import TelegramPlatform
from tests.all_channels import CREDENTIALS
from tests.rights_support import told_before
from tests.scripted_rasa import ScriptedRasa, reply

PRIVATE = sorted(set(PLATFORMS) - {"xmentions", "youtube"})
"""Public places answer in their own way: `test_public.py`, `test_youtube.py`, `test_xmentions.py`."""
CITIZEN = "5001"


@dataclass
class Office:
    """A running gateway, the bot behind it and one messenger before it."""

    platform: Platform
    rasa: ScriptedRasa
    apps: Apps

    async def ask(self, text: str, count: int = 1) -> list[Shown]:
        """Say something and wait for so many more messages; those."""
        before = len(self.platform.shown)
        assert await self.platform.say(CITIZEN, text) == 200
        return (await self.platform.heard(CITIZEN, before + count))[before:]

    async def deliveries(self) -> list[str | None]:
        await self.apps.turns.idle()
        (conversation,) = await self.apps.log.recent()
        return [line.delivery for line in await self.apps.log.history(conversation.id) if line.delivery]


@asynccontextmanager
async def office(
    name: str, settings: Settings, *, notice: bool = False, **changes: object
) -> AsyncIterator[Office]:
    """The stand-in first, for the bot must know its address; then the bot, whose address it is told."""
    rasa = ScriptedRasa(0)
    await rasa.start()
    platform = PLATFORMS[name]("", CREDENTIALS)
    if isinstance(platform, TelegramPlatform):
        platform.webhook = {}
    await platform.start()
    whole = Settings.model_validate(
        settings.model_dump()
        | CREDENTIALS
        | {"rasa_url": rasa.url, "actions_url": rasa.url}
        | platform.settings
        | changes
    )
    try:
        async with build(whole) as apps, TestServer(apps.public) as server:
            platform.bot_url = str(server.make_url("")).rstrip("/")
            if not notice:
                told_before(apps)
            yield Office(platform, rasa, apps)
    finally:
        await platform.stop()
        await rasa.stop()


@pytest.mark.parametrize("name", PRIVATE)
async def test_the_first_reply_says_what_answers_and_what_is_kept(name: str, settings: Settings) -> None:
    async with office(name, settings, notice=True) as at:
        said = " ".join(one.text for one in await at.ask("여권 얼마예요", 2))
        assert "자동으로 답하는" in said
        assert ("나라 밖" in said) is (name not in ("kakao", "naver", "webhook"))
        assert "들은 말" in said or "답: 여권 얼마예요" in said


@pytest.mark.parametrize("name", PRIVATE)
async def test_question_buttons_and_repetition(name: str, settings: Settings) -> None:
    choice = Button(label="여권 수수료", payload='/choose_answer{"answer_id":"fee"}')
    shown = Outbound(text="이 중에 있나요?", buttons=(choice,))
    clarify = Reply(messages=(shown,), outcome="clarified").model_dump(mode="json")
    async with office(name, settings) as at:
        at.rasa.answer = lambda text: (
            [{"custom": {"sotong": clarify}}] if text == "여권 얼마예요" else reply(f"들은 말: {text}")
        )
        asked = await at.ask("여권 얼마예요")
        assert asked[0].text == "이 중에 있나요?"
        (button,) = [choice for one in asked for choice in one.choices]
        assert button.label == "여권 수수료"
        assert await at.platform.press(CITIZEN, button) == 200
        answer = (await at.platform.heard(CITIZEN, len(asked) + 1))[-1]
        assert answer.text == '들은 말: /choose_answer{"answer_id":"fee"}'
        for _ in range(3):
            assert await at.platform.say(CITIZEN, "또 왔어요", "77") == 200
        await at.platform.heard(CITIZEN, len(asked) + 2)
        await asyncio.sleep(0.1)
        again = [one.text for one in at.platform.shown].count("들은 말: 또 왔어요")
        assert again == (3 if name == "naver" else 1)  # Naver names no message and repeats none
        assert set(await at.deliveries()) == {"delivered"}


@pytest.mark.parametrize("name", PRIVATE)
async def test_a_long_answer_with_a_card_loses_no_word(name: str, settings: Settings) -> None:
    words = [f"낱말{number:04}" for number in range(900)]
    async with office(name, settings) as at:
        at.rasa.answer = lambda text: reply(" ".join(words))
        assert await at.platform.say(CITIZEN, "전부 알려 주세요") == 200
        seen = ""
        for _ in range(50):
            await asyncio.sleep(0.2)
            seen = " ".join(one.text for one in at.platform.shown)
            if words[-1] in seen:
                break
            more = [choice for choice in at.platform.shown[-1].choices if choice.label == "이어서 보기"]
            if more:
                await at.platform.press(CITIZEN, more[0])
        assert [word for word in seen.split() if word.startswith("낱말")] == words


PUSHING = sorted(set(PRIVATE) - {"kakao", "naver"})


@pytest.mark.parametrize("name", PUSHING)
async def test_a_platform_that_is_down_gets_the_message_later(name: str, settings: Settings) -> None:
    async with office(name, settings) as at:
        at.platform.troubles += [Trouble(status=503), Trouble(status=503)]
        (answer,) = await at.ask("여권")
        assert answer.text == "답: 여권"
        assert await at.deliveries() == ["delivered"]


@pytest.mark.parametrize("name", PUSHING)
async def test_who_answers_and_is_not_heard_is_uncertain_or_asked_by_key(
    name: str, settings: Settings
) -> None:
    async with office(name, settings) as at:
        at.platform.troubles.append(Trouble(status=0, taken=True))
        assert await at.platform.say(CITIZEN, "여권") == 200
        await at.platform.heard(CITIZEN, 1)
        states = await at.deliveries()
        assert states in (["uncertain"], ["delivered"])
        assert len(at.platform.shown) == 1


@pytest.mark.parametrize("name", ["kakao", "naver"])
async def test_a_hanging_bot_is_no_silence(name: str, settings: Settings) -> None:
    async with office(name, settings) as at:
        if isinstance(at.platform, KakaoPlatform):
            at.platform.callbacks = False
        at.rasa.delay = 4.6
        assert await at.platform.say(CITIZEN, "여권") == 200
        assert at.platform.took[-1] < 4.5
        (first,) = await at.platform.heard(CITIZEN, 1)
        assert first.text != "답: 여권"
        if first.choices:
            await asyncio.sleep(1.0)
            await at.platform.press(CITIZEN, first.choices[0])
        else:
            await at.platform.heard(CITIZEN, 2)
        assert at.platform.shown[-1].text == "답: 여권"


async def test_kakaos_callback_brings_the_late_answer(settings: Settings) -> None:
    async with office("kakao", settings) as at:
        at.rasa.delay = 4.6
        assert await at.platform.say(CITIZEN, "여권") == 200
        shown = await at.platform.heard(CITIZEN, 2)
        assert shown[-1].text == "답: 여권"
        assert await at.deliveries() == ["delivered", "delivered"]


async def test_kakaos_callback_is_not_called_for_what_a_response_did_not_hold(settings: Settings) -> None:
    """KakaoTalk takes one only where the response promised it; the rest waits for its button."""
    async with office("kakao", settings) as at:
        at.rasa.answer = lambda text: [{"text": f"{number}번째 줄"} for number in range(9)]
        for text in ("여권", "등본"):
            assert await at.platform.say(CITIZEN, text) == 200
        assert at.platform.shown
        await at.deliveries()
        assert at.platform.refused == []


async def test_strangers_learn_nothing(settings: Settings) -> None:
    async with office("line", settings) as at, aiohttp.ClientSession() as session:
        for method, path, status in [
            ("POST", "/webhooks/nosuch", 404),
            ("GET", "/webhooks/nosuch", 404),
            ("GET", "/webhooks/line", 404),
            ("POST", "/webhooks/line", 401),
            ("POST", "/webhooks/kakao/wrong", 401),
            ("POST", "/webhooks/kakao", 401),
            ("PUT", "/webhooks/line", 405),
            ("GET", "/webhooks/messenger?hub.mode=subscribe&hub.verify_token=x&hub.challenge=1", 401),
        ]:
            async with session.request(method, at.platform.bot_url + path, data=b"{}") as response:
                assert response.status == status, path
                assert len(await response.read()) < 100
