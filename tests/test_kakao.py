"""KakaoTalk against its stand-in: the response, the callback, and what goes wrong with both."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import aiohttp
import pytest

from bot.channel import BadSignature, Delivery, DeliveryError, WireRequest
from bot.messages import Button, Inbound, Outbound, utc_now
from connectors.api import Api
from connectors.kakao import Kakao
from connectors.media import Media
from demo.platforms.kakao import KakaoPlatform
from demo.platforms.platform import Choice, Trouble
from tests.all_channels import CREDENTIALS, channels
from tests.body_bot import BodyBot, rendered

USER = "b0t0user0key"
MENU = tuple(Button(label=f"메뉴 {number}", payload=f"m{number}") for number in range(6))
WAIT = Outbound(text="찾고 있어요.", buttons=(Button(label="답 보기", payload="w1"),))
READY = Outbound(
    text="여권은 53,000원이에요.", buttons=(Button(label="누리집", url="https://hanbit.example"),)
)


@pytest.fixture
async def bot() -> AsyncIterator[BodyBot]:
    made = BodyBot()
    yield made
    await made.stop()


@pytest.fixture
async def platform(bot: BodyBot) -> AsyncIterator[KakaoPlatform]:
    made = KakaoPlatform(await bot.start(), CREDENTIALS)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def channel(bot: BodyBot, platform: KakaoPlatform) -> AsyncIterator[Kakao]:
    async with aiohttp.ClientSession() as session:
        made = channels(session, **platform.settings)["kakao"]
        assert isinstance(made, Kakao)
        bot.channel = made
        yield made


def heard(bot: BodyBot) -> Inbound:
    found = bot.heard[-1]
    assert isinstance(found, Inbound)
    return found


def delivery(reply_to: str, heard_at: datetime | None = None) -> Delivery:
    return Delivery(USER, "3f0e0f5e-0000-4000-8000-000000000000", reply_to, heard_at or utc_now())


async def promised(bot: BodyBot, platform: KakaoPlatform) -> str:
    """The callback of a request that was answered by a promise."""
    bot.answer = lambda request: bot.channel.waiting(request, WAIT)
    assert await platform.say(USER, "여권 얼마예요?") == 200
    return heard(bot).reply_to


async def test_a_citizen_is_answered_in_the_response(
    channel: Kakao, bot: BodyBot, platform: KakaoPlatform
) -> None:
    bot.says(Outbound(text="무엇을 도와드릴까요?", buttons=MENU))
    assert await platform.say(USER, "안녕하세요\n") == 200
    (shown,) = await platform.heard(USER, 1)
    assert (shown.text, [choice.label for choice in shown.choices]) == (
        "무엇을 도와드릴까요?",
        [button.label for button in MENU],
    )
    assert heard(bot).text == "안녕하세요"
    assert await platform.press(USER, shown.choices[2]) == 200
    assert (heard(bot).text, heard(bot).payload) == ("메뉴 2", "m2")
    assert platform.refused == []


async def test_the_reply_follows_by_callback(channel: Kakao, bot: BodyBot, platform: KakaoPlatform) -> None:
    url = await promised(bot, platform)
    assert await channel.send(delivery(url), rendered(channel, READY))
    waiting, ready = await platform.heard(USER, 2)
    assert (waiting.text, waiting.choices) == (WAIT.text, ())
    assert ready.text == READY.text
    assert ready.choices == (Choice("누리집", url="https://hanbit.example"),)
    assert platform.refused == []


async def test_a_callback_serves_once(channel: Kakao, bot: BodyBot, platform: KakaoPlatform) -> None:
    url = await promised(bot, platform)
    await channel.send(delivery(url), rendered(channel, READY))
    for again in (channel, fresh(channel)):
        with pytest.raises(DeliveryError) as caught:
            await again.send(delivery(url), rendered(channel, READY))
        assert caught.value.later
    assert len(await platform.heard(USER, 2)) == 2


def fresh(channel: Kakao) -> Kakao:
    """The channel after a restart: KakaoTalk remembers what it does not."""
    return Kakao(channel._api, "", "", channel._callback_url, Media())


@pytest.mark.parametrize("age", [55, 3600])
async def test_a_callback_is_not_called_when_its_time_is_over(
    channel: Kakao, bot: BodyBot, platform: KakaoPlatform, age: int
) -> None:
    url = await promised(bot, platform)
    with pytest.raises(DeliveryError) as caught:
        await channel.send(delivery(url, utc_now() - timedelta(seconds=age)), rendered(channel, READY))
    assert caught.value.later
    assert len(platform.shown) == 1
    assert await channel.send(delivery(url, utc_now() - timedelta(seconds=50)), rendered(channel, READY))


async def test_only_kakaotalk_is_called_back(channel: Kakao, platform: KakaoPlatform) -> None:
    calls = platform.troubles
    calls.append(Trouble(status=500))
    elsewhere = [
        "",
        "http://169.254.169.254/latest",
        platform.url.replace("127.0.0.1", "localhost") + "/v1/callback/x",
        f"{platform.url}.evil.example/v1/callback/x",
        f"{platform.url}0/v1/callback/x",
    ]
    for url in elsewhere:
        with pytest.raises(DeliveryError) as caught:
            await channel.send(delivery(url), rendered(channel, READY))
        assert caught.value.later
    assert calls, "nothing was called"


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        (Trouble(429, headers={"Retry-After": "7"}), (7.0, False, False, False)),
        (Trouble(502), (None, False, False, False)),
        (Trouble(body={"status": "ERROR", "message": "Internal server error occured. 504"}),
         (None, False, False, False)),
        (Trouble(body={"status": "FAIL", "message": "Invalid callback token. Check your callback token."}),
         (None, False, False, True)),
        (Trouble(400, {"status": "FAIL", "message": "Invalid bot ID."}), (None, False, False, True)),
        (Trouble(body={"status": "FAIL", "message": "Invalid json response from bot-skill."}),
         (None, True, False, False)),
    ],
)  # fmt: skip
async def test_refusals_mean_what_the_guide_says(
    channel: Kakao,
    bot: BodyBot,
    platform: KakaoPlatform,
    trouble: Trouble,
    expected: tuple[float | None, bool, bool, bool],
) -> None:
    url = await promised(bot, platform)
    platform.troubles.append(trouble)
    with pytest.raises(DeliveryError) as caught:
        await channel.send(delivery(url), rendered(channel, READY))
    error = caught.value
    assert (error.retry_after, error.permanent, error.ambiguous, error.later) == expected
    assert await channel.send(delivery(url), rendered(channel, READY)), "it can still be called"


async def test_a_callback_that_may_have_been_taken_is_not_called_again(
    channel: Kakao, bot: BodyBot, platform: KakaoPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await promised(bot, platform)
    monkeypatch.setattr("connectors.api._TIMEOUT", aiohttp.ClientTimeout(total=0.1))
    platform.troubles.append(Trouble(delay=0.3, taken=True))
    with pytest.raises(DeliveryError) as caught:
        await channel.send(delivery(url), rendered(channel, READY))
    assert caught.value.ambiguous
    assert (await platform.heard(USER, 2))[-1].text == READY.text
    with pytest.raises(DeliveryError) as caught:
        await channel.send(delivery(url), rendered(channel, READY))
    assert caught.value.later


async def test_without_callback_a_button_fetches_the_reply(
    channel: Kakao, bot: BodyBot, platform: KakaoPlatform
) -> None:
    platform.callbacks = False
    assert await promised(bot, platform) == ""
    (shown,) = await platform.heard(USER, 1)
    assert (shown.text, [choice.label for choice in shown.choices]) == (WAIT.text, ["답 보기"])
    assert await platform.press(USER, shown.choices[0]) == 200
    assert heard(bot).payload == "w1"


async def test_a_callback_without_promise_is_refused(
    channel: Kakao, bot: BodyBot, platform: KakaoPlatform
) -> None:
    bot.says(READY)
    await platform.say(USER, "여권")
    with pytest.raises(DeliveryError) as caught:
        await channel.send(delivery(heard(bot).reply_to), rendered(channel, READY))
    assert caught.value.later


async def test_the_admin_centres_tester_gets_no_promise(channel: Kakao, platform: KakaoPlatform) -> None:
    webhook = platform.message(USER, "여권", "t1")
    body = json.loads(webhook.body)
    body["userRequest"]["params"] = {"surface": "BuilderBotTest", "ignoreMe": "true"}
    request = WireRequest("POST", {}, body=json.dumps(body).encode(), secret=CREDENTIALS["kakao_secret"])
    assert "useCallback" not in json.loads(channel.waiting(request, WAIT).body)


async def test_strangers_are_refused(channel: Kakao, bot: BodyBot, platform: KakaoPlatform) -> None:
    stranger = KakaoPlatform(platform.bot_url, {**CREDENTIALS, "kakao_secret": "guessed"})
    other = KakaoPlatform(platform.bot_url, {**CREDENTIALS, "kakao_bot_id": "66f000000000000000000000"})
    for impostor in (stranger, other):
        await impostor.start()
        assert await impostor.say(USER, "안녕") == 401
        await impostor.stop()
    assert bot.heard == []


def test_without_a_bot_id_any_bot_with_the_secret_is_ours() -> None:
    lenient = Kakao(Api(None, "", {}), "s", "", "http://127.0.0.1:1", Media())  # type: ignore[arg-type]
    lenient.verify(WireRequest("POST", {}, body=b'{"bot": {"id": "any"}}', secret="s"))
    with pytest.raises(BadSignature):
        lenient.verify(WireRequest("POST", {}, body=b'{"bot": {"id": "any"}}', secret="t"))


async def test_the_same_words_twice_are_two_messages(channel: Kakao, platform: KakaoPlatform) -> None:
    def message_id(message_id: str, said: str = "네") -> str:
        webhook = platform.message(USER, said, message_id)
        headers = {"x-request-id": message_id} if message_id else {}
        (found,) = channel.parse(WireRequest("POST", headers, body=webhook.body))
        return found.message_id

    assert message_id("r1") == message_id("r1"), "brought twice"
    assert message_id("r1") != message_id("r2")
    assert message_id("r1") != message_id("r1", "아니요"), "were the id that of a dialogue"
    assert message_id("") != message_id(""), "by the callback"
    platform.callbacks = False
    assert message_id("") != message_id(""), "by the moment"
