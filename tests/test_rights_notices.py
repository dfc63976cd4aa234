"""What citizens are told before anything else, once: a program answers, and what is kept for how long."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from pydantic import ValidationError

from bot.content.document import read_document
from bot.content.live_file import LOOK_EVERY
from bot.content.store import ContentStore
from bot.messages import Button, Outbound, Reply
from bot.rights.build import build_wordings
from bot.rights.tables import NoticeShown, Wording
from bot.rights.wordings import NoticesFile
from bot.settings import Settings
from connectors.build import build_channels
from tests.gateway_support import City, Phone, open_city
from tests.rights_support import every
from tests.scripted_rasa import Item, reply


@dataclass
class Abroad(Phone):
    """A messenger of a foreign company."""

    own_notice: bool = False
    abroad: bool = True


async def told(city: City) -> list[str]:
    """Versions that this citizen was shown."""
    mine = await city.id()
    return [row.version for row in await every(city.log._engine, NoticeShown) if row.conversation_id == mine]


async def test_the_first_reply_says_it_once(settings: Settings, free_port: int) -> None:
    async with open_city(settings, free_port, phone=Phone(own_notice=False)) as city:
        first, answer = await city.ask("여권 얼마예요?")
        assert "챗봇" in first
        assert "30일" in first
        assert "나라 밖" not in first
        assert len(first) < 200
        assert answer == "답: 여권 얼마예요?"
        assert await city.ask("등본은요?") == ["답: 등본은요?"]
        assert (await city.ask("여권", to="lee"))[0] == first
        [wording] = await every(city.log._engine, Wording)
        assert (wording.name, wording.text, [wording.version]) == ("first", first, await told(city))


async def test_abroad_is_said_where_it_is_true(settings: Settings, free_port: int) -> None:
    async with open_city(settings, free_port, phone=Abroad()) as city:
        first, _ = await city.ask("/start")
        assert "나라 밖" in first
        assert len(await told(city)) == 2
    channels = build_channels(
        settings.model_copy(update={"telegram_token": type(settings.telegram_token)("1:a")}), None, None, "s"
    )
    assert {name for name, channel in channels.items() if channel.abroad} == {"telegram"}


async def test_a_page_of_ours_shows_it_itself(settings: Settings, free_port: int) -> None:
    async with open_city(settings, free_port) as city:
        assert await city.ask("여권") == ["답: 여권"]
        assert len(await told(city)) == 1


async def test_other_words_are_shown_again(settings: Settings, free_port: int) -> None:
    async with open_city(settings, free_port, phone=Abroad()) as city:
        await city.ask("여권")
        file = settings.data_dir / "notices.yml"
        text = file.read_text(encoding="utf-8").replace("외국 회사가 운영해서", "다른 나라 회사가 운영해서")
        file.write_text(text, encoding="utf-8")
        await asyncio.sleep(LOOK_EVERY)
        said, _ = await city.ask("등본")
        assert said.startswith("이 메신저는 다른 나라 회사가")
        assert await city.ask("여권") == ["답: 여권"]
        file.write_text("first: [", encoding="utf-8")  # a fault of the file is nobody's silence
        await asyncio.sleep(LOOK_EVERY)
        assert await city.ask("인감") == ["답: 인감"]


async def test_who_was_erased_is_told_again(settings: Settings, free_port: int) -> None:
    async with open_city(settings, free_port, phone=Abroad()) as city:
        first, _ = await city.ask("여권")
        city.rasa.answer = lambda text: reply("지웠어요", outcome="erased", erase=True)
        [gone] = await city.ask("지워 줘")
        assert gone.startswith("지웠어요")
        city.rasa.answer = lambda text: reply(f"답: {text}")
        assert await city.ask("여권") == [first, "답: 여권"]


async def test_help_in_danger_comes_first(settings: Settings, free_port: int) -> None:
    def help_now(text: str) -> list[Item]:
        call = Outbound(text="119에 전화하세요", buttons=(Button(label="119", url="tel:119"),))
        made = Reply(messages=(call,), outcome="chatted", intent="emergency")
        return [{"recipient_id": "x", "custom": {"sotong": made.model_dump(mode="json")}}]

    async with open_city(settings, free_port, phone=Abroad()) as city:
        city.rasa.answer = help_now
        assert await city.ask("불이야") == ["119에 전화하세요"]
        city.rasa.answer = lambda text: reply(f"답: {text}")
        assert len(await city.ask("여권")) == 2


async def test_nothing_of_it_is_said_in_public(settings: Settings, free_port: int) -> None:
    async with open_city(settings, free_port, phone=Abroad()) as city:
        said = await city.ask("여권 재발급 얼마예요?", public=True)
        assert not any("나라 밖" in text for text in said)


def test_every_word_counts_and_every_purpose_has_its_text(settings: Settings) -> None:
    wordings = build_wordings(settings, ContentStore(settings))
    data = read_document(settings.data_dir / "notices.yml").data
    assert wordings.first().version != wordings.abroad().version
    for broken in (
        data | {"consents": {"push": data["consents"]["push"]}},
        data | {"first": "{dyas}일"},
        data | {"first": "봇이에요"},
    ):
        with pytest.raises(ValidationError):
            NoticesFile.model_validate(broken)
