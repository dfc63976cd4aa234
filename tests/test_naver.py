"""Naver TalkTalk against its stand-in: one message in the response, the others by the Send API."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.channel import Delivery, DeliveryError, WireRequest
from bot.messages import START, Button, Card, Fact, Inbound, Notice, NoticeKind, Outbound
from connectors.naver import Naver
from demo.platforms.naver import NaverPlatform
from demo.platforms.naver_format import Event
from demo.platforms.platform import Choice, Trouble
from tests.all_channels import CREDENTIALS, channels
from tests.body_bot import BodyBot, rendered

USER = "al-EXAMPLE0000000000"
TO = Delivery(USER, "3f0e0f5e-0000-4000-8000-000000000000")
HELLO = Outbound(text="안녕하세요.")
MENU = Outbound(
    text="무엇을 도와드릴까요?",
    buttons=(Button(label="여권", payload="b1"), Button(label="누리집", url="https://hanbit.example")),
)


@pytest.fixture
async def bot() -> AsyncIterator[BodyBot]:
    made = BodyBot()
    yield made
    await made.stop()


@pytest.fixture
async def platform(bot: BodyBot) -> AsyncIterator[NaverPlatform]:
    made = NaverPlatform(await bot.start(), CREDENTIALS)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def channel(bot: BodyBot, platform: NaverPlatform) -> AsyncIterator[Naver]:
    async with aiohttp.ClientSession() as session:
        made = channels(session, **platform.settings)["naver"]
        assert isinstance(made, Naver)
        bot.channel = made
        yield made


async def test_one_message_in_the_response_the_next_by_the_send_api(
    channel: Naver, bot: BodyBot, platform: NaverPlatform
) -> None:
    first, second = rendered(channel, HELLO, MENU)
    bot.answer = lambda _: channel.body([first])
    assert await platform.say(USER, "안녕하세요") == 200
    await channel.typing(USER)
    await channel.send(TO, [second])
    hello, menu = await platform.heard(USER, 2)
    assert (hello.text, menu.text) == (HELLO.text, MENU.text)
    assert menu.choices == (Choice("여권", "b1"), Choice("누리집", url="https://hanbit.example"))
    assert menu.wire["options"] == {"notification": True}
    assert platform.typed == [USER]
    assert await platform.press(USER, menu.choices[0]) == 200
    tapped = bot.heard[-1]
    assert isinstance(tapped, Inbound)
    assert (tapped.text, tapped.payload) == ("여권", "b1")
    assert platform.refused == []


async def test_nothing_to_say_is_an_empty_response(
    channel: Naver, bot: BodyBot, platform: NaverPlatform
) -> None:
    assert await platform.say(USER, "안녕") == 200
    assert (platform.shown, platform.refused) == ([], [])


async def test_who_waits_is_told_so(channel: Naver, bot: BodyBot, platform: NaverPlatform) -> None:
    wait = Outbound(text="찾고 있어요.", buttons=(Button(label="답 보기", payload="w1"),))
    bot.answer = lambda request: channel.waiting(request, wait)
    await platform.say(USER, "안녕")
    (shown,) = await platform.heard(USER, 1)
    assert (shown.text, shown.choices) == ("찾고 있어요.", (Choice("답 보기", "w1"),))
    assert platform.refused == []


async def test_what_can_be_tapped_in_a_text_stays_a_text(channel: Naver, platform: NaverPlatform) -> None:
    card = Card(
        title="여권 재발급",
        facts=(Fact(label="전화", value="099-120-2010"),),
        buttons=(Button(label="더 보기", payload="b1"),),
    )
    for wire in rendered(channel, Outbound(cards=(card,))):
        await channel.send(TO, [wire])
    text, composite = await platform.heard(USER, 2)
    assert (text.text, text.choices) == ("여권 재발급\n\n전화: 099-120-2010", ())
    assert (composite.text, composite.choices) == ("여권 재발급", (Choice("더 보기", "b1"),))


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        (Trouble(429, headers={"Retry-After": "3"}), (3.0, False, False)),
        (Trouble(503), (None, False, False)),
        (Trouble(404), (None, True, False)),
        (Trouble(body={"success": False, "resultCode": "01"}), (None, True, False)),
        (Trouble(body={"success": False, "resultCode": "02"}), (None, True, False)),
        (Trouble(body={"success": False, "resultCode": "99"}), (None, False, False)),
        (Trouble(body={"success": False, "resultCode": "IMG-01"}), (None, True, False)),
        (Trouble(body={"success": False, "resultCode": "IMG-02"}), (None, False, False)),
        (Trouble(body={"surprise": True}), (None, False, True)),
    ],
)
async def test_result_codes_mean_what_is_documented(
    channel: Naver, platform: NaverPlatform, trouble: Trouble, expected: tuple[float | None, bool, bool]
) -> None:
    (wire,) = rendered(channel, HELLO)
    platform.troubles.append(trouble)
    with pytest.raises(DeliveryError) as caught:
        await channel.send(TO, [wire])
    error = caught.value
    assert (error.retry_after, error.permanent, error.ambiguous) == expected
    assert platform.shown == []
    await channel.send(TO, [wire])
    assert len(platform.shown) == 1


async def test_a_wrong_key_is_refused_for_good(channel: Naver, bot: BodyBot, platform: NaverPlatform) -> None:
    async with aiohttp.ClientSession() as session:
        keyless = channels(session, **platform.settings, naver_authorization="ct_old")["naver"]
        with pytest.raises(DeliveryError, match="01") as caught:
            await keyless.send(TO, rendered(channel, HELLO))
        assert caught.value.permanent
        with pytest.raises(DeliveryError, match="01"):
            await keyless.typing(USER)


async def test_a_time_out_after_success_is_ambiguous(
    channel: Naver, platform: NaverPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.api._TIMEOUT", aiohttp.ClientTimeout(total=0.1))
    platform.troubles.append(Trouble(delay=0.3, taken=True))
    with pytest.raises(DeliveryError) as caught:
        await channel.send(TO, rendered(channel, HELLO))
    assert caught.value.ambiguous
    assert (await platform.heard(USER, 1))[0].text == HELLO.text


async def test_who_is_not_there_is_tried_again(channel: Naver, platform: NaverPlatform) -> None:
    await platform.stop()
    with pytest.raises(DeliveryError) as caught:
        await channel.send(TO, rendered(channel, HELLO))
    assert not caught.value.permanent
    assert not caught.value.ambiguous
    await platform.start()


async def test_strangers_are_refused(channel: Naver, bot: BodyBot, platform: NaverPlatform) -> None:
    stranger = NaverPlatform(platform.bot_url, {**CREDENTIALS, "naver_secret": "guessed"})
    await stranger.start()
    assert await stranger.say(USER, "안녕") == 401
    await stranger.stop()
    assert bot.heard == []


async def test_entering_and_leaving(channel: Naver, bot: BodyBot, platform: NaverPlatform) -> None:
    for options in ({"inflow": "button"}, {"inflow": "list"}, {"inflow": "button", "unreadMessage": True}):
        event = {"event": "open", "user": USER, "options": options}
        assert await platform.bring(platform.brought(event)) == 200
    (entered,) = bot.heard
    assert isinstance(entered, Inbound)
    assert entered.text == START
    await platform.bring(platform.brought({"event": "leave", "user": USER}))
    assert bot.heard[-1] == Notice(channel="naver", kind=NoticeKind.LEFT, user_id=USER)


async def test_the_same_words_twice_are_two_messages(channel: Naver, platform: NaverPlatform) -> None:
    body = platform.message(USER, "네", "1").body
    first, second = (channel.parse(WireRequest("POST", {}, body=body))[0] for _ in range(2))
    assert first.message_id != second.message_id


async def test_half_an_emoji_is_no_reason_to_fail(channel: Naver) -> None:
    body = json.dumps({"event": "send", "user": USER, "textContent": {"text": "네 \ud83d"}}).encode()
    (found,) = channel.parse(WireRequest("POST", {}, body=body))
    assert isinstance(found, Inbound)
    assert found.text == "네 ?"


texts = st.text(alphabet="가나다라마바사 .!?\nabc😀-0123", max_size=300)
long_texts = st.builds(lambda text, times: text * times, texts, st.integers(1, 50))
labels = st.text(alphabet="가나다라마바사아자차", min_size=1, max_size=40)
buttons = st.one_of(
    st.builds(Button, label=labels, payload=st.sampled_from(["p1", "p2"])),
    st.builds(Button, label=labels, url=st.sampled_from(["https://hanbit.example/a", "tel:099-120-1000"])),
)
outbounds = st.builds(
    Outbound,
    text=st.one_of(texts, long_texts),
    buttons=st.lists(buttons, max_size=14).map(tuple),
    image_url=st.none() | st.just("https://hanbit.example/a.png"),
)
OFFLINE = channels(None)["naver"]  # type: ignore[arg-type]


@given(outbounds)
@example(Outbound(text="가" * 1001, buttons=MENU.buttons))
@example(Outbound(text="가" * 10_001))
@example(Outbound(text="전화 1-1234 " + "가" * 300, buttons=MENU.buttons * 6))
@example(Outbound(buttons=MENU.buttons))
def test_any_message_is_within_the_limits_and_loses_nothing(message: Outbound) -> None:
    assert isinstance(OFFLINE, Naver)
    wires = rendered(OFFLINE, message)
    for wire in wires:
        Event.model_validate_json(OFFLINE.body([wire]).body)
    everything = json.dumps(wires, ensure_ascii=False)
    said = "".join("".join(text.split()) for wire in wires for text in seen(wire))
    assert all(word in said for word in message.text.split())
    codes = everything.count('"code": ')
    assert codes == sum(button.payload is not None for button in message.buttons)
    assert all(b.url.removeprefix("tel:") in everything for b in message.buttons if b.url)


def seen(wire: dict[str, Any]) -> list[str]:
    cards = wire.get("compositeContent", {}).get("compositeList", ())
    return [wire.get("textContent", {}).get("text", ""), *(card.get("description", "") for card in cards)]


BUTTON = {"type": "TEXT", "data": {"title": "네", "code": "b1"}}
TEXT = {"text": "네"}


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"textContent": {"text": "가" * 10_001}},
        {"textContent": TEXT, "imageContent": {"imageUrl": "https://a.example/a.png"}},
        {"textContent": {**TEXT, "quickReply": {"buttonList": [BUTTON] * 11}}},
        {"compositeContent": {"compositeList": [{"title": "네"}]}},
        {"compositeContent": {"compositeList": [{"title": "네", "buttonList": [BUTTON] * 11}]}},
        {"compositeContent": {"compositeList": [{"title": "가" * 201, "buttonList": [BUTTON]}]}},
        {"compositeContent": {"compositeList": [{"description": "네", "buttonList": [
            {"type": "TEXT", "data": {"title": "가" * 19}}]}]}},
        {"compositeContent": {"compositeList": [{"description": "네", "buttonList": [
            {"type": "LINK", "data": {"title": "네", "url": "https://a.example"}}]}]}},
    ],
)  # fmt: skip
def test_the_stand_in_refuses_what_is_not_documented(content: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Event.model_validate({"event": "send", "user": USER, **content})
