"""Words of danger where the bot is not asked: by the model while it answers, by certain words always."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.board.moods import open_moods
from bot.content.store import ContentStore
from bot.danger import Danger, suspected
from bot.log.records import StoredInbound
from bot.messages import Outbound
from bot.public import is_danger
from bot.rasa import BotFailed, BotNotReady, RasaClient
from bot.settings import Settings
from tests.log_support import NOON, inbound
from tests.scripted_rasa import ScriptedRasa


@pytest.fixture
async def rasa(free_port: int) -> AsyncIterator[ScriptedRasa]:
    started = ScriptedRasa(free_port)
    await started.start()
    yield started
    await started.stop()


@pytest.fixture
async def client(rasa: ScriptedRasa) -> AsyncIterator[RasaClient]:
    async with aiohttp.ClientSession() as session:
        yield RasaClient(session, rasa.url, rasa.url)


async def helped(danger: Danger, text: str, payload: str | None = None) -> Outbound | None:
    said = inbound(text, payload=payload)
    return await danger.help(StoredInbound(1, 1, 1, "webchat", "u1", said, "bot", NOON))


async def test_the_model_says_what_it_is_about(
    rasa: ScriptedRasa, client: RasaClient, settings: Settings
) -> None:
    danger = Danger(open_moods(settings.live_data).of, client.intents, ContentStore(settings).persona)
    rasa.understood = {"ask_faq": 0.8, "emergency": 0.1, "crisis": 0.06}
    found = await helped(danger, "연기가 나는데 어쩌죠")
    assert found
    assert is_danger(found)
    assert "119" in found.text
    rasa.understood = {"ask_faq": 0.9, "crisis": 0.05}
    assert await helped(danger, "여권 얼마예요?") is None
    assert await helped(danger, "죽고 싶어요")  # whatever the model makes of it
    assert await helped(danger, "", payload="b1") is None
    rasa.understood = {"crisis": 0.9}
    english = await helped(danger, "I do not want to live any more, please help me")
    assert english
    assert "You are not alone" in english.text


async def test_certain_words_are_enough_while_the_model_is_away(
    rasa: ScriptedRasa, client: RasaClient, settings: Settings
) -> None:
    danger = Danger(open_moods(settings.live_data).of, client.intents, ContentStore(settings).persona)
    rasa.has_model = False
    with pytest.raises(BotNotReady):
        await client.intents("여권")
    assert await helped(danger, "자살하고 싶어요")
    assert await helped(danger, "여권 얼마예요?") is None
    await rasa.stop()
    assert await helped(danger, "자살하고 싶어요")


async def test_a_model_that_hangs_is_not_waited_for(
    rasa: ScriptedRasa, client: RasaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_parse_timeout", aiohttp.ClientTimeout(total=0.05))
    rasa.delay = 0.5
    with pytest.raises(BotFailed):
        await client.intents("여권")


def test_either_kind_counts_towards_the_suspicion() -> None:
    assert suspected({"crisis": 0.08, "emergency": 0.08}) in ("crisis", "emergency")
    assert suspected({"crisis": 0.08, "emergency": 0.03, "ask_faq": 0.9}) is None
